import dataclasses

import numpy as np
import pytest

from mdexplore.pictures.chapman import chapman_picture
from tests.panels.kinetic_results import chapman


def test_each_pair_of_states_has_a_pane_in_its_row_and_column():
    picture = chapman_picture(chapman(3))
    assert [(p.source, p.target) for p in picture.panes] == [(i, j) for i in range(3) for j in range(3)]
    assert all((p.row, p.column) == (p.source, p.target) for p in picture.panes)
    assert (picture.x_label, picture.x_ends) == ("lag time / ns", ("0.02", "0.16"))


def test_a_test_that_holds_says_so():
    picture = chapman_picture(chapman(3, off=0.9))
    assert picture.subtitle == "all within the bands"
    assert picture.worst is None


def test_the_worst_pane_is_marked():
    picture = chapman_picture(chapman(3, off=2.5))
    assert picture.subtitle == "fails: 1 of 27 outside"
    worst = picture.panes[picture.worst]
    assert (worst.source, worst.target) == (1, 2)
    assert worst.deviation == pytest.approx(2.5)


@pytest.mark.parametrize("n", [5, 6])
def test_of_many_states_the_worst_are_shown_in_rows_from_and_columns_to_a_state(n):
    picture = chapman_picture(chapman(n, off=2.5))
    kept = sorted({p.source for p in picture.panes})
    assert {1, 2} <= {*kept} and len(kept) == 4
    assert [(p.row, p.column) for p in picture.panes] == [(kept.index(p.source), kept.index(p.target)) for p in picture.panes]
    assert picture.x_label.endswith(f"; 4 worst of {n} states")


def test_of_many_states_all_pairs_are_judged():
    picture = chapman_picture(chapman(6, off=2.5))
    assert len(picture.panes) == 16
    assert picture.columns == 4
    shown = {(p.source, p.target) for p in picture.panes}
    assert (1, 2) in shown
    assert picture.subtitle == "fails: 1 of 108 outside"
    assert chapman_picture(chapman(6)).subtitle == "all within the bands"


def test_curves_stay_inside_their_box():
    for pane in chapman_picture(chapman(4, off=30)).panes:
        points = [*pane.data, *pane.frame, *(p for c in (*pane.model, *pane.band) for p in c)]
        assert all(pane.column <= x <= pane.column + 1 for x, _ in points)
        assert all(3 - pane.row <= y <= 4 - pane.row for _, y in points)


def test_a_point_of_the_figure_belongs_to_the_pane_around_it():
    picture = chapman_picture(chapman(3))
    pane = picture.pane_at(2.5, 2.5)
    assert (pane.source, pane.target) == (0, 2)
    assert picture.pane_at(1.5, -0.1) is None


def test_missing_estimates_are_left_out():
    found = chapman(2)
    found.estimated[1:] = np.nan
    found.lower[:] = found.upper[:] = np.nan
    picture = chapman_picture(found)
    assert all(len(p.data) == 1 and not p.band for p in picture.panes)
    assert picture.worst is None


def test_one_state_makes_one_pane():
    assert len(chapman_picture(chapman(1)).panes) == 1
    picture = chapman_picture(chapman(1, timestep_ns=None))
    assert (picture.x_label, picture.x_ends) == ("lag time / frames", ("1", "8"))


def test_lag_times_over_more_than_a_decade_are_spaced_by_their_logarithm():
    found = dataclasses.replace(chapman(2), lagtimes=np.array([1, 4, 16, 64]))
    picture = chapman_picture(found)
    assert picture.x_label == "lag time / ns, logarithmic"
    steps = np.diff([x for x, _ in picture.panes[0].data])
    assert steps == pytest.approx(steps[0])


def test_bands_that_hold_everything_are_no_test():
    found = chapman(2)
    found.lower[:], found.upper[:] = 0.0, 1.0
    assert chapman_picture(found).subtitle == "bands too wide to test"
    half = chapman(3)
    half.lower[:, 2, 2], half.upper[:, 2, 2] = 0.0, 1.0
    assert chapman_picture(half).subtitle == "state 3 not tested"


def test_without_bars_there_is_nothing_to_judge_by():
    found = chapman(2)
    found.lower[:], found.upper[:] = np.nan, np.nan
    assert chapman_picture(found).subtitle == "no bars to judge by"
