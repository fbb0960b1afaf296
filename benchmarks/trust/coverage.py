"""How often the intervals that are shown hold the exact value, on chains where it is known.

The intervals are the default ones: delta method, counts divided by the lag time, on log t for times and on the logit for populations.
"""
from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from benchmarks.trust import chains
from benchmarks.trust.figure import Outcome, figure
from mdexplore.base.errors import UserError
from mdexplore.methods.kinetics.lagmodels import LagModels

N_RUNS = 200
WANTED = (0.90, 0.98)
CHANCE = 0.02   # how far one cell of 200 runs may lie below the mean of all by chance


@dataclass(frozen=True, eq=False)
class Setup:
    """A chain, how much of it is seen, and the lag times at which it is modelled.

    Parameters
    ----------
    chain : Chain
    n_trajectories, n_frames : int
        Frames of each trajectory.
    lagtimes : tuple of int
    n_timescales : int
        How many of the slowest are compared.
    """

    chain: chains.Chain
    n_trajectories: int
    n_frames: int
    lagtimes: tuple[int, ...]
    n_timescales: int = 1


SETUPS = (
    Setup(chains.two_state(0.01, 0.02), 1, 20_000, (1, 10, 30, 60)),
    Setup(chains.two_state(0.01, 0.02), 10, 1000, (1, 10, 30, 60)),
    Setup(chains.two_state(0.003, 0.006), 20, 2000, (1, 10, 50, 100)),
    Setup(chains.birth_death(), 1, 20_000, (1, 5, 20, 40)),
    Setup(chains.birth_death(), 10, 2000, (1, 5, 20, 40)),
    Setup(chains.wells(1.6), 10, 5000, (1, 10, 50, 150), 3),
    Setup(chains.wells(1.2), 1, 50_000, (1, 10, 50, 150), 3),
)


def held(setup: Setup, n_runs: int = N_RUNS, seed: int = 0) -> dict[int, dict[str, float]]:
    """Share of runs whose intervals hold the exact values.

    Parameters
    ----------
    setup : Setup
    n_runs, seed : int

    Returns
    -------
    dict
        Lag time -> name of the quantity -> share of the runs. A run in which the quantity has no interval counts as one that does not hold it.

    Notes
    -----
    The passage time compared with is that of the chain looked at every lag time, which is what a model at that lag time estimates.
    """
    runs = setup.chain.run(setup.n_frames, n_runs * setup.n_trajectories, seed).reshape(n_runs, setup.n_trajectories, setup.n_frames)
    found: dict[int, dict[str, list[bool]]] = {lag: {} for lag in setup.lagtimes}
    exact = {lag: _exact(setup, lag) for lag in setup.lagtimes}
    for run in runs:
        models = LagModels(list(run), len(setup.chain.matrix))
        for lag in setup.lagtimes:
            for name, holds in _holds(setup, models, lag, exact[lag]).items():
                found[lag].setdefault(name, []).append(holds)
    return {lag: {name: float(np.mean(values)) for name, values in of_lag.items()} for lag, of_lag in found.items()}


def _ends(chain: chains.Chain) -> tuple[np.ndarray, np.ndarray]:
    """The most and the least populated basin, as indicators."""
    weights = np.bincount(chain.basins, weights=chain.stationary)
    return chain.basins == weights.argmax(), chain.basins == weights.argmin()


def _exact(setup: Setup, lagtime: int) -> dict[str, float]:
    chain = setup.chain
    source, target = _ends(chain)
    seen = chains.Chain(chain.name, np.linalg.matrix_power(chain.matrix, lagtime), chain.basins)
    values = {f"timescale {i + 1}": float(t) for i, t in enumerate(chain.timescales(setup.n_timescales))}
    values["population"] = float(chain.stationary[target].sum())
    values["passage time"] = lagtime * seen.mfpt(source, target)
    values["return time"] = lagtime * seen.mfpt(target, source)
    return values


def _holds(setup: Setup, models: LagModels, lagtime: int, exact: dict[str, float]) -> dict[str, bool]:
    try:
        model = models.at(lagtime)
    except UserError:   # nothing connected at this lag time
        return dict.fromkeys(exact, False)
    found = {}
    _, lower, upper = model.timescales
    for i in range(setup.n_timescales):
        name = f"timescale {i + 1}"
        found[name] = bool(i < len(lower) and lower[i] <= exact[name] <= upper[i])
    sets = np.array([s[model.active] for s in _ends(setup.chain)], float).T
    if not sets.any(axis=0).all():
        return {**dict.fromkeys(exact, False), **found}
    _, lower, upper = model.errors.populations(sets)
    found["population"] = bool(lower[1] <= exact["population"] <= upper[1])
    _, lower, upper = (lagtime * bound for bound in model.errors.mfpt(sets))
    found["passage time"] = bool(lower[0, 1] <= exact["passage time"] <= upper[0, 1])
    found["return time"] = bool(lower[1, 0] <= exact["return time"] <= upper[1, 0])
    return found


def table(setups: Sequence[Setup] = SETUPS, n_runs: int = N_RUNS, seed: int = 0) -> list[tuple[str, dict[str, float]]]:
    """One row for each setup and lag time."""
    rows = []
    for setup in setups:
        title = f"{setup.chain.name}, t = {setup.chain.timescales(1)[0]:.0f}, {setup.n_trajectories} x {setup.n_frames} frames"
        rows += [(f"{title}, lag {lag}", shares) for lag, shares in held(setup, n_runs, seed).items()]
    return rows


def _figure(kind: str, n_runs: int) -> Outcome:
    """The share over all setups and lag times of the quantities of a kind, with the lowest and highest of them."""
    shares = [share for _, row in _rows(n_runs) for name, share in row.items() if name.startswith(kind)]
    low, high = WANTED
    mean = float(np.mean(shares))
    return Outcome(f"{100 * mean:.1f} % of {n_runs} runs of each of {len(SETUPS)} setups ({len(shares)} cells, {100 * min(shares):.1f} to {100 * max(shares):.1f} %)",
                   low <= mean <= high and min(shares) >= low - CHANCE)


@lru_cache(maxsize=1)
def _rows(n_runs: int) -> list[tuple[str, dict[str, float]]]:
    return table(n_runs=n_runs)


@figure("95 % interval of the timescales holds the exact value", "90 to 98 %", short=30, full=N_RUNS)
def timescales_held(n: int) -> Outcome:
    """The three slowest of four wells, the slowest of the other chains."""
    return _figure("timescale", n)


@figure("95 % interval of the smallest population holds the exact value", "90 to 98 %", short=30, full=N_RUNS)
def populations_held(n: int) -> Outcome:
    """Of the least populated state."""
    return _figure("population", n)


@figure("95 % interval of the mean first passage time holds the exact value", "90 to 98 %", short=30, full=N_RUNS)
def passage_times_held(n: int) -> Outcome:
    """From the most to the least populated state."""
    return _figure("passage time", n)


@figure("95 % interval of the mean return time holds the exact value", "90 to 98 %", short=30, full=N_RUNS)
def return_times_held(n: int) -> Outcome:
    """From the least to the most populated state."""
    return _figure("return time", n)
