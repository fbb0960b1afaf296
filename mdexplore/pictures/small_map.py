"""A small map of the frames over the first two coordinates, on which a panel marks a few of them."""
from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from mdexplore.methods.results import Projection
from mdexplore.pictures.cells import Window, grid, home_window
from mdexplore.pictures.density import image, plain

APART = (0.05, 0.1)   # of width and height: numbers nearer to each other could not be read
MOST = 100_000   # frames that are drawn: a map of the size of a hand shows no more


@dataclass(frozen=True, eq=False)
class SmallMap:
    """Where frames lie.

    Parameters
    ----------
    window : Window
    rgba : ndarray, shape (height, width, 4), uint8
        First row on top.
    names : (str, str)
        Of the coordinates.
    """

    window: Window
    rgba: np.ndarray
    names: tuple[str, str]


def small_map(projection: Projection) -> SmallMap | None:
    """A map of evenly taken frames; None where there is one coordinate only."""
    if projection.dim < 2:
        return None
    step = max(-(-sum(map(len, projection.values)) // MOST), 1)
    x, y = np.concatenate([np.asarray(v[::step, :2], np.float32) for v in projection.values]).T.copy()
    window = home_window(x, y)
    cells = grid(x, y, window)
    return SmallMap(window, image(plain(cells), cells), (projection.names[0], projection.names[1]))


def places(projection: Projection, frames: tuple[tuple[int, int], ...]) -> np.ndarray:
    """Where some frames lie on it; shape (n, 2)."""
    return np.array([np.asarray(projection.values[t][f, :2], float) for t, f in frames]).reshape(-1, 2)


def numbered(at: np.ndarray, window: Window) -> list[int]:
    """Which marks get their number: the first of those that lie on each other.

    Parameters
    ----------
    at : ndarray, shape (n, 2)
    window : Window
    """
    taken: list[int] = []
    for k, (x, y) in enumerate(at):
        if all(abs(x - at[t, 0]) > APART[0] * window.width or abs(y - at[t, 1]) > APART[1] * window.height for t in taken):
            taken.append(k)
    return taken
