"""The augmented Markov model equals a direct optimiser, and its limits are what they must be."""
from __future__ import annotations

import numpy as np
import pytest
from scipy.optimize import minimize

from mdexplore.base.errors import UserError
from mdexplore.base.numerics.mle import reversible_mle
from mdexplore.methods.experiment.augmented import augmented_model, log_likelihood

COUNTS = np.array([[900.0, 40, 3, 0], [35, 300, 20, 2], [5, 15, 500, 30], [0, 3, 25, 120]])
MEANS = np.array([[1.0, 0.2], [2.0, 0.9], [4.0, 0.1], [3.0, 0.5]])


def by_hand(counts, means, measured, weights):
    """The same by a general optimiser over symmetric flows."""
    seen = np.argwhere(np.triu(counts + counts.T) > 0)

    def parts(z):
        flow = np.zeros_like(counts)
        flow[seen[:, 0], seen[:, 1]] = np.exp(z)
        flow = np.triu(flow) + np.triu(flow, 1).T
        return flow / flow.sum()

    def loss(z):
        flow = parts(z)
        pi = flow.sum(axis=1)
        return -log_likelihood(counts, flow / pi[:, None]) + (weights * (measured - pi @ means) ** 2).sum()

    best = minimize(loss, np.log((counts + counts.T)[seen[:, 0], seen[:, 1]]), method="BFGS", options={"gtol": 1e-7, "maxiter": 5000})
    return parts(best.x)


@pytest.mark.parametrize("weights", [[1.0, 1.0], [100.0, 10.0], [1e4, 1e3], [0.0, 500.0]])
def test_it_equals_a_direct_optimiser(weights):
    measured, weights = np.array([2.4, 0.45]), np.array(weights)
    found = augmented_model(COUNTS, MEANS, measured, weights)
    flow = by_hand(COUNTS, MEANS, measured, weights)
    np.testing.assert_allclose(found.averages, flow.sum(axis=1) @ MEANS, atol=1e-3)
    np.testing.assert_allclose(found.transition_matrix, flow / flow.sum(axis=1)[:, None], atol=2e-3)
    np.testing.assert_allclose(found.multipliers, 2 * weights * (measured - found.averages), rtol=1e-6, atol=1e-6)


def test_without_weight_it_is_the_most_likely_model():
    found = augmented_model(COUNTS, MEANS, np.array([3.9, 0.9]), np.zeros(2))
    np.testing.assert_allclose(found.transition_matrix, reversible_mle(COUNTS)[0], atol=1e-9)
    faint = augmented_model(COUNTS, MEANS, np.array([3.9, 0.9]), np.full(2, 1e-9))
    np.testing.assert_allclose(faint.transition_matrix, reversible_mle(COUNTS)[0], atol=1e-6)


@pytest.mark.parametrize("weight", [1e9, np.inf])
def test_with_all_weight_it_reaches_the_measurement(weight):
    measured = np.array([2.9, 0.4])
    found = augmented_model(COUNTS, MEANS, measured, np.full(2, weight))
    np.testing.assert_allclose(found.averages, measured, atol=1e-5)


def test_detailed_balance_and_rows_hold():
    found = augmented_model(COUNTS, MEANS, np.array([3.5, 0.3]), np.array([1e4, 1e4]))
    flow = found.stationary[:, None] * found.transition_matrix
    np.testing.assert_allclose(flow, flow.T, atol=1e-12)
    np.testing.assert_allclose(found.transition_matrix.sum(axis=1), 1, atol=1e-12)
    assert (found.transition_matrix >= 0).all() and found.log_likelihood < log_likelihood(COUNTS, reversible_mle(COUNTS)[0])


def test_many_states_and_a_far_measurement_are_solved():
    random = np.random.default_rng(0)
    x = np.linspace(-1, 1, 120)
    rates = np.exp(-((x[:, None] - x[None, :]) / 0.1) ** 2) * np.exp(-2 * (x[None, :] ** 2 - 0.5) ** 2 * 4)
    counts = random.poisson(200 * rates / rates.sum(axis=1, keepdims=True)).astype(float) + np.eye(120)
    found = augmented_model(counts, x[:, None], np.array([0.6]), np.array([np.inf]))
    assert found.averages[0] == pytest.approx(0.6, abs=1e-8)


def test_a_value_that_no_state_has_is_refused_where_it_is_demanded():
    with pytest.raises(UserError, match="span"):
        augmented_model(COUNTS, MEANS, np.array([9.0, 0.4]), np.array([np.inf, 0]))
    soft = augmented_model(COUNTS, MEANS, np.array([9.0, 0.4]), np.array([50.0, 0]))
    assert soft.averages[0] < 4


def test_what_cannot_be_reached_is_called_by_its_name():
    counts, means = np.array([[90.0, 10.0], [10.0, 90.0]]), np.array([[0.0, 0.0], [1.0, 1.0]])
    with pytest.raises(UserError) as refused:
        augmented_model(counts, means, np.array([0.5, 1.7]), np.array([1.0, np.inf]), ["share", "distance"])
    assert "averages of distance span 0 to 1" in refused.value.why
