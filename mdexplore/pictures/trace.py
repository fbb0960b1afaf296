"""Time traces: a ribbon of the states of all trajectories, the envelope of one of them, and runs of selected frames."""
from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from mdexplore.base.chunked import bincount, spans
from mdexplore.base.scratch import empty
from mdexplore.pictures.palette import state_rgb

COLUMNS = 400           # about one a pixel in a panel
MOST_ROWS = 256         # more trajectories share rows
_LEAST = 70.0           # opacity of a place where no state has the majority
_GREY = 140.0


@dataclass(frozen=True, eq=False)
class Places:
    """Where each frame lies on the ribbon.

    Parameters
    ----------
    place : ndarray, shape (n_frames,), int32
        ``row * COLUMNS + column``; row 0 is the first trajectory.
    n_rows : int
        At most `MOST_ROWS`; neighbouring trajectories share a row where there are more.
    n_trajectories : int
    longest : int
        Frames of the longest trajectory: the whole width.
    """

    place: np.ndarray
    n_rows: int
    n_trajectories: int
    longest: int

    def row(self, trajectory: int) -> int:
        """Row of a trajectory."""
        return trajectory * self.n_rows // self.n_trajectories

    def trajectory(self, depth: float) -> int:
        """The trajectory at a depth from 0 (top) to 1 (bottom)."""
        return int(np.clip(int(depth * self.n_trajectories), 0, self.n_trajectories - 1))


def places(lengths: Sequence[int]) -> Places:
    """Where the frames of trajectories of these lengths lie; one that is shorter ends where it ends."""
    n, longest = len(lengths), max(lengths)
    n_rows = min(n, MOST_ROWS)
    place = empty((sum(lengths),), np.int32)
    first = 0
    for i, length in enumerate(lengths):
        for span in spans(length):
            place[first + span.start:first + span.stop] = np.arange(span.start, span.stop) * COLUMNS // longest + (i * n_rows // n) * COLUMNS
        first += length
    return Places(place, n_rows, n, longest)


@dataclass(frozen=True, eq=False)
class Ribbon:
    """States of all trajectories against time, before anything is selected.

    Parameters
    ----------
    places : Places
    rgba : ndarray, shape (n_rows * COLUMNS, 4), float, 0 to 255
        Transparent after the end of a trajectory.
    counts : ndarray, shape (n_rows * COLUMNS,), int
        Frames at each place.
    """

    places: Places
    rgba: np.ndarray
    counts: np.ndarray


def ribbon(where: Places, states: np.ndarray | None, colors: tuple[int, ...]) -> Ribbon:
    """The colour of the most frequent state at each place, paler where states are mixed.

    Parameters
    ----------
    where : Places
    states : ndarray, shape (n_frames,), int, or None
        -1 outside the model; all grey where there are none yet.
    colors : tuple of int
        Place of each state in the palette.
    """
    size, width = where.n_rows * COLUMNS, len(colors) + 1

    def joint(span: slice) -> np.ndarray:
        found = where.place[span] * np.int32(width)
        found += width - 1 if states is None else np.where(states[span] < 0, width - 1, states[span]).astype(np.int32)
        return found

    of_states = bincount(joint, len(where.place), size * width).reshape(size, width)
    counts = of_states.sum(1)
    purity = of_states.max(1) / np.maximum(counts, 1)
    rgba = np.empty((size, 4))
    rgba[:, :3] = state_rgb((*colors, -1))[of_states.argmax(1)]
    rgba[:, 3] = np.where(counts > 0, _LEAST + (255 - _LEAST) * np.clip(2 * purity - 1, 0, 1), 0)
    return Ribbon(where, rgba, counts)


def ribbon_image(drawn: Ribbon, selected: np.ndarray | None = None) -> np.ndarray:
    """What is drawn, first trajectory on top; shape (n_rows, COLUMNS, 4), uint8.

    Parameters
    ----------
    drawn : Ribbon
    selected : ndarray, shape (n_frames,), bool, or None
        Where nothing is chosen the ribbon turns grey.
    """
    rgba = drawn.rgba
    if selected is not None:
        place = drawn.places.place
        share = bincount(lambda span: place[span][selected[span]], len(place), len(rgba)) / np.maximum(drawn.counts, 1)
        seen = np.where(share > 0, 0.5 + 0.5 * share, 0.0)
        rgba = np.empty_like(rgba)
        rgba[:, :3] = seen[:, None] * drawn.rgba[:, :3] + (1 - seen)[:, None] * _GREY
        rgba[:, 3] = seen * np.maximum(drawn.rgba[:, 3], np.where(drawn.counts > 0, 150, 0)) + (1 - seen) * np.where(drawn.counts > 0, 0.3 * drawn.rgba[:, 3] + 40, 0)
    return rgba.reshape(-1, COLUMNS, 4).astype(np.uint8)


@dataclass(frozen=True, eq=False)
class Envelope:
    """A curve thinned to columns without losing a jump.

    Parameters
    ----------
    frame : ndarray, shape (n_columns,)
        Middle of each column, in frames.
    low, high : ndarray, shape (n_labels + 1, n_columns)
        Least and greatest value of the frames of each state in a column, NaN where it is not there; the last row is outside the model.
    path_frame, path : ndarray, shape (2 * n_columns,)
        Extremes in the order in which they come: the line that joins everything.
    upper_low, upper_high : ndarray, shape (n_labels + 1, n_columns)
        A second stretch where a periodic curve goes over its end within a column, which is not to be drawn as a line from end to end; else NaN.
    """

    frame: np.ndarray
    low: np.ndarray
    high: np.ndarray
    path_frame: np.ndarray
    path: np.ndarray
    upper_low: np.ndarray
    upper_high: np.ndarray


def envelope(values: np.ndarray, states: np.ndarray | None, n_states: int, n_columns: int = COLUMNS, period: float | None = None) -> Envelope:
    """Extremes of a curve in each of at most `n_columns` columns, for each state by itself.

    Parameters
    ----------
    values : ndarray, shape (n_frames,)
    states : ndarray, shape (n_frames,), int, or None
    n_states : int
    period : float, optional
        Of an angle: a step of more than half of it goes the other way round.
    """
    n = len(values)
    step = max(-(-n // n_columns), 1)
    columns = -(-n // step)
    block = np.full((columns, step), np.nan, np.float32)
    block.reshape(-1)[:n] = values
    label = np.full((columns, step), -1, np.int32)
    if states is not None:
        label.reshape(-1)[:n] = states
    low, high = np.full((n_states + 1, columns), np.nan), np.full((n_states + 1, columns), np.nan)
    upper = np.full((2, n_states + 1, columns), np.nan)
    for row, state in enumerate((*range(n_states), -1)):
        here = (label == state) & np.isfinite(block)
        some = here.any(1)
        low[row, some] = np.where(here, block, np.inf).min(1)[some]
        high[row, some] = np.where(here, block, -np.inf).max(1)[some]
        if period is not None:
            turns, below, above = _turns(np.where(here, block, np.nan), period)
            upper[0, row, turns], upper[1, row, turns], high[row, turns] = above[turns], high[row, turns], below[turns]
    start = np.arange(columns) * step
    middle = (start + np.minimum(start + step, n) - 1) / 2
    return Envelope(middle, low, high, *_path(block, start), *upper)


def _turns(block: np.ndarray, period: float) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Columns whose angles lie on both sides of the end of the period, and the two angles between which nothing is.

    A column falls apart at its widest gap, where that is wider than the way over the end and no step of the curve goes through it.

    Parameters
    ----------
    block : ndarray, shape (n_columns, step)
        NaN where there is no value.
    """
    ordered = np.sort(block, axis=1)     # NaN comes last
    gaps = np.nan_to_num(np.diff(ordered, axis=1, append=np.nan), nan=-1.0)
    widest = gaps.argmax(1)[:, None]
    below, above = np.take_along_axis(ordered, widest, 1), np.take_along_axis(ordered, np.minimum(widest + 1, block.shape[1] - 1), 1)
    most = np.where(np.isnan(ordered), -np.inf, ordered).max(1)
    over_the_end = period - (most - ordered[:, 0])
    low, high = np.minimum(block[:, :-1], block[:, 1:]), np.maximum(block[:, :-1], block[:, 1:])
    goes_through = ((high - low <= period / 2) & (low <= below) & (high >= above)).any(axis=1)
    return (gaps.max(1) > over_the_end) & ~goes_through, below[:, 0], above[:, 0]


def _path(block: np.ndarray, start: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    known = np.isfinite(block)
    first = np.where(known, block, np.inf).argmin(1)
    second = np.where(known, block, -np.inf).argmax(1)
    at = np.sort(np.stack([first, second], axis=1), axis=1)
    return (start[:, None] + at).ravel(), np.take_along_axis(block, at, 1).ravel()


def runs(chosen: np.ndarray, n_columns: int = COLUMNS) -> np.ndarray:
    """Stretches of chosen frames, as coarse as the columns of a panel.

    Parameters
    ----------
    chosen : ndarray, shape (n_frames,), bool

    Returns
    -------
    ndarray, shape (n_runs, 2), int
        First frame and the one after the last; a stretch shorter than a column keeps its beginning.
    """
    step = max(-(-len(chosen) // n_columns), 1)
    starts = np.arange(0, len(chosen), step)
    some = np.logical_or.reduceat(chosen, starts) if len(chosen) else np.zeros(0, bool)
    edges = np.diff(np.concatenate([[False], some, [False]]).astype(np.int8))
    begin, end = np.flatnonzero(edges == 1), np.flatnonzero(edges == -1)
    return np.stack([begin * step, np.minimum(end * step, len(chosen))], axis=1)
