"""Time steps from the times that files hold."""
from __future__ import annotations

import numpy as np
import pytest

from mdexplore.base.errors import UserError
from mdexplore.data.clock import Clock, agree, read_clock


@pytest.mark.parametrize(("start", "step"), [(0, 1), (456_990, 1), (20, 20), (0, 0.002), (1e6, 250), (0, 4.8), (100, 1 / 3)])
def test_single_precision_times_give_the_step_that_was_meant(start, step):
    times = (start + step * np.arange(3000)).astype(np.float32).astype(float)
    clock = read_clock(times)
    assert clock.timestep_ns == pytest.approx(step / 1000, rel=1e-4) and clock.oddities == ()


def test_round_steps_come_out_round():
    assert read_clock(np.float32(20) * np.arange(1, 4000, dtype=np.float32)).timestep_ns == 0.02


@pytest.mark.parametrize(("times", "words"), [
    (np.zeros(5), "all its times"), (np.arange(5)[::-1], "downwards"), (np.repeat(np.arange(9), 2), "pairs"), ([0, 1, np.nan], "not numbers"), ([3.0], "one frame"),
])
def test_times_that_mean_nothing_say_why(times, words):
    clock = read_clock(np.asarray(times, float))
    assert clock.timestep_ns is None and words in clock.why_not


@pytest.mark.parametrize(("times", "words"), [([0, 1, 2, 7, 8, 9], "gaps in time that could hold 4 frames, in 1 place, the first after frame 2"), ([0, 1, 2, 3, 0, 1, 2, 3], "goes back in time"),
                                              ([0, 1, 2, 3.2, 4.2, 5.2, 6.2], "uneven")])
def test_gaps_and_overlaps_are_told(times, words):
    clock = read_clock(np.asarray(times, float))
    assert clock.timestep_ns == pytest.approx(0.001) and words in clock.oddities[0].text


def test_a_silent_file_follows_the_others_with_a_warning():
    step, notices = agree([Clock(0.1), Clock(None, "the format has no times")], ["a", "b"], None)
    assert step == 0.1 and notices[0].level == "warning" and "b does not say" in notices[0].text


def test_disagreement_is_an_error_unless_the_user_decides():
    with pytest.raises(UserError, match=r"100 ps.*200 ps"):
        agree([Clock(0.1), Clock(0.2)], ["a", "b"], None)
    assert agree([Clock(0.1), Clock(0.2)], ["a", "b"], 0.1)[0] == 0.1
