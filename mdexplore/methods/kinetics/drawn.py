"""Error bars of a Markov model from draws of its transition matrix, where counts of one kind of transitions do not tell how sure it is."""
from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from mdexplore.base.numerics.errors import ErrorModel, Term, hitting_times, log_interval, logit_interval
from mdexplore.base.numerics.spectrum import Modes, implied_timescales, slow_modes, stationary_distribution

Bounds = tuple[np.ndarray, np.ndarray, np.ndarray]
ENOUGH = 0.9   # of the draws have to have a number


@dataclass(frozen=True, eq=False)
class DrawnErrors:
    """What `ErrorModel` tells, from draws; intervals are about the estimate, on log t for times and rates and on the logit for probabilities.

    Parameters
    ----------
    transition_matrix : ndarray, shape (n, n)
    stationary : ndarray, shape (n,)
    samples : ndarray, shape (n_draws, n, n)
        Without draws no bar has ends: they are NaN.
    widening : float
        By what the spread of the draws is multiplied.
    """

    transition_matrix: np.ndarray
    stationary: np.ndarray
    samples: np.ndarray
    widening: float = 1.0

    def _spread(self, quantity: Callable[[np.ndarray, np.ndarray], np.ndarray], scale: Callable[[np.ndarray], np.ndarray]) -> np.ndarray:
        """Standard error of a quantity of matrix and stationary distribution on a scale; NaN where too many draws have none."""
        with np.errstate(divide="ignore", invalid="ignore"):
            drawn = np.array([scale(quantity(p, stationary_distribution(p))) for p in np.asarray(self.samples)])
        if not len(drawn):
            return np.full(np.shape(quantity(self.transition_matrix, self.stationary)), np.nan)
        there = np.isfinite(drawn)
        n = there.sum(axis=0)
        values = np.where(there, drawn, 0.0)
        mean = values.sum(axis=0) / np.maximum(n, 1)
        spread = np.sqrt((np.where(there, values - mean, 0.0) ** 2).sum(axis=0) / np.maximum(n - 1, 1))
        return np.where(n >= ENOUGH * len(drawn), self.widening * spread, np.nan)

    def error(self, terms: Sequence[Term]) -> float:
        """Standard error of f with ``df = sum_k sum_r u_k[r] dP_r . v_k``, given as pairs (u_k, v_k)."""
        return float(self._spread(lambda p, pi: np.array(sum(u @ (p - self.transition_matrix) @ v for u, v in terms)), np.asarray))

    def timescales(self, modes: Modes, lagtime: int) -> Bounds:
        """Implied timescales of all but the stationary mode, frames; values, lower and upper, each of shape (m - 1,)."""
        m = len(modes.eigenvalues) - 1
        values = implied_timescales(modes.eigenvalues[1:], lagtime)
        errors = self._spread(lambda p, pi: implied_timescales(slow_modes(p, pi, m).eigenvalues[1:], lagtime), np.log)
        return values, *log_interval(values, errors)

    def populations(self, sets: np.ndarray) -> Bounds:
        """Stationary probability of sets of states, as `ErrorModel.populations`."""
        return self._probabilities(lambda p, pi: pi @ sets)

    def transitions(self, sets: np.ndarray) -> Bounds:
        """Transition probabilities between sets in one step, as `ErrorModel.transitions`."""
        empty = ~(sets.sum(axis=0) > 0)

        def between(p: np.ndarray, pi: np.ndarray) -> np.ndarray:
            weights = np.where(empty, 1.0, pi @ sets)
            return np.clip((sets * pi[:, None]).T @ (p @ sets) / weights[:, None], 0.0, 1.0)

        found = self._probabilities(between)
        for array in found:
            array[empty, :] = np.nan
            array[:, empty] = np.nan
        return found

    def mfpt(self, sets: np.ndarray) -> Bounds:
        """Mean first passage times between sets, in steps, as `ErrorModel.mfpt`."""
        m = sets.shape[1]

        def times(p: np.ndarray, pi: np.ndarray) -> np.ndarray:
            starts = pi[:, None] * sets / (pi @ sets)
            found = np.stack([starts.T @ hitting_times(p, sets[:, b] > 0)[0] for b in range(m)], axis=1) if m > 1 else np.zeros((1, 1))
            np.fill_diagonal(found, 0.0)
            return found

        values = times(self.transition_matrix, self.stationary)
        errors = np.where(np.eye(m, dtype=bool), 0.0, self._spread(times, lambda t: np.log(np.where(t > 0, t, 1.0))))
        return values, *log_interval(values, errors)

    def rate(self, source: np.ndarray, target: np.ndarray, committor: np.ndarray) -> tuple[float, float, float]:
        """Rate of transition path theory per step, as `ErrorModel.rate`; each draw has a committor of its own."""
        def of(p: np.ndarray, pi: np.ndarray) -> np.ndarray:
            return _rate(p, pi, source, target)

        value = _rate(self.transition_matrix, self.stationary, source, target)
        lower, upper = log_interval(value, self._spread(of, np.log))
        return float(value), float(lower), float(upper)

    def _probabilities(self, quantity: Callable[[np.ndarray, np.ndarray], np.ndarray]) -> Bounds:
        values = quantity(self.transition_matrix, self.stationary)
        odds = self._spread(quantity, lambda q: np.where((q > 1e-14) & (q < 1 - 1e-14), np.log(q) - np.log1p(-q), np.nan))
        is_settled = (values <= 1e-14) | (values >= 1 - 1e-14)
        lower, upper = logit_interval(values, np.where(is_settled, 0.0, odds * values * (1 - values)))
        return values, lower, upper


Errors = ErrorModel | DrawnErrors


def widened_samples(errors: DrawnErrors) -> np.ndarray:
    """Transition matrices that spread as widely as the intervals say, for those who look at draws alone.

    Parameters
    ----------
    errors : DrawnErrors
        Of a model in detailed balance, with draws that are so, too.

    Returns
    -------
    ndarray, shape (n_draws, n, n)
        In detailed balance. Flows of each draw lie `widening` times as far from those of the model on a logarithmic scale, so that none falls below 0; to first order every number of them does.
    """
    flow = errors.stationary[:, None] * errors.transition_matrix
    found = []
    for matrix in np.asarray(errors.samples):
        drawn = stationary_distribution(matrix)[:, None] * matrix
        is_seen = (flow > 0) & (drawn > 0)
        logs = np.log(flow, where=is_seen, out=np.zeros_like(flow))
        moved = np.where(is_seen, np.exp(logs + errors.widening * (np.log(drawn, where=is_seen, out=np.zeros_like(flow)) - logs)), 0.0)
        found.append(moved / moved.sum(axis=1, keepdims=True))
    return np.array(found).reshape(-1, *flow.shape)


def _rate(p: np.ndarray, pi: np.ndarray, source: np.ndarray, target: np.ndarray) -> np.ndarray:
    between = np.flatnonzero(~(source | target))
    committor = target.astype(float)
    committor[between] = np.linalg.solve(np.eye(len(between)) - p[np.ix_(between, between)], p[between][:, target].sum(axis=1))
    return np.asarray((pi * (p @ committor))[source].sum() / (pi @ (1 - committor)))
