"""Two models side by side: each as a coloured plane, states that stand for each other in one colour, and what they share in numbers."""
from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from mdexplore.base.words import in_percent
from mdexplore.pictures.cells import Grid
from mdexplore.pictures.coordinates import Coordinate
from mdexplore.pictures.density import Layer, StateLabel, by_density, by_states, state_labels
from mdexplore.pictures.palette import STATES
from mdexplore.pictures.projection import Plane
from mdexplore.session.sides import Side, Sides


@dataclass(frozen=True, eq=False)
class SidePicture:
    """One of two.

    Parameters
    ----------
    plane : Plane
    cells : Grid
        The window that shows all of it.
    layer : Layer
    labels : tuple of StateLabel
    """

    plane: Plane
    cells: Grid
    layer: Layer
    labels: tuple[StateLabel, ...]


@dataclass(frozen=True)
class Shared:
    """A state in both models.

    Parameters
    ----------
    state : int
    color : int
        Its place in the palette.
    n_both, n_first, n_second : int
        Frames that both put there, and that each does; frames outside one of the models do not count.
    """

    state: int
    color: int
    n_both: int
    n_first: int
    n_second: int

    @property
    def share(self) -> float:
        """Frames of both, of all that either puts there."""
        return self.n_both / max(self.n_first + self.n_second - self.n_both, 1)


def side_picture(side: Side, n_states: int, colors: tuple[int, ...]) -> SidePicture:
    """Colour all frames on the coordinates of one model.

    Parameters
    ----------
    side : Side
    n_states : int
        0 colours by density.
    colors : tuple of int
        Place of each state in the palette.
    """
    x, y = (Coordinate(name, unit, "projection", (k,)) for k, (name, unit) in enumerate(zip(side.names, side.units)))
    plane = Plane(x, y, side.x, side.y)
    cells = plane.grid(plane.home)
    if side.states is None:
        return SidePicture(plane, cells, by_density(cells), ())
    of_states = cells.count_labels(side.states, n_states)
    return SidePicture(plane, cells, by_states(cells, of_states, colors), state_labels(cells, of_states))


def as_on_page(sides: Sides, page: np.ndarray | None, coarse: Any) -> tuple[Sides, tuple[int, ...]]:
    """The same with the numbers of the page's states, and the place of each number in the palette.

    Each state takes the number of the page's state that shares most frames with it; one for which none is left takes a free number.

    Parameters
    ----------
    sides : Sides
    page : ndarray, shape (n_frames,), int, or None
        Metastable states of the page, -1 outside the model.
    coarse : Metastable or None
    """
    from scipy.optimize import linear_sum_assignment

    a, b = sides.a.states, sides.b.states
    if a is None or b is None or page is None or coarse is None or len(page) != len(a):
        return sides, tuple(range(sides.n_states))
    inside, n_page = (a >= 0) & (page >= 0), len(coarse.colors)
    overlap = np.bincount(a[inside].astype(np.int64) * n_page + page[inside], minlength=sides.n_states * n_page).reshape(-1, n_page)
    names = np.full(sides.n_states + 1, -1, np.int16)   # the last serves -1
    rows, columns = linear_sum_assignment(overlap, maximize=True)
    names[rows] = columns
    left = [k for k in range(sides.n_states) if names[k] < 0]
    names[left] = [k for k in range(n_page + len(left)) if k not in columns][:len(left)]
    n = int(names.max()) + 1
    free = (k for k in range(len(STATES) + n) if k not in coarse.colors)
    colors = tuple(coarse.colors[k] if k < n_page else next(free) for k in range(n))
    return Sides(replace(sides.a, states=names[a]), replace(sides.b, states=names[b]), n, sides.told), colors


def shared(sides: Sides, colors: tuple[int, ...]) -> tuple[Shared, ...]:
    """How far the two agree on each state that has frames."""
    overlap = sides.overlap
    rows = [Shared(k, colors[k], int(overlap[k, k]), int(overlap[k].sum()), int(overlap[:, k].sum())) for k in range(len(overlap))]
    return tuple(row for row in rows if row.n_first or row.n_second)


def said(sides: Sides) -> str:
    """How far they agree, in a sentence."""
    if not sides.n_states:
        return sides.told
    total, same = int(sides.overlap.sum()), int(np.trace(sides.overlap))
    if total == same:
        return "They agree on every frame."
    return f"They disagree on {in_percent((total - same) / total)} of the frames."
