"""Intervals of the implied timescales from a Bayesian posterior at each lag time."""
from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from mdexplore.base.errors import UserError
from mdexplore.base.numerics.effective import effective_counts
from mdexplore.methods.checks.timescales import timescales
from mdexplore.methods.kinetics.bayesian_msm import draw_samples, sampled_timescales
from mdexplore.methods.kinetics.lagmodels import lag_models
from mdexplore.methods.method import Progress, ignore
from mdexplore.methods.results import Clustering, Timescales


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
    lower, upper = np.full_like(found.values, np.nan), np.full_like(found.values, np.nan)
    for i, lagtime in enumerate(found.lagtimes.tolist()):
        progress(i, len(found.lagtimes), "posterior of the timescales")
        try:
            model = models.at(lagtime)
        except UserError:   # no connected set there; ``timescales`` has said so in a notice
            continue
        samples = draw_samples(model, effective_counts(models.dtrajs, lagtime, models.n_clusters), n_samples, seed)
        lower[i], upper[i] = sampled_timescales(samples, lagtime, n_processes)
    progress(len(found.lagtimes), len(found.lagtimes), "posterior of the timescales")
    return replace(found, lower=lower, upper=upper, interval="95 %, Bayesian posterior")
