"""Error bars of a Markov model by the delta method: each row of the transition matrix is a Dirichlet variable.

A quantity whose change is ``df = sum_r dP_r . g_r`` has the variance ``sum_r Var_r(g_r) / (c_r + 1)``, where ``Var_r`` is taken over the
row's own probabilities and c_r are the row's counts. Sliding counts overlap, so they are divided by the lag time first. All intervals hold
95 %: on log t for times and rates, on the logit for probabilities.
"""
from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from mdexplore.base.numerics.spectrum import Modes

Z95 = 1.959963984540054
Term = tuple[np.ndarray, np.ndarray]


def log_interval(value: np.ndarray, error: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """95 % interval of a positive value from the standard error of its logarithm."""
    with np.errstate(over="ignore", invalid="ignore"):
        reach = np.exp(Z95 * np.asarray(error, dtype=float))
        return np.asarray(value) / reach, np.asarray(value) * reach


def logit_interval(value: np.ndarray, error: np.ndarray, counts: np.ndarray | float = np.inf) -> tuple[np.ndarray, np.ndarray]:
    """95 % interval of a probability from its standard error.

    Where the probability is 0 or 1 the error says nothing; there the other end is the one that n independent counts allow, 3 / n.
    """
    value, error, counts = (np.asarray(a, dtype=float) for a in np.broadcast_arrays(value, error, counts))
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        odds = np.log(value) - np.log1p(-value)
        reach = Z95 * error / (value * (1 - value))
        lower, upper = 1 / (1 + np.exp(reach - odds)), 1 / (1 + np.exp(-reach - odds))
        room = np.minimum(1.0, 3 / (counts + 1))
    zero, one = value <= 1e-14, value >= 1 - 1e-14
    lower = np.where(zero, 0.0, np.where(one, 1 - room, lower))
    upper = np.where(one, 1.0, np.where(zero, room, upper))
    return lower, upper


def overlap(eigenvalues: np.ndarray) -> np.ndarray:
    """What part of the variance is left when all starts are used instead of one every lag time, for each process.

    Parameters
    ----------
    eigenvalues : ndarray, shape (k,)
        At the lag time.

    Returns
    -------
    ndarray, shape (k,)
        1 where the lag time is short against the process; 0.69 where they are equal; t / lagtime far beyond, where the process itself, not the
        lag time, sets how many independent frames there are. 1 for an eigenvalue without a timescale.

    Notes
    -----
    Bartlett's variance of an autocorrelation estimate for a single exponential, Bartlett 1946, doi:10.2307/2983611, over that of one
    pair every lag time, 1 - eigenvalue^2.
    """
    with np.errstate(divide="ignore", invalid="ignore"):
        x = -np.log(np.where((eigenvalues > 0) & (eigenvalues < 1), eigenvalues, np.nan))
        squared = np.exp(-2 * x)
        factor = (1 - squared - 2 * x * squared) / (x * (1 - squared))
    return np.where(np.isfinite(factor) & (x > 1e-4), np.clip(factor, 0.0, 1.0), 1.0)


@dataclass(frozen=True, eq=False)
class ErrorModel:
    """A transition matrix with the counts that carry it; values of observables with their standard errors.

    Parameters
    ----------
    transition_matrix : ndarray, shape (n, n)
    stationary : ndarray, shape (n,)
    effective : ndarray, shape (n,)
        Independent counts of each row: sliding counts divided by the lag time.
    """

    transition_matrix: np.ndarray
    stationary: np.ndarray
    effective: np.ndarray

    def error(self, terms: Sequence[Term]) -> float:
        """Standard error of f with ``df = sum_k sum_r u_k[r] dP_r . v_k``, given as pairs (u_k, v_k)."""
        matrix = self.transition_matrix
        means = [matrix @ v for _, v in terms]
        total = np.zeros(len(matrix))
        for a, (u, v) in enumerate(terms):
            total += u * u * (matrix @ (v * v) - means[a] ** 2)
            for b in range(a):
                total += 2 * u * terms[b][0] * (matrix @ (v * terms[b][1]) - means[a] * means[b])
        return float(np.sqrt(max((total / (self.effective + 1)).sum(), 0.0)))

    @cached_property
    def _fundamental(self) -> Any:
        from scipy.linalg import lu_factor

        return lu_factor(np.eye(len(self.stationary)) - self.transition_matrix + self.stationary[None, :])

    def _through_stationary(self, weights: np.ndarray) -> Term:
        """How ``d(pi) . weights`` depends on the rows: d(pi) = pi dP (I - P + 1 pi)^-1."""
        from scipy.linalg import lu_solve

        return self.stationary, lu_solve(self._fundamental, weights)

    def timescales(self, modes: Modes, lagtime: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Implied timescales of all but the stationary mode, frames; values, lower and upper, each of shape (m - 1,)."""
        from mdexplore.base.numerics.spectrum import implied_timescales

        eigenvalues = modes.eigenvalues[1:]
        values = implied_timescales(eigenvalues, lagtime)
        errors = np.array([self.error([(modes.left[:, q], modes.right[:, q])]) for q in range(1, len(modes.eigenvalues))])
        errors = errors * np.sqrt(overlap(eigenvalues))
        with np.errstate(divide="ignore", invalid="ignore"):
            relative = errors / np.abs(eigenvalues * np.log(np.where(eigenvalues > 0, eigenvalues, np.nan)))
        return values, *log_interval(values, relative)

    def populations(self, sets: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Stationary probability of sets of states.

        Parameters
        ----------
        sets : ndarray, shape (n, m)
            Indicator of each set.

        Returns
        -------
        values, lower, upper : ndarray, shape (m,)
        """
        values = self.stationary @ sets
        errors = np.array([self.error([self._through_stationary(sets[:, k])]) for k in range(sets.shape[1])])
        return values, *logit_interval(values, errors, self.effective.sum())

    def transitions(self, sets: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Transition probabilities between sets in one step, starts weighted by the stationary distribution.

        Parameters
        ----------
        sets : ndarray, shape (n, m)
            Indicator of each set; a set without states gives NaN in its row and column.

        Returns
        -------
        values, lower, upper : ndarray, shape (m, m)
        """
        m = sets.shape[1]
        weights = self.stationary @ sets
        empty = ~(sets.sum(axis=0) > 0)
        weights = np.where(empty, 1.0, weights)
        ahead = self.transition_matrix @ sets
        values = (sets * self.stationary[:, None]).T @ ahead / weights[:, None]
        errors = np.zeros((m, m))
        for a in range(m):
            start = self.stationary * sets[:, a] / weights[a]
            for b in range(m if m > 1 else 0):
                drift = sets[:, a] * (ahead[:, b] - values[a, b]) / weights[a]
                errors[a, b] = self.error([(start, sets[:, b]), self._through_stationary(drift)])
        values = np.clip(values, 0.0, 1.0)
        lower, upper = logit_interval(values, errors, (self.effective @ sets)[:, None])
        for array in (values, lower, upper):
            array[empty, :] = np.nan
            array[:, empty] = np.nan
        return values, lower, upper

    def mfpt(self, sets: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Mean first passage times between sets, in steps; starts weighted by the stationary distribution.

        Parameters
        ----------
        sets : ndarray, shape (n, m)
            Indicator of disjoint sets, none of them empty.

        Returns
        -------
        values, lower, upper : ndarray, shape (m, m)
            From row to column; 0 on the diagonal.
        """
        m = sets.shape[1]
        values, errors = np.zeros((m, m)), np.zeros((m, m))
        for b in range(m):
            hit, solve_left = hitting_times(self.transition_matrix, sets[:, b] > 0)
            for a in range(m):
                if a == b:
                    continue
                start = self.stationary * sets[:, a]
                start = start / start.sum()
                values[a, b] = start @ hit
                drift = sets[:, a] * (hit - values[a, b]) / (self.stationary @ sets[:, a])
                errors[a, b] = self.error([(solve_left(start), hit), self._through_stationary(drift)]) / values[a, b]
        return values, *log_interval(values, errors)

    def rate(self, source: np.ndarray, target: np.ndarray, committor: np.ndarray) -> tuple[float, float, float]:
        """Rate of transition path theory per step, k = F / sum_i pi_i (1 - q_i).

        Parameters
        ----------
        source, target : ndarray, shape (n,), bool
        committor : ndarray, shape (n,)
            Probability to reach the target first.

        Returns
        -------
        value, lower, upper : float
        """
        ahead = self.transition_matrix @ committor
        flux = float((self.stationary * ahead)[source].sum())
        waiting = float(self.stationary @ (1 - committor))
        between = ~(source | target)
        visits = np.zeros(len(committor))
        if between.any():
            matrix = self.transition_matrix[np.ix_(between, between)]
            visits[between] = np.linalg.solve((np.eye(int(between.sum())) - matrix).T, self.stationary[between])
        direct = np.where(target, 0.0, self.stationary * (1 - committor)) / flux + visits / waiting
        drift = np.where(source, ahead, 0.0) / flux - (1 - committor) / waiting
        error = self.error([(direct, committor), self._through_stationary(drift)])
        value = flux / waiting
        lower, upper = log_interval(np.array(value), np.array(error))
        return value, float(lower), float(upper)


def hitting_times(transition_matrix: np.ndarray, target: np.ndarray) -> tuple[np.ndarray, Any]:
    """Mean number of steps until a set is reached, and the solver of the transposed problem.

    Parameters
    ----------
    transition_matrix : ndarray, shape (n, n)
    target : ndarray, shape (n,), bool

    Returns
    -------
    times : ndarray, shape (n,)
        0 in the target.
    solve_left : callable
        Takes start weights of shape (n,) and gives the mean visits to each state before the target, 0 in the target.
    """
    from scipy.linalg import lu_factor, lu_solve

    outside = np.flatnonzero(~target)
    factor = lu_factor(np.eye(len(outside)) - transition_matrix[np.ix_(outside, outside)])
    times = np.zeros(len(target))
    times[outside] = lu_solve(factor, np.ones(len(outside)))

    def solve_left(start: np.ndarray) -> np.ndarray:
        visits = np.zeros(len(target))
        visits[outside] = lu_solve(factor, start[outside], trans=1)
        return visits

    return times, solve_left
