"""Where windows overlap least, and which frames lie between them."""
from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from mdexplore.base.plain import storable
from mdexplore.methods.ensembles.inputs import Ensembles


@storable
@dataclass(frozen=True)
class Gap:
    """Two windows between which another would help most.

    Parameters
    ----------
    one, other : int
        Windows, counted from 0; the lower first.
    overlap : float
        The smaller of the two probabilities that a frame of the one could be one of the other.
    """

    one: int
    other: int
    overlap: float


def widest_gap(overlap: np.ndarray, counts: np.ndarray) -> Gap | None:
    """The weakest link that free energies cannot avoid.

    Parameters
    ----------
    overlap : ndarray, shape (n_windows, n_windows)
    counts : ndarray, shape (n_windows,)
        Frames of each window; those without frames are passed over.

    Returns
    -------
    Gap or None
        None for a single window.

    Notes
    -----
    Windows far from each other never overlap, and need not: what counts is the best chain of neighbours. It is the tree that connects all windows by the strongest
    links (maximum spanning tree, Prim's way); the weakest of its links is the weakest that any chain across it can have.
    """
    used = np.flatnonzero(np.asarray(counts) > 0)
    if len(used) < 2:
        return None
    link = np.minimum(overlap, overlap.T)[np.ix_(used, used)]
    best, joined_by = link[0].copy(), np.zeros(len(used), int)
    is_in = np.arange(len(used)) == 0
    found: list[Gap] = []
    while not is_in.all():
        new = int(np.argmax(np.where(is_in, -1.0, best)))
        pair = sorted((int(used[joined_by[new]]), int(used[new])))
        found.append(Gap(pair[0], pair[1], float(best[new])))
        is_in[new] = True
        is_better = link[new] > best
        best[is_better], joined_by[is_better] = link[new][is_better], new
    return min(found, key=lambda gap: gap.overlap)


def most_between(data: Ensembles, free_energies: np.ndarray, gap: Gap) -> tuple[int, int]:
    """(trajectory, frame) that is nearest to being at home on both sides of a gap.

    Parameters
    ----------
    data : Ensembles
    free_energies : ndarray, shape (n_windows,)
        kT.
    gap : Gap

    Returns
    -------
    tuple of int
        The frame of these two windows whose less likely side is the most likely: where a simulation in a new window should start.
    """
    best, place = -np.inf, (0, 0)
    for i, (bias, window) in enumerate(zip(data.bias, data.windows)):
        either = np.flatnonzero((window == gap.one) | (window == gap.other))
        if len(either):
            sides = np.asarray(free_energies)[[gap.one, gap.other]] - bias[either][:, [gap.one, gap.other]]
            # Against the side that it comes from: how far its own weight goes down does not matter.
            how_near = -np.abs(sides[:, 0] - sides[:, 1])
            k = int(np.argmax(how_near))
            if how_near[k] > best:
                best, place = float(how_near[k]), (i, int(either[k]))
    return place
