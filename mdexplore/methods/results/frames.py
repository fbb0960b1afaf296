"""What is known of every frame: features, slow coordinates, microstates."""
from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from mdexplore.base.notices import Notice
from mdexplore.base.plain import storable
from mdexplore.base.words import count_of

Arrays = tuple[np.ndarray, ...]


def _size(arrays: Arrays) -> str:
    return f"{count_of(len(arrays), 'trajectory', 'trajectories')}, {count_of(sum(map(len, arrays)), 'frame')}"


@storable
@dataclass(frozen=True, eq=False, repr=False)
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

    def __repr__(self) -> str:
        some = ", ".join(self.names[:3]) + (", …" if self.n_features > 3 else "")
        return f"<Features: {self.n_features} ({some}) of {_size(self.values)}>"


@storable
@dataclass(frozen=True, eq=False, repr=False)
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
        """How many coordinates there are: what was asked for, or fewer where the features allow no more."""
        return len(self.names)

    def __repr__(self) -> str:
        lag = "" if self.lagtime is None else f" at a lag time of {count_of(self.lagtime, 'frame')}"
        rank = "" if self.singular_values is None else f" of rank {len(self.singular_values)}"
        return f"<Projection by {self.title}{lag}: {count_of(self.dim, 'coordinate')}{rank} for {_size(self.values)}>"


@storable
@dataclass(frozen=True, eq=False, repr=False)
class Clustering:
    """Microstates.

    Parameters
    ----------
    centers : ndarray, shape (n_clusters, dim), float64
    dtrajs : tuple of ndarray, shape (n_frames_i,), int32
        Microstate of each frame.
    notices : tuple of Notice
    memberships : tuple of ndarray, shape (n_frames_i, n_clusters), float32, or None
        Share of each frame in fuzzy states, of which `dtrajs` names the largest; None for microstates with borders.
    """

    centers: np.ndarray
    dtrajs: Arrays
    notices: tuple[Notice, ...] = ()
    memberships: Arrays | None = None

    @property
    def n_clusters(self) -> int:
        return len(self.centers)

    def __repr__(self) -> str:
        return f"<Clustering: {count_of(self.n_clusters, 'microstate')} for {_size(self.dtrajs)}>"
