"""The Bayesian Markov state model: posterior samples of the transition matrix around the maximum-likelihood one."""
from __future__ import annotations

import dataclasses
from dataclasses import dataclass

import numpy as np

from mdexplore.base.notices import Notice
from mdexplore.base.numerics.spectrum import implied_timescales, slow_modes, stationary_distribution
from mdexplore.base.units import TimeUnit
from mdexplore.methods.checks.intervals import nan_interval
from mdexplore.methods.kinetics.lagmodels import LagModel, lag_models
from mdexplore.methods.kinetics.msm import kinetics_of
from mdexplore.methods.method import Lag, Progress, Settings, ignore, method, setting
from mdexplore.methods.results import Clustering, Kinetics

TITLE = "Bayesian MSM"


@dataclass(frozen=True)
class BayesianMSM(Settings):
    """Settings of the Bayesian Markov state model."""

    lagtime: Lag = setting(None, help="Time of one step of the model; the study's lag time where not given.")
    n_samples: int = setting(100, low=10, high=10_000, help="Transition matrices drawn from the posterior; 100 give bars good to a tenth.")


@method("kinetics", settings=BayesianMSM, needs="clustering", source="doi:10.1063/1.4934536", title=TITLE, version=3)
def bayesian_msm(settings: BayesianMSM, clustering: Clustering, *, lagtime: int, seed: int = 0, timestep_ns: float | None = None,
                 progress: Progress = ignore) -> Kinetics:
    """Estimate a reversible Markov state model with posterior samples.

    Parameters
    ----------
    settings : BayesianMSM
    clustering : Clustering
    lagtime : int
        Frames.
    seed : int
        Of the sampler.
    timestep_ns : float or None
    progress : callable

    Returns
    -------
    Kinetics
        The transition matrix is that of ``msm``; ``samples`` and the intervals of the timescales come from the posterior.

    Raises
    ------
    UserError
        If the lag time is not shorter than the longest trajectory, or no connected microstates are left.

    Notes
    -----
    deeptime's reversible sampler; Trendelkamp-Schroer et al. 2015, doi:10.1063/1.4934536. A posterior knows only
    the Markov model: where passages are few, the bootstrap over trajectories is the wider and the safer bar.

    Sliding counts overlap, so they are divided by the lag time (`independent`). Statistical inefficiencies (`effective_counts`) take off
    too little where the lag time is long: at 20 frames 95 % intervals of 20 two-state and 20 birth-death chains held the exact timescale 14
    and 9 times by them, 19 and 20 times by division. Where that leaves fewer than one count for each pair of states, samples stand for more
    than there are, and intervals are widened by what that makes them too narrow (`widening`).
    """
    models = lag_models(clustering)
    model = models.at(lagtime, timestep_ns)
    samples = draw_samples(model, model.counts, settings.n_samples, seed, progress)
    result = kinetics_of(model, timestep_ns)
    made = dataclasses.replace(result, title=TITLE, samples=samples, notices=result.notices + few_counts(model, TimeUnit(timestep_ns)))
    lower, upper = sampled_timescales(samples, lagtime, len(result.timescales), widening=widening_of(made))
    return dataclasses.replace(made, timescales_lower=lower, timescales_upper=upper)


def independent(counts: np.ndarray, lagtime: int) -> np.ndarray:
    """Sliding counts divided by the lag time, but one for each pair of states that is seen, on average, where they are enough.

    Parameters
    ----------
    counts : ndarray, shape (n, n)
        Of sliding windows, or expected ones.
    lagtime : int
        Frames.

    Notes
    -----
    With fewer counts than pairs the sampler's prior decides, not the data: with 1264 counts for 23 579 pairs of microstates the median of a timescale lay a third above the most likely one.
    """
    return counts * max(1 / lagtime, min(1.0, np.count_nonzero(counts) / counts.sum()))


def widening(counts: np.ndarray, lagtime: int) -> float:
    """How much wider than its samples an interval has to be: the square root of how many counts were taken for one that is independent.

    Parameters
    ----------
    counts : ndarray, shape (n, n)
        Of sliding windows, or expected ones, between the states that are sampled.
    lagtime : int
        Frames.
    """
    return 1.0 if len(counts) == 1 else float(np.sqrt(independent(counts, lagtime).sum() * lagtime / counts.sum()))


def widening_of(kinetics: Kinetics) -> float:
    """The same for the samples of a model; 1 where they are not of this method."""
    if kinetics.unbiased is not None:
        return kinetics.unbiased.widening
    if kinetics.samples is None or kinetics.title != TITLE:
        return 1.0
    return widening(kinetics.counts[np.ix_(kinetics.active, kinetics.active)], kinetics.lagtime)


def draw_samples(model: LagModel, counts: np.ndarray, n_samples: int, seed: int, progress: Progress = ignore) -> np.ndarray:
    """Reversible transition matrices from the posterior of independent counts.

    Parameters
    ----------
    model : LagModel
        Where sampling starts; its connected set is what is sampled.
    counts : ndarray, shape (n_clusters, n_clusters)
        Of sliding windows; `independent` ones are taken.
    n_samples, seed : int
    progress : callable

    Returns
    -------
    ndarray, shape (n_samples, n_active, n_active)
    """
    from deeptime.markov.tools.estimation.dense.tmat_sampling.sampler_rev import SamplerRev

    n_active = len(model.active)
    if n_active == 1:
        return np.ones((n_samples, 1, 1))
    seen = independent(counts[np.ix_(model.active, model.active)], model.lagtime)
    sampler = SamplerRev(np.ascontiguousarray(seen), P0=np.array(model.transition_matrix), seed=seed)
    steps = max(int(np.sqrt(len(model.counts))), 1)   # deeptime's own heuristic for what decorrelates two samples
    samples = np.empty((n_samples, n_active, n_active))
    for i in range(n_samples):
        progress(i, n_samples, "posterior samples")
        samples[i] = sampler.sample(N=steps)
    progress(n_samples, n_samples, "posterior samples")
    return samples


def sampled_timescales(samples: np.ndarray, lagtime: int, n_processes: int, progress: Progress = ignore, widening: float = 1.0) -> tuple[np.ndarray, np.ndarray]:
    """95 % intervals of the implied timescales over samples, frames; lower and upper, each of shape (n_processes,), `widening` times as wide as the samples are."""
    drawn = np.full((len(samples), n_processes), np.nan)
    for i, matrix in enumerate(samples):
        found = implied_timescales(slow_modes(matrix, stationary_distribution(matrix), n_processes).eigenvalues[1:], lagtime)
        drawn[i, :len(found)] = found
        progress(i + 1, len(samples), "timescales of the samples")
    return nan_interval(drawn, widening)


def few_counts(model: LagModel, unit: TimeUnit) -> tuple[Notice, ...]:
    """What has to be said of a posterior with fewer independent counts than pairs of states."""
    seen = model.counts[np.ix_(model.active, model.active)]
    n, pairs = seen.sum() / model.lagtime, np.count_nonzero(seen)
    if n >= min(pairs, seen.sum()):
        return ()
    return (Notice("warning", f"At {unit.say(model.lagtime)} there are {n:.0f} independent transitions for {pairs} pairs of microstates: the posterior is drawn with one for each pair, and its bars are widened to what there is.",
                   "Choose fewer microstates or a shorter lag time, or look at the bootstrap.", "kinetics"),)
