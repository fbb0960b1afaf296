"""Model systems with exact answers, made by deeptime on the spot and kept in the cache.

Exact timescales come from the discretised generator of each system (symmetrised finite volumes, grid refined until the digits stood
still), not from the trajectories made here.
"""
from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from mdexplore.base.errors import UserError
from mdexplore.base.store import Store, array_key, content_key
from mdexplore.data.chains import (
    ar1,
    birth_death,
    birth_death_matrix,
    birth_death_populations,
    chain_timescales,
    two_state,
    two_state_timescale,
)
from mdexplore.data.dataset import Dataset
from mdexplore.data.diffusion import equilibrium, walk
from mdexplore.data.exact import Exact
from mdexplore.data.generator import Energy
from mdexplore.data.given import as_given
from mdexplore.data.potentials import POTENTIALS, Potential, modes_of
from mdexplore.data.report import FileReport, LoadReport

__all__ = ["SYSTEMS", "ar1", "birth_death", "make", "of_potential", "two_state"]

_GENERATOR = "finite-volume discretisation of the generator"
_LADDER = ([0, .1, .1, .02, .2, .2, .2], [.2, .2, .02, .1, .1, .1, 0])   # two wells of different width with a bottleneck between
One = Callable[[int, int], np.ndarray]
Many = Callable[[int, Sequence[int]], list[np.ndarray]]


@dataclass(frozen=True)
class System:
    """How a model system is made.

    Parameters
    ----------
    title : str
        One line.
    make : callable
        ``make(n_frames, seeds)`` gives a trajectory for each seed, shape (n_frames, d).
    columns : tuple of str
    n_frames : int
        Frames of each trajectory.
    exact : Exact
    n_trajectories : int
    """

    title: str
    make: Many
    columns: tuple[str, ...]
    n_frames: int
    exact: Exact
    n_trajectories: int = 10


def make(name: str, n_frames: int | None = None, n_trajectories: int | None = None, seed: int = 0) -> Dataset:
    """A model system as a data set of features in frames, with its exact answers as `Dataset.exact`.

    Parameters
    ----------
    name : str
        One of `SYSTEMS`.
    n_frames : int, optional
        Frames of each trajectory.
    n_trajectories : int, optional
    seed : int

    Raises
    ------
    UserError
        If there is no such system, or a number is too small.
    """
    if name not in SYSTEMS:
        raise UserError(f"There is no model system {name!r}.", do=f"Choose one of: {', '.join(SYSTEMS)}.")
    system = SYSTEMS[name]
    n, m = n_frames or system.n_frames, n_trajectories or system.n_trajectories
    if n < 2 or m < 1:
        raise UserError(f"{m} trajectories of {n} frames are too few.", do="Ask for at least one trajectory of two frames.")
    key = content_key("toy", 1, name, n, m, seed)
    arrays = Store().load(key)
    if arrays is None:
        arrays = Store().save(key, [a.astype(np.float32) for a in system.make(n, [seed * 1000 + i + 1 for i in range(m)])])
    return _dataset(name, arrays, system.columns, system.exact)


def of_potential(energy: Energy, bounds: Sequence[tuple[float, float]], *, kT: float = 1.0, frame: float | None = None, n_frames: int = 5_000, n_trajectories: int = 10,
                 n_steps: int = 100, n_timescales: int = 3, seed: int = 0, name: str = "potential") -> Dataset:
    """Diffusion in any potential of one or two dimensions as a data set, with its exact answers as `Dataset.exact`.

    Parameters
    ----------
    energy : callable
        Takes points of shape (n, d), gives energies of shape (n,).
    bounds : sequence of (low, high)
        A box that holds all that is visited, one pair a dimension.
    kT : float
        In the unit of the energy; with a mobility of 1 it is the diffusion constant, too.
    frame : float, optional
        Units of time from frame to frame; a hundredth of the slowest relaxation time where not given.
    n_frames, n_trajectories : int
        Trajectories begin in equilibrium.
    n_steps : int
        Steps of integration in a frame; more where the potential is steep.
    n_timescales : int
        How many exact timescales and eigenfunctions.
    seed : int
    name : str
        Title of the data set.

    Raises
    ------
    UserError
        If the potential cannot be put on a grid, or steps are too long for it.

    Examples
    --------
    >>> data = mdx.model_system(lambda x: 5 * (x[:, 0] ** 2 - 1) ** 2, [(-2, 2)])
    >>> data.exact.timescales, data.exact.modes.eigenfunctions
    """
    box = tuple((float(low), float(high)) for low, high in bounds)
    modes = Potential(energy, box, kT, 1.0 if frame is None else frame).modes(n_timescales)
    if frame is None:
        frame = float(modes.timescales[0]) / 100
        modes = replace(modes, timescales=modes.timescales / frame)
    made = walk(Potential(energy, box, kT, frame, n_steps=n_steps), equilibrium(modes, n_trajectories, seed), n_frames, seed=seed).frames.astype(np.float32)
    key = content_key("given modes", array_key(modes.energy), box, kT, frame, n_timescales)
    Store().save(key, modes)
    exact = Exact(tuple(modes.timescales.tolist()), (), f"Overdamped diffusion, a frame every {frame:.3g} time units.", _GENERATOR, key)
    return _dataset(name, list(made), ("x", "y")[:len(box)], exact)


def _dataset(name: str, arrays: list[np.ndarray], columns: tuple[str, ...], exact: Exact) -> Dataset:
    labels = [f"{name} {i}" for i in range(len(arrays))]
    report = LoadReport(tuple(FileReport(label, "features", len(a), len(a)) for label, a in zip(labels, arrays)))
    return Dataset([], None, given=as_given(arrays, labels, columns), report=report, name=name, exact=exact)


def _each(make: One) -> Many:
    """Trajectories made one by one."""
    return lambda n_frames, seeds: [make(n_frames, seed) for seed in seeds]


def _together(name: str) -> Many:
    """Trajectories of our own integrator, which begin in equilibrium."""
    def simulate(n_frames: int, seeds: Sequence[int]) -> list[np.ndarray]:
        return list(walk(POTENTIALS[name], equilibrium(modes_of(name), len(seeds), seeds[0]), n_frames, seed=seeds[0]).frames)
    return simulate


def _diffusion(maker: str, h: float, n_steps: int, starts: np.ndarray, populations: tuple[float, ...]) -> Many:
    """A trajectory of a deeptime system that begins at a well's bottom, wells drawn by their populations."""
    def simulate(n_frames: int, seed: int) -> np.ndarray:
        import deeptime.data

        system = getattr(deeptime.data, maker)(h=h, n_steps=n_steps)
        start = np.random.default_rng(seed).choice(len(starts), p=np.array(populations) / sum(populations))
        return system.trajectory(starts[start:start + 1], n_frames, seed=seed, n_jobs=1).reshape(n_frames, -1)
    return _each(simulate)


def _noisy(states: np.ndarray, seed: int) -> np.ndarray:
    """A coordinate that tells states apart without being one point for each."""
    return (states + np.random.default_rng(seed + 10_000).normal(scale=0.1, size=len(states)))[:, None]


def _sqrt_model(n_frames: int, seed: int) -> np.ndarray:
    import deeptime.data

    return deeptime.data.sqrt_model(n_frames, seed=seed)[1]


def _swiss_roll(n_frames: int, seed: int) -> np.ndarray:
    import deeptime.data

    return deeptime.data.swissroll_model(n_frames, seed=seed)[1]


_PRINZ = (0.1692, 0.2325, 0.3375, 0.2608)
_ASYMMETRIC = (0.7384, 0.0520, 0.1958, 0.0138)
_CORNERS = np.array([[-1.0, -1], [-1, 1], [1, -1], [1, 1]])
_TRIPLE = (0.475, 0.475, 0.050)
_LINE = (0.1510, 0.5537, 0.2953)
_VALLEY = (0.8985, 0.0288, 0.0727)
_ROW = np.array([[0.95, 0.05, 0, 0], [0.05, 0.90, 0.05, 0], [0, 0.05, 0.90, 0.05], [0, 0, 0.05, 0.95]])

SYSTEMS: dict[str, System] = {
    "prinz": System(
        "Prinz potential: one dimension, four wells", _diffusion("prinz_potential", 1e-4, 100, np.array([[-0.73943], [-0.22374], [0.26915], [0.67330]]), _PRINZ), ("x",), 20_000,
        Exact((83.402, 12.677, 6.510), _PRINZ, "Overdamped diffusion at kT = 1, a frame every 0.01 time units; wells from left to right.", f"{_GENERATOR}; potential doi:10.1063/1.3565032", "prinz")),
    "quadruple-well": System(
        "quadruple well: two dimensions, four equal wells", _diffusion("quadruple_well", 2e-3, 100, _CORNERS, (0.25,) * 4), ("x", "y"), 20_000,
        Exact((167.90, 167.90, 83.95), (0.25,) * 4, "Two independent double wells, a frame every 0.2 time units.", _GENERATOR, "quadruple-well")),
    "quadruple-well-asymmetric": System(
        "asymmetric quadruple well: two dimensions, four unequal wells", _diffusion("quadruple_well_asymmetric", 2e-3, 250, _CORNERS, _ASYMMETRIC), ("x", "y"), 10_000,
        Exact((260.18, 171.16, 103.24), _ASYMMETRIC, "A frame every 0.5 time units; wells (x<0, y<0), (x<0, y>0), (x>0, y<0), (x>0, y>0).", _GENERATOR, "quadruple-well-asymmetric")),
    "triple-well": System(
        "triple well: two dimensions, two deep wells and a shallow one", _diffusion("triple_well_2d", 1e-3, 50, np.array([[-1.0, 0], [1, 0], [0, 1.5]]), _TRIPLE), ("x", "y"), 20_000,
        Exact((253.70, 26.76, 5.12), _TRIPLE, "A frame every 0.05 time units; left, right and upper well.", _GENERATOR, "triple-well")),
    "triple-well-line": System(
        "triple well on a line", _together("triple-well-line"), ("x",), 1_000,
        Exact((35.216, 11.523, 1.147), _LINE, "Overdamped diffusion at kT = 1, a frame every 0.2 time units; wells from left to right.", _GENERATOR, "triple-well-line"), 40),
    "double-well": System(
        "double well: two dimensions, one of them slow", _diffusion("double_well_2d", 2e-3, 100, np.array([[-1.0, 0], [1, 0]]), (0.5, 0.5)), ("x", "y"), 10_000,
        Exact((167.90, 2.50, 2.46), (0.5, 0.5), "A frame every 0.2 time units; kT is 1/4, as deeptime's noise has it.", _GENERATOR, "double-well")),
    "mueller-brown": System(
        "Müller-Brown potential: two dimensions, three wells in a bent valley", _together("mueller-brown"), ("x", "y"), 1_000,
        Exact((643.32, 14.43, 14.16), _VALLEY, "Overdamped diffusion at kT = 15, a frame every 0.001 time units; upper, middle and right well.",
              f"{_GENERATOR}; potential doi:10.1007/BF00547608", "mueller-brown"), 40),
    "sqrt-model": System(
        "square-root model: two states that no straight line separates", _each(_sqrt_model), ("x", "y"), 10_000,
        Exact((9.491,), (0.5, 0.5), "Two hidden states with eigenvalue 0.9, seen through a square root; the largest VAMP-2 score is 1.81.", "exact eigenvalue of the hidden chain")),
    "swiss-roll": System(
        "rolled-up sheet: four states in a row on a curved surface in three dimensions", _each(_swiss_roll), ("x", "y", "z"), 10_000,
        Exact(chain_timescales(_ROW), (0.25,) * 4, "Four hidden states, 5 % chance of stepping to each neighbour in a frame.", "eigenvalues of the hidden chain")),
    "two-state": System(
        "two-state chain: 1 % and 2 % chance of leaving in a frame", _each(lambda n, seed: _noisy(two_state((0.01, 0.02), n, seed), seed)), ("x",), 20_000,
        Exact((two_state_timescale((0.01, 0.02)),), (2 / 3, 1 / 3), "A Markov chain seen with noise of 0.1.", "-1/ln(1 - a - b)")),
    "ar1": System(
        "autoregressive process with coefficient 0.98", _each(lambda n, seed: ar1(0.98, n, seed)[:, None]), ("x",), 20_000,
        Exact((float(-1 / np.log(0.98)),), (), "One slow linear coordinate.", "-1/ln a")),
    "birth-death": System(
        "birth-death chain: seven states with a bottleneck", _each(lambda n, seed: _noisy(birth_death(*_LADDER, n, seed), seed)), ("x",), 20_000,
        Exact(chain_timescales(birth_death_matrix(*_LADDER)), tuple(birth_death_populations(*_LADDER).tolist()), "Steps of one, seen with noise of 0.1.", "eigenvalues of the transition matrix")),
}
