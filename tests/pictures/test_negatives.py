"""Ticks below zero have a true minus, wherever the page may put them."""
import pytest

from mdexplore.pictures.negatives import negative_labels


@pytest.mark.parametrize(("low", "high", "ticks"), [(-1.8, 1.4, ["-1.5", "-1", "-0.5"]), (-3.6, 1.7, ["-3.5", "-0.5"]), (-7.8, 3.9, ["-7", "-1"]), (-180, 180, ["-150", "-100", "-50"]),
                                                    (-2000, -100, ["-2000", "-1800", "-200"]), (-0.03, 0.02, ["-0.03", "-0.005"]), (-0.18, 0.06, ["-0.15", "-0.1", "-0.05"])])
def test_what_the_page_may_write_is_there_with_its_minus(low, high, ticks):
    found = negative_labels(low, high)
    assert {tick: found.get(tick) for tick in ticks} == {tick: tick.replace("-", "−") for tick in ticks}
    assert len(found) < 40


@pytest.mark.parametrize(("low", "high"), [(0, 3), (None, None), (-1, None), (2, 1), (-1, -1), (float("-inf"), 1)])
def test_an_axis_without_numbers_below_zero_has_none(low, high):
    assert negative_labels(low, high) == {}


def test_given_ticks_are_written_too():
    assert negative_labels(None, None, (-1, 0, 1)) == {"-1": "−1"}
