"""Selections: frozen, small, and combined by six tiny functions."""
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mdexplore.base.errors import UserError
from mdexplore.data.frames import FrameIndex
from mdexplore.session.selection import Selection

masks = st.lists(st.booleans(), min_size=13, max_size=13).map(np.array)


@settings(max_examples=50, deadline=None)
@given(masks, masks)
def test_modes_are_set_algebra(old, new):
    start = Selection.of(old)
    for mode, want in {"replace": new, "add": old | new, "remove": old & ~new, "intersect": old & new}.items():
        got = start.combine(new, mode, "test", "by hand")
        assert np.array_equal(got.mask, want) and got.n == want.sum() and np.array_equal(got.numbers, np.flatnonzero(want))
    assert np.array_equal(start.mask, old)


def test_an_unknown_mode_names_the_known_ones():
    with pytest.raises(UserError, match="intersect"):
        Selection.empty(3).combine(np.ones(3, bool), "xor", "", "")


def test_a_selection_takes_one_bit_a_frame():
    assert Selection.empty(1_000_000).nbytes == 125_000


@settings(max_examples=50, deadline=None)
@given(st.lists(st.integers(0, 6), min_size=1, max_size=6).filter(lambda n: sum(n) > 0))
def test_running_numbers_and_pairs_are_one_to_one(lengths):
    index = FrameIndex(tuple(lengths))
    numbers = np.arange(index.n_frames)
    pairs = index.pairs(numbers)
    assert np.array_equal(index.numbers(pairs), numbers)
    assert all(0 <= f < lengths[t] for t, f in pairs)
