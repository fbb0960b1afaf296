"""What is drawn of measurements: numbers as they were written, places in units of the error, and populations in the numbers of the page."""
from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

import mdexplore as mdx
from mdexplore.base.notices import Notice
from mdexplore.methods.experiment.result import Augmented
from mdexplore.pictures.experiment import experiment_picture
from mdexplore.session.experiment_jobs import Measurement
from tests.panels import builders

MEASURED = (Measurement("J <b>", 6.0, 0.5, "j-coupling", "0 1 2 3"), Measurement("H–H", 0.5, 0.1, "noe", "0 1"), Measurement("shift", 2.0, 0.0, unit="ppm", is_used=True))


def augmented(**changes):
    before = np.array([1 / 6] * 6)
    after = np.array([0.1, 0.1, 0.2, 0.2, 0.2, 0.2])
    made = Augmented(("J", "H–H", "shift"), ("Hz", "nm⁻⁶", "ppm"), np.array([6.0, 64.0, 2.0]), np.array([0.5, 76.8, 0.0]), np.array([5.0, 4096.0, 1.0]), np.array([5.5, 64.0, 2.0]),
                     np.array([4.5, np.nan, 1.0]), np.zeros(3), 5, np.arange(6), np.eye(6), before, after, np.array([50.0]), np.array([100.0]), np.zeros(3), np.zeros(3), np.ones((6, 3)), 3.21, 0.02)
    return replace(made, **changes)


def test_before_there_is_a_model_the_measurements_stand_alone():
    rows = experiment_picture(MEASURED).rows
    assert [(r.name, r.unit, r.measured, r.after) for r in rows] == [("J <b>", "Hz", "6", ""), ("H–H", "nm", "0.5", ""), ("shift", "ppm", "2", "")]


def test_an_noe_is_written_as_a_distance():
    row = experiment_picture(MEASURED, augmented()).rows[1]
    assert (row.measured, row.before, row.after, row.left_out) == ("0.5", "0.25", "0.5", "–")


def test_marks_stand_in_units_of_the_error():
    row = experiment_picture(MEASURED, augmented()).rows[0]
    reach = 1.1 * 3   # the one that is left out lies three errors off
    assert row.places == pytest.approx((0.5 - 2 / reach / 2, 0.5 - 1 / reach / 2, 0.5 - 3 / reach / 2))
    assert row.spread == pytest.approx(1 / reach)


def test_of_an_noe_the_longer_distance_stands_to_the_right():
    row = experiment_picture(MEASURED, augmented()).rows[1]
    assert row.places[0] < row.places[1] == pytest.approx(0.5)   # 0.25 nm before, where 0.5 nm were measured


def test_what_is_demanded_exactly_has_no_error_to_draw():
    row = experiment_picture(MEASURED, augmented()).rows[2]
    assert row.spread == 0 and row.places == pytest.approx((0.25, 0.5, 0.25)) and row.weight == "demanded exactly"


def test_a_figure_draws_in_the_same_units_as_the_panel():
    found = augmented(errors=np.array([0.5, np.inf, 0.0]))
    assert found.spreads == pytest.approx([0.5, 4096 - 64, 1.0])
    ax = mdx.figures.experiment(found)
    after = next(line for line in ax.lines if line.get_label() == "after")
    reach = 1.1 * 3
    assert after.get_xdata() == pytest.approx([-1.0, 0.0, 0.0])
    assert experiment_picture(MEASURED, found).rows[0].places[1] == pytest.approx(after.get_xdata()[0] / reach / 2 + 0.5)


def test_a_torsion_is_shown_in_degrees():
    row = experiment_picture((Measurement("φ ALA2", -65.0, 10.0, "torsion", "4 6 8 14"),)).rows[0]
    assert (row.measured, row.unit) == ("−65", "°")


def test_weights_are_said():
    used, _, _ = experiment_picture(MEASURED).rows
    assert used.weight == "weight 1 / (2 error²) = 2"
    assert experiment_picture((replace(MEASURED[0], is_used=False),)).rows[0].weight == "not used, predicted all the same"


def test_a_measurement_that_the_others_contradict_is_marked():
    rows = experiment_picture(MEASURED, augmented(left_out=np.array([3.0, np.nan, 1.0]), multipliers=np.array([2.9, 0.0, 1.0]), pulls_alone=np.array([2.0, 0.0, 1.0]))).rows
    assert [r.is_conflict for r in rows] == [True, False, False]


def test_populations_are_those_of_the_states_on_the_page():
    coarse = builders.results()["coarse"]
    turned = replace(coarse, memberships=coarse.memberships[:, ::-1], colors=(4, 1, 0))
    states = experiment_picture(MEASURED, augmented(), turned).states
    assert [(s.number, s.color, round(s.before, 3), round(s.after, 3)) for s in states] == [(1, 4, 0.333, 0.4), (2, 1, 0.333, 0.4), (3, 0, 0.333, 0.2)]
    assert states[2].text == "33 % → 20 %"


def test_what_else_changes_is_said():
    drawn = experiment_picture(MEASURED, augmented(notices=(Notice("warning", "Off.", "Check it.", "experiment"),)))
    assert drawn.said.startswith("Slowest timescale 1 ns → 2 ns.") and "falls by 3.2" in drawn.said
    assert drawn.notices == ("Off. Check it.",)


def test_where_errors_are_too_large_to_move_the_model_that_is_said():
    off, same = augmented(), augmented().stationary_before
    assert "smaller ones move more" not in experiment_picture(MEASURED, off).said
    assert "smaller ones move more" in experiment_picture(MEASURED, augmented(stationary=same)).said
    agreed = augmented(stationary=same, before=off.measured)
    assert "smaller ones move more" not in experiment_picture(MEASURED, agreed).said
