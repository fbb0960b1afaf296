"""Trajectories of diffusion in any potential, many walkers at once, with the weights of their paths under another potential."""
from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from mdexplore.base.errors import UserError
from mdexplore.data.generator import Energy, ExactModes, propagator
from mdexplore.data.potentials import Potential


@dataclass(frozen=True, eq=False)
class Walks:
    """What walkers did.

    Parameters
    ----------
    frames : ndarray, shape (n_walkers, n_frames, d)
        The first frame is the start.
    bias : ndarray, shape (n_walkers, n_frames), or None
        The other potential less the simulated one in each frame, kT.
    log_weights : ndarray, shape (n_walkers, n_frames), or None
        Logarithm of how much more likely the steps from this frame to the next are under the other potential; 0 in the last frame.
    along, square : ndarray, shape (n_walkers, n_frames), or None
        The parts of `log_weights` that grow with the other energy and with its square: of c times that energy they are ``c * along - c**2 * square``.
    """

    frames: np.ndarray
    bias: np.ndarray | None = None
    log_weights: np.ndarray | None = None
    along: np.ndarray | None = None
    square: np.ndarray | None = None

    def under(self, strength: float) -> tuple[np.ndarray, np.ndarray]:
        """Bias and logarithmic weights for so many times the other energy, without another walk.

        Raises
        ------
        UserError
            If the walk was made without another energy.
        """
        if self.bias is None or self.along is None or self.square is None:
            raise UserError("These walks have no weights.", "They were made without another energy.", "Give bias= when they are made.")
        return strength * self.bias, strength * self.along - strength**2 * self.square


def walk(potential: Potential, starts: np.ndarray, n_frames: int, *, seed: int = 0, bias: Energy | None = None) -> Walks:
    """Simulate dx = -grad V dt + sqrt(2 kT) dW by Euler and Maruyama.

    Parameters
    ----------
    potential : Potential
    starts : ndarray, shape (n_walkers, d)
    n_frames : int
        Frames of each walker, its start included.
    seed : int
    bias : callable, optional
        An energy U(x), in the unit of V. The walk is that of V alone; it is weighed as a walk in V + U (Girsanov).

    Returns
    -------
    Walks

    Raises
    ------
    UserError
        If starts have another dimension than the potential, or a walker is lost because steps are too long.

    Notes
    -----
    With eta the noise of a step, the same step in V + U has the noise eta + d, d = grad U sqrt(dt / 2 kT), so its logarithmic weight is
    -eta d - d^2 / 2. Donati, Hartmann and Keller 2017, doi:10.1063/1.4989474.
    """
    x = np.array(starts, float)
    if x.ndim != 2 or x.shape[1] != potential.dim:
        raise UserError(f"Starts of the shape {x.shape} cannot be used.", f"The potential has {potential.dim} coordinates.", "Give an array with one row a walker.")
    if n_frames < 2:
        raise UserError(f"{n_frames} frames are too few.", do="Ask for at least two.")
    random, dt = np.random.default_rng(seed), potential.frame / potential.n_steps
    spread, push = np.sqrt(2 * potential.kT * dt), np.sqrt(dt / (2 * potential.kT))
    other = None if bias is None else Potential(bias, potential.bounds)
    centre, size = np.mean(potential.bounds, axis=1), np.ptp(potential.bounds, axis=1)
    frames = np.empty((len(x), n_frames, potential.dim))
    along, square = np.zeros((2, len(x), n_frames if other is not None else 0))
    frames[:, 0] = x
    for i in range(1, n_frames):
        noise = random.standard_normal((potential.n_steps, *x.shape))
        for eta in noise:
            if other is not None:
                d = -other.force(x) * push
                along[:, i - 1] -= (eta * d).sum(axis=1)
                square[:, i - 1] += (d**2).sum(axis=1) / 2
            x = x + potential.force(x) * dt + spread * eta
        if not (np.abs(x - centre) < 10 * size).all():   # NaN counts as lost, too
            raise UserError("A walker is lost.", "Steps are too long for this potential.", "Raise n_steps, or shorten the time of a frame.")
        frames[:, i] = x
    if bias is None:
        return Walks(frames)
    energies = np.asarray(bias(frames.reshape(-1, potential.dim))).reshape(len(x), n_frames) / potential.kT
    return Walks(frames, energies, along - square, along, square)


class GridWalk:
    """Walkers that jump from cell to cell by the exact transition probabilities of a frame: no integration, however long a frame is.

    Parameters
    ----------
    potential : Potential
    n_cells : int
        Along each side; 200 on a line and 30 in a plane where not given.
    """

    def __init__(self, potential: Potential, n_cells: int | None = None) -> None:
        cells = n_cells or (200 if potential.dim == 1 else 30)
        self.centres, matrix = propagator(potential.energy, potential.bounds, cells, kT=potential.kT, diffusion=potential.kT * potential.frame)
        self.widths = np.ptp(potential.bounds, axis=1) / cells
        self._cumulative = np.cumsum(matrix, axis=1)
        self._cumulative[:, -1] = 1.0

    def __call__(self, starts: np.ndarray, n_frames: int, seed: int = 0) -> np.ndarray:
        """Frames of walkers, shape (n_walkers, n_frames, d); the first is the start's cell."""
        from scipy.spatial import cKDTree

        random = np.random.default_rng(seed)
        cells = np.empty((len(starts), n_frames), dtype=np.int64)
        cells[:, 0] = cKDTree(self.centres / self.widths).query(np.asarray(starts, float) / self.widths)[1]
        draws = random.random((n_frames, len(starts)))
        for k in range(1, n_frames):
            for walker in range(len(starts)):
                cells[walker, k] = np.searchsorted(self._cumulative[cells[walker, k - 1]], draws[k, walker], side="right")
        return self.centres[cells] + (random.random((*cells.shape, len(self.widths))) - 0.5) * self.widths


def equilibrium(modes: ExactModes, n: int, seed: int = 0) -> np.ndarray:
    """Points drawn from the exact density, shape (n, d): cells by their probability, places within a cell evenly."""
    random = np.random.default_rng(seed)
    cells = np.unravel_index(random.choice(modes.density.size, n, p=modes.density.ravel()), modes.density.shape)
    return np.stack([axis[c] + (random.random(n) - 0.5) * (axis[1] - axis[0]) for axis, c in zip(modes.axes, cells)], axis=1)
