"""Two models side by side as pictures: numbers and colours are the page's, and what both share is counted."""
from __future__ import annotations

import numpy as np
import pytest

from mdexplore.pictures.palette import state_rgb
from mdexplore.pictures.sides import as_on_page, said, shared, side_picture
from mdexplore.session.sides import Side, Sides
from tests.panels import builders

X = np.linspace(0, 1, 8, dtype=np.float32)


def two(a, b, n=2):
    return Sides(*(Side(("IC 1", "time"), ("", "ns"), X, X[::-1].copy(), np.array(s, np.int16)) for s in (a, b)), n)


@pytest.fixture
def coarse():
    return builders.results()["coarse"]   # three states with the colours 0, 1, 2


def test_states_take_numbers_and_colours_of_the_page(coarse):
    found, colors = as_on_page(two([0] * 4 + [1] * 4, [0] * 5 + [1] * 3), np.array([2] * 4 + [0] * 4), coarse)
    assert found.a.states.tolist() == [2] * 4 + [0] * 4 and found.b.states.tolist() == [2] * 5 + [0] * 3
    assert colors == coarse.colors


def test_a_state_that_the_page_does_not_have_gets_a_free_number_and_colour(coarse):
    four = [0, 0, 1, 1, 2, 2, 3, -1]
    found, colors = as_on_page(two(four, four, 4), np.array([1, 1, 0, 0, 2, 2, -1, -1]), coarse)
    assert found.a.states.tolist() == [1, 1, 0, 0, 2, 2, 3, -1]
    assert len(set(colors)) == 4


def test_without_a_page_numbers_stay(coarse):
    found = two([0] * 8, [1] * 8)
    assert as_on_page(found, None, None) == (found, (0, 1))


def test_what_is_shared_is_counted_and_said():
    found = two([0, 0, 0, 0, 1, 1, 1, -1], [0, 0, 0, 1, 1, 1, -1, 1])
    rows = shared(found, (4, 5))
    assert [(r.n_both, r.n_first, r.n_second, r.color) for r in rows] == [(3, 4, 3, 4), (2, 2, 3, 5)]
    assert rows[0].share == 0.75
    assert said(found) == "They disagree on 17 % of the frames."
    assert said(two([0] * 8, [0] * 8)) == "They agree on every frame."


def test_a_side_is_drawn_in_the_colours_of_its_states():
    drawn = side_picture(two([0] * 4 + [1] * 4, [0] * 8).a, 2, (3, 1))
    first = drawn.cells.cell[0]
    assert drawn.layer.rgb[first] == pytest.approx(state_rgb((3,))[0])
    assert [at.state for at in drawn.labels] == [0, 1]
    assert drawn.plane.y.label == "time / ns"


def test_without_states_the_density_is_drawn():
    side = Side(("IC 1", "IC 2"), ("", ""), X, X)
    drawn = side_picture(side, 0, ())
    assert drawn.labels == () and (drawn.layer.alpha > 0).sum() == 8
    assert said(Sides(side, side, told="One state.")) == "One state."
