"""The reversible maximum-likelihood Markov state model."""
from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from mdexplore.base.notices import Notice
from mdexplore.base.units import TimeUnit
from mdexplore.base.words import count_of
from mdexplore.methods.kinetics.lagmodels import LagModel, lag_models
from mdexplore.methods.method import Lag, Progress, Settings, ignore, method, setting
from mdexplore.methods.results import Clustering, Kinetics


@dataclass(frozen=True)
class MSM(Settings):
    """Settings of the maximum-likelihood Markov state model."""

    lagtime: Lag = setting(None, help="Time of one step of the model; the study's lag time where not given.")


@method("kinetics", settings=MSM, needs="clustering", source="doi:10.1063/1.3565032", title="MSM")
def msm(settings: MSM, clustering: Clustering, *, lagtime: int, seed: int = 0, timestep_ns: float | None = None, progress: Progress = ignore) -> Kinetics:
    """Estimate a reversible Markov state model on the largest connected set of microstates.

    Parameters
    ----------
    settings : MSM
    clustering : Clustering
    lagtime : int
        Frames; what ``settings.lagtime`` or the study's lag time came to.
    seed : int
        Not used: there is nothing random in it.
    timestep_ns : float or None
    progress : callable

    Raises
    ------
    UserError
        If the lag time is not shorter than the longest trajectory, or no connected microstates are left.

    Notes
    -----
    Sliding counts; error bars by the delta method with counts divided by the lag time. Prinz et al. 2011, doi:10.1063/1.3565032.
    """
    progress(0, 1, "Markov model")
    model = lag_models(clustering).at(lagtime, timestep_ns)
    progress(1, 1, "Markov model")
    return kinetics_of(model, timestep_ns)


def kinetics_of(model: LagModel, timestep_ns: float | None = None, *, title: str = "MSM", estimator: str = "msm") -> Kinetics:
    """The result that a model at one lag time stands for, where its states are microstates."""
    values, lower, upper = model.timescales
    return Kinetics(
        lagtime=model.lagtime, counts=model.counts, active=model.active, transition_matrix=model.transition_matrix, stationary=model.stationary,
        timescales=values, timescales_lower=lower, timescales_upper=upper, n_resolved=n_resolved(values, model.lagtime),
        share_states=model.share_states, share_counts=model.share_counts, title=title, timestep_ns=timestep_ns,
        notices=connection_notices(model.counts, model.active, TimeUnit(timestep_ns), model.lagtime) + model.told, estimator=estimator,
    )


def n_resolved(timescales: np.ndarray, lagtime: int) -> int:
    """How many of the slowest processes live longer than the lag time."""
    longer = np.nan_to_num(timescales, nan=0.0, posinf=np.inf) > lagtime
    return int(len(longer) if longer.all() else np.argmin(longer))


def connection_notices(counts: np.ndarray, active: np.ndarray, unit: TimeUnit, lagtime: int) -> tuple[Notice, ...]:
    """What the largest connected set leaves out, in words."""
    seen = np.flatnonzero(counts.sum(axis=0) + counts.sum(axis=1))
    share = float(counts[np.ix_(active, active)].sum() / counts.sum())
    if len(active) == len(seen):
        return ()
    text = (f"The model keeps {len(active)} of {count_of(len(seen), 'visited microstate')} and {100 * share:.3g} % of the counts: the largest set "
            f"whose states reach each other within the data at a lag time of {unit.say(lagtime)}.")
    if share >= 0.95:
        return (Notice("info", text, where="kinetics"),)
    return (Notice("warning", text, "What is left out is not in any number or picture of the kinetics: use fewer microstates, a shorter lag time, or more data.",
                   "kinetics"),)
