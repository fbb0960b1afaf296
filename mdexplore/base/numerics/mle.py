"""The reversible maximum-likelihood transition matrix, by an accelerated fixed point."""
from __future__ import annotations

import logging

import numpy as np

from mdexplore.base.errors import UserError

log = logging.getLogger(__name__)


def reversible_mle(counts: np.ndarray, tolerance: float = 1e-11, max_evaluations: int = 3000) -> tuple[np.ndarray, np.ndarray]:
    """Most likely transition matrix with detailed balance.

    Parameters
    ----------
    counts : ndarray, shape (n, n)
        Of one connected set of states.
    tolerance : float
        Largest relative change of a stationary weight in the last step.
    max_evaluations : int
        Steps after which deeptime's own solver takes over.

    Returns
    -------
    transition_matrix : ndarray, shape (n, n)
        Rows sum to 1; equal to deeptime's ``MaximumLikelihoodMSM(reversible=True)`` within its tolerance.
    stationary : ndarray, shape (n,)

    Raises
    ------
    UserError
        If neither solver converges.

    Notes
    -----
    With x_i the row sums of pi_i P_ij, the likelihood is largest where x_i = sum_j (c_ij + c_ji) / (c_i / x_i + c_j / x_j);
    Bowman et al. 2009, doi:10.1063/1.3216567. The fixed point is accelerated in log x by SQUAREM; Varadhan and Roland 2008,
    doi:10.1111/j.1467-9469.2007.00585.x.
    """
    counts = np.asarray(counts, dtype=float)
    if len(counts) == 1:
        return np.ones((1, 1)), np.ones(1)
    rows = counts.sum(axis=1)
    if np.any(rows <= 0):
        raise ValueError("every state of a connected set has counts")
    symmetric = counts + counts.T
    weights = _squarem(symmetric, rows, tolerance, max_evaluations)
    if weights is None:
        log.warning("the accelerated estimate of a %d-state transition matrix did not converge; deeptime's solver takes over", len(counts))
        weights = _by_deeptime(counts, tolerance)
    return _normalised(symmetric, rows, weights)


def _squarem(symmetric: np.ndarray, rows: np.ndarray, tolerance: float, max_evaluations: int) -> np.ndarray | None:
    scratch = np.empty_like(symmetric)

    def step(log_x: np.ndarray) -> np.ndarray:
        inverse = rows * np.exp(-log_x)
        np.add(inverse[:, None], inverse[None, :], out=scratch)
        np.divide(symmetric, scratch, out=scratch)
        new = scratch.sum(axis=1)
        return np.log(new / new.sum())

    start = symmetric.sum(axis=1)
    x = np.log(start / start.sum())
    last, safe, used = np.inf, x, 0
    while used < max_evaluations:
        first = step(x)
        used += 1
        change = first - x
        size = np.abs(change).max()
        if size < tolerance:
            return first
        if not np.isfinite(size) or size > 10 * last:   # the leap went astray: go on from the last plain step
            x, last = safe, np.inf
            continue
        second = step(first)
        used += 1
        bend = second - first - change
        safe, last = second, size
        leap = max(1.0, float(np.linalg.norm(change) / max(np.linalg.norm(bend), 1e-300)))
        ahead = x + 2 * leap * change + leap * leap * bend
        if leap == 1.0 or not np.all(np.isfinite(ahead)) or np.abs(ahead - second).max() > 50:
            x = second
            continue
        x = step(ahead - np.logaddexp.reduce(ahead))   # one plain step smooths what the leap left behind
        used += 1
    return None


def _by_deeptime(counts: np.ndarray, tolerance: float) -> np.ndarray:
    import warnings

    from deeptime.markov.tools.estimation import transition_matrix

    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        _, stationary = transition_matrix(counts, reversible=True, maxerr=tolerance, maxiter=1_000_000, return_statdist=True)
    if any("converge" in str(w.message) for w in caught) or not np.all(np.isfinite(stationary)):
        raise UserError("The transition matrix could not be estimated.", "The reversible likelihood did not converge: some states are barely connected.",
                        "Use fewer microstates, another lag time or more data.")
    return np.log(stationary)


def _normalised(symmetric: np.ndarray, rows: np.ndarray, log_x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    inverse = rows * np.exp(-log_x)
    flow = symmetric / (inverse[:, None] + inverse[None, :])
    stationary = flow.sum(axis=1)
    return flow / stationary[:, None], stationary / stationary.sum()
