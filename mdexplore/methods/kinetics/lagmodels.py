"""Markov models of one clustering at many lag times, each made once and shared by timescales, kinetics and the Chapman-Kolmogorov test."""
from __future__ import annotations

import threading
import weakref
from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from mdexplore.base.errors import UserError
from mdexplore.base.notices import Notice
from mdexplore.base.numerics.counts import connected_set, sliding_counts
from mdexplore.base.numerics.errors import ErrorModel
from mdexplore.base.numerics.mle import reversible_mle
from mdexplore.base.numerics.spectrum import Modes, slow_modes
from mdexplore.base.store import array_key
from mdexplore.base.units import TimeUnit
from mdexplore.base.words import count_of
from mdexplore.methods.kinetics.drawn import DrawnErrors, Errors
from mdexplore.methods.method import Progress, ignore
from mdexplore.methods.results import Clustering, Kinetics

if TYPE_CHECKING:
    from deeptime.markov.msm import MarkovStateModel

N_PROCESSES = 10
DELTA = "95 %, delta method"
Estimate = Callable[["LagModels", int, TimeUnit], "LagModel"]
_KEPT_BYTES = 256 << 20
_KEPT_CLUSTERINGS = 4


@dataclass(frozen=True, eq=False)
class LagModel:
    """A reversible model at one lag time.

    Parameters
    ----------
    lagtime : int
        Frames.
    counts : ndarray, shape (n_clusters, n_clusters)
        Sliding counts over all microstates.
    active : ndarray, shape (n_active,), int
        Microstates of the largest connected set.
    transition_matrix : ndarray, shape (n_active, n_active)
    stationary : ndarray, shape (n_active,)
    outputs : ndarray, shape (n_active, n_clusters), or None
        Of a model with hidden states: the probability to see each microstate. ``active`` and ``counts`` number the hidden states then.
    told : tuple of Notice
        What the estimator has to say.
    """

    lagtime: int
    counts: np.ndarray
    active: np.ndarray
    transition_matrix: np.ndarray
    stationary: np.ndarray
    outputs: np.ndarray | None = None
    told: tuple[Notice, ...] = ()

    @property
    def share_states(self) -> float:
        """What part of the microstates the connected set holds."""
        return len(self.active) / len(self.counts)

    @property
    def share_counts(self) -> float:
        """What part of the counts the connected set holds."""
        return float(self.counts[np.ix_(self.active, self.active)].sum() / self.counts.sum())

    @cached_property
    def modes(self) -> Modes:
        """The stationary mode and the ten slowest processes."""
        return slow_modes(self.transition_matrix, self.stationary, N_PROCESSES)

    @cached_property
    def errors(self) -> Errors:
        """Error bars by the delta method, from sliding counts divided by the lag time."""
        return error_model(self.transition_matrix, self.stationary, self.counts, self.active, self.lagtime)

    @cached_property
    def timescales(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Values, lower and upper ends of the ten slowest, frames."""
        return self.errors.timescales(self.modes, self.lagtime)

    def deeptime(self) -> MarkovStateModel:
        """The same model as deeptime's class, with its count model."""
        from mdexplore.methods.kinetics.model import markov_state_model

        return markov_state_model(self.transition_matrix, self.stationary, self.counts, self.active, self.lagtime)


def error_model(transition_matrix: np.ndarray, stationary: np.ndarray, counts: np.ndarray, active: np.ndarray, lagtime: int) -> ErrorModel:
    """The delta method for a model on some of the microstates; sliding counts overlap, so each row counts 1 / lagtime."""
    return ErrorModel(transition_matrix, stationary, counts[np.ix_(active, active)].sum(axis=1) / lagtime)


def errors_of(kinetics: Kinetics) -> Errors:
    """The error bars of a result: by the delta method from its counts, or from its draws where transitions of several ensembles went into it."""
    if kinetics.unbiased is not None:
        n = len(kinetics.active)
        return DrawnErrors(kinetics.transition_matrix, kinetics.stationary, np.zeros((0, n, n)) if kinetics.samples is None else kinetics.samples, kinetics.unbiased.widening)
    return error_model(kinetics.transition_matrix, kinetics.stationary, kinetics.counts, kinetics.active, kinetics.lagtime)


class LagModels:
    """Models of the same discrete trajectories at any lag time; the last ones are kept.

    Parameters
    ----------
    dtrajs : sequence of ndarray, shape (n_frames_i,), int
        -1 marks a frame outside the model.
    n_clusters : int
    estimate : callable, optional
        ``estimate(models, lagtime, unit)`` makes a `LagModel`; maximum likelihood from sliding counts where not given.
    memberships : sequence of ndarray, shape (n_frames_i, n_clusters), optional
        Of fuzzy states.
    """

    interval = DELTA   # what the bars are
    kind = "trajectory"   # what has to be longer than a lag time

    def __init__(self, dtrajs: Sequence[np.ndarray], n_clusters: int, estimate: Estimate | None = None, memberships: Sequence[np.ndarray] | None = None) -> None:
        self._estimate = estimate or most_likely
        self.memberships = memberships
        self.dtrajs = [np.asarray(d) for d in dtrajs]
        self.n_clusters = int(n_clusters)
        self.lengths = tuple(len(d) for d in self.dtrajs)
        self._models: OrderedDict[int, LagModel] = OrderedDict()
        self._lock = threading.Lock()
        self._capacity = max(4, min(64, _KEPT_BYTES // (16 * max(self.n_clusters, 1) ** 2)))

    @property
    def plain(self) -> LagModels | None:
        """Plain models of what these look at, where that is not all trajectories."""
        return None

    def at(self, lagtime: int, timestep_ns: float | None = None, progress: Progress = ignore) -> LagModel:
        """The model at a lag time in frames; progress is told where one takes long.

        Raises
        ------
        UserError
            If the lag time is not shorter than the longest trajectory, or no connected states are left.
        """
        lagtime = int(lagtime)
        with self._lock:
            found = self._models.get(lagtime)
            if found is None:
                unit = TimeUnit(timestep_ns)
                check_lagtime(lagtime, self.lengths, unit, self.kind)
                found = self._models[lagtime] = self._made(lagtime, unit, progress)
                while len(self._models) > self._capacity:
                    self._models.popitem(last=False)
            else:
                self._models.move_to_end(lagtime)
            return found

    def _made(self, lagtime: int, unit: TimeUnit, progress: Progress) -> LagModel:
        return self._estimate(self, lagtime, unit)


def most_likely(models: LagModels, lagtime: int, unit: TimeUnit) -> LagModel:
    """The reversible maximum-likelihood model from sliding counts; raises `UserError` where nothing is connected."""
    counts = sliding_counts(models.dtrajs, lagtime, models.n_clusters)
    active = connected(counts, lagtime, unit)
    matrix, stationary = reversible_mle(counts[np.ix_(active, active)])
    return LagModel(lagtime, counts, active, matrix, stationary)


def connected(counts: np.ndarray, lagtime: int, unit: TimeUnit) -> np.ndarray:
    """The largest connected set of microstates; raises `UserError` where there is none."""
    active = connected_set(counts)
    n_seen = int(((counts.sum(axis=0) + counts.sum(axis=1)) > 0).sum())
    if len(active) == 0 or (len(active) == 1 and n_seen > 1):
        raise UserError(f"At a lag time of {unit.say(lagtime)} no connected microstates are left.",
                        f"{n_seen} of {count_of(len(counts), 'microstate')} {'has' if n_seen == 1 else 'have'} counts, but no two of them are entered and left again.",
                        "Use fewer microstates, a shorter lag time, or longer trajectories.")
    return active


def check_lagtime(lagtime: int, lengths: Sequence[int], unit: TimeUnit, kind: str = "trajectory") -> None:
    """Raise `UserError` where a lag time has no pair of frames; `kind` says of what the lengths are."""
    longest = max(lengths, default=0)
    if lagtime < 1:
        raise UserError(f"A lag time of {count_of(lagtime, 'frame')} is too short.", "The shortest is one frame.", f"Choose at least {unit.say(1)}.")
    if longest < 2:
        raise UserError("There is no motion to look at.", f"The longest {kind} has {count_of(longest, 'frame')}.", "Load trajectories of many frames.")
    if lagtime >= longest:
        raise UserError(f"A lag time of {unit.say(lagtime)} is too long.", f"The longest {kind} has {unit.say(longest)}.",
                        f"Choose a lag time below {unit.say(longest)}, or add longer trajectories.")


_by_object: weakref.WeakKeyDictionary[Clustering, dict[str, LagModels]] = weakref.WeakKeyDictionary()
_by_content: OrderedDict[tuple, LagModels] = OrderedDict()
_registry = threading.Lock()


def lag_models(clustering: Clustering, estimator: str = "msm") -> LagModels:
    """The models of a clustering; equal clusterings share one, so that what was estimated for one result serves the next.

    Parameters
    ----------
    clustering : Clustering
    estimator : str
        What makes the models (`mdexplore.methods.kinetics.estimators`).
    """
    with _registry:
        of_object = _by_object.setdefault(clustering, {})
        found = of_object.get(estimator)
        if found is None:
            key = (estimator, clustering.n_clusters, *(array_key(np.asarray(d)) for d in (*clustering.dtrajs, *(clustering.memberships or ()))))
            found = _by_content.pop(key, None)
            if found is None:
                from mdexplore.methods.kinetics.estimators import models

                found = models(estimator, clustering)
            _by_content[key] = found
            while len(_by_content) > _KEPT_CLUSTERINGS:
                _by_content.popitem(last=False)
            of_object[estimator] = found
        return found
