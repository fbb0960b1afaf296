"""What the panel of observables draws: a quantity against time with its band, and the share of each process, on one axis of time."""
from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from mdexplore.base.units import TimeUnit
from mdexplore.base.words import minus
from mdexplore.methods.results import Observable
from mdexplore.pictures.logticks import log_ticks
from mdexplore.pictures.runs import Points, points
from mdexplore.pictures.words import interval, percent, percent_with_interval, short

LEAST_SHARE = 0.005   # a process below it is drawn only where it is slower than the lag time
DEEPEST = 10.0        # times shorter than the lag time, on the axis at most
WHOLE = 0.5           # a curve that comes this high is drawn on an axis that ends at 1


@dataclass(frozen=True)
class Stick:
    """A process in the fingerprint: place on the axis of time, height with interval (NaN where there is none), and what it tells."""

    x: float
    height: float
    low: float
    high: float
    tells: str


@dataclass(frozen=True)
class ObservablePicture:
    """Two charts over one axis, in the units of the axes.

    Parameters
    ----------
    name : str
        Of the quantity.
    mean_text : str
        Its mean with the interval.
    note : str
        What the curve leaves out: time 0 has no place on a logarithmic axis.
    x_range, y_range, height_range : tuple of float
    x_ticks, y_ticks, height_ticks : tuple of float
    x_label, scale_label, y_label, height_label : str
        Of the time of the curve, of the timescales of the sticks, and of both heights.
    height_note : str
        What the sticks are, in words.
    lag : float
        Left of it nothing is resolved.
    line, measured, band : points
        The model, the trajectories, and a closed polygon.
    tells : tuple of str
        What each point of `line` says under the mouse; of `measured` alike in `measured_tells`.
    level : float or None
        The mean, where the curve goes to it.
    sticks : tuple of Stick
    """

    name: str
    mean_text: str
    note: str
    x_range: tuple[float, float]
    x_ticks: tuple[float, ...]
    x_label: str
    scale_label: str
    y_range: tuple[float, float]
    y_ticks: tuple[float, ...]
    y_label: str
    height_range: tuple[float, float]
    height_ticks: tuple[float, ...]
    height_label: str
    height_note: str
    lag: float
    line: Points
    measured: Points
    band: Points
    tells: tuple[str, ...]
    measured_tells: tuple[str, ...]
    level: float | None
    sticks: tuple[Stick, ...]


def observable_picture(found: Observable) -> ObservablePicture:
    """What to draw: the relaxation where there is one, else the autocorrelation."""
    unit = TimeUnit(found.timestep_ns)
    is_relaxation = found.relaxation is not None
    curve, low, high = _curve(found)
    later = found.times > 0
    x = found.times[later] * unit.scale
    seen = np.zeros(0, bool) if is_relaxation else np.isfinite(found.measured[later])
    measured = np.zeros(0) if is_relaxation else found.measured[later][seen]
    sticks = _sticks(found, unit)
    shortest = min([found.lagtime * unit.scale, *(s.x for s in sticks)])
    x_range = (0.8 * max(shortest, found.lagtime * unit.scale / DEEPEST), 1.05 * float(x[-1]))
    y_range = _y_range(np.concatenate([low[later], high[later], curve[later], measured]), found.expectation if is_relaxation else 0.0, is_relaxation)
    height_range = _height_range(sticks)
    return ObservablePicture(
        found.name, f"mean {with_interval(found.expectation, found.lower, found.upper)}", _note(found, curve, unit), x_range, log_ticks(*x_range, most=9), f"time / {unit.name}", f"timescale of the process / {unit.name}",
        y_range, round_ticks(*y_range), "mean after the start" if is_relaxation else "autocorrelation",
        height_range, round_ticks(*height_range), "part in the change" if is_relaxation else "share",
        f"what each process has of the {'change' if is_relaxation else 'autocorrelation at time 0'}",
        found.lagtime * unit.scale, points(x, curve[later]), points(x[seen], measured) if len(measured) else (), _polygon(x, low[later], high[later]),
        tuple(f"{unit.say(t)}: {with_interval(c, a, b)}, model" for t, c, a, b in zip(found.times[later], curve[later], low[later], high[later])),
        tuple(f"{unit.say(t)}: {short(m)}, trajectories" for t, m in zip(found.times[later][seen], measured)) if len(measured) else (),
        found.expectation if is_relaxation else None, sticks)


def interval_of(low: float, high: float) -> str:
    """``" [0.083, 0.1]"``; of numbers of any sign, as finely as their difference asks for."""
    if not (np.isfinite(low) and np.isfinite(high)):
        return ""
    if low > 0:
        return interval(low, high)
    digits = _decimals(low, high)
    low, high = (round(end, digits) + 0.0 for end in (low, high))
    return minus(f" [{low:.{digits}f}, {high:.{digits}f}]")


def with_interval(value: float, low: float, high: float) -> str:
    """``"−0.04 [−0.14, 0.05]"``: a number of any sign, as finely as its interval is written."""
    return _as_fine(value, low, high) + interval_of(low, high)


def _as_fine(value: float, low: float, high: float) -> str:
    if not (np.isfinite(low) and np.isfinite(high)) or low > 0:
        return short(value)
    digits = _decimals(low, high)
    return minus(f"{round(value, digits) + 0.0:.{digits}f}")   # a nought has no sign


def _decimals(low: float, high: float) -> int:
    spread = max(abs(high - low), 1e-300)
    return min(max(0, 1 - int(np.floor(np.log10(spread)))), 8) if spread < 10 else 0


def round_ticks(low: float, high: float, most: int = 6) -> tuple[float, ...]:
    """Round numbers inside a range, evenly spaced."""
    finest = 10.0 ** np.floor(np.log10((high - low) / most))
    step = next(m * finest for m in (1, 2, 5, 10, 20) if (high - low) / (m * finest) <= most)
    return tuple(float(f"{k * step:.10g}") for k in range(int(np.ceil(low / step)), int(np.floor(high / step)) + 1))


def _curve(found: Observable) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    if found.relaxation is not None and found.relaxation_lower is not None and found.relaxation_upper is not None:
        return found.relaxation, found.relaxation_lower, found.relaxation_upper
    return found.autocorrelation, found.autocorrelation_lower, found.autocorrelation_upper


def _note(found: Observable, curve: np.ndarray, unit: TimeUnit) -> str:
    if found.relaxation is not None:
        return f"from {_as_fine(float(curve[0]), found.lower, found.upper)} to {_as_fine(found.expectation, found.lower, found.upper)}"
    if not np.isfinite(curve).all():
        return "the same in every microstate"
    lost = 1 - float(curve[1])
    return f"{percent(lost)} is lost within {unit.say(float(found.times[1]))}"


def _sticks(found: Observable, unit: TimeUnit) -> tuple[Stick, ...]:
    made, parts = [], found.relaxation_amplitudes
    largest = 1.0 if parts is None else float(np.nanmax(np.abs(parts), initial=1e-300))
    for k, timescale in enumerate(found.timescales):
        share = found.amplitudes[k] if parts is None else abs(parts[k]) / largest
        if not np.isfinite(timescale) or timescale <= 0 or not np.isfinite(share) or (share < LEAST_SHARE and timescale < found.lagtime):
            continue
        if timescale < found.lagtime / DEEPEST:
            continue
        said = f"{unit.say(float(timescale))}: "
        if parts is None:
            low, high = float(found.amplitudes_lower[k]), float(found.amplitudes_upper[k])
            made.append(Stick(float(timescale) * unit.scale, float(share), low, high, f"{said}{percent_with_interval(float(share), low, high)} of the autocorrelation at time 0"))
        else:
            part = float(parts[k])
            made.append(Stick(float(timescale) * unit.scale, part, np.nan, np.nan, f"{said}{short(part)} of the change"))
    return tuple(made)


def _y_range(values: np.ndarray, rest: float, is_relaxation: bool) -> tuple[float, float]:
    values = np.append(values[np.isfinite(values)], rest)
    low, high = float(values.min()), float(values.max())
    if not is_relaxation and high > WHOLE:
        high = 1.0
    room = 0.06 * (high - low) or 1.0
    return low - room, high + room


def _height_range(sticks: tuple[Stick, ...]) -> tuple[float, float]:
    ends = [0.0, *(v for s in sticks for v in (s.height, s.low, s.high) if np.isfinite(v))]
    low, high = min(ends), max(ends)
    room = 0.08 * (high - low) or 1.0
    return low - (room if low < 0 else 0.0), high + room


def _polygon(x: np.ndarray, low: np.ndarray, high: np.ndarray) -> Points:
    if not (np.isfinite(low).all() and np.isfinite(high).all()):
        return ()
    return points(np.concatenate([x, x[::-1]]), np.concatenate([low, high[::-1]]))
