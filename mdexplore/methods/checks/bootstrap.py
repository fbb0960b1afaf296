"""Intervals of the implied timescales by resampling trajectories: what a Markov formula cannot see."""
from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from mdexplore.base.notices import Notice
from mdexplore.base.numerics.counts import UNIQUE_ROWS, connected_set, counts_by_piece
from mdexplore.base.numerics.mle import reversible_mle
from mdexplore.base.numerics.spectrum import implied_timescales, slow_modes
from mdexplore.base.units import TimeUnit
from mdexplore.base.words import count_of
from mdexplore.methods.checks.intervals import nan_interval
from mdexplore.methods.checks.lagtimes import at_each_lagtime
from mdexplore.methods.checks.timescales import check_lagtimes, timescales
from mdexplore.methods.kinetics.lagmodels import LagModels, lag_models
from mdexplore.methods.method import Progress, ignore
from mdexplore.methods.results import Clustering, Timescales

FEWEST_TRAJECTORIES = 5
N_BLOCKS = 20
BLOCKS_OF = 10   # slowest timescales


def bootstrap_timescales(clustering: Clustering, lagtimes: Sequence[int], *, n_resamples: int = 100, seed: int = 0, n_processes: int = 5,
                         timestep_ns: float | None = None, progress: Progress = ignore) -> Timescales:
    """Implied timescales with a bootstrap over trajectories.

    Parameters
    ----------
    clustering : Clustering
    lagtimes : sequence of int
        Frames, increasing.
    n_resamples : int
        Times that as many trajectories as there are get drawn with replacement; the same draws at every lag time.
    seed : int
    n_processes : int
    timestep_ns : float or None
    progress : callable

    Returns
    -------
    Timescales
        ``values`` are those of all data. Below five trajectories, blocks of them are resampled instead, and a notice says so:
        a warning where a block is shorter than ten times the slowest timescale.

    Raises
    ------
    UserError
        If a lag time is not shorter than the longest trajectory.
    """
    models = lag_models(clustering)
    lags = check_lagtimes(lagtimes, models.lengths, TimeUnit(timestep_ns))
    values = timescales(clustering, lags, n_processes=n_processes, timestep_ns=timestep_ns)
    slowest = float(np.nanmax(values.values[:, 0], initial=0.0))
    interval, notices = _said(models.lengths, TimeUnit(timestep_ns), slowest)
    ends = at_each_lagtime(_interval, models, lags, n_resamples, seed, n_processes, n_steps=n_resamples, needs=_needs(models),
                           text="bootstrap over trajectories", progress=progress)
    return replace(values, lower=np.array([lower for lower, _ in ends]), upper=np.array([upper for _, upper in ends]), interval=interval,
                   notices=(*values.notices, *notices))


def _interval(models: LagModels, lagtime: int, n_resamples: int, seed: int, n_processes: int, *, progress: Progress) -> tuple[np.ndarray, np.ndarray]:
    """At one lag time: lower and upper ends, frames, each of shape (n_processes,). The draws follow from the seed alone."""
    pieces = None if len(models.lengths) >= FEWEST_TRAJECTORIES else _blocks(models.lengths)
    n_pieces = len(models.lengths) if pieces is None else 1 + max(int(p.max()) for p in pieces if len(p))
    draws = np.random.default_rng(seed).multinomial(n_pieces, np.full(n_pieces, 1 / n_pieces), size=n_resamples).astype(float)
    by_piece = counts_by_piece(models.dtrajs, lagtime, models.n_clusters, pieces)
    drawn = np.full((n_resamples, n_processes), np.nan)
    for r, weights in enumerate(draws):
        progress(r, n_resamples, "resamples")
        drawn[r] = _timescales_of((by_piece.T @ weights).reshape(models.n_clusters, -1), lagtime, n_processes)
    return nan_interval(drawn)


def _needs(models: LagModels) -> int:
    """Bytes at the peak of one lag time: pairs of frames while they are sorted, numbers of blocks, counts of each piece, and matrices of one resample."""
    n, k, n_pieces = sum(models.lengths), models.n_clusters, max(len(models.lengths), N_BLOCKS + FEWEST_TRAJECTORIES)
    return 64 * min(max(models.lengths), UNIQUE_ROWS) + 8 * n + 48 * min(n, n_pieces * k * k) + 72 * k * k


def _block_size(lengths: Sequence[int]) -> int:
    return max(sum(lengths) // N_BLOCKS, 1)


def _blocks(lengths: Sequence[int]) -> list[np.ndarray]:
    """Number of the block of each frame."""
    size, blocks, first = _block_size(lengths), [], 0
    for n in lengths:
        blocks.append(first + np.minimum(np.arange(n) // size, max(n // size - 1, 0)))
        first += max(n // size, 1)
    return blocks


def _said(lengths: Sequence[int], unit: TimeUnit, slowest: float) -> tuple[str, tuple[Notice, ...]]:
    """What the interval is called, and what is to be said of blocks where trajectories are too few to be drawn themselves."""
    if len(lengths) >= FEWEST_TRAJECTORIES:
        return "95 %, bootstrap over trajectories", ()
    size = _block_size(lengths)
    text = f"There {'is' if len(lengths) == 1 else 'are'} {count_of(len(lengths), 'trajectory', 'trajectories')}, so blocks of {unit.say(size)} were resampled instead of trajectories."
    if size >= BLOCKS_OF * slowest:   # blocks that long are as good as independent trajectories
        return "95 %, bootstrap over blocks", (Notice("info", text, where="bootstrap"),)
    return "95 %, bootstrap over blocks", (Notice("warning", text, "Processes slower than a block get bars that are too narrow: run more trajectories.", "bootstrap"),)


def _timescales_of(counts: np.ndarray, lagtime: int, n_processes: int) -> np.ndarray:
    """Timescales of one resample, frames; NaN beyond what its connected set has."""
    found = np.full(n_processes, np.nan)
    active = connected_set(counts)
    if len(active) < 2:
        return found
    modes = slow_modes(*reversible_mle(counts[np.ix_(active, active)]), n_processes)
    times = implied_timescales(modes.eigenvalues[1:], lagtime)
    found[:len(times)] = times
    return found
