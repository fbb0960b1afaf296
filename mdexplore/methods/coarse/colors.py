"""Colours that stay with their state when a parameter changes."""
from __future__ import annotations

import dataclasses

import numpy as np

from mdexplore.methods.results import Metastable


def match_colors(previous: Metastable | None, new: Metastable, n_palette: int) -> Metastable:
    """Give each new state the colour of the earlier state it shares most frames with.

    Parameters
    ----------
    previous : Metastable or None
        What was shown before; None at the start or when the data are other ones.
    new : Metastable
    n_palette : int
        Places in the palette; beyond them colours repeat.

    Returns
    -------
    Metastable
        ``new`` with other ``colors``; states that match nothing take the first free places.
    """
    colors: list[int | None] = [None] * new.n_states
    if previous is not None and [len(a) for a in previous.assignments] == [len(a) for a in new.assignments]:
        from scipy.optimize import linear_sum_assignment

        shared = _shared_frames(previous, new)
        for old, now in zip(*linear_sum_assignment(shared, maximize=True)):
            if shared[old, now] > 0:
                colors[now] = previous.colors[old]
    free = [place for place in range(max(n_palette, 1)) if place not in colors]
    for state in range(new.n_states):
        if colors[state] is None:
            colors[state] = free.pop(0) if free else state % max(n_palette, 1)
    return dataclasses.replace(new, colors=tuple(int(c) for c in colors if c is not None))


def _shared_frames(previous: Metastable, new: Metastable) -> np.ndarray:
    """Frames that each earlier and each new state have in common, shape (n_previous, n_new)."""
    rows, columns = previous.n_states + 1, new.n_states + 1
    shared = np.zeros(rows * columns, dtype=np.int64)
    for before, after in zip(previous.assignments, new.assignments):
        shared += np.bincount((np.asarray(before, np.int64) + 1) * columns + np.asarray(after) + 1, minlength=rows * columns)
    return shared.reshape(rows, columns)[1:, 1:]
