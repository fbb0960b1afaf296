"""The Chapman-Kolmogorov test: does a model at one lag time predict what is seen at its multiples?"""
from __future__ import annotations

import numpy as np

from mdexplore.base.errors import UserError
from mdexplore.base.notices import Notice
from mdexplore.base.units import TimeUnit
from mdexplore.methods.kinetics.hidden import hidden_kinetics, sets_of
from mdexplore.methods.kinetics.hmm import same_states_at
from mdexplore.methods.kinetics.lagmodels import LagModel, LagModels, lag_models
from mdexplore.methods.method import Progress, ignore, part_of
from mdexplore.methods.results import ChapmanKolmogorov, Clustering, Kinetics, Metastable

N_POINTS = 7


def chapman_kolmogorov(clustering: Clustering, kinetics: Kinetics, coarse: Metastable, *, n_points: int = N_POINTS, progress: Progress = ignore) -> ChapmanKolmogorov:
    """Predicted and estimated transition probabilities between metastable states.

    Parameters
    ----------
    clustering : Clustering
    kinetics : Kinetics
        The model that predicts, by T(tau) ** k; in a state are weighted by its stationary distribution.
    coarse : Metastable
    n_points : int
        Lag times to compare at, fewer where the data end.
    progress : callable

    Returns
    -------
    ChapmanKolmogorov
        The band is the 95 % interval of the estimate, from a model at k tau, by the delta method on the logit.
        NaN where a state has no connected counts at that lag time.

    Notes
    -----
    Prinz et al. 2011, doi:10.1063/1.3565032. Multiples reach to the slowest timescale where the trajectories allow: a test that stops
    before the process has moved would pass whatever the model says. Hidden states are held fixed: at k tau only their transitions are
    estimated, so that they are the same states at all lag times.
    """
    models = lag_models(clustering, kinetics.estimator)
    multiples = choose_multiples(kinetics, models, n_points)
    n_states = coarse.n_states
    estimated, failed = np.full((3, len(multiples), n_states, n_states), np.nan), None
    for i, multiple in enumerate(multiples):
        progress(i, len(multiples), "Chapman-Kolmogorov test")
        try:
            model = _estimate(models, clustering, kinetics, multiple * kinetics.lagtime, part_of(progress, i, len(multiples), "Chapman-Kolmogorov test"))
        except UserError as error:   # no model at this multiple: the row stays NaN and a notice says so
            failed = failed or error
            continue
        sets = sets_of(coarse, model.active, model.stationary, model.outputs)
        if kinetics.hidden is not None:   # a hidden state that is left less than once in the data has no estimate, and no set that holds it
            rare = model.counts.sum(axis=1) < model.lagtime
            sets[:, sets[rare].any(axis=0)] = 0
        estimated[:, i] = model.errors.transitions(sets)
    predicted = _predict(kinetics, coarse, multiples)
    progress(len(multiples), len(multiples), "Chapman-Kolmogorov test")
    lagtimes = np.array(multiples) * kinetics.lagtime
    return ChapmanKolmogorov(lagtimes, predicted, estimated[0], estimated[1], estimated[2], kinetics.timestep_ns, _notices(lagtimes, estimated, kinetics, failed))


def _estimate(models: LagModels, clustering: Clustering, kinetics: Kinetics, lagtime: int, progress: Progress) -> LagModel:
    if kinetics.hidden is not None:
        return same_states_at(lagtime, kinetics, clustering)
    return models.at(lagtime, kinetics.timestep_ns, progress)


def choose_multiples(kinetics: Kinetics, models: LagModels, n_points: int = N_POINTS) -> list[int]:
    """Multiples of the lag time to test: 1 and on to the slowest timescale, within a third of the longest trajectory."""
    slowest = kinetics.timescales[0] if len(kinetics.timescales) else np.nan
    reach = int(slowest / kinetics.lagtime) if np.isfinite(slowest) else 0
    limit = max(max(models.lengths) // (3 * kinetics.lagtime), 1)
    top = min(max(n_points, reach), limit)
    # A long reach is walked by a constant factor, so that the fast processes are tested too.
    spaced = np.geomspace if top > 3 * n_points else np.linspace
    return np.unique(np.round(spaced(1, top, min(n_points, top))).astype(int)).tolist()


def _predict(kinetics: Kinetics, coarse: Metastable, multiples: list[int]) -> np.ndarray:
    """Powers of the model applied to the states' indicators, shape (n_multiples, n_states, n_states)."""
    hidden, kinetics = kinetics.hidden, hidden_kinetics(kinetics)
    sets = sets_of(coarse, kinetics.active, kinetics.stationary, None if hidden is None else hidden.outputs)
    starts = kinetics.stationary[:, None] * sets
    starts = starts / starts.sum(axis=0)
    squares = [kinetics.transition_matrix]   # P, P^2, P^4, ...: any power is a product of a few of them
    while 2 ** len(squares) <= max(multiples):
        squares.append(squares[-1] @ squares[-1])
    predicted = []
    for multiple in multiples:
        ahead = sets
        for digit, square in enumerate(squares):
            if multiple >> digit & 1:
                ahead = square @ ahead
        predicted.append(starts.T @ ahead)
    return np.clip(np.array(predicted), 0.0, 1.0)


def _notices(lagtimes: np.ndarray, estimated: np.ndarray, kinetics: Kinetics, failed: UserError | None) -> tuple[Notice, ...]:
    unit = TimeUnit(kinetics.timestep_ns)
    notices = []
    if np.isnan(estimated[0]).any():
        first = lagtimes[np.isnan(estimated[0]).any(axis=(1, 2)).argmax()]
        if failed is not None:
            notices.append(Notice("warning", f"The Chapman-Kolmogorov test lacks estimates from {unit.say(first)} on. {failed.what} {failed.why}".rstrip(), failed.do, "chapman"))
        else:
            notices.append(Notice("warning", f"From {unit.say(first)} on some states have no connected counts, so the test stops there for them.",
                                  "Use longer trajectories or a shorter lag time.", "chapman"))
    return tuple(notices)
