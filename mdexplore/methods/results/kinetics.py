"""A Markov state model at one lag time, and the reactive flux through it."""
from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from mdexplore.base.notices import Notice
from mdexplore.base.plain import storable
from mdexplore.base.words import count_of
from mdexplore.methods.results.frames import Arrays
from mdexplore.methods.results.words import Timed, in_ns, time_with_interval


@storable
@dataclass(frozen=True, eq=False, repr=False)
class Hidden:
    """Hidden states of a Markov model that is seen through the microstates, from the most to the least populated.

    Parameters
    ----------
    transition_matrix : ndarray, shape (n_hidden, n_hidden)
    stationary : ndarray, shape (n_hidden,)
    counts : ndarray, shape (n_hidden, n_hidden)
        Expected sliding transition counts.
    outputs : ndarray, shape (n_hidden, n_clusters)
        Probability to see each microstate from each hidden state; rows sum to 1.
    memberships : ndarray, shape (n_clusters, n_hidden)
        Probability of each hidden state where a microstate is seen, in equilibrium; rows sum to 1, or are 0 outside the model.
    paths : tuple of ndarray, shape (n_frames_i,), int16
        The most likely hidden state of each frame (Viterbi); -1 outside the model.
    samples : ndarray, shape (n_samples, n_hidden, n_hidden), or None
        Transition matrices from the posterior.
    """

    transition_matrix: np.ndarray
    stationary: np.ndarray
    counts: np.ndarray
    outputs: np.ndarray
    memberships: np.ndarray
    paths: Arrays
    samples: np.ndarray | None = None

    @property
    def n_hidden(self) -> int:
        return len(self.stationary)


def pieces_where(arrays: Sequence[np.ndarray], masks: Sequence[np.ndarray]) -> list[np.ndarray]:
    """Stretches of arrays of frames, each where its mask is true, one after the other."""
    found = []
    for array, mask in zip(arrays, masks, strict=True):
        edges = np.flatnonzero(np.diff(np.concatenate([[0], np.asarray(mask, np.int8), [0]])))
        found += [np.asarray(array)[a:b] for a, b in zip(edges[::2], edges[1::2])]
    return found


@storable
@dataclass(frozen=True, eq=False, repr=False)
class Unbiased:
    """How frames that were made in several ensembles stand to the one that a model describes.

    Parameters
    ----------
    weights : tuple of ndarray, shape (n_frames_i,)
        Of each frame in the ensemble without bias; all sum to 1, 0 outside the model. Frames of one microstate do not weigh alike.
    sampled : tuple of ndarray, shape (n_frames_i,), bool
        Frames that were made without bias: only these move as the model does.
    widening : float
        By what the spread of the model's samples is multiplied for its bars.
    """

    weights: Arrays
    sampled: Arrays
    widening: float

    def pieces(self, arrays: Sequence[np.ndarray]) -> list[np.ndarray]:
        """Stretches of arrays of frames that were made without bias."""
        return pieces_where(arrays, self.sampled)


@storable
@dataclass(frozen=True, eq=False, repr=False)
class Kinetics(Timed):
    """A Markov state model at one lag time.

    Parameters
    ----------
    lagtime : int
        Frames.
    counts : ndarray, shape (n_clusters, n_clusters)
        Sliding transition counts over all microstates.
    active : ndarray, shape (n_active,), int
        The microstates of the largest connected set, which the model describes.
    transition_matrix : ndarray, shape (n_active, n_active)
    stationary : ndarray, shape (n_active,)
    timescales, timescales_lower, timescales_upper : ndarray, shape (k,)
        Frames; 95 %, by the delta method, from a posterior, or from draws of TRAM.
    n_resolved : int
        How many timescales are longer than the lag time.
    share_states, share_counts : float
        What part of microstates and counts the connected set keeps.
    samples : ndarray, shape (n_samples, n_active, n_active), or None
        Posterior transition matrices of a Bayesian model, or of TRAM where blocks of frames are weighed anew.
    timestep_ns : float or None
    notices : tuple of Notice
    estimator : str
        By what models at other lag times are made (`mdexplore.methods.kinetics.estimators`).
    hidden : Hidden or None
        Hidden states. Transition matrix and stationary distribution are those of the microstates that are seen then; timescales, metastable states, the
        Chapman-Kolmogorov test and fluxes are those of the hidden ones.
    unbiased : Unbiased or None
        Of a model of several ensembles (TRAM); counts are those of the one without bias.
    """

    lagtime: int
    counts: np.ndarray
    active: np.ndarray
    transition_matrix: np.ndarray
    stationary: np.ndarray
    timescales: np.ndarray
    timescales_lower: np.ndarray
    timescales_upper: np.ndarray
    n_resolved: int
    share_states: float
    share_counts: float
    title: str = "MSM"
    samples: np.ndarray | None = None
    timestep_ns: float | None = None
    notices: tuple[Notice, ...] = ()
    estimator: str = "msm"
    hidden: Hidden | None = None
    unbiased: Unbiased | None = None

    @property
    def n_clusters(self) -> int:
        return len(self.counts)

    @property
    def lagtime_ns(self) -> float | None:
        return None if self.timestep_ns is None else self.lagtime * self.timestep_ns

    @property
    def timescales_ns(self) -> np.ndarray | None:
        return in_ns(self.timescales, self.timestep_ns)

    @property
    def timescales_lower_ns(self) -> np.ndarray | None:
        return in_ns(self.timescales_lower, self.timestep_ns)

    @property
    def timescales_upper_ns(self) -> np.ndarray | None:
        return in_ns(self.timescales_upper, self.timestep_ns)

    def __repr__(self) -> str:
        unit = self.unit
        slowest = time_with_interval(unit, self.timescales[0], self.timescales_lower[0], self.timescales_upper[0]) if len(self.timescales) else "–"
        return (f"<Kinetics by {self.title} at a lag time of {unit.say(self.lagtime)}: {len(self.active)} of {count_of(self.n_clusters, 'microstate')}, {100 * self.share_counts:.3g} % of the counts\n"
                f" slowest timescale {slowest}; {count_of(self.n_resolved, 'process is', 'processes are')} slower than the lag time>")


@storable
@dataclass(frozen=True, eq=False, repr=False)
class Flux(Timed):
    """Reactive flux from a source to a target.

    Parameters
    ----------
    source, target : tuple of int
        Microstates.
    committor : ndarray, shape (n_clusters,)
        Probability to reach the target before the source; NaN outside the model.
    net_flux : ndarray, shape (n_clusters, n_clusters)
        Net reactive flux per frame.
    coarse_net_flux : ndarray, shape (n_states, n_states)
        The same between metastable states.
    pathways : tuple of tuple of int
        Metastable states along each path, strongest first.
    shares : tuple of float
        Share of the flux each path carries.
    rate, lower, upper : float
        Transitions per frame from source to target, with a 95 % interval.
    """

    source: tuple[int, ...]
    target: tuple[int, ...]
    committor: np.ndarray
    net_flux: np.ndarray
    coarse_net_flux: np.ndarray
    pathways: tuple[tuple[int, ...], ...]
    shares: tuple[float, ...]
    rate: float
    lower_per_frame: float
    upper_per_frame: float
    timestep_ns: float | None = None

    def _per_ns(self, rate: float) -> float | None:
        return None if self.timestep_ns is None else rate / self.timestep_ns

    @property
    def rate_per_ns(self) -> float | None:
        return self._per_ns(self.rate)

    @property
    def lower(self) -> float | None:
        """Lower end of the rate's 95 % interval, per ns (per frame where the time step is unknown)."""
        return self.lower_per_frame if self.timestep_ns is None else self._per_ns(self.lower_per_frame)

    @property
    def upper(self) -> float | None:
        """Upper end of the rate's 95 % interval, per ns (per frame where the time step is unknown)."""
        return self.upper_per_frame if self.timestep_ns is None else self._per_ns(self.upper_per_frame)

    def __repr__(self) -> str:
        per = "frame" if self.timestep_ns is None else "ns"
        value = self.rate if self.timestep_ns is None else self.rate_per_ns
        best = f"; {100 * self.shares[0]:.3g} % by {' -> '.join(map(str, self.pathways[0]))}" if self.pathways else ""
        return (f"<Flux from {count_of(len(self.source), 'microstate')} to {len(self.target)}: {value:.3g} per {per} [{self.lower:.3g}, {self.upper:.3g}]\n"
                f" {count_of(len(self.pathways), 'pathway')} over metastable states (from 0){best}>")
