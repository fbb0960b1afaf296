"""Counts: equal to deeptime's, never across a seam, nothing lost between pieces."""
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.sparse.csgraph import connected_components

from mdexplore.base.numerics import counts
from mdexplore.base.numerics.counts import connected_set, counts_by_piece, sliding_counts
from mdexplore.base.numerics.effective import effective_counts
from mdexplore.data.chains import birth_death

CHAINS = [birth_death([0, .1, .2, .1], [.2, .1, .1, 0], n, seed) for seed, n in enumerate((3000, 700, 5, 1200))]
dtrajs_of_five = st.lists(st.lists(st.integers(-1, 4), min_size=0, max_size=40).map(lambda x: np.array(x, dtype=np.int32)), min_size=1, max_size=5)


@pytest.mark.parametrize("lagtime", [1, 4, 50])
def test_sliding_counts_equal_deeptimes(lagtime):
    from deeptime.markov import TransitionCountEstimator

    theirs = TransitionCountEstimator(lagtime, "sliding", sparse=False).fit_fetch(CHAINS).count_matrix
    assert np.array_equal(sliding_counts(CHAINS, lagtime, 4), theirs)


@pytest.mark.parametrize("lagtime", [1, 3, 20])
def test_effective_counts_equal_deeptimes(lagtime):
    from deeptime.markov import TransitionCountEstimator

    theirs = TransitionCountEstimator(lagtime, "effective", sparse=False).fit_fetch(CHAINS).count_matrix
    np.testing.assert_allclose(effective_counts(CHAINS, lagtime, 4), theirs, rtol=1e-12, atol=0)


def test_pairs_with_a_frame_outside_are_left_out():
    assert sliding_counts([np.array([0, -1, 0, 1, 1])], 1, 2).tolist() == [[0, 1], [0, 1]]


def test_trajectories_are_never_joined():
    assert sliding_counts([np.array([0, 0]), np.array([1, 1])], 1, 2).tolist() == [[1, 0], [0, 1]]


@settings(deadline=None, max_examples=50)
@given(dtrajs_of_five, st.integers(1, 7))
def test_counts_of_trajectories_add_up_to_all_counts(dtrajs, lagtime):
    by_piece = counts_by_piece(dtrajs, lagtime, 5)
    assert by_piece.shape == (len(dtrajs), 25)
    assert np.array_equal(np.asarray(by_piece.sum(axis=0)).reshape(5, 5), sliding_counts(dtrajs, lagtime, 5))


@settings(deadline=None, max_examples=50)
@given(dtrajs_of_five, st.integers(1, 7))
def test_cutting_trajectories_into_blocks_loses_no_count(dtrajs, lagtime):
    blocks = [np.arange(len(d)) // 6 for d in dtrajs]
    by_block = counts_by_piece(dtrajs, lagtime, 5, blocks)
    assert np.array_equal(np.asarray(by_block.sum(axis=0)).reshape(5, 5), sliding_counts(dtrajs, lagtime, 5))


@settings(deadline=None, max_examples=50)
@given(dtrajs_of_five, st.integers(1, 7))
def test_effective_counts_never_exceed_sliding_counts(dtrajs, lagtime):
    assert np.all(effective_counts(dtrajs, lagtime, 5) <= sliding_counts(dtrajs, lagtime, 5) + 1e-12)


def test_the_connected_set_leaves_out_what_is_never_left_again():
    counts = np.array([[5, 1, 0, 0], [1, 5, 1, 0], [0, 0, 5, 0], [0, 0, 0, 0]])
    assert connected_set(counts).tolist() == [0, 1]


def test_without_counts_nothing_is_connected():
    assert len(connected_set(np.zeros((3, 3)))) == 0


def test_long_trajectories_are_counted_stretch_by_stretch(monkeypatch):
    rng = np.random.default_rng(3)
    dtrajs = [rng.integers(-1, 4, n) for n in (500, 3, 77)]
    whole, by_piece = counts.sliding_counts(dtrajs, 5, 4), counts.counts_by_piece(dtrajs, 5, 4).toarray()
    for name in ("CHUNK", "UNIQUE_ROWS", "PIECE_ROWS"):
        monkeypatch.setattr(counts, name, 30)
    np.testing.assert_array_equal(counts.sliding_counts(dtrajs, 5, 4), whole)
    np.testing.assert_array_equal(counts.counts_by_piece(dtrajs, 5, 4).toarray(), by_piece)


def test_the_connected_set_is_that_of_the_graph_whether_it_holds_all_states_or_not():
    rng = np.random.default_rng(2)
    whole = 0
    for share in np.linspace(0.05, 0.5, 60):
        counts = rng.poisson(3, (12, 12)) * (rng.random((12, 12)) < share)
        n, label = connected_components(counts, directed=True, connection="strong")
        found = connected_set(counts.astype(float))
        whole += n == 1
        assert np.array_equal(np.flatnonzero(label == label[found[0]]), found) and len(found) == np.bincount(label).max()
    assert 0 < whole < 60
