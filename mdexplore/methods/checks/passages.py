"""Real passages between the cores of states: what a slow number rests on in the data."""
from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

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


def count_passages(visited: Iterable[np.ndarray], n_states: int) -> np.ndarray:
    """How often the trajectories go from one core to another.

    Parameters
    ----------
    visited : iterable of ndarray, shape (n_i,), int
        From `visits`.
    n_states : int

    Returns
    -------
    ndarray, shape (n_states, n_states), int
        From row to column. A visit that ends where it began is no passage, and where a trajectory starts counts only once it leaves.
    """
    passages = np.zeros(n_states * n_states, dtype=np.int64)
    for found in visited:
        passages += np.bincount(found[:-1].astype(np.int64) * n_states + found[1:], minlength=n_states * n_states)
    return passages.reshape(n_states, n_states)


def count_journeys(visited: Iterable[np.ndarray], n_states: int) -> np.ndarray:
    """How often the trajectories go from one core to another, whatever cores lie between: the events a mean first passage time rests on.

    Parameters
    ----------
    visited, n_states
        As in `count_passages`.

    Returns
    -------
    ndarray, shape (n_states, n_states), int
        From row to column: arrivals in the column since whose last visit there the row was seen.
    """
    journeys = np.zeros((n_states, n_states), dtype=np.int64)
    for found in visited:
        for target in np.unique(found):
            before = np.cumsum(found == target)   # the number of the arrival that comes next, from 0
            n_arrivals = int(before[-1])
            seen = np.zeros((n_arrivals + 1, n_states), dtype=bool)
            seen[before, found] = True
            journeys[:, target] += seen[:n_arrivals].sum(axis=0)   # after the last visit nothing arrives
    np.fill_diagonal(journeys, 0)
    return journeys


def visits(dtrajs: Sequence[np.ndarray], core_of: np.ndarray) -> Iterator[np.ndarray]:
    """The cores each trajectory visits one after the other, none twice in a row; trajectories that visit none are left out.

    Parameters
    ----------
    dtrajs : sequence of ndarray, shape (n_frames_i,), int
        Microstates; -1 outside the model.
    core_of : ndarray, shape (n_clusters,), int
        From `cores`.
    """
    lookup = np.append(core_of, -1).astype(np.int16)   # the last place answers for microstate -1
    for dtraj in dtrajs:
        cores_of_frames = lookup[np.asarray(dtraj)]
        cores_of_frames = cores_of_frames[cores_of_frames >= 0]
        if len(cores_of_frames):
            yield cores_of_frames[np.append(True, cores_of_frames[1:] != cores_of_frames[:-1])]
