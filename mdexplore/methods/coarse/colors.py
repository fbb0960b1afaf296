"""Colours that stay with their state when a parameter changes."""
from __future__ import annotations

import dataclasses

from mdexplore.methods.coarse.numbering import overlaps, partners
from mdexplore.methods.results import Metastable

N_COLORS = 8   # places in the palette of states (pictures/palette.py)


def match_colors(previous: Metastable | None, new: Metastable, n_palette: int = N_COLORS) -> Metastable:
    """Give each new state the colour of the earlier state it goes on from.

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
    if previous is not None:
        for now, old in partners(overlaps(previous, new)).items():
            colors[now] = previous.colors[old]
    free = [place for place in range(max(n_palette, 1)) if place not in colors]
    for state in range(new.n_states):
        if colors[state] is None:
            colors[state] = free.pop(0) if free else state % max(n_palette, 1)
    found = tuple(int(c) for c in colors if c is not None)
    return new if found == new.colors else dataclasses.replace(new, colors=found)
