"""A normalising flow of coupling layers (RealNVP) between structures and normally distributed latent points: plain arrays applied in numpy, torch modules to train."""
from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from mdexplore.base.errors import UserError
from mdexplore.base.plain import storable
from mdexplore.methods.deep import network

if TYPE_CHECKING:
    import torch

    Moved = tuple[torch.Tensor, torch.Tensor]

STEEPEST = 2.0   # a coupling stretches a coordinate by at most exp(2)


@storable
@dataclass(frozen=True, eq=False)
class Flow:
    """A trained flow.

    Parameters
    ----------
    mean : ndarray, shape (d,)
    frame : ndarray, shape (d, d)
        ``x = mean + u @ frame`` leads from the coordinates u that the couplings see to those of the structure.
    couplings : tuple of dict
        Networks as `network.to_arrays` gives them; the k-th sees every other coordinate, the even ones for even k, and stretches and shifts those between.

    Notes
    -----
    Dinh, Sohl-Dickstein and Bengio 2017, arXiv:1605.08803.
    """

    mean: np.ndarray
    frame: np.ndarray
    couplings: tuple[dict[str, Any], ...]

    @property
    def dim(self) -> int:
        return len(self.mean)

    def generate(self, z: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Structures of latent points.

        Parameters
        ----------
        z : ndarray, shape (n, d)

        Returns
        -------
        x : ndarray, shape (n, d)
        log_volume : ndarray, shape (n,)
            Logarithm of the volume that a unit of latent space takes there, ``log |det dx/dz|``.
        """
        u, total = self._checked(z).copy(), np.full(len(z), self._log_volume)
        for k, arrays in enumerate(self.couplings):
            seen, moved = _halves(self.dim, k)
            stretch, shift = _scaled(network.forward(arrays, u[:, seen]), len(moved))
            u[:, moved] = u[:, moved] * np.exp(stretch) + shift
            total += stretch.sum(axis=1)
        return self.mean + u @ self.frame, total

    def latent(self, x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Latent points of structures, and the logarithm of the volume at each as `generate` gives it."""
        u = np.linalg.solve(self.frame.T, (self._checked(x) - self.mean).T).T
        total = np.full(len(x), self._log_volume)
        for k, arrays in reversed(list(enumerate(self.couplings))):
            seen, moved = _halves(self.dim, k)
            stretch, shift = _scaled(network.forward(arrays, u[:, seen]), len(moved))
            u[:, moved] = (u[:, moved] - shift) * np.exp(-stretch)
            total += stretch.sum(axis=1)
        return u, total

    def log_density(self, x: np.ndarray) -> np.ndarray:
        """Logarithm of the probability density with which structures are generated, shape (n,)."""
        z, log_volume = self.latent(x)
        return log_normal(z) - log_volume

    @property
    def _log_volume(self) -> float:
        return float(np.linalg.slogdet(self.frame)[1])

    def _checked(self, points: np.ndarray) -> np.ndarray:
        points = np.asarray(points, np.float64)
        if points.ndim != 2 or points.shape[1] != self.dim:
            raise UserError(f"Points of the shape {points.shape} do not fit the flow.", f"It has {self.dim} coordinates.", "Give an array with one row a point.")
        return points


def log_normal(z: np.ndarray) -> np.ndarray:
    """Logarithm of the standard normal density at points, shape (n,)."""
    return -0.5 * (z**2).sum(axis=1) - 0.5 * z.shape[1] * np.log(2 * np.pi)


class Couplings:
    """The couplings as torch networks.

    Parameters
    ----------
    dim : int
        Two or more.
    n_couplings, width, layers : int
    """

    def __init__(self, dim: int, n_couplings: int, width: int, layers: int) -> None:
        self.dim, self.networks = dim, []
        for k in range(n_couplings):
            seen, moved = _halves(dim, k)
            made = network.build([len(seen), *[width] * layers, 2 * len(moved)])
            with_nothing_done(made)
            self.networks.append(made)

    def to(self, place: str) -> Couplings:
        for made in self.networks:
            made.to(place)
        return self

    @property
    def weights(self) -> list[torch.Tensor]:
        return [w for made in self.networks for w in made.parameters()]

    def generate(self, z: torch.Tensor) -> Moved:
        """Coordinates u of latent points, and log |det du/dz|."""
        return self._through(z, is_inverse=False)

    def latent(self, u: torch.Tensor) -> Moved:
        """Latent points of coordinates u, and log |det dz/du|."""
        return self._through(u, is_inverse=True)

    def arrays(self) -> tuple[dict[str, Any], ...]:
        return tuple(network.to_arrays(made) for made in self.networks)

    def _through(self, x: torch.Tensor, is_inverse: bool) -> Moved:
        import torch

        total, order = torch.zeros(len(x), dtype=x.dtype, device=x.device), range(len(self.networks))
        for k in reversed(order) if is_inverse else order:
            even, odd = x[:, 0::2], x[:, 1::2]
            seen, moved = (even, odd) if k % 2 == 0 else (odd, even)
            out = self.networks[k](seen)
            n = moved.shape[1]
            stretch, shift = STEEPEST * torch.tanh(out[:, :n]), out[:, n:]
            moved = (moved - shift) * torch.exp(-stretch) if is_inverse else moved * torch.exp(stretch) + shift
            x = torch.empty_like(x)
            x[:, k % 2 :: 2], x[:, 1 - k % 2 :: 2] = seen, moved
            total = total + (-1 if is_inverse else 1) * stretch.sum(1)
        return x, total


def with_nothing_done(made: torch.nn.Sequential) -> None:
    """Set the last layer to zero: a flow that begins as the identity does not tear apart what it is given."""
    import torch

    with torch.no_grad():
        for weight in made[-1].parameters():
            weight.zero_()


def _halves(dim: int, k: int) -> tuple[np.ndarray, np.ndarray]:
    """Coordinates that the k-th coupling sees, and those that it moves."""
    return np.arange(k % 2, dim, 2), np.arange(1 - k % 2, dim, 2)


def _scaled(outputs: np.ndarray, n: int) -> tuple[np.ndarray, np.ndarray]:
    return STEEPEST * np.tanh(outputs[:, :n]), outputs[:, n:]
