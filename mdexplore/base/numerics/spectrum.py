"""Slow modes of a reversible transition matrix from its symmetric form."""
from __future__ import annotations

from dataclasses import dataclass

import numpy as np

LEAST_SHARE = 1e-13   # of a state, below which rounding tells
DENSE_LIMIT = 400   # above it a few modes come faster from Lanczos iterations


@dataclass(frozen=True, eq=False)
class Modes:
    """Eigenvalues and eigenvectors, slowest first; the first is the stationary one.

    Parameters
    ----------
    eigenvalues : ndarray, shape (m,)
    left, right : ndarray, shape (n, m)
        Columns; ``left.T @ right`` is the identity, ``right`` is orthonormal under the stationary distribution.
    """

    eigenvalues: np.ndarray
    left: np.ndarray
    right: np.ndarray


def slow_modes(transition_matrix: np.ndarray, stationary: np.ndarray, n_processes: int) -> Modes:
    """The stationary mode and the slowest processes of a reversible transition matrix.

    Parameters
    ----------
    transition_matrix : ndarray, shape (n, n)
        In detailed balance with ``stationary``.
    stationary : ndarray, shape (n,)
    n_processes : int
        At most n - 1 are given.
    """
    from scipy.linalg import eigh

    n = len(stationary)
    m = min(n_processes + 1, n)
    root = np.sqrt(stationary)
    symmetric = transition_matrix * root[:, None] / root
    symmetric = (symmetric + symmetric.T) / 2
    if n <= DENSE_LIMIT or m > n // 4:
        values, vectors = eigh(symmetric, subset_by_index=[n - m, n - 1])
    else:
        values, vectors = _lanczos(symmetric, m)
    order = np.argsort(values)[::-1]
    values, vectors = values[order], vectors[:, order]
    vectors = vectors * np.where(vectors.sum(axis=0) < 0, -1.0, 1.0)   # a fixed sign, so that runs repeat
    return Modes(values, vectors * root[:, None], vectors / root[:, None])


def _lanczos(symmetric: np.ndarray, m: int) -> tuple[np.ndarray, np.ndarray]:
    from scipy.linalg import eigh
    from scipy.sparse.linalg import ArpackNoConvergence, eigsh

    n = len(symmetric)
    try:
        return eigsh(symmetric, k=m, which="LA", tol=1e-12, v0=np.random.default_rng(0).standard_normal(n), ncv=min(n, 4 * m + 20))
    except ArpackNoConvergence:   # near-degenerate spectra; the dense way always works
        return eigh(symmetric, subset_by_index=[n - m, n - 1])


def implied_timescales(eigenvalues: np.ndarray, lagtime: int) -> np.ndarray:
    """-lagtime / ln(eigenvalue), in frames; NaN for an eigenvalue that is not positive, which has no timescale."""
    values = np.asarray(eigenvalues, dtype=float)
    with np.errstate(invalid="ignore", divide="ignore"):
        times = -lagtime / np.log(np.where(values > 0, values, np.nan))
    return np.where(values >= 1, np.inf, times)


def stationary_distribution(transition_matrix: np.ndarray) -> np.ndarray:
    """Stationary probabilities of a connected transition matrix, shape (n,); all are positive."""
    n = len(transition_matrix)
    found = np.linalg.solve((np.eye(n) - transition_matrix + 1.0).T, np.ones(n))
    if found.min() > LEAST_SHARE * found.sum():
        return found / found.sum()
    return _by_elimination(transition_matrix)


def _by_elimination(transition_matrix: np.ndarray) -> np.ndarray:
    """The same where some states hardly count: without a subtraction, so that no rounding makes their probabilities negative.

    Notes
    -----
    Grassmann, Taksar and Heyman 1985, doi:10.1287/opre.33.5.1107.
    """
    left = np.array(transition_matrix, dtype=float)
    for k in range(len(left) - 1, 0, -1):
        left[:k, k] /= max(left[k, :k].sum(), np.finfo(float).tiny)
        left[:k, :k] += np.outer(left[:k, k], left[k, :k])
    found = np.ones(len(left))
    for k in range(1, len(left)):
        found[k] = found[:k] @ left[:k, k]
    return found / found.sum()
