"""A normalising flow of coupling layers (RealNVP, with splines) between structures and normally distributed latent points: plain arrays to keep, torch modules to train."""
from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from mdexplore.base.errors import UserError
from mdexplore.base.plain import storable
from mdexplore.methods.deep import network
from mdexplore.methods.generation.splines import bent, n_raw

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
        Networks as `network.to_arrays` gives them; the k-th sees every other coordinate, the even ones for even k, and bends, stretches and shifts those between.
    n_bins : int
        Of the splines that bend; 0 where couplings only stretch and shift.

    Notes
    -----
    Dinh, Sohl-Dickstein and Bengio 2017, arXiv:1605.08803; splines as in `splines.bent`.
    """

    mean: np.ndarray
    frame: np.ndarray
    couplings: tuple[dict[str, Any], ...]
    n_bins: int = 0

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
            u[:, moved], log_slope = self._moved(u[:, moved], network.forward(arrays, u[:, seen]), is_inverse=False)
            total += log_slope
        return self.mean + u @ self.frame, total

    def latent(self, x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Latent points of structures, and the logarithm of the volume at each as `generate` gives it."""
        u = np.linalg.solve(self.frame.T, (self._checked(x) - self.mean).T).T
        total = np.full(len(x), self._log_volume)
        for k, arrays in reversed(list(enumerate(self.couplings))):
            seen, moved = _halves(self.dim, k)
            u[:, moved], log_slope = self._moved(u[:, moved], network.forward(arrays, u[:, seen]), is_inverse=True)
            total -= log_slope
        return u, total

    def log_density(self, x: np.ndarray) -> np.ndarray:
        """Logarithm of the probability density with which structures are generated, shape (n,)."""
        z, log_volume = self.latent(x)
        return log_normal(z) - log_volume

    def _moved(self, x: np.ndarray, outputs: np.ndarray, is_inverse: bool) -> tuple[np.ndarray, np.ndarray]:
        """What a coupling makes of coordinates, and the logarithm of the volume of each row; in double precision."""
        import torch

        y, log_slope = _coupled(torch.from_numpy(x), torch.from_numpy(outputs), self.n_bins, is_inverse)
        return y.numpy(), log_slope.numpy()

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
    n_bins : int
        Of the splines; 0 for none.
    """

    def __init__(self, dim: int, n_couplings: int, width: int, layers: int, n_bins: int = 0) -> None:
        self.dim, self.n_bins, self.networks = dim, n_bins, []
        for k in range(n_couplings):
            seen, moved = _halves(dim, k)
            made = network.build([len(seen), *[width] * layers, len(moved) * (2 + (n_raw(n_bins) if n_bins else 0))])
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
            moved, log_slope = _coupled(moved, self.networks[k](seen), self.n_bins, is_inverse)
            x = torch.empty_like(x)
            x[:, k % 2 :: 2], x[:, 1 - k % 2 :: 2] = seen, moved
            total = total + log_slope
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


def _coupled(x: torch.Tensor, outputs: torch.Tensor, n_bins: int, is_inverse: bool) -> Moved:
    """Coordinates bent by splines, stretched and shifted as the outputs of a network say, or all of it undone; and the logarithm of the volume of each row."""
    import torch

    n = x.shape[1]
    stretch, shift, raw = STEEPEST * torch.tanh(outputs[:, :n]), outputs[:, n : 2 * n], outputs[:, 2 * n :].reshape(len(x), n, -1)
    if is_inverse:
        y, total = (x - shift) * torch.exp(-stretch), -stretch.sum(1)
        if n_bins:
            y, log_slope = bent(y, raw, is_inverse=True)
            total = total + log_slope.sum(1)
        return y, total
    y, total = x, stretch.sum(1)
    if n_bins:
        y, log_slope = bent(x, raw)
        total = total + log_slope.sum(1)
    return y * torch.exp(stretch) + shift, total
