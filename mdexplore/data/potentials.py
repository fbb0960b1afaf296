"""Potentials of the model systems, each with its temperature, its box and the time of a frame."""
from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np

from mdexplore.base.errors import UserError
from mdexplore.base.store import Store, content_key
from mdexplore.data.generator import Energy, ExactModes, exact_modes

VERSION = 1   # raised when the same name gives other exact numbers


@dataclass(frozen=True, eq=False)
class Potential:
    """Overdamped diffusion, dx = -grad V dt + sqrt(2 kT) dW, in a potential.

    Parameters
    ----------
    energy : callable
        Takes points of shape (n, d), gives energies of shape (n,).
    bounds : tuple of (low, high)
        A box that holds all that is visited; its length is the number of dimensions.
    kT : float
        In the unit of the energy; mobility is 1, so this is the diffusion constant, too.
    frame : float
        Units of time from frame to frame.
    wells : callable or None
        Takes points of shape (n, d), gives the well of each as an int.
    gradient : callable or None
        Takes points, gives grad V of shape (n, d); by central differences where not given.
    n_steps : int
        Steps of integration in a frame.
    """

    energy: Energy
    bounds: tuple[tuple[float, float], ...]
    kT: float = 1.0
    frame: float = 1.0
    wells: Callable[[np.ndarray], np.ndarray] | None = None
    gradient: Energy | None = None
    n_steps: int = 100

    @property
    def dim(self) -> int:
        return len(self.bounds)

    def force(self, points: np.ndarray) -> np.ndarray:
        """-grad V, shape (n, d)."""
        points = np.asarray(points, float)
        if self.gradient is not None:
            return -self.gradient(points)
        found = np.empty_like(points)
        for k, (low, high) in enumerate(self.bounds):
            step = np.zeros(self.dim)
            step[k] = 1e-5 * (high - low)
            found[:, k] = (self.energy(points - step) - self.energy(points + step)) / (2 * step[k])
        return found

    def biased(self, bias: Energy) -> Potential:
        """The same system with another energy on top."""
        return replace(self, energy=lambda x: self.energy(x) + bias(x), gradient=None)

    def modes(self, n_modes: int = 3) -> ExactModes:
        """Exact modes, timescales in frames."""
        return exact_modes(self.energy, self.bounds, kT=self.kT, diffusion=self.kT * self.frame, n_modes=n_modes)

    def populations(self, modes: ExactModes | None = None) -> np.ndarray:
        """Stationary probability of each well, shape (n_wells,).

        Raises
        ------
        UserError
            If nobody said what the wells are.
        """
        if self.wells is None:
            raise UserError("The wells of this potential are not known.", do="Give wells= when the potential is made.")
        found = modes or self.modes()
        points = np.stack([a.ravel() for a in np.meshgrid(*found.axes, indexing="ij")], axis=1)
        return np.bincount(self.wells(points), found.density.ravel())


def prinz(x: np.ndarray) -> np.ndarray:
    """Four wells on a line; Prinz et al. 2011, doi:10.1063/1.3565032."""
    x = x[:, 0]
    return 4 * (x**8 + 0.8 * np.exp(-80 * x**2) + 0.2 * np.exp(-80 * (x - 0.5) ** 2) + 0.5 * np.exp(-40 * (x + 0.5) ** 2))


def quadruple(x: np.ndarray) -> np.ndarray:
    return (x[:, 0] ** 2 - 1) ** 2 + (x[:, 1] ** 2 - 1) ** 2


def quadruple_asymmetric(x: np.ndarray) -> np.ndarray:
    a, b = x[:, 0], x[:, 1]
    # Horner's way: numpy takes ten times as long for higher powers as for products.
    return (((a - 1 / 16) * a - 2) * a + 3 / 16) * a + (((b - 1 / 8) * b - 2) * b + 3 / 8) * b


def double(x: np.ndarray) -> np.ndarray:
    return (x[:, 0] ** 2 - 1) ** 2 + x[:, 1] ** 2


def triple(x: np.ndarray) -> np.ndarray:
    """Two deep wells and a shallow one; Schütte and Sarich 2013."""
    a, b = x[:, 0], x[:, 1]
    return (3 * np.exp(-a**2 - (b - 1 / 3) ** 2) - 3 * np.exp(-a**2 - (b - 5 / 3) ** 2) - 5 * np.exp(-((a - 1) ** 2) - b**2) - 5 * np.exp(-((a + 1) ** 2) - b**2)
            + 0.2 * a**4 + 0.2 * (b - 1 / 3) ** 4)


_LINE = np.array([0.0684, -1.24006, 8.53128, -27.5344, 41.4251, -24.82, 5.0])


def triple_line(x: np.ndarray) -> np.ndarray:
    return np.polyval(_LINE, x[:, 0])


def prinz_gradient(x: np.ndarray) -> np.ndarray:
    a, b, c = x, x - 0.5, x + 0.5
    return 4 * (8 * a**7 - 128 * a * np.exp(-80 * a**2) - 32 * b * np.exp(-80 * b**2) - 40 * c * np.exp(-40 * c**2))


_VALLEY = ((-200, -1, 0, -10, 1, 0), (-100, -1, 0, -10, 0, 0.5), (-170, -6.5, 11, -6.5, -0.5, 1.5), (15, 0.7, 0.6, 0.7, -1, 1))


def mueller_brown(x: np.ndarray) -> np.ndarray:
    """Three wells in a bent valley; Müller and Brown 1979, doi:10.1007/BF00547608."""
    return np.sum([hill for hill, _, _ in _hills(x)], axis=0)


def mueller_brown_gradient(x: np.ndarray) -> np.ndarray:
    return np.sum([np.stack([hill * p, hill * q], axis=1) for hill, p, q in _hills(x)], axis=0)


def _hills(x: np.ndarray) -> list[tuple[np.ndarray, np.ndarray, np.ndarray]]:
    """Height of each hill, and the derivatives of its exponent."""
    found = []
    for height, p, q, r, x0, y0 in _VALLEY:
        a, b = x[:, 0] - x0, x[:, 1] - y0
        found.append((height * np.exp(p * a * a + q * a * b + r * b * b), 2 * p * a + q * b, q * a + 2 * r * b))
    return found


def _quadrant(x: np.ndarray) -> np.ndarray:
    return 2 * (x[:, 0] > 0) + (x[:, 1] > 0)


def _three(x: np.ndarray) -> np.ndarray:
    """Left, right and upper well of the triple well."""
    return np.where(x[:, 1] > 0.9, 2, (x[:, 0] > 0).astype(int))


def _valley(x: np.ndarray) -> np.ndarray:
    """Upper, middle and right well of the Müller-Brown potential."""
    return np.where(x[:, 1] > 0.65 * x[:, 0] + 1.05, 0, np.where(x[:, 0] < 0.25, 1, 2))


_SQUARE = ((-2.2, 2.2), (-2.2, 2.2))
POTENTIALS: dict[str, Potential] = {
    "prinz": Potential(prinz, ((-1.15, 1.15),), 1.0, 0.01, lambda x: np.digitize(x[:, 0], [-0.5016, 0.0, 0.5020]), prinz_gradient),
    "quadruple-well": Potential(quadruple, _SQUARE, 0.25, 0.2, _quadrant),
    "quadruple-well-asymmetric": Potential(quadruple_asymmetric, _SQUARE, 0.18, 0.5, _quadrant),
    "triple-well": Potential(triple, ((-3.2, 3.2), (-3.0, 3.6)), 1.09**2 / 2, 0.05, _three),
    "triple-well-line": Potential(triple_line, ((-0.8, 6.8),), 1.0, 0.2, lambda x: np.digitize(x[:, 0], [1.5635, 4.4557]), lambda x: np.polyval(np.polyder(_LINE), x)),
    # deeptime's noise is a quarter of the kT it is asked for.
    "double-well": Potential(double, ((-2.2, 2.2), (-3.2, 3.2)), 0.25, 0.2, lambda x: (x[:, 0] > 0).astype(int)),
    "mueller-brown": Potential(mueller_brown, ((-2.0, 1.5), (-0.7, 2.4)), 15.0, 0.001, _valley, mueller_brown_gradient, 50),
}


@lru_cache(maxsize=16)
def modes_of(name: str) -> ExactModes:
    """Exact modes of a named potential, timescales in frames; solved once and kept in the cache.

    Raises
    ------
    UserError
        If there is no such potential.
    """
    if name not in POTENTIALS:
        raise UserError(f"There is no potential {name!r}.", do=f"Choose one of: {', '.join(POTENTIALS)}.")
    key = content_key("modes", VERSION, name)
    found = Store().load(key)
    return found if found is not None else Store().save(key, POTENTIALS[name].modes())
