"""What every clustering does at the end: sort the centres, assign all frames, drop centres without frames, and tell."""
from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from mdexplore.base.notices import Notice
from mdexplore.base.numerics.assign import assign_all
from mdexplore.base.words import count_of
from mdexplore.base.work import pieces
from mdexplore.methods.method import Progress, ignore
from mdexplore.methods.progress import counted
from mdexplore.methods.results import Arrays, Clustering

if TYPE_CHECKING:
    from deeptime.clustering import ClusterModel

ROWS = 1 << 20


def finish(arrays: Arrays, centers: np.ndarray, notices: tuple[Notice, ...] = (), *, wanted: int | None = None, progress: Progress = ignore) -> Clustering:
    """A clustering from centres: sorted by the first coordinate, each with at least one frame.

    Parameters
    ----------
    arrays : tuple of ndarray, shape (n_frames_i, dim)
    centers : ndarray, shape (k, dim)
    wanted : int
        How many centres were asked for; a smaller number is said.
    """
    centers = np.unique(np.asarray(centers, dtype=np.float64), axis=0)   # sorted by the first coordinate, then the next
    tick = counted(progress, 0, sum(map(len, arrays)), "Assigning frames to microstates")
    dtrajs = assign_all(arrays, centers, tick=tick)
    counts = np.sum(pieces.sums(frames_of_states, dtrajs, pieces.PIECE_BYTES, len(centers)), axis=0)
    if (counts == 0).any():
        new = np.cumsum(counts > 0, dtype=np.int32) - 1
        dtrajs, centers = pieces.rows(renumber, dtrajs, pieces.PIECE_BYTES, new, dtype=np.int32), centers[counts > 0]
    if wanted is not None and len(centers) < wanted:
        notices += (Notice("info", f"{count_of(len(centers), 'microstate')} instead of {wanted}: the other centres have no frames of their own.", where="clustering"),)
    return Clustering(centers=centers, dtrajs=tuple(dtrajs), notices=notices)


def frames_of_states(parts: Sequence[np.ndarray], n_clusters: int, *, tick: pieces.Tick | None = None) -> np.ndarray:
    """How many frames of some trajectories are in each microstate; shape (n_clusters,), int."""
    counts = np.zeros(n_clusters, np.int64)
    for part in parts:
        for start in range(0, len(part), ROWS):
            counts += np.bincount(part[start:start + ROWS], minlength=n_clusters)
    return counts


def renumber(part: np.ndarray, new: np.ndarray, *, tick: pieces.Tick | None = None) -> np.ndarray:
    """Other numbers for the microstates of some frames."""
    return new[part]


def spread(arrays: Sequence[np.ndarray], size: int, rng: np.random.Generator) -> np.ndarray:
    """At most so many frames, evenly spread over all trajectories with some jitter; shape (m, dim)."""
    n = sum(map(len, arrays))
    if n <= size:
        return np.concatenate([np.asarray(x) for x in arrays])
    numbers = np.minimum(((np.arange(size) + rng.random(size)) * (n / size)).astype(np.int64), n - 1)
    picked, start = [], 0
    for x in arrays:
        here = numbers[(numbers >= start) & (numbers < start + len(x))] - start
        picked.append(np.asarray(x[here]))
        start += len(x)
    return np.concatenate(picked)


def deeptime_model(clustering: Clustering) -> ClusterModel:
    """deeptime's cluster model with the same centres in the same order."""
    from deeptime.clustering import ClusterModel

    return ClusterModel(np.asarray(clustering.centers), converged=True)
