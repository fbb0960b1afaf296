"""Transition counts of discrete trajectories, fast: one `numpy.bincount` a trajectory, never across a seam."""
from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import numpy as np

from mdexplore.base.work.pieces import sums

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

CHUNK = 1 << 18           # pairs counted at once, which stay in the cache
UNIQUE_ROWS = 1 << 21      # sorted at once
PIECE_ROWS = 100_000_000   # half a second


def sliding_counts(dtrajs: Sequence[np.ndarray], lagtime: int, n_states: int) -> np.ndarray:
    """How often a state is followed by another one a lag time later, every frame being a start.

    Parameters
    ----------
    dtrajs : sequence of ndarray, shape (n_frames_i,), int
        State of each frame; -1 marks a frame outside the model, whose pairs are left out.
    lagtime : int
        Frames.
    n_states : int
        States are numbered below it.

    Returns
    -------
    ndarray, shape (n_states, n_states), float64
        Rows are starts; equal to deeptime's ``TransitionCountEstimator(lagtime, "sliding")``.
    """
    found = sums(partial_counts, dtrajs, max(PIECE_ROWS, 4 * lagtime), lagtime, n_states, overlap=lagtime)
    return np.sum(found, axis=0)[:n_states, :n_states].astype(float) if found else np.zeros((n_states, n_states))


def partial_counts(parts: Sequence[np.ndarray], lagtime: int, n_states: int, *, tick: Callable[[int], None] | None = None) -> np.ndarray:
    """Sliding counts of one piece: of some trajectories, or of parts of them with a lag time more of frames at the end.

    Returns
    -------
    ndarray, shape (n_states + 1, n_states + 1), int64
        The last state takes the frames outside, so that nothing has to be masked.
    """
    size = n_states + 1
    step = max(CHUNK, size * size)   # smaller ones would spend their time on the matrix
    counts = np.zeros(size * size, dtype=np.int64)
    for part in map(np.asarray, parts):
        for start in range(0, len(part) - lagtime, step):
            counts += np.bincount(_pairs(part[start:start + step + lagtime], lagtime, size), minlength=size * size)
            if tick is not None:
                tick(start)
    return counts.reshape(size, size)


def counts_by_piece(dtrajs: Sequence[np.ndarray], lagtime: int, n_states: int, pieces: Sequence[np.ndarray] | None = None) -> csr_matrix:
    """Sliding counts of each trajectory, or of each piece of the trajectories, on its own.

    Parameters
    ----------
    dtrajs, lagtime, n_states
        As in `sliding_counts`.
    pieces : sequence of ndarray, shape (n_frames_i,), int, or None
        Number of the piece each frame belongs to; a pair belongs to the piece of its start, so no count is lost between pieces.

    Returns
    -------
    scipy.sparse.csr_matrix, shape (n_pieces, n_states ** 2)
        Sums of rows are the sliding counts, flattened.
    """
    from scipy.sparse import coo_matrix

    n_pieces = len(dtrajs) if pieces is None else 1 + max((int(p.max()) for p in pieces if len(p)), default=0)
    size = n_states + 1
    rows, columns, data = [], [], []
    for i, dtraj in enumerate(dtrajs):
        for first in range(0, max(len(dtraj) - lagtime, 1), UNIQUE_ROWS):
            pairs = _pairs(np.asarray(dtraj[first:first + UNIQUE_ROWS + lagtime]), lagtime, size).astype(np.int64)
            piece = np.full(len(pairs), i) if pieces is None else np.asarray(pieces[i])[first:first + len(pairs)]
            start, end = np.divmod(pairs, size)
            inside = (start < n_states) & (end < n_states)
            found, n = np.unique(piece[inside] * np.int64(n_states ** 2) + start[inside] * n_states + end[inside], return_counts=True)
            rows.append(found // n_states ** 2)
            columns.append(found % n_states ** 2)
            data.append(n)
    entries = (np.concatenate(data).astype(float), (np.concatenate(rows), np.concatenate(columns))) if data else (np.zeros(0), (np.zeros(0, int),) * 2)
    return coo_matrix(entries, shape=(n_pieces, n_states ** 2)).tocsr()


def _pairs(dtraj: np.ndarray, lagtime: int, size: int) -> np.ndarray:
    """Start * size + end of every pair of frames; frames outside count as state size - 1."""
    if len(dtraj) <= lagtime:
        return np.zeros(0, dtype=np.int64)
    if dtraj.min() < 0:
        dtraj = np.where(dtraj < 0, size - 1, dtraj)
    # int64 from the start: bincount would make its own copy of anything else.
    pairs = np.multiply(dtraj[:-lagtime], size, dtype=np.int64)
    pairs += dtraj[lagtime:]
    return pairs


def connected_set(counts: np.ndarray) -> np.ndarray:
    """The largest set of states that all reach each other.

    Parameters
    ----------
    counts : ndarray, shape (n_states, n_states)

    Returns
    -------
    ndarray, int
        Increasing state numbers; among sets of equal size the one with most counts. Empty where there are no counts.
    """
    from scipy.sparse import csr_matrix
    from scipy.sparse.csgraph import connected_components

    seen = np.flatnonzero(counts.sum(axis=0) + counts.sum(axis=1))
    if len(seen) == 0:
        return seen
    visited = counts[np.ix_(seen, seen)]
    if _all_connected(visited != 0):   # as nearly always, and told much sooner
        return seen
    n, label = connected_components(csr_matrix(visited), directed=True, connection="strong")
    sizes = np.bincount(label, minlength=n)
    weights = np.bincount(label, weights=visited.sum(axis=1), minlength=n)
    best = np.lexsort((weights, sizes))[-1]
    return seen[label == best]


def _all_connected(steps: np.ndarray) -> bool:
    """Whether the first state reaches all others, and all reach it."""
    for forth in (steps, steps.T):
        reached = np.arange(len(forth)) == 0
        fresh = reached
        while fresh.any():
            fresh = forth[fresh].any(axis=0) & ~reached
            reached = reached | fresh
        if not reached.all():
            return False
    return True
