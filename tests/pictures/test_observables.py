"""What is drawn of an observable: times that have a place on the axis, numbers in words, and a stick for each process."""
from __future__ import annotations

import dataclasses

import numpy as np
import pytest

import mdexplore as mdx
from mdexplore.methods.results import Observable
from mdexplore.pictures.observables import interval_of, observable_picture, round_ticks, with_interval


def observable(timestep_ns=0.02, relaxation=False, lagtime=5):
    """A quantity of one process of 50 frames, and of one below the lag time."""
    times = np.array([0, 5, 10, 50])
    curve = np.exp(-times / 50)
    more = {"relaxation": 2 + curve, "relaxation_lower": 1.9 + curve, "relaxation_upper": 2.1 + curve, "relaxation_amplitudes": np.array([1.0, -0.2])} if relaxation else {}
    return Observable("phi <i>", lagtime, np.array([1.0, 3.0]), 2.0, 1.5, 2.5, times, curve, curve - 0.05, curve + 0.05, np.array([1.0, 0.9, 0.8, np.nan]), np.array([50.0, 2.0]),
                      np.array([0.9, 0.1]), np.array([0.8, 0.05]), np.array([0.95, 0.2]), timestep_ns=timestep_ns, **more)


def test_the_axis_of_time_is_logarithmic_and_leaves_time_0_out():
    drawn = observable_picture(observable())
    assert [x for x, _ in drawn.line] == pytest.approx([0.1, 0.2, 1.0])
    assert drawn.x_label == "time / ns" and drawn.x_range[0] > 0
    assert drawn.note == "9.5 % is lost within 100 ps"


def test_mean_and_points_are_said_with_their_intervals():
    drawn = observable_picture(observable())
    assert drawn.mean_text == "mean 2 [1.5, 2.5]"
    assert drawn.tells[0] == "100 ps: 0.905 [0.85, 0.95], model"
    assert drawn.measured_tells == ("100 ps: 0.9, trajectories", "200 ps: 0.8, trajectories")


def test_a_process_is_a_stick_at_its_timescale():
    slow, fast = observable_picture(observable()).sticks
    assert (slow.x, slow.height, slow.low, slow.high) == pytest.approx((1.0, 0.9, 0.8, 0.95))
    assert slow.tells == "1 ns: 90 % [80, 95] of the autocorrelation at time 0"
    assert fast.x < observable_picture(observable()).lag


def test_a_relaxation_ends_at_the_mean_and_has_no_circles():
    drawn = observable_picture(observable(relaxation=True))
    assert drawn.level == 2.0 and drawn.measured == ()
    assert [y for _, y in drawn.line] == pytest.approx(list(2 + np.exp([-0.1, -0.2, -1.0])))
    assert drawn.y_range[0] < 1.9 + np.exp(-1) and drawn.note == "from 3 to 2"
    assert drawn.height_range[0] < -0.2 and drawn.sticks[1].tells == "40 ps: −0.2 of the change"


def test_a_relaxation_keeps_a_fast_process_that_carries_the_change():
    found = dataclasses.replace(observable(relaxation=True), amplitudes=np.array([1.0, 0.0]), relaxation_amplitudes=np.array([0.1, -0.9]))
    assert [stick.height for stick in observable_picture(found).sticks] == [0.1, -0.9]


def test_without_a_time_step_the_axis_is_in_frames():
    drawn = observable_picture(observable(timestep_ns=None))
    assert drawn.x_label == "time / frames" and drawn.lag == 5
    assert drawn.tells[0].startswith("5 frames: ")


def test_a_quantity_that_never_changes_is_said_to_be_the_same_everywhere():
    study = mdx.Study(mdx.example("two-state", n_frames=4000, n_trajectories=2), projection="identity", clustering=mdx.settings.KMeans(n_clusters=4), lagtime=5, n_states=2)
    drawn = observable_picture(study.observable([np.ones(4000), np.ones(4000)]))
    assert drawn.note == "the same in every microstate" and drawn.band == () and drawn.sticks == ()
    assert all(np.isfinite(drawn.y_range)) and all(np.isfinite(drawn.height_range))


@pytest.mark.parametrize(("low", "high", "wanted"), [(0.0, 1.06, (0, 0.2, 0.4, 0.6, 0.8, 1.0)), (-0.06, 0.5, (0, 0.1, 0.2, 0.3, 0.4, 0.5)), (99.0, 103.0, (99, 100, 101, 102, 103)), (-2e-4, 2e-4, (-2e-4, -1e-4, 0, 1e-4, 2e-4))])
def test_ticks_are_round_numbers(low, high, wanted):
    assert round_ticks(low, high) == pytest.approx(wanted)


@pytest.mark.parametrize(("value", "low", "high", "wanted"), [(-0.0442, -0.14, 0.051, "−0.04 [−0.14, 0.05]"), (-0.0003, -0.051, 0.049, "0.00 [−0.05, 0.05]"), (0.0912, 0.083, 0.0997, "0.0912 [0.083, 0.10]"), (1.234, np.nan, 1.0, "1.23")])
def test_a_number_is_as_fine_as_its_interval(value, low, high, wanted):
    assert with_interval(value, low, high) == wanted


@pytest.mark.parametrize(("low", "high", "wanted"), [(0.083, 0.0997, " [0.083, 0.10]"), (-0.14, 0.051, " [−0.14, 0.05]"), (-25.0, -11.0, " [−25, −11]"), (np.nan, 1.0, "")])
def test_intervals_are_as_fine_as_they_are_narrow(low, high, wanted):
    assert interval_of(low, high) == wanted
