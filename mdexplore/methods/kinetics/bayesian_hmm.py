"""The Bayesian hidden Markov model: posterior samples around the most likely one."""
from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from mdexplore.methods.kinetics.baumwelch import Fit, sample, sequences
from mdexplore.methods.kinetics.bayesian_msm import sampled_timescales
from mdexplore.methods.kinetics.hmm import HMM, default_number, hidden_kinetics_of, inside
from mdexplore.methods.kinetics.lagmodels import lag_models
from mdexplore.methods.method import Lag, Progress, Settings, ignore, method, setting
from mdexplore.methods.results import Clustering, Kinetics


@dataclass(frozen=True)
class BayesianHMM(Settings):
    """Settings of the Bayesian hidden Markov model."""

    estimator: ClassVar[str] = "hmm"
    ms_per_frame: ClassVar[float] = HMM.ms_per_frame

    lagtime: Lag = setting(None, help="Time of one step of the model; the study's lag time where not given.")
    n_states: int | None = setting(None, low=2, high=30, help="Hidden states; one more than the plain Markov model has resolved timescales where not given, two to four.")
    n_samples: int = setting(100, low=10, high=10_000, help="Models drawn from the posterior; 100 give bars good to a tenth.")


@method("kinetics", settings=BayesianHMM, needs="clustering", source="arXiv:1108.1430", name="bayesian-hmm", title="Bayesian HMM")
def bayesian_hmm(settings: BayesianHMM, clustering: Clustering, *, lagtime: int, seed: int = 0, timestep_ns: float | None = None, progress: Progress = ignore) -> Kinetics:
    """A hidden Markov model with posterior samples of its transition matrix.

    Parameters
    ----------
    settings : BayesianHMM
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
        That of ``hmm`` with samples and intervals from the posterior.

    Raises
    ------
    UserError
        As ``hmm``.

    Notes
    -----
    Chodera et al. 2011, arXiv:1108.1430. Drawn from every ``lagtime``-th frame alone: overlapping sequences would be taken as independent.
    """
    name = f"hmm {settings.n_states or default_number(clustering)}"
    model = lag_models(clustering, name).at(lagtime, timestep_ns)
    outputs = np.asarray(model.outputs)
    active = np.flatnonzero(model.stationary @ outputs > 0)
    observed, _ = sequences(inside(clustering.dtrajs, active, clustering.n_clusters), lagtime, n_offsets=1)
    start = Fit(model.transition_matrix, model.stationary, outputs[:, active], model.counts, 0.0, 0)
    samples = sample(observed, start, settings.n_samples, seed, progress=progress)
    result = hidden_kinetics_of(model, clustering, name, timestep_ns, title="Bayesian HMM", samples=samples)
    lower, upper = sampled_timescales(samples, lagtime, len(result.timescales))
    return dataclasses.replace(result, timescales_lower=lower, timescales_upper=upper)
