"""RAVE on a model system: simulate, find the coordinate that tells most of the future, flatten the energy along it, and again."""
from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from mdexplore.base.errors import UserError
from mdexplore.base.plain import storable
from mdexplore.base.words import count_of
from mdexplore.base.work.threads import single_threaded
from mdexplore.data.diffusion import walk
from mdexplore.data.potentials import Potential
from mdexplore.methods.method import Progress, ignore
from mdexplore.methods.sampling.bottleneck import bottleneck

CELLS = 80          # of a profile along the coordinate
SMOOTH = 1.5        # cells, width of the kernel
LEAST = 5           # frames that a cell needs, or its free energy is not believed
SETTLING = 0.1      # share of each simulation that is left out while walkers get used to a new bias
RESAMPLES = 200     # of walkers, for errors
Where = Callable[[np.ndarray], np.ndarray]


@storable
@dataclass(frozen=True, eq=False, repr=False)
class RaveRounds:
    """What each round found, and the frames of the last simulation.

    Parameters
    ----------
    directions : ndarray, shape (n_rounds, d)
        Of the coordinate that the frames of each round gave; of length 1. The first round is not biased.
    information : ndarray, shape (n_rounds,)
        Of the coordinate about the later frame, nats.
    grid : ndarray, shape (n_rounds, n_cells)
        Places along the coordinate.
    bias : ndarray, shape (n_rounds, n_cells)
        Bias energy there, kT, from 0 down; it is that of the next round, and constant beyond the grid.
    frames : ndarray, shape (n_walkers, n_frames, d)
        Of the simulation with the last bias.
    log_weights : ndarray, shape (n_walkers, n_frames)
        Of each of these frames without bias, up to a constant.
    n_simulated : int
        Frames of all rounds and of the last simulation.
    """

    directions: np.ndarray
    information: np.ndarray
    grid: np.ndarray
    bias: np.ndarray
    frames: np.ndarray
    log_weights: np.ndarray
    n_simulated: int

    def __repr__(self) -> str:
        last = ", ".join(f"{x:.2f}" for x in self.directions[-1])
        return f"<RaveRounds: {count_of(len(self.directions), 'round')}, coordinate ({last}), bias down to {self.bias[-1].min():.1f} kT>"

    @property
    def heights(self) -> np.ndarray:
        """Depth of the bias of each round in kT, shape (n_rounds,); it grows until all is flat."""
        return np.asarray(-self.bias.min(axis=1))

    def free_energy_difference(self, a: Where, b: Where, *, seed: int = 0) -> tuple[float, float]:
        """Free energy of b less that of a, with its standard error, kT.

        Parameters
        ----------
        a, b : callable
            Take points (n, d), give where they are true, (n,) bool.
        seed : int
            Of the bootstrap over walkers.

        Raises
        ------
        UserError
            If no frame lies in one of them.
        """
        return self._bootstrapped([a, b], seed)

    def profile(self, coordinate: Where, edges: np.ndarray) -> np.ndarray:
        """Free energy along any coordinate, kT above its lowest cell, shape (n_edges - 1,); infinite where no frame is.

        Parameters
        ----------
        coordinate : callable
            Takes points (n, d), gives numbers (n,).
        edges : ndarray, shape (n_edges,)
        """
        weights = np.exp(self.log_weights - self.log_weights.max()).ravel()
        found = np.histogram(coordinate(self._points), edges, weights=weights)[0]
        with np.errstate(divide="ignore"):
            heights = -np.log(found / np.diff(edges))
        return np.asarray(heights - heights.min())

    @property
    def _points(self) -> np.ndarray:
        return self.frames.reshape(-1, self.frames.shape[2])

    def _bootstrapped(self, places: list[Where], seed: int) -> tuple[float, float]:
        weights = np.exp(self.log_weights - self.log_weights.max())
        sums = np.stack([(weights * np.asarray(inside(self._points)).reshape(weights.shape)).sum(axis=1) for inside in places])
        if not sums.sum(axis=1).all():
            raise UserError("The free-energy difference is not known.", "No frame lies in one of the two places.", "Simulate more rounds, or longer ones.")
        drawn = np.random.default_rng(seed).integers(len(weights), size=(RESAMPLES, len(weights)))
        with np.errstate(divide="ignore"):
            values = np.log(sums[0][drawn].sum(axis=1)) - np.log(sums[1][drawn].sum(axis=1))
        total = sums.sum(axis=1)
        return float(np.log(total[0] / total[1])), float(values.std()) if np.isfinite(values).all() else float("inf")


@single_threaded()
def rave_rounds(potential: Potential, start: np.ndarray, *, n_rounds: int = 6, n_walkers: int = 20, n_frames: int = 500, n_last: int | None = None, lagtime: int = 5,
                highest: float = 10.0, seed: int = 0, progress: Progress = ignore) -> RaveRounds:
    """Find a slow coordinate and the bias that makes it fast, round by round, then measure with the last bias.

    Parameters
    ----------
    potential : Potential
        Of one or two dimensions.
    start : ndarray, shape (d,)
        Where all walkers of the first round start; later ones go on from where they stopped.
    n_rounds, n_walkers : int
    n_frames : int
        Of each walker in each round.
    n_last : int, optional
        Of each walker in the last simulation; four times those of a round where not given.
    lagtime : int
        Frames, between the two frames of a pair.
    highest : float
        kT; what lies higher along the coordinate is not flattened further, or walkers would climb the walls around all wells.
    seed : int
    progress : callable

    Returns
    -------
    RaveRounds

    Raises
    ------
    UserError
        For numbers that are too small, or too few frames for a bias.

    Notes
    -----
    Ribeiro, Bravo, Wang and Tiwary 2018, doi:10.1063/1.5025487, with the bottleneck of Wang, Ribeiro and Tiwary 2019, doi:10.1038/s41467-019-11405-4. The bias of a
    round is the logarithm of the density along the coordinate, freed from the bias before, where it was seen often enough; beyond, it is constant.
    """
    place = np.atleast_1d(np.asarray(start, float))
    if place.shape != (potential.dim,):
        raise UserError(f"A start of the shape {place.shape} cannot be used.", f"The potential has {potential.dim} coordinates.", "Give one point.")
    if min(n_rounds, n_walkers, lagtime) < 1 or n_frames * (1 - SETTLING) <= 2 * lagtime:
        raise UserError(f"{count_of(n_rounds, 'round')} of {count_of(n_walkers, 'walker')} with {n_frames} frames are too few for a lag time of {lagtime}.", do="Ask for at least one round and longer walks.")
    random, x, last = np.random.default_rng(seed), np.repeat(place[None], n_walkers, axis=0), n_last or 4 * n_frames
    rounds: list[tuple[np.ndarray, float, np.ndarray, np.ndarray]] = []
    for k in range(n_rounds):
        progress(k, n_rounds + 1, f"round {k + 1}")
        frames, logs, x = _simulate(potential, rounds[-1] if rounds else None, x, n_frames, random)
        weights = np.exp(logs - logs.max())
        earlier, later = (part.reshape(-1, potential.dim) for part in (frames[:, :-lagtime], frames[:, lagtime:]))
        found = bottleneck(earlier, later, weights[:, :-lagtime].ravel())
        rounds.append((found.direction, found.information, *_flattening(frames.reshape(-1, potential.dim) @ found.direction, weights.ravel(), highest)))
    progress(n_rounds, n_rounds + 1, "last simulation")
    frames, logs, _ = _simulate(potential, rounds[-1], x, last, random)
    progress(n_rounds + 1, n_rounds + 1, "")
    directions, information, grids, biases = map(np.array, zip(*rounds))
    return RaveRounds(directions, information, grids, biases, frames, logs, n_walkers * (n_rounds * n_frames + last))


def _simulate(potential: Potential, found: tuple[np.ndarray, float, np.ndarray, np.ndarray] | None, starts: np.ndarray, n_frames: int,
              random: np.random.Generator) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Frames without those of settling, the logarithm of their weights, and where the walkers stopped."""
    seed = int(random.integers(1 << 31))
    if found is None:
        frames = walk(potential, starts, n_frames, seed=seed).frames
        logs = np.zeros(frames.shape[:2])
    else:
        direction, _, grid, bias = found
        frames = walk(_biased(potential, direction, grid, bias), starts, n_frames, seed=seed).frames
        logs = np.interp(frames @ direction, grid, bias)   # exp(+bias) takes the bias out
    settled = int(SETTLING * n_frames)
    return frames[:, settled:], logs[:, settled:], frames[:, -1]


def _biased(potential: Potential, direction: np.ndarray, grid: np.ndarray, bias: np.ndarray) -> Potential:
    """The potential with a bias in kT along a coordinate; its slope is that between the two nearest places."""
    slopes, width = np.diff(bias) / np.diff(grid) * potential.kT, grid[1] - grid[0]

    def energy(x: np.ndarray) -> np.ndarray:
        return np.asarray(potential.energy(x) + potential.kT * np.interp(x @ direction, grid, bias))

    def gradient(x: np.ndarray) -> np.ndarray:
        cell = np.floor((x @ direction - grid[0]) / width).astype(int)
        inside = (cell >= 0) & (cell < len(slopes))
        return np.asarray(-potential.force(x) + np.where(inside, slopes[np.clip(cell, 0, len(slopes) - 1)], 0.0)[:, None] * direction)

    return replace(potential, energy=energy, gradient=gradient)


def _flattening(z: np.ndarray, weights: np.ndarray, highest: float) -> tuple[np.ndarray, np.ndarray]:
    """Places along a coordinate and the bias energy there that would make it flat as far as it was seen, kT."""
    from scipy.ndimage import gaussian_filter1d

    low, high = z.min(), z.max()
    edges = np.linspace(low, high, CELLS + 1)
    density = gaussian_filter1d(np.histogram(z, edges, weights=weights)[0], SMOOTH, mode="constant")
    seen = gaussian_filter1d(np.histogram(z, edges)[0].astype(float), SMOOTH, mode="constant") >= LEAST
    if not seen.any():
        raise UserError("The bias cannot be found.", f"No cell along the coordinate has {LEAST} frames.", "Simulate longer, or with more walkers.")
    heights = -np.log(np.maximum(density, 1e-300))
    heights -= heights[seen].min()
    deepest = min(float(heights[seen].max()), highest)
    return (edges[1:] + edges[:-1]) / 2, -np.where(seen, np.minimum(heights, deepest), deepest)
