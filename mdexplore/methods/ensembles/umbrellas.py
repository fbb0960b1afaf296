"""Umbrella sampling of a model system: windows along its first coordinate, simulated here, with the exact free energy of each."""
from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from mdexplore.base.errors import UserError
from mdexplore.base.work.threads import single_threaded
from mdexplore.data.diffusion import walk
from mdexplore.data.generator import ExactModes
from mdexplore.data.potentials import Potential
from mdexplore.methods.ensembles.inputs import Ensembles, ensembles, umbrella

N_WALKERS, N_FRAMES, N_LEFT_OUT = 10, 140, 20
N_WINDOWS, LEFT_OUT = 8, 5     # of the windows that stand where nobody chose: one is missing, so that there is something to find
BEYOND = 0.005                 # share of all points that lies beyond the outermost of them, at each end
REACH = 2.4                    # distance of neighbours over the width of a window


@dataclass(frozen=True, eq=False)
class Umbrellas:
    """Umbrella windows along the first coordinate of a model system.

    Parameters
    ----------
    centers : tuple of float
    stiffness : float
        kT per length squared.
    values : tuple of ndarray, shape (n_frames,)
        First coordinate, one array a walker; walkers of a window follow each other.
    data : Ensembles
    free_energies : ndarray, shape (n_windows,)
        kT, exact.
    """

    centers: tuple[float, ...]
    stiffness: float
    values: tuple[np.ndarray, ...]
    data: Ensembles
    free_energies: np.ndarray


def spread_of(modes: ExactModes, share: float) -> tuple[float, float]:
    """Where the first coordinate lies, but for a share of all points at each end."""
    along = modes.density.reshape(len(modes.axes[0]), -1).sum(axis=1).cumsum()
    low, high = np.interp([share, 1 - share], along / along[-1], modes.axes[0])
    return float(low), float(high)


def automatic_centers(modes: ExactModes) -> tuple[float, ...]:
    """Centres of windows over all that is visited, with one missing."""
    places = np.linspace(*spread_of(modes, BEYOND), N_WINDOWS)
    return tuple(round(float(c), 3) for k, c in enumerate(places) if k != LEFT_OUT)


def automatic_stiffness(modes: ExactModes) -> float:
    """kT per length squared with which neighbours of `automatic_centers` overlap well."""
    low, high = spread_of(modes, BEYOND)
    return float(f"{(REACH * (N_WINDOWS - 1) / (high - low)) ** 2:.3g}")


@single_threaded()
def simulated_umbrellas(potential: Potential, modes: ExactModes, centers: Sequence[float], stiffness: float, *, seed: int = 0) -> Umbrellas:
    """Simulate walkers in every window.

    Parameters
    ----------
    potential : Potential
    modes : ExactModes
        Of the potential.
    centers : sequence of float
        On the first coordinate.
    stiffness : float
        kT per length squared.
    seed : int

    Raises
    ------
    UserError
        Without windows, for a stiffness that is not above 0 or that the steps of integration cannot follow, or a centre outside the box.
    """
    low, high = potential.bounds[0]
    if not centers or not all(low <= c <= high for c in centers):
        raise UserError("These windows cannot be simulated.", f"Centres lie between {low:g} and {high:g}; there is one at least.", "Write their places with blanks between them.")
    step = potential.frame / potential.n_steps
    if not 0 < stiffness * potential.kT * step < 0.5:
        raise UserError(f"A stiffness of {stiffness:g} kT cannot be simulated.", f"Steps of integration are {step:g} long.", f"Choose one above 0 and below {0.5 / step / potential.kT:.3g}.")
    home = np.repeat(np.asarray(centers, float), N_WALKERS)
    frames = walk(_pulled(potential, home, stiffness * potential.kT), _starts(modes, home), N_FRAMES, seed=seed).frames[:, N_LEFT_OUT:, 0]
    values = tuple(np.ascontiguousarray(row) for row in frames)
    names = tuple(f"{c:g}" for c in centers)
    data = ensembles(umbrella(values, centers, stiffness), np.repeat(np.arange(len(centers)), N_WALKERS).tolist(), names)
    axis, density = modes.axes[0], modes.density.reshape(len(modes.axes[0]), -1).sum(axis=1)
    exact = -np.log([(density * np.exp(-stiffness / 2 * (axis - c) ** 2)).sum() for c in centers])
    return Umbrellas(tuple(map(float, centers)), float(stiffness), values, data, exact)


def _pulled(potential: Potential, home: np.ndarray, k: float) -> Potential:
    """A potential for rows that belong to walkers, each with an umbrella of its own: all windows are one walk."""
    def energy(x: np.ndarray) -> np.ndarray:
        return potential.energy(x) + k / 2 * (x[:, 0] - home) ** 2

    def gradient(x: np.ndarray) -> np.ndarray:
        pull = np.zeros_like(x)
        pull[:, 0] = k * (x[:, 0] - home)
        return pull - potential.force(x)

    return replace(potential, energy=energy, gradient=gradient)


def _starts(modes: ExactModes, home: np.ndarray) -> np.ndarray:
    """The likeliest point with that first coordinate, shape (n, d)."""
    if modes.dim == 1:
        return home[:, None]
    column = np.abs(modes.axes[0][None, :] - home[:, None]).argmin(axis=1)
    return np.stack([home, modes.axes[1][modes.density[column].argmax(axis=1)]], axis=1)
