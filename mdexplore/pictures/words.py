"""Numbers with their intervals and units, as all panels write them."""
from __future__ import annotations

import numpy as np

from mdexplore.base.units import TimeUnit
from mdexplore.base.words import minus

_STEPS = ((1e-3, "ps"), (1.0, "ns"), (1e3, "µs"), (1e6, "ms"))
_SUBSCRIPTS = str.maketrans("0123456789", "₀₁₂₃₄₅₆₇₈₉")


def short(value: float, digits: int = 3) -> str:
    """A number with some significant digits: ``"2.56"``, ``"124"``, ``"1.2e+07"``; ``"–"`` where there is none."""
    if np.isnan(value):
        return "–"
    if np.isinf(value):
        return "∞"
    return minus(f"{float(f'{value:.{digits}g}'):g}")


def interval(low: float, high: float) -> str:
    """``" [1.4, 4.0]"`` with two digits; empty where it is not known."""
    return "" if np.isnan(low) or np.isnan(high) else f" [{_two_digits(low)}, {_two_digits(high)}]"


def _two_digits(value: float) -> str:
    return f"{value:#.2g}".rstrip(".") if 0.01 <= value < 99.5 else short(value, 2)


def time_unit(frames: float, unit: TimeUnit) -> tuple[float, str]:
    """Factor from frames and the unit in which a person would write this time."""
    if unit.timestep_ns is None:
        return 1.0, "frames"
    time_ns = abs(frames) * unit.timestep_ns
    factor, name = next(((f, n) for f, n in _STEPS if time_ns < 999.5 * f), _STEPS[-1]) if np.isfinite(time_ns) else _STEPS[1]
    return unit.timestep_ns / factor, name


def time_with_interval(frames: float, low: float, high: float, unit: TimeUnit) -> str:
    """``"2.56 ns [1.4, 4.6]"`` from frames; the ends of the interval are in the same unit."""
    factor, name = time_unit(frames, unit)
    return f"{short(frames * factor)} {name}{interval(low * factor, high * factor)}"


def rate_with_interval(time: float, low: float, high: float, unit: TimeUnit) -> str:
    """``"1 / 124 ns [93, 166]"``: a rate from its inverse in frames, the way it can be compared with a time at a glance."""
    return f"1 / {time_with_interval(time, low, high, unit)}"


def percent(share: float) -> str:
    """``"2.0 %"``, ``"56 %"``, ``"0.03 %"``."""
    return f"{_percent(share)} %"


def percent_with_interval(share: float, low: float, high: float) -> str:
    """``"2.0 % [0.9, 4.3]"``."""
    return percent(share) + ("" if np.isnan(low) or np.isnan(high) else f" [{_percent(low)}, {_percent(high)}]")


def _percent(share: float) -> str:
    value = 100 * share
    if np.isnan(value):
        return "–"
    if value >= 99.95:
        return "100"
    return f"{value:.0f}" if value >= 20 else f"{value:.1f}" if value >= 0.095 else short(value, 1)


def subscript(number: int) -> str:
    """``2`` as ``"₂"``."""
    return str(number).translate(_SUBSCRIPTS)
