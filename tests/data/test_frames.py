"""Running numbers and (trajectory, frame) pairs lead to each other; what does not exist is refused."""
from __future__ import annotations

import numpy as np
import pytest

from mdexplore.base.errors import UserError
from mdexplore.data.frames import FrameIndex

INDEX = FrameIndex((572, 3, 40))


def test_pairs_and_numbers_are_inverse():
    numbers = np.arange(INDEX.n_frames)
    pairs = INDEX.pairs(numbers)
    assert pairs[572].tolist() == [1, 0] and pairs[-1].tolist() == [2, 39]
    np.testing.assert_array_equal(INDEX.numbers(pairs), numbers)
    assert INDEX.numbers([(1, 0), (0, 571)]).tolist() == [572, 571] and INDEX.number(2, 0) == 575 and INDEX.pair(575) == (2, 0)


def test_empty_trajectories_have_no_frames():
    index = FrameIndex((0, 3, 0))
    assert index.pairs([0, 2]).tolist() == [[1, 0], [1, 2]] and index.number(0, 0) == 0 and index.number(2, 0) == 3
    with pytest.raises(UserError, match="has no frame 0"):
        index.numbers([(0, 0)])


def test_none_are_none():
    assert INDEX.numbers([]).shape == (0,) and INDEX.numbers(np.empty((0, 2))).shape == (0,) and INDEX.pairs([]).shape == (0, 2)


@pytest.mark.parametrize(("pair", "limit"), [((0, 572), "0 to 571"), ((1, 3), "0 to 2"), ((0, -1), "0 to 571"), ((9, 1), "0 to 2"), ((-1, 0), "0 to 2")])
def test_a_pair_that_does_not_exist_names_the_limits(pair, limit):
    with pytest.raises(UserError, match=limit):
        INDEX.numbers([(0, 0), pair])


@pytest.mark.parametrize("number", [-1, 615, np.uint64(2**64 - 1)])
def test_a_running_number_that_does_not_exist_is_refused(number):
    with pytest.raises(UserError, match="no frame"):
        INDEX.pairs([number])


@pytest.mark.parametrize("pairs", [[(0.5, 1)], [(0, np.nan)], [("a", "b")], [(True, False)], [(0, 2**70)]])
def test_what_is_no_whole_number_is_refused(pairs):
    with pytest.raises(UserError, match="whole numbers"):
        INDEX.numbers(pairs)
    with pytest.raises(UserError, match="whole numbers"):
        INDEX.pairs(pairs[0])


@pytest.mark.parametrize("pairs", [[0, 1, 2], [0, 1], [[0, 1, 2]], 3, np.zeros((2, 2, 2), int)])
def test_other_shapes_are_refused(pairs):
    with pytest.raises(UserError, match="shape"):
        INDEX.numbers(pairs)


def test_rows_of_different_lengths_are_refused():
    with pytest.raises(UserError, match="lengths"):
        INDEX.numbers([[0, 1], [2]])
