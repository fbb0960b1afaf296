"""Variational scores of pairs of outputs, as torch tensors that can be differentiated.

Covariances are taken in double precision whatever the network's own is. Inverses come from Cholesky factors of regularised covariances: the
scores need no inverse square root, and gradients stay finite where eigenvalues meet.
"""
from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import torch

    Covariances = tuple[torch.Tensor, torch.Tensor, torch.Tensor]

EPSILON = 1e-6   # added to the diagonal of covariances before they are inverted, as deeptime's mode "regularize" does


def covariances(x: torch.Tensor, y: torch.Tensor) -> Covariances:
    """Covariances of earlier frames, of earlier with later ones, and of later ones, means removed; each of shape (k, k), double precision.

    Parameters
    ----------
    x, y : tensor, shape (n, k)
        Outputs for the earlier and the later frame of each pair.
    """
    x, y = x.double(), y.double()
    x, y, n = x - x.mean(0), y - y.mean(0), len(x) - 1
    return x.T @ x / n, x.T @ y / n, y.T @ y / n


def vamp2(x: torch.Tensor, y: torch.Tensor, epsilon: float = EPSILON) -> torch.Tensor:
    """VAMP-2: ``1 + ||C00^-1/2 C0t Ctt^-1/2||_F^2``; Wu and Noe 2020, doi:10.1007/s00332-019-09567-y."""
    c00, c0t, ctt = covariances(x, y)
    return 1 + (_solve(c00, c0t, epsilon) * _solve(ctt, c0t.T, epsilon).T).sum()


def propagator(x: torch.Tensor, y: torch.Tensor, epsilon: float = EPSILON) -> torch.Tensor:
    """``C00^-1 C0t Ctt^-1``: with it, the best model that these outputs give is judged on others by `vampe_of`; shape (k, k)."""
    c00, c0t, ctt = covariances(x, y)
    return _solve(ctt, _solve(c00, c0t, epsilon).T, epsilon).T


def vampe_of(model: torch.Tensor, x: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
    """VAMP-E of a model made by `propagator`, perhaps from other data: ``1 + 2 tr(M^T C0t) - tr(M^T C00 M Ctt)``."""
    c00, c0t, ctt = covariances(x, y)
    return 1 + 2 * (model * c0t).sum() - (model * (c00 @ model @ ctt)).sum()


def vampe(x: torch.Tensor, y: torch.Tensor, epsilon: float = EPSILON) -> torch.Tensor:
    """VAMP-E of the best model that the same outputs give."""
    return vampe_of(propagator(x, y, epsilon), x, y)


def reversible(x: torch.Tensor, y: torch.Tensor, epsilon: float = EPSILON) -> torch.Tensor:
    """One and the sum of squared eigenvalues of the time-symmetrised problem ``C v = lambda S v``.

    Notes
    -----
    State-free reversible VAMPnets maximise it; Chen, Sidky and Ferguson 2019, doi:10.1063/1.5092521.
    """
    found = _reversible(x, y, epsilon)
    return 1 + (found * found.T).sum()


def autocorrelation(x: torch.Tensor, y: torch.Tensor, epsilon: float = EPSILON) -> torch.Tensor:
    """Mean autocorrelation of the uncorrelated coordinates that the outputs span; of one output, its own."""
    found = _reversible(x, y, epsilon)
    return found.trace() / len(found)


def _reversible(x: torch.Tensor, y: torch.Tensor, epsilon: float) -> torch.Tensor:
    """S^-1 C with time-symmetrised covariances about one mean; its eigenvalues are those of the reversible model."""
    x, y = x.double(), y.double()
    mean, n = (x.mean(0) + y.mean(0)) / 2, len(x) - 1
    x, y = x - mean, y - mean
    instant, lagged = (x.T @ x + y.T @ y) / (2 * n), x.T @ y / n
    return _solve(instant, (lagged + lagged.T) / 2, epsilon)


def _solve(matrix: torch.Tensor, right: torch.Tensor, epsilon: float) -> torch.Tensor:
    """``(matrix + epsilon)^-1 right`` of a symmetric matrix without negative eigenvalues."""
    import torch

    factor, _ = torch.linalg.cholesky_ex(matrix + epsilon * torch.eye(len(matrix), dtype=matrix.dtype, device=matrix.device))
    return torch.cholesky_solve(right, factor)
