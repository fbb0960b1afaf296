"""Error bars: exact values, derivatives against differences, and how often an interval holds the truth."""
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mdexplore.base.numerics.counts import sliding_counts
from mdexplore.base.numerics.errors import ErrorModel, hitting_times, log_interval, logit_interval, overlap
from mdexplore.base.numerics.mle import reversible_mle
from mdexplore.base.numerics.spectrum import slow_modes, stationary_distribution
from mdexplore.data.chains import birth_death_matrix, birth_death_populations, two_state, two_state_timescale

Q, P = [0, .1, .3, .2, .1], [.2, .2, .1, .3, 0]
MATRIX, STATIONARY = birth_death_matrix(Q, P), birth_death_populations(Q, P)
SETS = np.array([[1, 0, 0], [1, 0, 0], [0, 1, 0], [0, 0, 1], [0, 0, 1]], float)
MODEL = ErrorModel(MATRIX, STATIONARY, np.full(5, 1000.0))


def committor(matrix, source, target):
    between = ~(source | target)
    q = target.astype(float)
    inside = matrix[np.ix_(between, between)]
    q[between] = np.linalg.solve(np.eye(between.sum()) - inside, matrix[np.ix_(between, target)].sum(axis=1))
    return q


def by_differences(observable, effective, h=1e-6):
    """Standard error of an observable of the matrix from its derivatives by central differences."""
    n, variance = len(MATRIX), 0.0
    for r in range(n):
        gradient = np.zeros(n)
        for c in range(n):
            plus, minus = MATRIX.copy(), MATRIX.copy()
            plus[r, c] += h
            minus[r, c] -= h
            # Only moves within the row matter: normalising both takes the rest out.
            plus[r] /= plus[r].sum()
            minus[r] /= minus[r].sum()
            gradient[c] = (observable(plus) - observable(minus)) / (2 * h)
        mean = MATRIX[r] @ gradient
        variance += (MATRIX[r] @ gradient ** 2 - mean ** 2) / (effective[r] + 1)
    return np.sqrt(variance)


def reach(bounds, a, b):
    return np.log(bounds[2][a, b] / bounds[0][a, b]) / 1.959963984540054


def test_two_states_have_their_exact_numbers():
    a, b = 0.1, 0.3
    model = ErrorModel(np.array([[1 - a, a], [b, 1 - b]]), np.array([b, a]) / (a + b), np.array([100.0, 50.0]))
    assert np.allclose(model.populations(np.eye(2))[0], [0.75, 0.25], atol=1e-12)
    assert np.allclose(model.mfpt(np.eye(2))[0], [[0, 1 / a], [1 / b, 0]], atol=1e-12)
    assert model.rate(np.array([True, False]), np.array([False, True]), np.array([0.0, 1.0]))[0] == pytest.approx(a, abs=1e-12)
    assert np.allclose(model.transitions(np.eye(2))[0], [[1 - a, a], [b, 1 - b]], atol=1e-12)


def test_birth_death_passage_times_are_exact():
    # From i to i + 1: (1 / (p_i pi_i)) * sum of pi up to i.
    steps = [STATIONARY[:i + 1].sum() / (P[i] * STATIONARY[i]) for i in range(4)]
    times, _ = hitting_times(MATRIX, np.arange(5) == 4)
    assert np.allclose(times[:4], np.cumsum(steps[::-1])[::-1], rtol=1e-12)
    assert times[4] == 0


def test_birth_death_committor_rate_is_exact():
    # A current of 1 / sum(1 / (pi_i p_i)) flows from one end to the other.
    source, target = np.arange(5) == 0, np.arange(5) == 4
    resistance = 1 / (STATIONARY[:4] * np.array(P[:4]))
    exact_committor = np.append(0, np.cumsum(resistance)) / resistance.sum()
    q = committor(MATRIX, source, target)
    assert np.allclose(q, exact_committor, atol=1e-12)
    exact = 1 / resistance.sum() / (STATIONARY @ (1 - exact_committor))
    assert MODEL.rate(source, target, q)[0] == pytest.approx(exact, rel=1e-12)


def test_populations_have_the_derivatives_of_differences():
    _, lower, upper = MODEL.populations(SETS)
    for k in range(3):
        p = STATIONARY @ SETS[:, k]
        error = by_differences(lambda m, k=k: stationary_distribution(m) @ SETS[:, k], MODEL.effective)
        width = (np.log(upper[k] / (1 - upper[k])) - np.log(lower[k] / (1 - lower[k]))) / (2 * 1.959963984540054)
        assert width == pytest.approx(error / (p * (1 - p)), rel=1e-4)


def test_passage_times_have_the_derivatives_of_differences():
    bounds = MODEL.mfpt(SETS)

    def passage(matrix, a, b):
        start = stationary_distribution(matrix) * SETS[:, a]
        return start @ hitting_times(matrix, SETS[:, b] > 0)[0] / start.sum()

    for a, b in ((0, 1), (0, 2), (2, 0), (1, 2)):
        error = by_differences(lambda m, a=a, b=b: passage(m, a, b), MODEL.effective) / bounds[0][a, b]
        assert reach(bounds, a, b) == pytest.approx(error, rel=1e-4)


def test_transition_probabilities_have_the_derivatives_of_differences():
    values, lower, upper = MODEL.transitions(SETS)

    def transition(matrix, a, b):
        start = stationary_distribution(matrix) * SETS[:, a]
        return start @ matrix @ SETS[:, b] / start.sum()

    for a, b in ((0, 0), (0, 1), (1, 2), (2, 1)):
        p = values[a, b]
        error = by_differences(lambda m, a=a, b=b: transition(m, a, b), MODEL.effective)
        width = (np.log(upper[a, b] / (1 - upper[a, b])) - np.log(lower[a, b] / (1 - lower[a, b]))) / (2 * 1.959963984540054)
        assert width == pytest.approx(error / (p * (1 - p)), rel=1e-4)


def test_rates_have_the_derivatives_of_differences():
    source, target = np.arange(5) <= 1, np.arange(5) == 4

    def rate(matrix):
        q, pi = committor(matrix, source, target), stationary_distribution(matrix)
        return (pi * (matrix @ q))[source].sum() / (pi @ (1 - q))

    value, _, upper = MODEL.rate(source, target, committor(MATRIX, source, target))
    assert value == pytest.approx(rate(MATRIX), rel=1e-12)
    assert np.log(upper / value) / 1.959963984540054 == pytest.approx(by_differences(rate, MODEL.effective) / value, rel=1e-4)


def test_timescales_have_the_derivatives_of_differences():
    values, _, upper = MODEL.timescales(slow_modes(MATRIX, STATIONARY, 2), 1)

    def slowest(matrix):
        return -1 / np.log(np.sort(np.linalg.eigvals(matrix).real)[-2])

    shared = np.sqrt(overlap(np.exp(-1 / values[:1]))[0])
    assert np.log(upper[0] / values[0]) / 1.959963984540054 == pytest.approx(shared * by_differences(slowest, MODEL.effective) / values[0], rel=1e-4)


def test_overlap_matters_where_the_lag_time_is_long():
    assert overlap(np.exp(-np.array([1e-6, 1e-3, 0.1]))) == pytest.approx([1, 1, 1], abs=0.04)
    assert overlap(np.exp(-np.array([1.0]))) == pytest.approx([0.687], abs=1e-3)
    assert overlap(np.exp(-np.array([20.0]))) == pytest.approx([1 / 20], rel=1e-6)
    assert overlap(np.array([-0.2, 0.0, 1.0, np.nan])).tolist() == [1, 1, 1, 1]


@pytest.mark.parametrize("lagtime", [1, 10, 50])
def test_intervals_hold_the_exact_timescale_about_as_often_as_they_say(lagtime):
    leave, held = (0.01, 0.02), 0
    exact = two_state_timescale(leave)
    for seed in range(60):
        counts = sliding_counts([two_state(leave, 10_000, seed)], lagtime, 2)
        matrix, stationary = reversible_mle(counts)
        model = ErrorModel(matrix, stationary, counts.sum(axis=1) / lagtime)
        _, lower, upper = model.timescales(slow_modes(matrix, stationary, 1), lagtime)
        held += lower[0] < exact < upper[0]
    assert held >= 52   # 57 of 60 are wanted; fewer than 52 would happen once in fifty


@settings(deadline=None)
@given(st.floats(1e-12, 1 - 1e-9), st.floats(0, 10))
def test_intervals_of_probabilities_stay_between_zero_and_one(value, error):
    lower, upper = logit_interval(np.array(value), np.array(error))
    assert 0 <= lower <= value * (1 + 1e-9) and value * (1 - 1e-9) <= upper <= 1


def test_a_probability_never_seen_has_an_interval_that_counts_allow():
    lower, upper = logit_interval(np.array([0.0, 1.0]), np.zeros(2), np.array(99.0))
    assert lower.tolist() == [0.0, 0.97] and upper.tolist() == [0.03, 1.0]


@settings(deadline=None)
@given(st.floats(1e-6, 1e6), st.floats(0, 3))
def test_intervals_of_times_are_positive_and_hold_the_value(value, error):
    lower, upper = log_interval(np.array(value), np.array(error))
    assert 0 < lower <= value <= upper
