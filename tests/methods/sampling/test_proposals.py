"""Which states more data should come from."""
from __future__ import annotations

import numpy as np
import pytest

from mdexplore.base.errors import UserError
from mdexplore.base.numerics.errors import ErrorModel
from mdexplore.base.numerics.spectrum import slow_modes
from mdexplore.methods.sampling.proposals import by_uncertainty, least_counts, row_variances, standard_error

MATRIX = np.array([[0.9, 0.1, 0.0], [0.05, 0.9, 0.05], [0.0, 0.2, 0.8]])
PI = np.array([0.2857142857142857, 0.5714285714285714, 0.14285714285714285])
COUNTS = np.array([100.0, 400.0, 5.0])


def test_least_counts_takes_what_is_seldom_and_never_what_was_not_seen():
    states, seen = least_counts(np.array([500, 0, 3, 100]), 3)
    assert states[0] == 2 and seen[0] == 3 and 1 not in states


def test_a_state_that_is_usable_though_never_counted_comes_first():
    states, seen = least_counts(np.array([500, 0, 3, 0]), 2, np.array([True, True, True, False]))
    assert states.tolist() == [1, 2] and seen.tolist() == [0, 3]


def test_variances_of_rows_add_up_to_the_delta_method():
    variances, value = row_variances(MATRIX, PI, "timescale 1")
    modes = slow_modes(MATRIX, PI, 1)
    _, low, high = ErrorModel(MATRIX, PI, COUNTS).timescales(modes, 1)
    relative = np.log(high[0] / low[0]) / (2 * 1.959964)
    assert value == pytest.approx(-1 / np.log(modes.eigenvalues[1]))
    # The interval of the model also knows how windows overlap, a factor of at most one.
    assert relative <= standard_error(variances, COUNTS) * 1.0001 and relative > 0.95 * standard_error(variances, COUNTS)


def test_variances_of_a_population_are_those_of_small_changes():
    sets = np.array([[1.0, 0], [0, 1.0], [0, 1.0]])
    variances, value = row_variances(MATRIX, PI, "population 2", states=sets)
    assert value == pytest.approx(PI[1:].sum())
    random, found = np.random.default_rng(0), []
    for _ in range(4000):
        rows = np.array([random.dirichlet(2000 * r + 1e-9) for r in MATRIX])
        pi = np.linalg.solve((np.eye(3) - rows + 1).T, np.ones(3))
        found.append(pi[1:].sum())
    assert np.std(found) == pytest.approx(standard_error(variances, np.full(3, 2000.0)), rel=0.05)


def test_counts_go_where_they_help_most():
    variances, _ = row_variances(MATRIX, PI, "timescale 1")
    states, shares = by_uncertainty(variances, COUNTS, 3)
    assert states[0] == np.argmax(variances / (COUNTS + 1) - variances / (COUNTS + 2)) and (np.diff(shares) <= 1e-12).all()


@pytest.mark.parametrize("target", ["speed 1", "timescale", "timescale 0", "timescale 9", "population 3"])
def test_targets_that_do_not_exist_are_refused(target):
    with pytest.raises(UserError):
        row_variances(MATRIX, PI, target, states=np.eye(3)[:, :2])
