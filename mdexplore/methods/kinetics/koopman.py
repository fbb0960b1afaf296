"""The Koopman reweighted Markov model: equilibrium from short trajectories that do not start there."""
from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from mdexplore.base.notices import Notice
from mdexplore.base.numerics.counts import sliding_counts
from mdexplore.base.numerics.spectrum import stationary_distribution
from mdexplore.base.units import TimeUnit
from mdexplore.methods.kinetics.lagmodels import LagModel, LagModels, connected, lag_models
from mdexplore.methods.kinetics.msm import kinetics_of
from mdexplore.methods.method import Lag, Progress, Settings, ignore, method, setting
from mdexplore.methods.results import Clustering, Kinetics


@dataclass(frozen=True)
class KoopmanMSM(Settings):
    """Settings of the Koopman reweighted Markov model."""

    estimator: ClassVar[str] = "koopman"

    lagtime: Lag = setting(None, help="Time of one step of the model; the study's lag time where not given.")


@method("kinetics", settings=KoopmanMSM, needs="clustering", source="doi:10.1063/1.4979344", name="koopman-msm", title="Koopman reweighted MSM")
def koopman_msm(settings: KoopmanMSM, clustering: Clustering, *, lagtime: int, seed: int = 0, timestep_ns: float | None = None, progress: Progress = ignore) -> Kinetics:
    """A reversible model whose stationary distribution is that of the counted transitions alone, not of where trajectories began.

    Parameters
    ----------
    settings : KoopmanMSM
    clustering : Clustering
    lagtime : int
        Frames.
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
    Wu, Nueske, Paul, Klus, Koltai and Noe 2017, doi:10.1063/1.4979344, with the indicators of the microstates as functions: the weight of a frame is the
    stationary probability of its state, from the model without detailed balance, over the share of frames there; flows weighted so are symmetrised. Maximum
    likelihood with detailed balance, in contrast, lets the number of visits pull at the populations. The bars are those of the counts, without the weights'.
    """
    progress(0, 1, "Koopman reweighted model")
    model = lag_models(clustering, KoopmanMSM.estimator).at(lagtime, timestep_ns)
    progress(1, 1, "Koopman reweighted model")
    return kinetics_of(model, timestep_ns, title="Koopman reweighted MSM", estimator=KoopmanMSM.estimator)


def koopman_model(models: LagModels, lagtime: int, unit: TimeUnit) -> LagModel:
    """The model at one lag time."""
    counts = sliding_counts(models.dtrajs, lagtime, models.n_clusters)
    active = connected(counts, lagtime, unit)
    inside = counts[np.ix_(active, active)]
    forward = inside / inside.sum(axis=1, keepdims=True)
    stationary = stationary_distribution(forward)
    flow = stationary[:, None] * forward
    flow = (flow + flow.T) / 2
    weights = stationary / (inside.sum(axis=1) / inside.sum())
    return LagModel(lagtime, counts, active, flow / flow.sum(axis=1, keepdims=True), flow.sum(axis=1), told=_told(weights, inside.sum(axis=1)))


def _told(weights: np.ndarray, visits: np.ndarray) -> tuple[Notice, ...]:
    share = visits / visits.sum()
    effective = 1 / float(share @ weights**2)
    text = f"Frames were reweighted to equilibrium: {100 * effective:.3g} % of them count, with weights from {weights.min():.2g} to {weights.max():.2g}."
    return (Notice("info" if effective > 0.1 else "warning", text, "" if effective > 0.1 else "Few frames carry the result: run longer trajectories.", "kinetics"),)
