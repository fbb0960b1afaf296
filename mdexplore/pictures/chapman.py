"""What the Chapman-Kolmogorov panel draws: one small pane for each pair of states, all in one coordinate system of unit boxes."""
from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from mdexplore.base.units import TimeUnit
from mdexplore.base.words import listed
from mdexplore.methods.results import ChapmanKolmogorov
from mdexplore.pictures.runs import Points, bands, pieces, points
from mdexplore.pictures.words import short

MOST_STATES = 4                                        # beyond, panes would be too small to read
LEFT, LEFT_OF_FOUR = 0.27, 0.39                        # the left margin of a box holds the two numbers of its axis
RIGHT, TITLE, FOOT = 0.965, 0.19, 0.05


@dataclass(frozen=True)
class Pane:
    """One pair of states, in coordinates of the whole figure (boxes of 1 x 1, first row on top).

    Parameters
    ----------
    source, target : int
    column, row : int
        Its box, counted from the top left.
    title : str
    frame, outline : points
        Axis lines, and the closed rectangle around the pane.
    model : tuple of points
        Prediction, in unbroken pieces.
    data : points
        Estimates.
    band : tuple of points
        Closed polygons: 95 % of the estimate.
    low, high : str
        Ends of its y axis.
    deviation : float
        Largest |prediction - estimate| in half-widths of the band; NaN where nothing is known.
    """

    source: int
    target: int
    column: int
    row: int
    title: str
    frame: Points
    outline: Points
    model: tuple[Points, ...]
    data: Points
    band: tuple[Points, ...]
    low: str
    high: str
    deviation: float


@dataclass(frozen=True)
class ChapmanPicture:
    """All panes, and what they say together.

    Parameters
    ----------
    columns, rows : int
    worst : int or None
        Number of the pane with the largest deviation, where it lies outside its band.
    subtitle : str
        The verdict of the test in short.
    x_label : str
        Quantity and unit of the horizontal axis of all panes.
    x_ends : (str, str)
        Its first and last number.
    """

    panes: tuple[Pane, ...]
    columns: int
    rows: int
    worst: int | None
    subtitle: str
    x_label: str
    x_ends: tuple[str, str]

    def pane_at(self, x: float, y: float) -> Pane | None:
        """The pane whose box holds a point of the figure."""
        column, row = int(np.floor(x)), int(np.floor(self.rows - y))
        return next((p for p in self.panes if (p.column, p.row) == (column, row)), None)


def chapman_picture(found: ChapmanKolmogorov) -> ChapmanPicture:
    """What to draw of a test."""
    unit = TimeUnit(found.timestep_ns)
    n = found.predicted.shape[1]
    deviation = _largest(found.deviation)
    pairs, columns = _chosen(deviation)
    rows = -(-len(pairs) // columns)
    panes = tuple(_pane(found, i, j, (k % columns, k // columns), (columns, rows), float(deviation[i, j])) for k, (i, j) in enumerate(pairs))
    outside = {(int(i), int(j)) for _, i, j in np.argwhere(found.outside)}
    worst = max((k for k in range(len(panes)) if (panes[k].source, panes[k].target) in outside), key=lambda k: _rank(panes[k].deviation), default=None)
    ends = [short(float(lag) * unit.scale) for lag in (found.lagtimes[0], found.lagtimes[-1])]
    axis = f"lag time / {unit.name}{', logarithmic' if _is_wide(found.lagtimes) else ''}{f'; {columns} worst of {n} states' if columns < n else ''}"
    return ChapmanPicture(panes, columns, rows, worst, _headline(found), axis, (ends[0], ends[1]))


def _headline(found: ChapmanKolmogorov) -> str:
    """The verdict in less than 25 characters, by the same rules: a band as wide as what is possible tests nothing."""
    n = found.predicted.shape[1]
    if n < 2:
        return "nothing to test"
    if not found.n_tested:
        return "not tested"
    if not found.has_bars:
        return "no bars to judge by"
    if found.outside.any():
        return f"{'fails: ' if found.fails else ''}{int(found.outside.sum())} of {found.n_tested} outside"
    if len(found.untested) == n:
        return "bands too wide to test"
    return f"{'state' if len(found.untested) == 1 else 'states'} {listed([k + 1 for k in found.untested])} not tested" if found.untested else "all within the bands"


def _largest(deviation: np.ndarray) -> np.ndarray:
    """Over the lag times, shape (n_states, n_states); NaN where none is known."""
    known = np.where(np.isnan(deviation), -np.inf, deviation).max(axis=0, initial=-np.inf)
    return np.where(np.isneginf(known), np.nan, known)


def _rank(deviation: float) -> float:
    return -1.0 if np.isnan(deviation) else deviation


def _chosen(deviation: np.ndarray) -> tuple[list[tuple[int, int]], int]:
    """Which pairs get a pane, and in how many columns: all of few states; of many those among the states that are furthest off. Rows are from a state, columns to one."""
    n = len(deviation)
    if n <= MOST_STATES:
        return [(i, j) for i in range(n) for j in range(n)], n
    known = np.where(np.isnan(deviation), -1.0, deviation)
    worst = np.maximum(known.max(axis=0), known.max(axis=1))   # both states of the worst pair come first
    kept = sorted(int(k) for k in np.argsort(-worst, kind="stable")[:MOST_STATES])
    return [(i, j) for i in kept for j in kept], MOST_STATES


def _pane(found: ChapmanKolmogorov, i: int, j: int, box: tuple[int, int], shape: tuple[int, int], deviation: float) -> Pane:
    (column, row), (columns, rows) = box, shape
    lags = np.asarray(found.lagtimes, float)
    model, data, low, high = (np.asarray(a[:, i, j], float) for a in (found.predicted, found.estimated, found.lower, found.upper))
    bottom, top = _y_limits(model, data, low, high, is_diagonal=i == j)
    x0, x1, y0, y1 = column + (LEFT if columns < 4 else LEFT_OF_FOUR), column + RIGHT, rows - 1 - row + FOOT, rows - row - TITLE
    way = np.log(lags / lags[0]) if _is_wide(lags) else lags - lags[0]
    x = x0 + (x1 - x0) * (0.04 + 0.92 * way / max(way[-1], 1e-9))

    def y(values: np.ndarray) -> np.ndarray:
        return y0 + (y1 - y0) * (np.clip(values, bottom, top) - bottom) / (top - bottom)

    seen = np.isfinite(data)
    outline = ((x0 - 0.02, y0 - 0.02), (x1 + 0.01, y0 - 0.02), (x1 + 0.01, y1 + 0.02), (x0 - 0.02, y1 + 0.02))
    return Pane(i, j, column, row, f"{i + 1} → {j + 1}", ((x0, y1), (x0, y0), (x1, y0)), outline, tuple(pieces(x, y(model), np.isfinite(model))),
                points(x[seen], y(data)[seen]), tuple(bands(x, y(low), y(high), np.isfinite(low) & np.isfinite(high), widen=0.005)),
                _probability(bottom), _probability(top), deviation)


def _is_wide(lags: np.ndarray) -> bool:
    """Lag times over more than a decade would crowd at the left of a linear axis."""
    return bool(lags[-1] > 10 * lags[0])


def _y_limits(model: np.ndarray, data: np.ndarray, low: np.ndarray, high: np.ndarray, is_diagonal: bool) -> tuple[float, float]:
    """A range of each pane's own: a probability of 0.002 on a common axis from 0 to 1 would be a flat line."""
    known = np.concatenate([model, data, low, high])
    known = known[np.isfinite(known)]
    if not len(known):
        return 0.0, 1.0
    least, most = float(known.min()), float(known.max())
    if not is_diagonal:
        return 0.0, max(min(most * 1.12, 1.0) if most <= 1 else most, 1e-9)
    room = max(most - least, 1e-3)
    return max(0.0, least - 0.15 * room), min(1.0, most + 0.12 * room) if most <= 1 else most


def _probability(value: float) -> str:
    if value == 0:
        return "0"
    if value >= 0.0995:
        return f"{value:.2f}"
    return f"{value:.3f}" if value >= 9.5e-4 else f"{value:.0e}".replace("e-0", "e-")
