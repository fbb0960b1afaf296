"""Model systems with exact answers, made by deeptime on the spot and kept in the cache.

Exact timescales come from the discretised generator of each system (symmetrised finite volumes, grid refined until the digits stood
still), not from the trajectories made here.
"""
from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from mdexplore.base.errors import UserError
from mdexplore.base.store import Store, content_key
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
from mdexplore.data.exact import Exact
from mdexplore.data.given import as_given
from mdexplore.data.report import FileReport, LoadReport

__all__ = ["SYSTEMS", "ar1", "birth_death", "two_state"]

_GENERATOR = "finite-volume discretisation of the generator"
_LADDER = ([0, .1, .1, .02, .2, .2, .2], [.2, .2, .02, .1, .1, .1, 0])   # two wells of different width with a bottleneck between


@dataclass(frozen=True)
class System:
    """How a model system is made.

    Parameters
    ----------
    title : str
        One line.
    make : callable
        ``make(n_frames, seed)`` gives one trajectory, shape (n_frames, d).
    columns : tuple of str
    n_frames : int
        Frames of each trajectory.
    exact : Exact
    n_trajectories : int
    """

    title: str
    make: Callable[[int, int], np.ndarray]
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
        arrays = Store().save(key, [system.make(n, seed * 1000 + i + 1).astype(np.float32) for i in range(m)])
    labels = [f"{name} {i}" for i in range(m)]
    report = LoadReport(tuple(FileReport(label, "features", n, n) for label in labels))
    return Dataset([], None, given=as_given(arrays, labels, system.columns), report=report, name=name, exact=system.exact)


def _diffusion(maker: str, h: float, n_steps: int, starts: np.ndarray, populations: tuple[float, ...]) -> Callable[[int, int], np.ndarray]:
    """A trajectory of a deeptime system that begins at a well's bottom, wells drawn by their populations."""
    def simulate(n_frames: int, seed: int) -> np.ndarray:
        import deeptime.data

        system = getattr(deeptime.data, maker)(h=h, n_steps=n_steps)
        start = np.random.default_rng(seed).choice(len(starts), p=np.array(populations) / sum(populations))
        return system.trajectory(starts[start:start + 1], n_frames, seed=seed, n_jobs=1).reshape(n_frames, -1)
    return simulate


def _noisy(states: np.ndarray, seed: int) -> np.ndarray:
    """A coordinate that tells states apart without being one point for each."""
    return (states + np.random.default_rng(seed + 10_000).normal(scale=0.1, size=len(states)))[:, None]


def _sqrt_model(n_frames: int, seed: int) -> np.ndarray:
    import deeptime.data

    return deeptime.data.sqrt_model(n_frames, seed=seed)[1]


_PRINZ = (0.1692, 0.2325, 0.3375, 0.2608)
_ASYMMETRIC = (0.7384, 0.0520, 0.1958, 0.0138)
_CORNERS = np.array([[-1.0, -1], [-1, 1], [1, -1], [1, 1]])
_TRIPLE = (0.475, 0.475, 0.050)

SYSTEMS: dict[str, System] = {
    "prinz": System(
        "Prinz potential: one dimension, four wells", _diffusion("prinz_potential", 1e-4, 100, np.array([[-0.73943], [-0.22374], [0.26915], [0.67330]]), _PRINZ), ("x",), 20_000,
        Exact((83.402, 12.677, 6.510), _PRINZ, "Overdamped diffusion at kT = 1, a frame every 0.01 time units; wells from left to right.", f"{_GENERATOR}; potential doi:10.1063/1.3565032")),
    "quadruple-well": System(
        "quadruple well: two dimensions, four equal wells", _diffusion("quadruple_well", 2e-3, 100, _CORNERS, (0.25,) * 4), ("x", "y"), 20_000,
        Exact((167.90, 167.90, 83.95), (0.25,) * 4, "Two independent double wells, a frame every 0.2 time units.", _GENERATOR)),
    "quadruple-well-asymmetric": System(
        "asymmetric quadruple well: two dimensions, four unequal wells", _diffusion("quadruple_well_asymmetric", 2e-3, 250, _CORNERS, _ASYMMETRIC), ("x", "y"), 10_000,
        Exact((260.18, 171.16, 103.24), _ASYMMETRIC, "A frame every 0.5 time units; wells (x<0, y<0), (x<0, y>0), (x>0, y<0), (x>0, y>0).", _GENERATOR)),
    "triple-well": System(
        "triple well: two dimensions, two deep wells and a shallow one", _diffusion("triple_well_2d", 1e-3, 50, np.array([[-1.0, 0], [1, 0], [0, 1.5]]), _TRIPLE), ("x", "y"), 20_000,
        Exact((253.70, 26.76, 5.12), _TRIPLE, "A frame every 0.05 time units; left, right and upper well.", _GENERATOR)),
    "sqrt-model": System(
        "square-root model: two states that no straight line separates", _sqrt_model, ("x", "y"), 10_000,
        Exact((9.491,), (0.5, 0.5), "Two hidden states with eigenvalue 0.9, seen through a square root; the largest VAMP-2 score is 1.81.", "exact eigenvalue of the hidden chain")),
    "two-state": System(
        "two-state chain: 1 % and 2 % chance of leaving in a frame", lambda n, seed: _noisy(two_state((0.01, 0.02), n, seed), seed), ("x",), 20_000,
        Exact((two_state_timescale((0.01, 0.02)),), (2 / 3, 1 / 3), "A Markov chain seen with noise of 0.1.", "-1/ln(1 - a - b)")),
    "ar1": System(
        "autoregressive process with coefficient 0.98", lambda n, seed: ar1(0.98, n, seed)[:, None], ("x",), 20_000,
        Exact((float(-1 / np.log(0.98)),), (), "One slow linear coordinate.", "-1/ln a")),
    "birth-death": System(
        "birth-death chain: seven states with a bottleneck", lambda n, seed: _noisy(birth_death(*_LADDER, n, seed), seed), ("x",), 20_000,
        Exact(chain_timescales(birth_death_matrix(*_LADDER)), tuple(birth_death_populations(*_LADDER).tolist()), "Steps of one, seen with noise of 0.1.", "eigenvalues of the transition matrix")),
}
