"""Frames and nanoseconds."""
import pytest

from mdexplore.base.errors import UserError
from mdexplore.base.units import TimeUnit, say_ns


@pytest.mark.parametrize("time, text", [(0.0256, "25.6 ps"), (2.56, "2.56 ns"), (124.0, "124 ns"), (1234.0, "1.23 µs"), (0.02, "20 ps"), (0.9999, "1 ns"), (5e6, "5 ms"), (2.89e9, "2.89 s"), (float("nan"), "–")])
def test_a_time_is_said_in_the_unit_a_person_would_use(time, text):
    assert say_ns(time) == text


@pytest.mark.parametrize("given, frames", [(5, 5), ("0.5 ns", 25), ("200 ps", 10), ("20 frames", 20), ("1e-1 ns", 5), ("0.5ns", 25)])
def test_lag_times_are_frames_or_have_a_unit(given, frames):
    assert TimeUnit(0.02).parse(given) == frames


@pytest.mark.parametrize("wrong", [0.5, True, "0.5", "fast", "3 parsec", "", "1.5 frames", 0, -3, "0 ns", "1..5 ns"])
def test_an_unclear_lag_time_is_refused(wrong):
    with pytest.raises(UserError):
        TimeUnit(0.02).parse(wrong)


def test_nanoseconds_need_a_time_step():
    with pytest.raises(UserError, match="unknown"):
        TimeUnit(None).parse("0.5 ns")
    assert TimeUnit(None).parse(7) == 7
    assert TimeUnit(None).say(7) == "7 frames"
    assert TimeUnit(None).name == "frames"


def test_no_lag_time_is_told_in_what_is_known():
    with pytest.raises(UserError, match=r"0 frames is too short. The shortest is one frame\. Choose"):
        TimeUnit().parse(0)
    with pytest.raises(UserError, match=r"one frame, 20 ps\."):
        TimeUnit(0.02).parse("1 ps")


def test_a_lag_time_between_two_frames_says_what_is_used():
    unit = TimeUnit(0.04)
    assert unit.rounding("0.5 ns") == "0.5 ns lies between two frames of 40 ps: 480 ps is used."
    assert [unit.rounding(lag) for lag in ("0.48 ns", "480 ps", "12 frames", 12)] == [None] * 4
    assert TimeUnit().rounding("12 frames") is None
