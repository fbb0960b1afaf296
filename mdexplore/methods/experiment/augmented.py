"""The reversible Markov model that fits transition counts and measured averages together."""
from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from mdexplore.base.errors import UserError
from mdexplore.base.numerics.mle import reversible_mle
from mdexplore.base.work.threads import single_threaded

TOLERANCE, MOST_STEPS, SHORTEST = 1e-10, 30, 1e-6


@dataclass(frozen=True, eq=False)
class Compromise:
    """A model between counts and measurements.

    Parameters
    ----------
    transition_matrix : ndarray, shape (n, n)
    stationary : ndarray, shape (n,)
    averages : ndarray, shape (k,)
        Of the observables under the stationary distribution.
    multipliers : ndarray, shape (k,)
        Pull on each observable, 2 w (m - <e>).
    log_likelihood : float
        Of the counts.
    """

    transition_matrix: np.ndarray
    stationary: np.ndarray
    averages: np.ndarray
    multipliers: np.ndarray
    log_likelihood: float


@single_threaded()
def augmented_model(counts: np.ndarray, means: np.ndarray, measured: np.ndarray, weights: np.ndarray, names: Sequence[str] = ()) -> Compromise:
    """Maximise log L(T | counts) - sum_k w_k (m_k - <e_k>)^2 over reversible transition matrices T.

    Parameters
    ----------
    counts : ndarray, shape (n, n)
        Of one connected set of states; independent counts, so that they weigh against the errors of measurement as they should.
    means : ndarray, shape (n, k)
        Average of each observable in each state.
    measured : ndarray, shape (k,)
    weights : ndarray, shape (k,)
        1 / (2 error^2); 0 leaves an observable out, infinity demands it exactly.
    names : sequence of str, length k, optional
        Of the observables, for messages.

    Raises
    ------
    UserError
        If an observable that is demanded exactly lies outside what the states span, or no model reaches the measurements.

    Notes
    -----
    Olsson, Wu, Paul, Clementi and Noé 2017, doi:10.1073/pnas.1704803114. With the flow X_ij = pi_i T_ij and s = counts + counts^T the solution is
    X_ij = s_ij / (q_i + q_j), q_i = c_i / pi_i - sum_k lambda_k (e_ki - <e_k>), lambda_k = 2 w_k (m_k - <e_k>). Newton's method on log pi and
    lambda together, from the maximum-likelihood model along measurements that move from what it says to what they are: lambda stays finite
    where w goes to infinity.
    """
    counts, means = np.asarray(counts, float), np.asarray(means, float)
    matrix, stationary = reversible_mle(counts)
    used = np.flatnonzero(np.asarray(weights) > 0)
    if len(used) and len(counts) > 1:
        _check_reach(means[:, used], measured[used], weights[used], [names[int(k)] if len(names) else f"observable {k + 1}" for k in used])
        matrix, stationary, pull = _solve(counts, means[:, used], measured[used], weights[used], stationary)
    else:
        pull = np.zeros(len(used))
    multipliers = np.zeros(means.shape[1])
    multipliers[used] = pull
    return Compromise(matrix, stationary, stationary @ means, multipliers, log_likelihood(counts, matrix))


def log_likelihood(counts: np.ndarray, matrix: np.ndarray) -> float:
    """sum c_ij ln T_ij."""
    seen = counts > 0
    return float((counts[seen] * np.log(matrix[seen])).sum())


def _check_reach(means: np.ndarray, measured: np.ndarray, weights: np.ndarray, names: Sequence[str]) -> None:
    for k in np.flatnonzero(np.isinf(weights)):
        low, high = means[:, k].min(), means[:, k].max()
        if not low < measured[k] < high:
            raise UserError(f"No population of these states gives an average of {measured[k]:.4g}.", f"Their own averages of {names[int(k)]} span {low:.4g} to {high:.4g}.",
                            "Give the measurement an error above 0, or sample the structures that are missing.")


def _solve(counts: np.ndarray, means: np.ndarray, measured: np.ndarray, weights: np.ndarray, start: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    total = counts.sum()
    before = start @ means
    scale = np.sqrt(start @ (means - before) ** 2)
    scale[scale == 0] = 1.0   # an observable that is the same everywhere pulls at nothing
    system = _System(counts.sum(axis=1) / total, (counts + counts.T) / total, (means - before) / scale, total / (2 * weights * scale**2))
    goal = (measured - before) / scale
    point = np.concatenate([np.log(start), np.zeros(len(goal))])
    done, step = 0.0, 1.0
    while done < 1:
        ahead = min(1.0, done + step)
        found = _newton(system, point, ahead * goal)
        if found is None:
            step /= 2
            if step < SHORTEST:
                raise UserError("No Markov model comes near these measurements.", "They contradict each other, or lie where these states cannot be.",
                                "Give larger errors, or leave observables out one by one to find the one in conflict.")
            continue
        point, done, step = found, ahead, 2 * step
    x, pull = np.exp(point[:len(start)]), point[len(start):]
    flow = system.flow(x, pull)
    flow = (flow + flow.T) / 2
    stationary = flow.sum(axis=1)
    return flow / stationary[:, None], stationary / stationary.sum(), pull * total / scale


def _newton(system: _System, start: np.ndarray, goal: np.ndarray) -> np.ndarray | None:
    """The solution for one set of measurements; None where steps do not shrink."""
    point = start
    for _ in range(MOST_STEPS):
        found = system.equations(point, goal)
        if found is None:
            return None
        residual, jacobian = found
        try:
            step = np.linalg.solve(jacobian, -residual)
        except np.linalg.LinAlgError:
            return None
        reach = float(np.abs(step[:system.n]).max())
        if not np.isfinite(reach):
            return None
        factor = min(1.0, 1.0 / max(reach, 1e-300))
        while factor > 1e-4 and not system.is_inside(point + factor * step):
            factor /= 2
        point = point + factor * step
        if reach < TOLERANCE:
            return point if system.is_inside(point) else None
    return None


class _System:
    """The equations in log pi and the multipliers, per count, with observables of mean 0 and variance 1 under the model without measurements."""

    def __init__(self, rows: np.ndarray, symmetric: np.ndarray, means: np.ndarray, slack: np.ndarray) -> None:
        self.rows, self.symmetric, self.means, self.slack, self.n = rows, symmetric, means, slack, len(rows)

    def _dual(self, x: np.ndarray, pull: np.ndarray) -> np.ndarray:
        force = self.means @ pull
        return self.rows / x - force + x @ force

    def flow(self, x: np.ndarray, pull: np.ndarray) -> np.ndarray:
        q = self._dual(x, pull)
        return self.symmetric / np.where(self.symmetric > 0, q[:, None] + q[None, :], 1.0)

    def is_inside(self, point: np.ndarray) -> bool:
        """Whether all flows are positive."""
        with np.errstate(over="ignore", invalid="ignore"):
            q = self._dual(np.exp(point[:self.n]), point[self.n:])
        return bool(np.all((q[:, None] + q[None, :] > 0) | (self.symmetric == 0)))

    def equations(self, point: np.ndarray, goal: np.ndarray) -> tuple[np.ndarray, np.ndarray] | None:
        """Residuals and their Jacobian; None outside."""
        if not self.is_inside(point):
            return None
        n, x, pull = self.n, np.exp(point[:self.n]), point[self.n:]
        q, force, average = self._dual(x, pull), self.means @ pull, x @ self.means
        sums = np.where(self.symmetric > 0, q[:, None] + q[None, :], 1.0)
        flow = self.symmetric / sums
        excess = x.sum() - 1   # the equations leave the scale of x free; this holds it
        residual = np.concatenate([flow.sum(axis=1) - x + x * excess, average - goal + pull * self.slack])
        bend = flow / sums
        change = -(np.diag(bend.sum(axis=1)) + bend)   # of the row sums of the flow with q
        dq = np.hstack([np.diag(-self.rows / x) + (x * force)[None, :], -self.means + average[None, :]])
        jacobian = np.zeros((len(point), len(point)))
        jacobian[:n] = change @ dq
        jacobian[:n, :n] += np.diag(x * (excess - 1)) + np.outer(x, x)
        jacobian[n:, :n] = (x[:, None] * self.means).T
        jacobian[n:, n:] = np.diag(self.slack)
        jacobian[:n] /= x[:, None]
        residual[:n] /= x
        return residual, jacobian
