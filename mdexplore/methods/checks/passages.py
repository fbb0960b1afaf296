"""Real passages between the cores of states: what a slow number rests on in the data."""
from __future__ import annotations

from collections.abc import Sequence

import numpy as np

CORE_MEMBERSHIP = 0.9


def cores(memberships: np.ndarray, threshold: float = CORE_MEMBERSHIP) -> np.ndarray:
    """Which state's core a microstate belongs to.

    Parameters
    ----------
    memberships : ndarray, shape (n_clusters, n_states)
        Rows of zeros lie outside the model.
    threshold : float
        Smallest membership of a core; above 0.5 no microstate can be in two. A state so fuzzy that less than half of its microstates
        reach it has that half as its core: a core of a few outliers would hide nearly all of its visits.

    Returns
    -------
    ndarray, shape (n_clusters,), int
        -1 between the cores.
    """
    if memberships.shape[1] == 0:
        return np.full(len(memberships), -1)
    nearest = memberships.argmax(axis=1)
    found = np.full(len(memberships), -1)
    for state in range(memberships.shape[1]):
        own = np.flatnonzero((nearest == state) & (memberships[:, state] > 0))
        if len(own):
            found[own[memberships[own, state] >= min(threshold, float(np.median(memberships[own, state])))]] = state
    return found


def count_passages(dtrajs: Sequence[np.ndarray], core_of: np.ndarray, n_states: int) -> np.ndarray:
    """How often the trajectories go from one core to another.

    Parameters
    ----------
    dtrajs : sequence of ndarray, shape (n_frames_i,), int
        Microstates; -1 outside the model.
    core_of : ndarray, shape (n_clusters,), int
        From `cores`.
    n_states : int

    Returns
    -------
    ndarray, shape (n_states, n_states), int
        From row to column. A visit that ends where it began is no passage, and where a trajectory starts counts only once it leaves.
    """
    lookup = np.append(core_of, -1).astype(np.int16)   # the last place answers for microstate -1
    passages = np.zeros(n_states * n_states, dtype=np.int64)
    for dtraj in dtrajs:
        visited = lookup[np.asarray(dtraj)]
        visited = visited[visited >= 0]
        change = np.flatnonzero(visited[1:] != visited[:-1])
        passages += np.bincount(visited[change].astype(np.int64) * n_states + visited[change + 1], minlength=n_states * n_states)
    return passages.reshape(n_states, n_states)
