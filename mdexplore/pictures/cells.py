"""Cells of a plane: which cell of a window each frame falls into, and which frames a set of cells holds.

However many frames there are, a page sees at most ``SIZE * SIZE`` cells; sets of frames stay exact for the window that is shown.
"""
from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from mdexplore.base.chunked import bincount, spans
from mdexplore.base.scratch import empty

SIZE = 250                       # cells along a side: coarser looks blocky above 500 pixels, and the overflow cell still fits uint16
OVERFLOW = SIZE * SIZE           # the cell of all frames outside the window
_SAMPLE = 50_000
_FAR = 4.0                       # a range this many times the central one is stretched by a few stray frames


@dataclass(frozen=True)
class Window:
    """The part of a plane that is shown, in the units of its axes."""

    x0: float
    x1: float
    y0: float
    y1: float

    @property
    def width(self) -> float:
        return self.x1 - self.x0

    @property
    def height(self) -> float:
        return self.y1 - self.y0


@dataclass(frozen=True, eq=False)
class Grid:
    """A window cut into cells, numbered row by row from the lower left.

    Parameters
    ----------
    window : Window
    cell : ndarray, shape (n_frames,), uint16
        Cell of each frame; `OVERFLOW` outside the window or where a value is not finite.
    counts : ndarray, shape (SIZE * SIZE,), int
        Frames in each cell.
    """

    window: Window
    cell: np.ndarray
    counts: np.ndarray

    @cached_property
    def occupied(self) -> np.ndarray:
        """Numbers of the cells with at least one frame; shape (n_occupied,), int."""
        return np.flatnonzero(self.counts)

    @cached_property
    def centers(self) -> np.ndarray:
        """Middles of the occupied cells; shape (n_occupied, 2), float32."""
        return self.middle(self.occupied).astype(np.float32)

    def middle(self, cells: np.ndarray) -> np.ndarray:
        """Middles of some cells; shape (n, 2)."""
        cells = np.asarray(cells)
        w = self.window
        return np.stack([w.x0 + w.width * (cells % SIZE + 0.5) / SIZE, w.y0 + w.height * (cells // SIZE + 0.5) / SIZE], axis=-1)

    def mask(self, cells: np.ndarray) -> np.ndarray:
        """Which frames lie in some cells; shape (n_frames,), bool."""
        chosen = np.zeros(OVERFLOW + 1, bool)
        chosen[cells] = True
        chosen[OVERFLOW] = False
        found = np.empty(len(self.cell), bool)
        for span in spans(len(found)):
            found[span] = chosen[self.cell[span]]
        return found

    def count(self, mask: np.ndarray) -> np.ndarray:
        """How many frames of a mask lie in each cell; shape (SIZE * SIZE,), int."""
        return bincount(lambda span: self.cell[span][mask[span]], len(self.cell), OVERFLOW + 1)[:OVERFLOW]

    def total(self, weights: np.ndarray) -> np.ndarray:
        """Sum of a value of every frame over each cell; shape (SIZE * SIZE,), float64."""
        return bincount(lambda span: self.cell[span], len(self.cell), OVERFLOW + 1, weights)[:OVERFLOW]

    def totals(self, weights: Callable[[slice, int], np.ndarray], n: int) -> np.ndarray:
        """Sums of several values of every frame over each cell, without an array of all of them.

        Parameters
        ----------
        weights : callable
            Gives one of the values, by its number, of a slice of the frames.
        n : int
            Values of a frame.

        Returns
        -------
        ndarray, shape (SIZE * SIZE, n), float64
        """
        found = np.zeros((n, OVERFLOW + 1))
        for span in spans(len(self.cell)):
            here = self.cell[span].astype(np.intp)   # once, or bincount would do it for every value
            for k in range(n):
                found[k] += np.bincount(here, weights(span, k), OVERFLOW + 1)
        return found[:, :OVERFLOW].T

    def count_labels(self, labels: np.ndarray, n_labels: int) -> np.ndarray:
        """Frames of each label in each cell.

        Parameters
        ----------
        labels : ndarray, shape (n_frames,), int
            From -1 to ``n_labels - 1``.

        Returns
        -------
        ndarray, shape (SIZE * SIZE, n_labels + 1), int
            The last column counts the label -1.
        """
        width = n_labels + 1

        def joint(span: slice) -> np.ndarray:
            found = self.cell[span].astype(np.int32)
            found *= width
            found += labels[span]
            found[labels[span] < 0] += width
            return found

        return bincount(joint, len(labels), (OVERFLOW + 1) * width).reshape(OVERFLOW + 1, width)[:OVERFLOW]


def grid(x: np.ndarray, y: np.ndarray, window: Window) -> Grid:
    """Put every frame into a cell of a window.

    Parameters
    ----------
    x, y : ndarray, shape (n_frames,)
    window : Window
        A frame on its upper or right edge belongs to the last cell.
    """
    cell = empty((len(x),), np.uint16)
    for span in spans(len(x)):
        column, row = _places(x[span], window.x0, window.width), _places(y[span], window.y0, window.height)
        found = row * np.uint16(SIZE)
        found += column
        found[(column == SIZE) | (row == SIZE)] = OVERFLOW
        cell[span] = found
    return Grid(window, cell, bincount(lambda span: cell[span], len(cell), OVERFLOW + 1)[:OVERFLOW])


def home_window(x: np.ndarray, y: np.ndarray, x_period: float | None = None, y_period: float | None = None) -> Window:
    """The window that shows all frames, with a little room around them.

    A few stray frames do not shrink everything else: they are left outside, where a zoom finds them. A periodic coordinate is shown whole.
    """
    return Window(*_span(x, x_period), *_span(y, y_period))


def _places(values: np.ndarray, low: float, width: float) -> np.ndarray:
    """Row or column of each value; SIZE outside; shape (n_frames,), uint16."""
    # Relative to the edge first: far from zero, float32 would lose what a deep zoom shows.
    place = values - np.asarray(low, values.dtype)
    place *= SIZE / width
    with np.errstate(invalid="ignore"):
        inside = (place >= 0) & (place <= SIZE)
    place[~inside] = SIZE + 1
    found = place.astype(np.uint16)
    found -= found == SIZE       # the very edge belongs to the last cell
    np.minimum(found, SIZE, out=found)
    return found


def _span(values: np.ndarray, period: float | None) -> tuple[float, float]:
    if period is not None:
        return -period / 2, period / 2
    ends = [(part.min(), part.max()) for span in spans(len(values)) if len(part := values[span][np.isfinite(values[span])])]
    if not ends:
        return -1.0, 1.0
    low, high = float(min(e[0] for e in ends)), float(max(e[1] for e in ends))
    sample = values[:: max(len(values) // _SAMPLE, 1)]
    sample = sample[np.isfinite(sample)] if np.isfinite(sample).any() else np.array([low, high])
    inner_low, inner_high = (float(q) for q in np.quantile(sample, [0.001, 0.999]))
    inner = inner_high - inner_low
    if inner > 0 and high - low > _FAR * inner:
        low, high = max(low, inner_low - inner / 2), min(high, inner_high + inner / 2)
    room = 0.04 * (high - low) or 0.5 * abs(high) or 0.5
    return low - room, high + room
