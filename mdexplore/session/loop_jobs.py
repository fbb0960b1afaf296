"""The policies of adaptive sampling against each other on a model system, in a worker: how the error of the slowest timescale falls with the frames."""
from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from mdexplore.data.diffusion import GridWalk
from mdexplore.data.exact import Exact
from mdexplore.data.generator import propagator
from mdexplore.data.potentials import POTENTIALS, Potential, modes_of
from mdexplore.methods.method import Progress
from mdexplore.methods.sampling.loop import POLICIES, adaptive_rounds

N_ROUNDS, N_WALKERS, N_FRAMES, LAGTIME = 40, 10, 50, 5
N_SEEDS = 10
CELLS = {1: 200, 2: 30}   # of the walk along each side, by dimension
BINS = {1: 25, 2: 15}     # microstates along each side, whole cells
WITHIN = 0.1              # the error that is asked for


@dataclass(frozen=True, eq=False)
class PolicyRuns:
    """Several runs of one policy.

    Parameters
    ----------
    policy : str
    errors : ndarray, shape (n_seeds, n_rounds)
        Relative error of the slowest timescale after each round; infinite while there is no model.
    within : ndarray, shape (n_seeds,)
        Frames after which the error stays within `WITHIN`; infinite where it never does.
    """

    policy: str
    errors: np.ndarray
    within: np.ndarray


@dataclass(frozen=True, eq=False)
class PolicyLoop:
    """All policies with the same frames.

    Parameters
    ----------
    frames : ndarray, shape (n_rounds,), int
        Simulated so far.
    limit : float
        Slowest timescale of the microstates with endless data, frames: what the errors are of.
    runs : tuple of PolicyRuns
    """

    frames: np.ndarray
    limit: float
    runs: tuple[PolicyRuns, ...]


def can_loop(exact: Exact | None) -> bool:
    """Whether data come from a potential that can be simulated further."""
    return exact is not None and exact.potential in POTENTIALS


def run_loop(name: str, *, progress: Progress) -> PolicyLoop:
    """Simulate in rounds by each policy, from the deepest well, with several seeds.

    Parameters
    ----------
    name : str
        In `mdexplore.data.potentials.POTENTIALS`.

    Returns
    -------
    PolicyLoop

    Raises
    ------
    KeyError
        For another name.
    """
    potential, modes = POTENTIALS[name], modes_of(name)
    walk, bins = GridWalk(potential, CELLS[potential.dim]), BINS[potential.dim]
    deepest = np.unravel_index(int(modes.density.argmax()), modes.density.shape)
    start = np.array([axis[k] for axis, k in zip(modes.axes, deepest)])
    limit = endless(potential)
    runs, total = [], len(POLICIES) * N_SEEDS
    for place, policy in enumerate(POLICIES):
        found = []
        for seed in range(N_SEEDS):
            progress(place * N_SEEDS + seed, total, f"simulating by {policy}")
            found.append(adaptive_rounds(potential, policy, walk, start, n_rounds=N_ROUNDS, n_walkers=N_WALKERS, n_frames=N_FRAMES, lagtime=LAGTIME, n_bins=bins, seed=seed, exact=limit))
        runs.append(PolicyRuns(policy, np.array([r.errors for r in found]), np.array([r.frames_within(WITHIN) for r in found])))
    return PolicyLoop(found[0].frames, limit, tuple(runs))


def endless(potential: Potential, lagtime: int = LAGTIME) -> float:
    """Slowest timescale in frames that the microstates would give with endless data.

    Notes
    -----
    Microstates blur the eigenfunction, so it lies a little below the exact one, which no policy could come nearer to.
    """
    centres, matrix = propagator(potential.energy, potential.bounds, CELLS[potential.dim], kT=potential.kT, diffusion=potential.kT * potential.frame)
    energy = np.asarray(potential.energy(centres), float) / potential.kT
    weight = np.exp(-(energy - energy.min()))
    n_bins, state = BINS[potential.dim], np.zeros(len(centres), int)
    for column, (low, high) in enumerate(potential.bounds):
        state = state * n_bins + np.digitize(centres[:, column], np.linspace(low, high, n_bins + 1)[1:-1])
    sums = np.eye(n_bins ** potential.dim)[state]
    flow = sums.T @ ((weight / weight.sum())[:, None] * (np.linalg.matrix_power(matrix, lagtime) @ sums))
    there = flow.sum(axis=1) > 0
    flow = flow[np.ix_(there, there)]
    root = np.sqrt(flow.sum(axis=1))
    return float(-lagtime / np.log(np.linalg.eigvalsh((flow + flow.T) / 2 / np.outer(root, root))[-2]))
