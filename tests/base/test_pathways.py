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


def test_where_no_path_leads_there_is_none():
    assert widest_path(DIAMOND, np.array([3]), np.array([0])) == ([], 0.0)


@settings(deadline=None, max_examples=20)
@given(st.integers(0, 1000))
def test_the_first_path_is_as_wide_as_deeptimes(seed):
    flux = random_flux(seed)
    theirs, capacities = flux.pathways(fraction=0.3)
    path, capacity = widest_path(np.asarray(flux.net_flux), np.array([0]), np.array([7]))
    assert path == list(theirs[0]) and np.isclose(capacity, capacities[0], rtol=1e-10)


@settings(deadline=None, max_examples=20)
@given(st.integers(0, 1000))
def test_paths_carry_the_whole_flux_and_no_more(seed):
    flux = random_flux(seed)
    _, capacities = pathways(np.asarray(flux.net_flux), np.array([0]), np.array([7]), n_paths=200, share=1.0)
    assert np.isclose(sum(capacities), flux.total_flux, rtol=1e-6)
    assert all(a >= b * (1 - 1e-12) for a, b in pairwise(capacities))
