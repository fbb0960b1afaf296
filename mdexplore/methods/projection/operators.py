"""Slow functions from moments: singular functions of VAMP, eigenfunctions of EDMD, with or without a ridge."""
from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from mdexplore.base.errors import UserError
from mdexplore.base.numerics.moments import Moments


@dataclass(frozen=True, eq=False)
class SlowFunctions:
    """Functions ``(x - mean) @ coefficients`` of unit variance, slowest first.

    Parameters
    ----------
    mean, mean_t : ndarray, shape (d,)
        Of the earlier and of the later frames.
    coefficients, coefficients_t : ndarray, shape (d, rank)
        Of the earlier and of the later frames; the same where time is symmetrised.
    values : ndarray, shape (rank,)
        Singular values, or eigenvalues, of the problem that was solved; a ridge makes them smaller.
    cov_00, cov_0t, cov_tt : ndarray, shape (d, d)
    freedom : float
        The rank, or what a ridge leaves of it.
    """

    mean: np.ndarray
    mean_t: np.ndarray
    coefficients: np.ndarray
    coefficients_t: np.ndarray
    values: np.ndarray
    cov_00: np.ndarray
    cov_0t: np.ndarray
    cov_tt: np.ndarray
    freedom: float

    @property
    def rank(self) -> int:
        return len(self.values)

    @property
    def correlations(self) -> np.ndarray:
        """Correlation of each earlier function with its later partner, shape (rank,): what its values would be without a ridge."""
        return np.einsum("ik,ij,jk->k", self.coefficients, self.cov_0t, self.coefficients_t, optimize=True)


def slow_functions(moments: Moments, *, is_reversible: bool, epsilon: float, ridge: float = 0.0, relative_noise: float = 0.0) -> SlowFunctions:
    """Solve the variational problem in the span of the functions whose moments are given.

    Parameters
    ----------
    moments : Moments
    is_reversible : bool
        Symmetrise in time and give eigenfunctions; otherwise left and right singular functions.
    epsilon : float
        Directions of the correlation matrix with a smaller eigenvalue are dropped.
    ridge : float
        Added to the diagonal of the covariance matrices; functions are not brought to unit variance then, as their lengths have a meaning.
    relative_noise : float
        A function that varies by less than this part of its mean is constant.

    Raises
    ------
    UserError
        If all functions are constant.

    Notes
    -----
    Singular functions: Wu and Noe 2020, doi:10.1007/s00332-019-09567-y. Eigenfunctions: Noe and Nueske 2013, doi:10.1137/110858616.
    """
    cov = moments.covariances(reversible=is_reversible)
    c00, c0t, ctt = cov.cov_00, cov.cov_0t, cov.cov_tt if cov.cov_tt is not None else cov.cov_00
    left = whitening(c00, np.abs(cov.mean_0), epsilon, ridge, relative_noise)
    right = left if is_reversible else whitening(ctt, np.abs(cov.mean_t), epsilon, ridge, relative_noise)
    white = left.T @ c0t @ right
    if is_reversible:
        values, vectors = np.linalg.eigh((white + white.T) / 2)
        values, u = values[::-1], vectors[:, ::-1]
        v = u
    else:
        u, values, vt = np.linalg.svd(white, full_matrices=False)
        v = vt.T
    a, b = _unit(left @ u, c00), _unit(right @ v, ctt)
    follows = loadings(c00, a)
    signs = np.where(follows[np.abs(follows).argmax(axis=0), np.arange(follows.shape[1])] < 0, -1.0, 1.0)
    freedom = float(np.einsum("ik,ij,jk->", left, c00, left, optimize=True) if ridge else left.shape[1])
    return SlowFunctions(cov.mean_0, cov.mean_t, a * signs, b * signs, np.minimum(values, 1.0), c00, c0t, ctt, freedom)


def loadings(covariances: np.ndarray, coefficients: np.ndarray) -> np.ndarray:
    """Correlation of each variable with each function of unit variance, 0 for constant ones; shape (d, rank)."""
    deviation = np.sqrt(np.clip(np.diag(covariances), 0, None))[:, None]
    return np.divide(covariances @ coefficients, deviation, out=np.zeros_like(coefficients), where=deviation > 0)


def whitening(matrix: np.ndarray, size: np.ndarray, epsilon: float, ridge: float = 0.0, relative_noise: float = 0.0) -> np.ndarray:
    """L with L.T @ (matrix + ridge) @ L = 1 on the directions that vary; shape (d, rank)."""
    deviation = np.sqrt(np.clip(np.diag(matrix), 0, None))
    varies = np.flatnonzero(deviation > relative_noise * size)
    if not len(varies):
        raise UserError("No slow coordinate can be found.", "All features are constant.", "Choose features that change, or longer trajectories.")
    scale = np.ones(len(varies)) if ridge else deviation[varies]
    values, vectors = np.linalg.eigh(matrix[np.ix_(varies, varies)] / np.outer(scale, scale))
    keep = values > epsilon * (values[-1] if ridge else 1.0)
    found = np.zeros((len(matrix), int(keep.sum())))
    found[varies] = vectors[:, keep] / np.sqrt(values[keep] + ridge) / scale[:, None]
    return found


def _unit(coefficients: np.ndarray, matrix: np.ndarray) -> np.ndarray:
    spread = np.sqrt(np.clip(np.einsum("ik,ij,jk->k", coefficients, matrix, coefficients, optimize=True), 0, None))
    return coefficients / np.where(spread > 0, spread, 1.0)
