"""Hidden Markov models: a few metastable states, seen through microstates that need not be good ones."""
from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from mdexplore.base.errors import UserError
from mdexplore.base.notices import Notice
from mdexplore.base.numerics.counts import sliding_counts
from mdexplore.base.numerics.spectrum import slow_modes
from mdexplore.base.units import TimeUnit
from mdexplore.base.words import count_of
from mdexplore.methods.coarse.memberships import memberships
from mdexplore.methods.kinetics.baumwelch import MOST_ROUNDS, Fit, fit, held_out_gain, most_likely_paths, sequences
from mdexplore.methods.kinetics.lagmodels import LagModel, LagModels, lag_models, most_likely
from mdexplore.methods.kinetics.msm import connection_notices, n_resolved
from mdexplore.methods.method import Lag, Progress, Settings, ignore, method, setting
from mdexplore.methods.results import Clustering, Hidden, Kinetics

MOST_BY_DEFAULT = 4


@dataclass(frozen=True)
class HMM(Settings):
    """Settings of the hidden Markov model."""

    estimator: ClassVar[str] = "hmm"
    ms_per_frame: ClassVar[float] = 0.3   # ten lag times with some hundred rounds each: 7 s of 24 000 frames, 24 s of 64 000

    lagtime: Lag = setting(None, help="Time of one step of the model; the study's lag time where not given.")
    n_states: int | None = setting(None, low=2, high=30, help="Hidden states; one more than the plain Markov model has resolved timescales where not given, two to four.")


@method("kinetics", settings=HMM, needs="clustering", source="doi:10.1063/1.4828816", name="hmm", title="HMM")
def hmm(settings: HMM, clustering: Clustering, *, lagtime: int, seed: int = 0, timestep_ns: float | None = None, progress: Progress = ignore) -> Kinetics:
    """The most likely hidden Markov model with detailed balance, and the most likely path of every trajectory.

    Parameters
    ----------
    settings : HMM
    clustering : Clustering
    lagtime : int
        Frames.
    seed : int
        Not used: the first guess is PCCA+ of the plain Markov model.
    timestep_ns : float or None
    progress : callable

    Returns
    -------
    Kinetics
        With `hidden`. Timescales are those of the hidden states, with 95 % intervals by the delta method from expected counts.

    Raises
    ------
    UserError
        If the lag time is not shorter than the longest trajectory, no connected microstates are left, they are fewer than the hidden states, or nothing is slow.

    Notes
    -----
    Noe, Wu, Prinz and Plattner 2013, doi:10.1063/1.4828816. A projection error of the microstates does not shorten its timescales, as long as no more processes are slow
    than there are hidden states.
    """
    name = f"hmm {settings.n_states or default_number(clustering)}"
    return hidden_kinetics_of(lag_models(clustering, name).at(lagtime, timestep_ns), clustering, name, timestep_ns)


def default_number(clustering: Clustering) -> int:
    """One hidden state more than the plain model resolves at the lag time from which it is level."""
    from mdexplore.methods.checks.timescales import choose_lagtime, timescales

    lagtime, _ = choose_lagtime(timescales(clustering))
    return int(np.clip(1 + n_resolved(lag_models(clustering).at(lagtime).timescales[0], lagtime), 2, MOST_BY_DEFAULT))


def hidden_model(models: LagModels, lagtime: int, unit: TimeUnit, *, n_hidden: int) -> LagModel:
    """The model at one lag time; its states are the hidden ones, from the most to the least populated."""
    plain = most_likely(models, lagtime, unit)
    if n_hidden > len(plain.active):
        raise UserError(f"{n_hidden} hidden states are too many.", f"At a lag time of {unit.say(lagtime)} the model has {count_of(len(plain.active), 'connected microstate')}.", f"Choose at most {len(plain.active)}.")
    symbols = inside(models.dtrajs, plain.active, models.n_clusters)
    observed, share = sequences(symbols, lagtime)
    found = fit(observed, *first_guess(plain, n_hidden))
    told = _told(found, lagtime, unit)
    if _gain(observed, found, n_copies=share * lagtime) <= 0:
        told = _borne_out(symbols, plain, lagtime, unit, n_hidden) or told
    order = np.argsort(-found.stationary, kind="stable")
    outputs = np.zeros((n_hidden, models.n_clusters))
    outputs[:, plain.active] = found.outputs[order]
    return LagModel(lagtime, found.counts[np.ix_(order, order)] / share, np.arange(n_hidden), np.ascontiguousarray(found.transition_matrix[np.ix_(order, order)]), found.stationary[order],
                    outputs, told)


def _told(found: Fit, lagtime: int, unit: TimeUnit) -> tuple[Notice, ...]:
    """What is to be known of a fit: that it did not come to rest, or that some of its states exchange within a lag time."""
    if found.n_rounds >= MOST_ROUNDS:
        return (Notice("warning", f"The hidden Markov model did not come to rest in {MOST_ROUNDS} rounds.", "Use fewer hidden states or microstates, or another lag time.", "kinetics"),)
    n_hidden = len(found.stationary)
    slower = slow_modes(found.transition_matrix, found.stationary, n_hidden - 1).eigenvalues[1:] > np.exp(-1)   # than a lag time
    n_slow = int(slower.sum())
    if n_slow == n_hidden - 1:
        return ()
    better = f"Choose {n_slow + 1} hidden states, or a shorter lag time." if n_slow else "Choose a shorter lag time."
    return (Notice("warning", f"Of {n_hidden} hidden states only {n_slow + 1} are told apart at a lag time of {unit.say(lagtime)}: the others exchange faster.", better, "kinetics"),)


def _borne_out(symbols: list[np.ndarray], plain: LagModel, lagtime: int, unit: TimeUnit, n_hidden: int) -> tuple[Notice, ...]:
    """Whether a fit with little gain holds in data it has not seen: nothing to tell where it does, a warning where fewer states do; raises `UserError` where none do."""
    fewer = next((n for n in range(n_hidden, 1, -1) if held_out_gain(symbols, lagtime, *first_guess(plain, n)) > 0), None)
    if fewer is None:
        raise UserError(f"At a lag time of {unit.say(lagtime)} a hidden Markov model has nothing to find.", "What is found in one half of the data does not help to tell the next frame in the other.",
                        "Choose a shorter lag time.")
    if fewer == n_hidden:
        return ()
    return (Notice("warning", f"At a lag time of {unit.say(lagtime)}, {n_hidden} hidden states are more than the data bear: what they say of one half of the data does not hold in the other.",
                   f"Choose {count_of(fewer, 'hidden state')}, or a shorter lag time.", "kinetics"),)


def _gain(observed: list[np.ndarray], found: Fit, n_copies: float) -> float:
    """How much likelier than independent frames the sequences are, less what as many free numbers give by chance (Akaike); sequences that overlap count once."""
    n_hidden, n = found.outputs.shape
    seen = np.bincount(np.concatenate(observed), minlength=n)
    apart = float(seen[seen > 0] @ np.log(seen[seen > 0] / seen.sum()))
    return (found.log_likelihood - apart) / n_copies - ((n_hidden - 1) * (n - 1) + n_hidden * (n_hidden - 1) / 2)


def first_guess(plain: LagModel, n_hidden: int) -> tuple[np.ndarray, np.ndarray]:
    """Transition matrix and outputs from the metastable states of the plain model."""
    n = len(plain.active)
    fuzzy = np.eye(n) if n_hidden == n else memberships(slow_modes(plain.transition_matrix, plain.stationary, n_hidden - 1).right[:, :n_hidden], plain.stationary)
    weights = plain.stationary[:, None] * fuzzy
    flow = weights.T @ plain.transition_matrix @ fuzzy
    return np.ascontiguousarray(flow / flow.sum(axis=1, keepdims=True)), (weights / weights.sum(axis=0)).T


def hidden_kinetics_of(model: LagModel, clustering: Clustering, estimator: str, timestep_ns: float | None, *, title: str = "HMM", samples: np.ndarray | None = None) -> Kinetics:
    """The result that a model with hidden states stands for."""
    stationary, lagtime = model.stationary, model.lagtime
    outputs = np.asarray(model.outputs)
    seen = stationary @ outputs
    active = np.flatnonzero(seen > 0)
    joint = outputs.T * stationary
    found = np.divide(joint, seen[:, None], out=np.zeros_like(joint), where=seen[:, None] > 0)
    rest = Fit(model.transition_matrix, stationary, outputs[:, active], model.counts, 0.0, 0)
    paths = most_likely_paths(inside(clustering.dtrajs, active, clustering.n_clusters), lagtime, rest)
    hidden = Hidden(model.transition_matrix, stationary, model.counts, outputs, found, paths, samples)
    values, lower, upper = model.timescales
    counts = sliding_counts(clustering.dtrajs, lagtime, clustering.n_clusters)
    matrix = found[active] @ model.transition_matrix @ outputs[:, active]
    share = float(counts[np.ix_(active, active)].sum() / counts.sum())
    return Kinetics(lagtime, counts, active, matrix / matrix.sum(axis=1, keepdims=True), seen[active], values, lower, upper, n_resolved(values, lagtime), len(active) / clustering.n_clusters,
                    share, title, None, timestep_ns, connection_notices(counts, active, TimeUnit(timestep_ns), lagtime) + model.told, estimator, hidden)


def same_states_at(lagtime: int, kinetics: Kinetics, clustering: Clustering) -> LagModel:
    """A model's own hidden states at another lag time: what they show is kept, the transitions between them are estimated anew.

    Fitted freely, the states of one lag time need not be those of another, and their transitions could not be compared.

    Raises
    ------
    UserError
        If the lag time is not shorter than the longest stretch inside the model.
    """
    hidden = kinetics.hidden
    if hidden is None:
        raise ValueError("The model has no hidden states.")
    unit = TimeUnit(kinetics.timestep_ns)
    observed, share = sequences(inside(clustering.dtrajs, kinetics.active, clustering.n_clusters), lagtime)
    if not observed:
        raise UserError(f"At a lag time of {unit.say(lagtime)} there are no transitions inside the model.", do="Choose a shorter lag time, or load longer trajectories.")
    found = fit(observed, np.ascontiguousarray(np.linalg.matrix_power(hidden.transition_matrix, max(lagtime // kinetics.lagtime, 1))), np.ascontiguousarray(hidden.outputs[:, kinetics.active]), keep_outputs=True)
    return LagModel(lagtime, found.counts / share, np.arange(hidden.n_hidden), found.transition_matrix, found.stationary, hidden.outputs)


def inside(dtrajs: list[np.ndarray] | tuple[np.ndarray, ...], active: np.ndarray, n_clusters: int) -> list[np.ndarray]:
    """Places among the active microstates; -1 outside."""
    place = np.full(n_clusters + 1, -1)   # the last entry serves frames that are -1 already
    place[active] = np.arange(len(active))
    return [place[np.asarray(d)] for d in dtrajs]
