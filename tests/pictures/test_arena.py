"""The picture of the arena: one axis for all, the exact line on it, what failed or waits in words."""
from __future__ import annotations

import numpy as np
import pytest

from mdexplore.methods.results import FoldScores
from mdexplore.pictures.arena import arena_picture
from mdexplore.session.arena import Arena, ArenaRow, Rules
from mdexplore.session.candidates import Candidate


def row(name, vamp2, train=None, error="", rank=2):
    if vamp2 is None:
        return ArenaRow(Candidate(name, None, None), None, error)
    held = np.array(vamp2)
    return ArenaRow(Candidate(name, None, None), FoldScores(held, held - 0.2, held + 0.1 if train is None else np.array(train), held, rank, 2, 2))


@pytest.fixture
def found():
    rows = (row("low", [1.5, 1.6, 1.5]), row("bad", None, error="It is broken."), row("high", [2.5, 2.7, 2.6]), row("near", [2.49, 2.71, 2.6], rank=1))
    return Arena(rows, Rules(5, 2, 3), exact=2.8, timestep_ns=0.02)


def test_the_best_is_first_and_what_failed_is_last_with_its_reason(found):
    drawn = arena_picture(found)
    assert {r.name for r in drawn.rows[:2]} == {"high", "near"}
    assert [r.name for r in drawn.rows[2:]] == ["low", "bad"]
    assert (drawn.rows[-1].text, drawn.rows[-1].note) == ("failed", "It is broken.")


def test_places_are_those_of_the_axis(found):
    drawn = arena_picture(found)
    low, high = drawn.axis
    first = drawn.rows[0]
    assert low + first.mean * (high - low) == pytest.approx(2.6)
    assert low + drawn.exact * (high - low) == pytest.approx(2.8)
    assert all(0 <= place <= 1 for r in drawn.rows if r.mean is not None for place in (*r.dots, r.low, r.high, r.train))


def test_rows_that_cannot_be_told_from_the_best_are_said_to_be_so(found):
    assert {r.name: r.is_best for r in arena_picture(found).rows} == {"high": True, "near": True, "low": False, "bad": False}


def test_numbers_stand_in_words(found):
    drawn = arena_picture(found)
    by_name = {r.name: r for r in drawn.rows}
    assert by_name["high"].text == "2.600 ± 0.082"
    assert "1 of the 2 processes" in by_name["near"].note
    assert (drawn.exact_text, drawn.rules) == ("exact 2.800", "2 processes · lag 100 ps · 3 folds")


def test_the_other_score_has_its_own_places(found):
    assert arena_picture(found, "vampe").rows[0].text == "2.400 ± 0.082"


def test_what_waits_stands_between_scores_and_failures(found):
    drawn = arena_picture(found, waiting=["next"], stopped=["ended"])
    assert [r.name for r in drawn.rows[2:]] == ["low", "next", "ended", "bad"]
    assert [r.text for r in drawn.rows[3:5]] == ["…", "stopped"]


def test_nothing_is_drawn_before_there_is_a_row():
    assert arena_picture(None).rows == ()
    assert [r.name for r in arena_picture(None, waiting=["a"]).rows] == ["a"]


def test_equal_pictures_are_equal(found):
    assert arena_picture(found) == arena_picture(found)
