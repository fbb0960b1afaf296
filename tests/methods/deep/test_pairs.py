"""Pairs of frames: none across a seam, none in both parts, and a sample that keeps its pairs together."""
import numpy as np
import pytest

from mdexplore.base.errors import UserError
from mdexplore.methods.deep.pairs import gather, split


def numbered(*lengths):
    """Each value tells its trajectory (thousands) and frame."""
    return [(1000 * i + np.arange(n, dtype=np.float32))[:, None] for i, n in enumerate(lengths)]


def values(pairs):
    return pairs.frames[pairs.starts, 0], pairs.frames[pairs.starts + pairs.offset, 0]


@pytest.mark.parametrize("most", [10_000, 200])
def test_the_later_frame_of_every_pair_is_one_lag_time_later_in_the_same_trajectory(most):
    arrays = numbered(300, 200, 250, 150, 220)
    train, test = split([len(a) for a in arrays], 7, seed=1)
    for part in (train, test):
        pairs = gather(arrays, part, 7, most, np.random.default_rng(0))
        earlier, later = values(pairs)
        np.testing.assert_array_equal(later - earlier, 7)
        np.testing.assert_array_equal(earlier // 1000, later // 1000)


@pytest.mark.parametrize("lengths", [(300, 200, 250, 150, 220), (900,), (400, 500)])
def test_no_frame_is_both_learned_from_and_held_out(lengths):
    arrays = numbered(*lengths)
    train, test = split(lengths, 5, seed=3)
    seen, unseen = (set(np.concatenate(values(gather(arrays, part, 5, 10_000, np.random.default_rng(0))))) for part in (train, test))
    assert not seen & unseen
    assert 0.08 < len(unseen) / (len(seen) + len(unseen)) < 0.4


def test_many_trajectories_are_held_out_whole():
    _, test = split([100] * 10, 5, seed=0)
    assert [(a, b) for _, a, b in test] == [(0, 100), (0, 100)]


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("lengths", [(5000, 200, 200, 200, 200), (1000, 1000, 10, 10, 10)])
def test_long_trajectories_among_short_ones_are_cut(lengths, seed):
    train, test = split(lengths, 5, seed)
    assert any(i == 0 for i, _, _ in train)
    assert 0.05 < sum(b - a for _, a, b in test) / sum(lengths) < 0.4


def test_two_blocks_are_one_for_each_part():
    train, test = split([100], 25, seed=0)
    assert len(train) == len(test) == 1


def test_a_sample_says_how_many_pairs_there_were():
    pairs = gather(numbered(500), [(0, 0, 500)], 10, 50, np.random.default_rng(0))
    assert (pairs.n, pairs.n_all) == (50, 490)


def test_another_seed_holds_out_other_blocks():
    assert split([100] * 10, 5, seed=0) != split([100] * 10, 5, seed=1)


def test_too_few_frames_are_refused_in_the_users_units():
    with pytest.raises(UserError, match=r"1 ns.*shorter lag time"):
        split([40], 10, seed=0, timestep_ns=0.1)
