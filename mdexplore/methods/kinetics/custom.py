"""A user's own deeptime estimator or fitted model in the kinetics slot."""
from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from mdexplore.base.errors import UserError
from mdexplore.base.notices import Notice
from mdexplore.base.numerics.counts import sliding_counts
from mdexplore.base.numerics.spectrum import slow_modes
from mdexplore.base.units import TimeUnit
from mdexplore.methods.experiment.model import AugmentedModel
from mdexplore.methods.kinetics.augmented_msm import augmented_kinetics
from mdexplore.methods.kinetics.bayesian_msm import sampled_timescales
from mdexplore.methods.kinetics.lagmodels import N_PROCESSES, check_lagtime, error_model
from mdexplore.methods.kinetics.msm import connection_notices, n_resolved
from mdexplore.methods.method import Progress, ignore
from mdexplore.methods.results import Clustering, Kinetics


def custom_kinetics(given: Any, clustering: Clustering, *, lagtime: int, timestep_ns: float | None = None, progress: Progress = ignore) -> Kinetics:
    """The result of a deeptime estimator or of a fitted deeptime model.

    Parameters
    ----------
    given : deeptime estimator, MarkovStateModel, MarkovStateModelCollection, BayesianMSMPosterior or AugmentedModel
        An estimator is fitted to counts of the clustering, or to its discrete trajectories where it does its own counting.
        A fitted model must be reversible, and its states must be microstates of this clustering.
    clustering : Clustering
    lagtime : int
        Frames; a fitted model keeps its own.
    timestep_ns : float or None
    progress : callable

    Returns
    -------
    Kinetics

    Raises
    ------
    UserError
        If it is no Markov state model, cannot be fitted, is not reversible, or has states the clustering does not know.
    """
    if isinstance(given, AugmentedModel):
        made = augmented_kinetics(given, clustering, timestep_ns=timestep_ns, progress=progress)
        return replace(made, notices=(*made.notices, *_lag_notice(made.lagtime, lagtime, TimeUnit(timestep_ns))))
    progress(0, 1, "Markov model")
    model = _fitted(given, clustering, lagtime, TimeUnit(timestep_ns))
    samples = None
    if hasattr(model, "prior") and hasattr(model, "samples"):
        samples = np.array([np.asarray(_dense(s.transition_matrix)) for s in model.samples])
        model = model.prior
    matrix, stationary, active, lag = _numbers(model, clustering, lagtime)
    check_lagtime(lag, [len(d) for d in clustering.dtrajs], TimeUnit(timestep_ns))
    counts = sliding_counts(clustering.dtrajs, lag, clustering.n_clusters)
    values, lower, upper = error_model(matrix, stationary, counts, active, lag).timescales(slow_modes(matrix, stationary, N_PROCESSES), lag)
    if samples is not None:
        lower, upper = sampled_timescales(samples, lag, len(values))
    notices = [*connection_notices(counts, active, TimeUnit(timestep_ns), lag), *_lag_notice(lag, lagtime, TimeUnit(timestep_ns))]
    progress(1, 1, "Markov model")
    inside = counts[np.ix_(active, active)].sum()
    return Kinetics(lag, counts, active, matrix, stationary, values, lower, upper, n_resolved(values, lag), len(active) / clustering.n_clusters,
                    float(inside / max(counts.sum(), 1.0)), type(given).__name__, samples, timestep_ns, tuple(notices))


def _lag_notice(lag: int, asked: int, unit: TimeUnit) -> tuple[Notice, ...]:
    if lag == asked:
        return ()
    return (Notice("info", f"The given model has a lag time of {unit.say(lag)}, which is kept; the study's is {unit.say(asked)}.", where="kinetics"),)


def _fitted(given: Any, clustering: Clustering, lagtime: int, unit: TimeUnit) -> Any:
    if hasattr(given, "transition_matrix") or (hasattr(given, "prior") and hasattr(given, "samples")):
        return given
    if not hasattr(given, "fit") or not hasattr(given, "fetch_model"):
        raise UserError(f"{type(given).__name__} cannot be used as kinetics.", "It is neither a deeptime estimator nor a fitted Markov state model.",
                        "Give deeptime's MaximumLikelihoodMSM, BayesianMSM, or a fitted model of theirs.")
    dtrajs = [np.array(d) for d in clustering.dtrajs]
    check_lagtime(lagtime, [len(d) for d in dtrajs], unit)
    name = type(given).__name__
    try:
        if name in ("MaximumLikelihoodMSM", "BayesianMSM", "AugmentedMSMEstimator"):
            from deeptime.markov import TransitionCountEstimator

            mode = "effective" if name == "BayesianMSM" else "sliding"
            counted = TransitionCountEstimator(lagtime, mode).fit_fetch(dtrajs).submodel_largest()
            model = given.fit(counted).fetch_model()
        else:
            model = given.fit(dtrajs).fetch_model()
    except UserError:
        raise
    except Exception as error:   # somebody else's estimator may fail in any way; its own words are shown
        raise UserError(f"{name} could not be fitted.", f"It says: {error}.", "Check its settings, or use one of the built-in methods.") from error
    if model is None or not (hasattr(model, "transition_matrix") or hasattr(model, "prior")):
        raise UserError(f"{name} gives no Markov state model.", f"It gives {type(model).__name__}.", "Use an estimator whose model has a transition matrix.")
    return model


def _dense(matrix: Any) -> np.ndarray:
    return np.array(matrix.toarray() if hasattr(matrix, "toarray") else matrix, dtype=float)


def _numbers(model: Any, clustering: Clustering, lagtime: int) -> tuple[np.ndarray, np.ndarray, np.ndarray, int]:
    """Transition matrix, stationary distribution, active microstates and lag time of a deeptime model."""
    matrix, stationary = _dense(model.transition_matrix), np.array(model.stationary_distribution, dtype=float)
    counted = getattr(model, "has_count_model", False)
    active = np.array(model.count_model.state_symbols, dtype=int) if counted else np.arange(len(matrix))
    if active.max() >= clustering.n_clusters or (not counted and len(matrix) != clustering.n_clusters):
        raise UserError("The given model does not belong to this clustering.",
                        f"It has {len(matrix)} states, the last of which is microstate {active.max()}; the clustering has {clustering.n_clusters} microstates.",
                        "Fit the model to the discrete trajectories of this study, study.dtrajs.")
    flow = stationary[:, None] * matrix
    if not np.allclose(flow, flow.T, atol=1e-8):
        raise UserError("The given model is not reversible.", "Metastable states, intervals and fluxes are computed for models in detailed balance.",
                        "Fit it with reversible=True.")
    order = np.argsort(active)
    lag = getattr(model, "lagtime", None)
    return matrix[np.ix_(order, order)], stationary[order] / stationary.sum(), active[order], int(lag or lagtime)
