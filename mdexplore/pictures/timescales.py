"""What the panel of implied timescales draws: curves, bars, the unresolved region and the lag line."""
from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from mdexplore.base.units import TimeUnit
from mdexplore.methods.results import Kinetics, Timescales
from mdexplore.pictures.logticks import log_ticks
from mdexplore.pictures.runs import Points, bands, pieces, points
from mdexplore.pictures.words import subscript, time_with_interval

# Shares of the height, by which texts keep off each other and off the curves even in the lowest panel (160 pixels of plot).
LAG_TEXT, ROOM, UNDER_LAG, LINE = 0.03, 0.18, 0.115, 0.055
DEEPEST_BAR = 30.0   # a bar may stretch the axis at most this far below the lowest resolved value, and above the highest


@dataclass(frozen=True)
class TimescalesPicture:
    """Implied timescales, in the units of the axes.

    Parameters
    ----------
    x_range, y_range : tuple of float
    x_ticks, y_ticks : tuple of float
    x_label, y_label : str
        Quantity and unit.
    solid, dotted, bars : tuple of (process, points)
        Resolved pieces, all there is, and closed polygons of the 95 % intervals; process 0 is the slowest.
    dots : tuple of (process, x, y)
        Resolved values.
    region : points
        Closed polygon in which a timescale is shorter than the lag time.
    lag : float or None
        Where the lag line stands.
    lag_text, slowest_text : str
    slowest_y : float
        Height at which the text on the slowest process meets no bar.
    exact : tuple of float
        Heights of the exact timescales of a model system that lie within the axis.
    """

    x_range: tuple[float, float]
    y_range: tuple[float, float]
    x_ticks: tuple[float, ...]
    y_ticks: tuple[float, ...]
    x_label: str
    y_label: str
    solid: tuple[tuple[int, Points], ...]
    dotted: tuple[tuple[int, Points], ...]
    bars: tuple[tuple[int, Points], ...]
    dots: tuple[tuple[int, float, float], ...]
    region: Points
    lag: float | None
    lag_text: str
    slowest_text: str
    slowest_y: float
    exact: tuple[float, ...] = ()


def timescales_picture(found: Timescales, kinetics: Kinetics | None = None, *, lagtime: int | None = None, bars: Timescales | None = None,
                       exact: Sequence[float] = ()) -> TimescalesPicture:
    """What to draw.

    Parameters
    ----------
    found : Timescales
    kinetics : Kinetics, optional
        Its slowest timescale is written out.
    lagtime : int, optional
        Frames; where the lag line stands, by default at the kinetics' lag time.
    bars : Timescales, optional
        Where the intervals come from, such as a bootstrap; by default `found`.
    exact : sequence of float
        Exact timescales in frames, where they are known; as many are drawn as there are estimates.
    """
    unit = TimeUnit(found.timestep_ns)
    bars = found if bars is None else bars
    lag = lagtime if lagtime is not None else kinetics.lagtime if kinetics is not None else None
    x = np.asarray(found.lagtimes, float) * unit.scale
    values = np.asarray(found.values, float) * unit.scale
    low, high = (_matched(found, bars, np.asarray(side, float)) * unit.scale for side in (bars.lower, bars.upper))
    finite = np.isfinite(values) & (values > 0)
    resolved = finite & (values > x[:, None])
    x_range = _x_range(x, None if lag is None else lag * unit.scale)
    known = np.asarray(exact[:values.shape[1]], float) * unit.scale
    y_range = _with_exact(_y_range(values, low, high, finite, resolved, x), known)
    low, high = np.clip(low, *y_range), np.clip(high, *y_range)
    has_bar = resolved & np.isfinite(low) & np.isfinite(high)
    processes = range(values.shape[1])
    return TimescalesPicture(
        x_range, y_range, log_ticks(*x_range), log_ticks(*y_range, most=10), f"lag time / {unit.name}", f"timescale / {unit.name}",
        solid=tuple((k, p) for k in processes for p in pieces(x, values[:, k], resolved[:, k])),
        dotted=tuple((k, p) for k in processes for p in pieces(x, values[:, k], finite[:, k]) if not resolved[:, k].all()),
        bars=tuple((k, p) for k in processes for p in bands(x, low[:, k], high[:, k], has_bar[:, k])),
        dots=tuple((k, float(x[i]), float(values[i, k])) for k in processes for i in np.flatnonzero(resolved[:, k])),
        region=_region(x_range, y_range), lag=None if lag is None else lag * unit.scale, lag_text="" if lag is None else f"lag {unit.say(lag)}",
        slowest_text=_slowest(found, kinetics, bars, unit), slowest_y=_above(values[:, 0], high[:, 0], y_range),
        exact=tuple(float(t) for t in known if y_range[0] <= t <= y_range[1]))


def nearest_lag(frames: float, computed: np.ndarray, longest: int) -> int:
    """The lag time that a click means: a computed one where it is close, else the nearest whole frame.

    Parameters
    ----------
    frames : float
        Where the click was.
    computed : ndarray of int
        Lag times at which timescales are known, frames.
    longest : int
        Frames of the longest trajectory; the lag time stays below.
    """
    computed = np.asarray(computed)
    nearest = int(computed[np.argmin(np.abs(np.log(computed / max(frames, 1e-9))))])
    chosen = nearest if abs(np.log(nearest / max(frames, 1e-9))) < 0.07 else round(frames)
    return int(np.clip(chosen, 1, max(longest - 1, 1)))


def _matched(found: Timescales, bars: Timescales, side: np.ndarray) -> np.ndarray:
    """Bars at the lag times and processes of the values; NaN where there is none."""
    made = np.full(np.shape(found.values), np.nan)
    places = {int(lag): i for i, lag in enumerate(bars.lagtimes)}
    k = min(found.values.shape[1], side.shape[1])
    for row, lag in enumerate(found.lagtimes):
        if int(lag) in places:
            made[row, :k] = side[places[int(lag)], :k]
    return made


def _x_range(x: np.ndarray, lag: float | None) -> tuple[float, float]:
    low, high = float(x.min()), float(x.max())
    if lag is not None:
        low, high = min(low, lag), max(high, lag)
    return low / 1.25, high * 1.15


def _y_range(values: np.ndarray, low: np.ndarray, high: np.ndarray, finite: np.ndarray, resolved: np.ndarray, x: np.ndarray) -> tuple[float, float]:
    shown = values[finite]
    if not len(shown):
        return float(x.min()) / 2, float(x.max()) * 2
    bottom, top = float(shown.min()), float(shown.max())
    lows, highs = low[resolved & np.isfinite(low) & (low > 0)], high[resolved & np.isfinite(high)]
    if len(lows):
        bottom = min(bottom, max(float(lows.min()), bottom / DEEPEST_BAR))
    if len(highs):
        top = max(top, min(float(highs.max()), top * DEEPEST_BAR))
    # Some of the region that is shorter than the lag time belongs to the picture, at its right edge if nowhere else.
    bottom = min(bottom, float(x.max()) / 2)
    start = bottom / 1.4
    has_no_end = top >= DEEPEST_BAR * float(shown.max())   # the text stands on such a bar, which is pale
    return start, top * (2.2 if has_no_end else max(2.2, float((top / start) ** (ROOM / (1 - ROOM)))))


def _with_exact(y_range: tuple[float, float], known: np.ndarray) -> tuple[float, float]:
    """The axis stretched to exact timescales above it: an estimate that is too short shall be seen to be so. Fast ones below it are not looked for."""
    if not len(known) or known.max() > y_range[1] * DEEPEST_BAR:
        return y_range
    low, top = y_range[0], float(known.max())
    return low, max(y_range[1], low * float((top / low) ** (1 / (1 - LAG_TEXT - LINE))))


def _region(x_range: tuple[float, float], y_range: tuple[float, float]) -> Points:
    (x0, x1), (y0, y1) = x_range, y_range
    turns = np.array(sorted({x0, x1, *(y for y in y_range if x0 < y < x1)}))
    top = np.clip(turns, y0, y1)
    return (*points(turns, top), (x1, y0), (x0, y0))


def _slowest(found: Timescales, kinetics: Kinetics | None, bars: Timescales, unit: TimeUnit) -> str:
    if kinetics is None or not len(kinetics.timescales):
        return ""
    value, low, high = float(kinetics.timescales[0]), float(kinetics.timescales_lower[0]), float(kinetics.timescales_upper[0])
    if not value > kinetics.lagtime:
        return f"t{subscript(2)} is not resolved"
    if bars is not found:
        row = int(np.argmin(np.abs(np.log(np.asarray(bars.lagtimes) / kinetics.lagtime))))
        low, high = float(bars.lower[row, 0]), float(bars.upper[row, 0])
    return f"t{subscript(2)} = {time_with_interval(value, low, high, unit)}"


def _above(values: np.ndarray, high: np.ndarray, y_range: tuple[float, float]) -> float:
    """A free height for the text on the slowest process: above its bars, and below the text of the lag line."""
    tops = np.where(np.isfinite(high), high, values)
    low, above = y_range
    top = float(np.nanmax(tops)) if np.isfinite(tops).any() else low
    return min(top * float((above / low) ** LINE), above * float((low / above) ** UNDER_LAG))
