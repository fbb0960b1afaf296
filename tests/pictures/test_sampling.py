"""What the sampling panel draws."""
from __future__ import annotations

import numpy as np
import pytest

from mdexplore.base.units import TimeUnit
from mdexplore.methods.sampling.proposals import Proposals
from mdexplore.pictures.cells import Window
from mdexplore.pictures.sampling import how, starts_picture, targets
from mdexplore.pictures.small_map import numbered, places, small_map
from tests.panels import builders

SEEN = np.array([5, 45, 50])


def found(policy, scores, target=""):
    return Proposals(np.array([[0, 1], [2, 3]]), np.array([0, 2]), ("microstate 0 was seen", "microstate 2 was seen"), np.array(scores, float), policy, target)


def picture(proposals, **more):
    return starts_picture(proposals, lambda t, f: f"{t}/{f}", [1, -1], (0, 4), SEEN, **more)


def test_rows_carry_rank_frame_state_and_reason():
    drawn = picture(found("uncertainty", [0.5, 0.25], "timescale 1"))
    first, second = drawn.items
    assert (first.number, first.title, first.aside, first.color, first.share) == (1, "0/1", "state 2", 4, 1.0)
    assert (second.number, second.title, second.aside, second.color, second.share) == (2, "2/3", "outside the model", -1, 0.5)
    assert first.text == "Microstate 0 was seen. This start should take away 50 % of the variance."
    assert drawn.frames == ((0, 1), (2, 3))


def test_three_quarters_less_variance_is_half_the_error():
    assert "75 % of the variance of timescale 1: its error would shrink by 50 %" in picture(found("uncertainty", [0.5, 0.25], "timescale 1")).said


def test_least_counts_say_which_part_of_the_frames_they_are():
    drawn = picture(found("least-counts", [5, 50]))
    assert [item.text for item in drawn.items] == ["Microstate 0 was seen. That is 5.0 % of all.", "Microstate 2 was seen. That is 50 % of all."]
    assert "hold 55 % of the frames" in drawn.said and np.isnan(drawn.items[0].share)


def test_a_selection_says_how_many_frames_it_had():
    assert picture(found("selection", [1, 1]), n_selected=77).said == "2 starts in 2 microstates. Taken in turn from the microstates of 77 selected frames."


@pytest.mark.parametrize(("proposals", "said"), [(found("uncertainty", [0, 0], "population 2"), "2 starts by uncertainty of population 2"), (found("least-counts", [1, 1]), "2 starts by least counts"),
                                                 (found("selection", [1, 1]), "2 starts by turns through the selection")])
def test_a_selection_of_starts_says_how_it_was_made(proposals, said):
    assert how(proposals) == said


def test_targets_are_resolved_timescales_and_populations():
    made = builders.results()
    assert targets(made["kinetics"], made["coarse"], TimeUnit(0.02))[:2] == (("timescale 1, t₂ = 20 ps", "timescale 1"), (f"population of state 1, {100 * made['coarse'].populations[0]:.0f} %", "population 1"))


def test_the_map_shows_every_well_and_marks_lie_on_it():
    projection = builders.results()["projection"]
    drawn = small_map(projection)
    assert drawn.names == ("IC 1", "IC 2") and drawn.rgba[..., 3].any()
    (x, y), = places(projection, ((1, 7),))
    assert drawn.window.x0 < x < drawn.window.x1 and drawn.window.y0 < y < drawn.window.y1
    np.testing.assert_allclose((x, y), projection.values[1][7])


def test_of_marks_that_lie_on_each_other_the_first_has_its_number():
    assert numbered(np.array([[0.5, 0.5], [0.51, 0.5], [0.9, 0.5], [0.51, 0.9]]), Window(0, 1, 0, 1)) == [0, 2, 3]
