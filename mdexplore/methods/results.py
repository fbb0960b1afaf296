"""What each step hands on: frozen values made of plain numbers and arrays, the same in memory, on disk and between processes.

Times are in frames; every ``*_ns`` twin is None where the time step is unknown. Microstates are numbered as the clustering numbers them,
metastable states from the most to the least populated.
"""
from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from mdexplore.base.notices import Notice
from mdexplore.base.plain import storable

Arrays = tuple[np.ndarray, ...]


def _ns(frames: np.ndarray | None, timestep_ns: float | None) -> np.ndarray | None:
    return None if timestep_ns is None or frames is None else np.asarray(frames) * timestep_ns


@storable
@dataclass(frozen=True, eq=False)
class Features:
    """What is measured on every frame.

    Parameters
    ----------
    values : tuple of ndarray, shape (n_frames_i, d), float32
    names : tuple of str
        Such as ``"cos phi ALA2"``; lengths in nm.
    atoms : tuple of tuple of int
        Indices of the atoms each feature is computed from; empty for given arrays.
    kinds : tuple of str
        ``"torsion"``, ``"distance"``, ``"contact"``, ``"position"``, ``"rmsd"`` or ``"given"`` for each feature.
    notices : tuple of Notice
    """

    values: Arrays
    names: tuple[str, ...]
    atoms: tuple[tuple[int, ...], ...]
    kinds: tuple[str, ...]
    notices: tuple[Notice, ...] = ()

    @property
    def n_features(self) -> int:
        return len(self.names)


@storable
@dataclass(frozen=True, eq=False)
class Projection:
    """Slow coordinates of every frame, slowest first.

    Parameters
    ----------
    values : tuple of ndarray, shape (n_frames_i, dim), float32
    names : tuple of str
        Such as ``"IC 1"``.
    title : str
        Such as ``"TICA"``.
    lagtime : int or None
        Frames; None for a method that has none.
    parameters : dict of str to ndarray or number
        Enough to make the model again (`mdexplore.methods.projection`).
    singular_values : ndarray, shape (rank,), or None
    loadings : ndarray, shape (d, dim), or None
        Correlation of each feature with each coordinate.
    notices : tuple of Notice
    """

    values: Arrays
    names: tuple[str, ...]
    title: str
    lagtime: int | None
    parameters: dict[str, Any] = field(default_factory=dict)
    singular_values: np.ndarray | None = None
    loadings: np.ndarray | None = None
    notices: tuple[Notice, ...] = ()

    @property
    def dim(self) -> int:
        return len(self.names)


@storable
@dataclass(frozen=True, eq=False)
class Clustering:
    """Microstates.

    Parameters
    ----------
    centers : ndarray, shape (n_clusters, dim), float64
    dtrajs : tuple of ndarray, shape (n_frames_i,), int32
        Microstate of each frame.
    notices : tuple of Notice
    """

    centers: np.ndarray
    dtrajs: Arrays
    notices: tuple[Notice, ...] = ()

    @property
    def n_clusters(self) -> int:
        return len(self.centers)


@storable
@dataclass(frozen=True, eq=False)
class Timescales:
    """Implied timescales over a range of lag times.

    Parameters
    ----------
    lagtimes : ndarray, shape (m,), int
        Frames.
    values, lower, upper : ndarray, shape (m, k)
        Frames, slowest first; NaN where a process is not there or has no timescale.
    interval : str
        What the bars are, such as ``"95 %, delta method"``.
    timestep_ns : float or None
    """

    lagtimes: np.ndarray
    values: np.ndarray
    lower: np.ndarray
    upper: np.ndarray
    interval: str
    timestep_ns: float | None = None
    notices: tuple[Notice, ...] = ()

    @property
    def lagtimes_ns(self) -> np.ndarray | None:
        return _ns(self.lagtimes, self.timestep_ns)

    @property
    def values_ns(self) -> np.ndarray | None:
        return _ns(self.values, self.timestep_ns)

    @property
    def lower_ns(self) -> np.ndarray | None:
        return _ns(self.lower, self.timestep_ns)

    @property
    def upper_ns(self) -> np.ndarray | None:
        return _ns(self.upper, self.timestep_ns)

    def resolved(self, n_processes: int) -> Timescales:
        """The slowest processes, with NaN where one is not slower than the lag time."""
        hidden = ~(self.values[:, :n_processes] > self.lagtimes[:, None])
        values, lower, upper = (np.where(hidden, np.nan, array[:, :n_processes]) for array in (self.values, self.lower, self.upper))
        return replace(self, values=values, lower=lower, upper=upper)


@storable
@dataclass(frozen=True, eq=False)
class Kinetics:
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
        Frames; 95 %, delta method.
    n_resolved : int
        How many timescales are longer than the lag time.
    share_states, share_counts : float
        What part of microstates and counts the connected set keeps.
    samples : ndarray, shape (n_samples, n_active, n_active), or None
        Posterior transition matrices of a Bayesian model.
    timestep_ns : float or None
    notices : tuple of Notice
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

    @property
    def n_clusters(self) -> int:
        return len(self.counts)

    @property
    def lagtime_ns(self) -> float | None:
        return None if self.timestep_ns is None else self.lagtime * self.timestep_ns


@storable
@dataclass(frozen=True, eq=False)
class Metastable:
    """Metastable states; state 0 is the most populated.

    Parameters
    ----------
    microstates : ndarray, shape (n_clusters,), int
        Metastable state of each microstate; -1 outside the model.
    memberships : ndarray, shape (n_clusters, n_states)
        Fuzzy memberships; rows sum to 1, or are 0 outside the model.
    assignments : tuple of ndarray, shape (n_frames_i,), int16
        Metastable state of each frame; -1 outside the model.
    populations, lower, upper : ndarray, shape (n_states,)
        Stationary probabilities with a 95 % interval.
    mfpt, mfpt_lower, mfpt_upper : ndarray, shape (n_states, n_states)
        Mean first passage times from row to column, frames; 0 on the diagonal.
    flux : ndarray, shape (n_states, n_states)
        Stationary probability that flows from row to column in one lag time.
    passages : ndarray, shape (n_states, n_states), int
        Real core-to-core passages seen in the trajectories, from row to column.
    colors : tuple of int
        Place in the palette of each state; follows a state when parameters change.
    """

    microstates: np.ndarray
    memberships: np.ndarray
    assignments: Arrays
    populations: np.ndarray
    lower: np.ndarray
    upper: np.ndarray
    mfpt: np.ndarray
    mfpt_lower: np.ndarray
    mfpt_upper: np.ndarray
    flux: np.ndarray
    passages: np.ndarray
    colors: tuple[int, ...]
    timestep_ns: float | None = None
    notices: tuple[Notice, ...] = ()

    @property
    def n_states(self) -> int:
        return len(self.populations)

    @property
    def mfpt_ns(self) -> np.ndarray | None:
        return _ns(self.mfpt, self.timestep_ns)

    @property
    def mfpt_lower_ns(self) -> np.ndarray | None:
        return _ns(self.mfpt_lower, self.timestep_ns)

    @property
    def mfpt_upper_ns(self) -> np.ndarray | None:
        return _ns(self.mfpt_upper, self.timestep_ns)

    @property
    def rate_per_ns(self) -> np.ndarray | None:
        """1 / MFPT from row to column; NaN on the diagonal."""
        return _rate(self.mfpt_ns)

    @property
    def rate_lower_per_ns(self) -> np.ndarray | None:
        return _rate(self.mfpt_upper_ns)

    @property
    def rate_upper_per_ns(self) -> np.ndarray | None:
        return _rate(self.mfpt_lower_ns)


def _rate(mfpt: np.ndarray | None) -> np.ndarray | None:
    if mfpt is None:
        return None
    with np.errstate(divide="ignore"):
        return np.where(mfpt > 0, 1 / mfpt, np.nan)


@storable
@dataclass(frozen=True, eq=False)
class ChapmanKolmogorov:
    """Does the model at one lag time predict what is seen at its multiples?

    Parameters
    ----------
    lagtimes : ndarray, shape (m,), int
        Frames; the first is the model's lag time.
    predicted, estimated, lower, upper : ndarray, shape (m, n_states, n_states)
        Probability to be in the column's state after starting in the row's; the 95 % band is that of the estimate.
    """

    lagtimes: np.ndarray
    predicted: np.ndarray
    estimated: np.ndarray
    lower: np.ndarray
    upper: np.ndarray
    timestep_ns: float | None = None
    notices: tuple[Notice, ...] = ()

    @property
    def lagtimes_ns(self) -> np.ndarray | None:
        return _ns(self.lagtimes, self.timestep_ns)

    @property
    def deviation(self) -> np.ndarray:
        """|predicted - estimated| in half-widths of the band, shape (m, n_states, n_states); above 1 it lies outside."""
        below, above = self.estimated - self.lower, self.upper - self.estimated
        off = self.predicted - self.estimated
        room = np.where(off < 0, below, above)
        with np.errstate(divide="ignore", invalid="ignore"):
            ratio = np.abs(off) / room
        return np.where(np.abs(off) < 1e-12, 0.0, ratio)


@storable
@dataclass(frozen=True, eq=False)
class Flux:
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


@storable
@dataclass(frozen=True, eq=False)
class Score:
    """Held-out VAMP-2 score of a projection.

    Parameters
    ----------
    mean, std : float
        Over the folds.
    folds : ndarray, shape (n_folds,)
    train : ndarray, shape (n_folds,)
        The same on the data the projection was fitted to.
    """

    mean: float
    std: float
    folds: np.ndarray
    train: np.ndarray
    lagtime: int = 1
    notices: tuple[Notice, ...] = ()
