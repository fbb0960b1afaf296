"""Pairs of frames a lag time apart within a window, and which of them count."""
from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True, eq=False)
class Pairs:
    """Steps of one lag time that stay within their window.

    Parameters
    ----------
    windows, starts, ends : ndarray, shape (n,), int
        Window, and the states from which and to which it goes.
    frames : ndarray, shape (n,), int
        The running number of the frame that each begins at.
    """

    windows: np.ndarray
    starts: np.ndarray
    ends: np.ndarray
    frames: np.ndarray

    @classmethod
    def of(cls, dtrajs: Sequence[np.ndarray], windows: Sequence[np.ndarray], lagtime: int) -> Pairs:
        """All sliding pairs; one whose frames between leave the window does not count."""
        found, first = [], 0
        for d, w in zip(dtrajs, windows):
            if len(d) > lagtime:
                changed = np.concatenate([[0], np.cumsum(np.diff(w) != 0)])
                stays = np.flatnonzero((changed[lagtime:] == changed[:-lagtime]) & (d[lagtime:] >= 0) & (d[:-lagtime] >= 0))
                found.append((w[stays], d[stays], d[stays + lagtime], first + stays))
            first += len(d)
        return cls(*(np.concatenate(part).astype(np.int64) for part in zip(*found))) if found else cls(*np.zeros((4, 0), np.int64))

    def taken(self, which: np.ndarray) -> Pairs:
        """Some of them."""
        return Pairs(self.windows[which], self.starts[which], self.ends[which], self.frames[which])

    def places(self, n_windows: int, n_states: int) -> np.ndarray:
        """Where each belongs in counts of shape (n_windows, n_states, n_states)."""
        return np.ravel_multi_index((self.windows, self.starts, self.ends), (n_windows, n_states, n_states))

    def counts(self, n_windows: int, n_states: int) -> np.ndarray:
        """Shape (n_windows, n_states, n_states)."""
        return np.bincount(self.places(n_windows, n_states), minlength=n_windows * n_states**2).reshape(n_windows, n_states, n_states).astype(float)


def pairs_of(dtrajs: Sequence[np.ndarray], windows: Sequence[np.ndarray], n_states: int, n_windows: int, lagtime: int) -> Pairs:
    """Sliding pairs of all windows, without those that nothing undoes.

    A step that is neither undone within its window, nor by way of states that other windows go through, is in no reversible model: its probability would
    go to zero without end. Where other windows know how probable both its ends are, it counts: simulations that only go downhill are enough.
    """
    from scipy.sparse import coo_matrix
    from scipy.sparse.csgraph import connected_components

    found = Pairs.of(dtrajs, windows, lagtime)
    visited = np.zeros((n_windows + 1) * n_states, bool)
    for d, w in zip(dtrajs, windows):
        visited[w[d >= 0].astype(np.int64) * n_states + d[d >= 0]] = True
    # A node for each window and state; one more for each state, through which windows that share it are linked both ways.
    here = np.flatnonzero(visited)
    there = n_windows * n_states + here % n_states
    steps = np.unique(np.stack([found.windows * n_states + found.starts, found.windows * n_states + found.ends]), axis=1)
    rows, columns = np.concatenate([steps[0], here, there]), np.concatenate([steps[1], there, here])
    part = connected_components(coo_matrix((np.ones(len(rows)), (rows, columns)), (len(visited), len(visited))), directed=True, connection="strong")[1]
    return found.taken(part[found.windows * n_states + found.starts] == part[found.windows * n_states + found.ends])
