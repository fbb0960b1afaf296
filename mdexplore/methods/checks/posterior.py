"""Intervals of the implied timescales from a Bayesian posterior at each lag time."""
from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from mdexplore.base.errors import UserError
from mdexplore.methods.checks.lagtimes import at_each_lagtime
from mdexplore.methods.checks.timescales import timescales
from mdexplore.methods.kinetics.bayesian_msm import draw_samples, sampled_timescales, widening
from mdexplore.methods.kinetics.lagmodels import LagModels, lag_models
from mdexplore.methods.method import Progress, ignore
from mdexplore.methods.results import Clustering, Timescales

FRAME_BYTES = 8     # while transitions are counted, at most, as measured with tracemalloc
MATRICES = 15       # of all pairs of microstates beside the samples


def posterior_timescales(clustering: Clustering, lagtimes: Sequence[int], *, n_samples: int = 100, seed: int = 0, n_processes: int = 5,
                         timestep_ns: float | None = None, progress: Progress = ignore) -> Timescales:
    """Implied timescales with intervals from posterior samples of the transition matrix.

    Parameters
    ----------
    clustering : Clustering
    lagtimes : sequence of int
        Frames, increasing.
    n_samples : int
        At each lag time.
    seed : int
    n_processes : int
    timestep_ns : float or None
    progress : callable

    Returns
    -------
    Timescales
        ``values`` are those of the maximum-likelihood models.

    Raises
    ------
    UserError
        If a lag time is not shorter than the longest trajectory.
    """
    models = lag_models(clustering)
    found = timescales(clustering, lagtimes, n_processes=n_processes, timestep_ns=timestep_ns)
    needs = FRAME_BYTES * sum(models.lengths) + 8 * (n_samples + MATRICES) * models.n_clusters**2
    ends = at_each_lagtime(_interval, models, found.lagtimes.tolist(), n_samples, seed, n_processes, n_steps=2 * n_samples, needs=needs,
                           text="posterior of the timescales", progress=progress)
    return replace(found, lower=np.array([lower for lower, _ in ends]), upper=np.array([upper for _, upper in ends]), interval="95 %, Bayesian posterior")


def _interval(models: LagModels, lagtime: int, n_samples: int, seed: int, n_processes: int, *, progress: Progress) -> tuple[np.ndarray, np.ndarray]:
    """At one lag time: lower and upper ends, frames, each of shape (n_processes,)."""
    try:
        model = models.at(lagtime)
    except UserError:   # no connected set there; ``timescales`` has said so in a notice
        return np.full(n_processes, np.nan), np.full(n_processes, np.nan)
    samples = draw_samples(model, model.counts, n_samples, seed, lambda done, total, text: progress(done, 2 * total, text))
    wider = widening(model.counts[np.ix_(model.active, model.active)], lagtime)
    return sampled_timescales(samples, lagtime, n_processes, lambda done, total, text: progress(total + done, 2 * total, text), wider)
