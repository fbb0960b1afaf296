"""Pathways: the widest one first, capacities that add up."""
from itertools import pairwise

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from mdexplore.base.numerics.pathways import pathways, widest_path

DIAMOND = np.zeros((4, 4))
DIAMOND[0, 1], DIAMOND[1, 3], DIAMOND[0, 2], DIAMOND[2, 3] = 3, 3, 1, 1


def random_flux(seed, n=8):
    """Net flux of a random reversible chain from state 0 to the last."""
    from deeptime.markov import reactive_flux

    rng = np.random.default_rng(seed)
    flow = rng.random((n, n)) ** 4
    flow = flow + flow.T
    return reactive_flux(flow / flow.sum(axis=1, keepdims=True), [0], [n - 1], stationary_distribution=flow.sum(axis=1) / flow.sum())


def test_the_stronger_branch_comes_first():
    paths, capacities = pathways(DIAMOND, np.array([0]), np.array([3]))
    assert paths == [[0, 1, 3], [0, 2, 3]] and capacities == [3, 1]


def test_the_flux_given_is_left_as_it_is():
    before = DIAMOND.copy()
    pathways(DIAMOND, np.array([0]), np.array([3]))
    assert np.array_equal(before, DIAMOND)


def test_paths_that_share_the_weakest_edge_are_told_apart_by_the_rest():
    flux = np.zeros((5, 5))
    flux[0, 1], flux[1, 2], flux[1, 3], flux[2, 4], flux[3, 4] = 1, 2, 3, 2, 3
    assert widest_path(flux, np.array([0]), np.array([4])) == ([0, 1, 3, 4], 1.0)


def test_where_no_path_leads_there_is_none():
    assert widest_path(DIAMOND, np.array([3]), np.array([0])) == ([], 0.0)


@settings(deadline=None, max_examples=20)
@given(st.integers(0, 1000), st.sampled_from([4, 8, 12]))
def test_all_paths_and_capacities_equal_deeptimes(seed, n):
    flux = random_flux(seed, n)
    theirs, their_capacities = flux.pathways(fraction=0.99)
    paths, capacities = pathways(np.asarray(flux.net_flux), np.array([0]), np.array([n - 1]), n_paths=1000, share=0.99)
    assert paths == [list(p) for p in theirs]
    np.testing.assert_allclose(capacities, their_capacities, rtol=1e-9)


@settings(deadline=None, max_examples=20)
@given(st.integers(0, 1000))
def test_paths_carry_the_whole_flux_and_no_more(seed):
    flux = random_flux(seed)
    _, capacities = pathways(np.asarray(flux.net_flux), np.array([0]), np.array([7]), n_paths=200, share=1.0)
    assert np.isclose(sum(capacities), flux.total_flux, rtol=1e-6)
    assert all(a >= b * (1 - 1e-12) for a, b in pairwise(capacities))
