from __future__ import annotations

import numpy as np
import pytest

from mdexplore.methods.results import FoldScores
from mdexplore.pictures.sweep import sweep_picture
from mdexplore.session.arena import Arena, ArenaRow, Rules
from mdexplore.session.candidates import Candidate
from mdexplore.settings import TICA, VAMP, KMeans


def row(n, vamp2, projection=None):
    held = np.array(vamp2)
    return ArenaRow(Candidate(f"{n} microstates", None, projection or TICA(), KMeans(n_clusters=n)), FoldScores(held, -held, held, held, 2, n, 2))


def arena(*rows):
    return Arena(rows, Rules(5, 2, 3))


@pytest.fixture
def found():
    return arena(row(100, [1.91, 1.82, 1.99]), row(20, [1.5, 1.4, 1.6]), row(500, [1.92, 1.80, 1.98]), row(50, [1.9, 1.8, 2.0]))


def test_points_stand_from_the_fewest_to_the_most_with_their_spread(found):
    drawn = sweep_picture(found)
    assert [p.n for p in drawn.points] == [20, 50, 100, 500] and drawn.ticks == (20, 50, 100, 500)
    first = drawn.points[0]
    assert (first.mean, first.high - first.mean) == (pytest.approx(1.5), pytest.approx(np.std([1.5, 1.4, 1.6])))
    assert drawn.y_range[0] < first.low and drawn.x_range[0] < 20 and drawn.x_range[1] > 500


def test_enough_are_the_fewest_that_no_other_is_ahead_of_fold_by_fold(found):
    drawn = sweep_picture(found)
    assert drawn.points[drawn.enough].n == 50
    assert drawn.said == "k-means: 50 microstates are enough: they score higher than all fewer, and no other number is ahead by more than two standard errors."


def test_a_number_that_is_not_ahead_of_each_fewer_one_is_not_said_to_score_higher():
    # 20 is surely behind 100 alone: against 50 the folds scatter, and 100 is not surely ahead of 50.
    drawn = sweep_picture(arena(row(20, [1.0, 1.2, 1.4]), row(50, [1.4, 1.2, 1.9]), row(100, [1.5, 1.7, 1.9])))
    assert drawn.points[drawn.enough].n == 50
    assert drawn.said == "k-means: 50 microstates are enough: no other number is ahead by more than two standard errors."


def test_a_score_that_still_rises_is_said():
    drawn = sweep_picture(arena(row(20, [1.5, 1.4, 1.6]), row(50, [1.9, 1.8, 2.01])))
    assert drawn.enough == 1 and "50 microstates, the most of these, score higher than all fewer; more may be better" in drawn.said


def test_the_other_score_has_its_own_places(found):
    drawn = sweep_picture(found, "vampe", ["100 microstates"])
    assert drawn.label == "VAMP-E held out" and drawn.points[0].mean == pytest.approx(-1.5)
    assert drawn.points[drawn.current].n == 100


def test_of_several_series_the_longest_is_shown(found):
    drawn = sweep_picture(arena(*found.rows, row(20, [1.0, 1.1, 1.2], VAMP()), row(50, [1.0, 1.1, 1.2], VAMP())))
    assert len(drawn.points) == 4


def test_there_is_no_plot_without_two_numbers(found):
    assert sweep_picture(None) is None
    assert sweep_picture(arena(found.rows[0])) is None
    assert sweep_picture(arena(found.rows[0], ArenaRow(Candidate("x", None, TICA(), KMeans(n_clusters=7)), None, "failed"))) is None
