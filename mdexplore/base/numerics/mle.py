"""The reversible maximum-likelihood transition matrix, by Newton's method on a concave likelihood."""
from __future__ import annotations

import logging

import numpy as np

from mdexplore.base.errors import UserError

log = logging.getLogger(__name__)
DEEPTIME_ERROR = 1e-11   # its fixed point comes near so slowly that the last change says little


def reversible_mle(counts: np.ndarray, tolerance: float = 1e-7, max_steps: int = 100) -> tuple[np.ndarray, np.ndarray]:
    """Most likely transition matrix with detailed balance.

    Parameters
    ----------
    counts : ndarray, shape (n, n)
        Of one connected set of states.
    tolerance : float
        Largest relative change of a stationary weight in the last Newton step: about the error before it, whose square is left after it.
    max_steps : int
        Newton steps after which deeptime's own solver takes over.

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
    With x_i = pi_i up to a factor, the most likely flow is x_i P_ij = (c_ij + c_ji) / (c_i / x_i + c_j / x_j); Bowman et al. 2009,
    doi:10.1063/1.3216567. What is left to maximise is concave in log x, and its Hessian is the Laplacian of a graph: a few Newton
    steps do where the usual fixed point needs thousands (slow processes at short lag times). The damping makes every start
    converge; Sun and Tran-Dinh 2019, doi:10.1007/s10107-018-1282-4.
    """
    counts = np.asarray(counts, dtype=float)
    if len(counts) == 1:
        return np.ones((1, 1)), np.ones(1)
    rows = counts.sum(axis=1)
    if np.any(rows <= 0):
        raise ValueError("every state of a connected set has counts")
    symmetric = counts + counts.T
    log_x = _newton(symmetric, rows, tolerance, max_steps)
    if log_x is None:
        log.warning("Newton's method did not converge for a %d-state transition matrix; deeptime's solver takes over", len(counts))
        log_x = _by_deeptime(counts)
    inverse = rows * np.exp(-log_x)
    flow = symmetric / (inverse[:, None] + inverse[None, :])
    stationary = flow.sum(axis=1)
    return flow / stationary[:, None], stationary / stationary.sum()


def _newton(symmetric: np.ndarray, rows: np.ndarray, tolerance: float, max_steps: int) -> np.ndarray | None:
    """Logarithms of the stationary weights; None where the steps do not shrink to the tolerance."""
    from scipy.linalg import LinAlgError, cho_factor, cho_solve

    start = symmetric.sum(axis=1)
    log_x = np.log(start / start.sum())
    for _ in range(max_steps):
        inverse = rows * np.exp(-log_x)
        sums = inverse[:, None] + inverse[None, :]
        flow = symmetric / sums
        gradient = inverse * flow.sum(axis=1) - rows
        laplacian = flow / sums
        laplacian *= -inverse[:, None]
        laplacian *= inverse[None, :]
        np.fill_diagonal(laplacian, 0.0)
        degree = -laplacian.sum(axis=1)
        np.fill_diagonal(laplacian, degree)
        laplacian += degree.mean() / len(rows)   # holds the common factor of all weights, which the likelihood leaves free
        try:
            step = cho_solve(cho_factor(laplacian, lower=True, overwrite_a=True, check_finite=False), gradient, check_finite=False)
        except LinAlgError:
            return None
        reach = float(step.max() - step.min())
        if not np.isfinite(reach):
            return None
        log_x += step * (np.log1p(reach) / reach if reach > 1e-3 else 1.0)
        if reach < tolerance:
            return log_x
    return None


def _by_deeptime(counts: np.ndarray) -> np.ndarray:
    import warnings

    from deeptime.markov.tools.estimation import transition_matrix

    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        stationary = transition_matrix(counts, reversible=True, maxerr=DEEPTIME_ERROR, maxiter=1_000_000, return_statdist=True)[1]
    if any("converge" in str(w.message) for w in caught) or not np.all(np.isfinite(stationary)):
        raise UserError("The transition matrix could not be estimated.", "The reversible likelihood did not converge: some states are barely connected.",
                        "Use fewer microstates, another lag time or more data.")
    return np.log(stationary)
