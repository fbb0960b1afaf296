"""The reversible estimate and its spectrum."""
import logging

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mdexplore.base.numerics import mle
from mdexplore.base.numerics.counts import connected_set
from mdexplore.base.numerics.mle import reversible_mle
from mdexplore.base.numerics.spectrum import implied_timescales, slow_modes, stationary_distribution
from mdexplore.data.chains import birth_death_matrix, birth_death_populations


def connected_counts(seed, n=12):
    rng = np.random.default_rng(seed)
    counts = rng.poisson(rng.random((n, n)) ** 6 * 50).astype(float)
    active = connected_set(counts)
    return counts[np.ix_(active, active)]


@pytest.mark.parametrize("seed", range(5))
def test_the_estimate_equals_deeptimes(seed):
    from deeptime.markov.tools.estimation import transition_matrix

    counts = connected_counts(seed)
    theirs, stationary = transition_matrix(counts, reversible=True, maxerr=1e-14, return_statdist=True)
    ours = reversible_mle(counts)
    assert np.abs(ours[0] - theirs).max() < 1e-8
    assert np.abs(ours[1] - stationary).max() < 1e-8


@settings(deadline=None, max_examples=60)
@given(st.integers(0, 10_000), st.integers(1, 15))
def test_rows_sum_to_one_and_balance_is_detailed(seed, n):
    counts = connected_counts(seed, n)
    if counts.sum() == 0:
        return
    matrix, stationary = reversible_mle(counts)
    flow = stationary[:, None] * matrix
    assert np.abs(matrix.sum(axis=1) - 1).max() < 1e-12
    assert np.abs(flow - flow.T).max() < 1e-12
    assert np.all(matrix >= 0)


@settings(deadline=None, max_examples=30)
@given(st.integers(0, 10_000), st.floats(0.1, 1e6))
def test_the_estimate_does_not_depend_on_the_scale_of_the_counts(seed, factor):
    counts = connected_counts(seed)
    assert np.abs(reversible_mle(counts)[0] - reversible_mle(counts * factor)[0]).max() < 1e-9


@settings(deadline=None, max_examples=30)
@given(st.integers(0, 10_000))
def test_reversing_time_leaves_the_estimate(seed):
    # Counts seen forth and back have the same likelihood under detailed balance up to the row sums; here they are symmetric.
    counts = connected_counts(seed)
    both = counts + counts.T
    matrix, stationary = reversible_mle(both)
    assert np.allclose(matrix, both / both.sum(axis=1, keepdims=True), atol=1e-10)
    assert np.allclose(stationary, both.sum(axis=1) / both.sum(), atol=1e-10)


def test_a_very_slow_chain_is_solved_in_a_few_steps():
    # Two blocks of states with one passage each way in a million counts: fixed points need thousands of steps here.
    counts = np.kron(np.eye(2), np.full((20, 20), 1250.0))
    counts[0, 20] = counts[20, 0] = 1
    counts[3, 3] += 7
    matrix, stationary = reversible_mle(counts, max_steps=15)
    assert stationary[:20].sum() == pytest.approx(0.5, abs=1e-3)
    assert np.abs(stationary @ matrix - stationary).max() < 1e-14


def test_without_convergence_deeptimes_solver_takes_over_aloud(caplog):
    counts = connected_counts(3)
    with caplog.at_level(logging.WARNING, logger=mle.__name__):
        matrix, _ = reversible_mle(counts, max_steps=1)
    assert "deeptime" in caplog.text
    assert np.abs(matrix - reversible_mle(counts)[0]).max() < 1e-7


def test_one_state_stays_where_it_is():
    matrix, stationary = reversible_mle(np.array([[7.0]]))
    assert matrix.tolist() == [[1.0]] and stationary.tolist() == [1.0]


def test_modes_of_a_birth_death_chain_are_exact():
    q, p = [0, .1, .3, .2], [.2, .2, .1, 0]
    matrix, stationary = birth_death_matrix(q, p), birth_death_populations(q, p)
    modes = slow_modes(matrix, stationary, 3)
    assert np.allclose(modes.eigenvalues, np.sort(np.linalg.eigvals(matrix).real)[::-1], atol=1e-12)
    assert np.allclose(modes.left.T @ modes.right, np.eye(4), atol=1e-12)
    assert np.allclose(matrix @ modes.right, modes.right * modes.eigenvalues, atol=1e-12)
    assert np.allclose(stationary_distribution(matrix), stationary, atol=1e-12)


def test_many_states_give_the_same_modes_by_lanczos():
    n = 500
    rng = np.random.default_rng(0)
    flow = rng.random((n, n)) ** 20
    flow = flow + flow.T + np.eye(n) * 5
    matrix, stationary = flow / flow.sum(axis=1, keepdims=True), flow.sum(axis=1) / flow.sum()
    few, all_of_them = slow_modes(matrix, stationary, 4), slow_modes(matrix, stationary, n - 1)
    assert np.allclose(few.eigenvalues, all_of_them.eigenvalues[:5], atol=1e-10)


def test_an_eigenvalue_that_is_not_positive_has_no_timescale():
    times = implied_timescales(np.array([np.exp(-0.5), 0.0, -0.3]), 2)
    assert times[0] == pytest.approx(4.0)
    assert np.isnan(times[1:]).all()
