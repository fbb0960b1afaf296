"""Numbers of a result in words, for its ``repr``: units, intervals, no arrays."""
from __future__ import annotations

import numpy as np

from mdexplore.base.units import TimeUnit


class Timed:
    """A result that has times."""

    timestep_ns: float | None

    @property
    def unit(self) -> TimeUnit:
        """The unit of its times: ``.values * .unit.scale`` are in ``.unit.name``, ``"ns"``, or ``"frames"`` where the time step is unknown."""
        return TimeUnit(self.timestep_ns)


def in_ns(frames: np.ndarray | None, timestep_ns: float | None) -> np.ndarray | None:
    """Times in ns; None where the time step is unknown."""
    return None if timestep_ns is None or frames is None else np.asarray(frames) * timestep_ns


def time_with_interval(unit: TimeUnit, value: float, lower: float, upper: float) -> str:
    """``"2.56 ns [1.9 ns, 3.4 ns]"``; without brackets where there is no interval."""
    return unit.say(value) + (f" [{unit.say(lower)}, {unit.say(upper)}]" if np.isfinite([lower, upper]).all() else "")


def percent_with_interval(value: float, lower: float, upper: float) -> str:
    """``"2.1 % [1.2, 3.5]"``."""
    return f"{100 * value:.3g} % [{100 * lower:.3g}, {100 * upper:.3g}]"


def lag_range(unit: TimeUnit, lagtimes: np.ndarray) -> str:
    """``"10 lag times from 1 ps to 1 ns"``."""
    if len(lagtimes) == 1:
        return f"lag {unit.say(float(lagtimes[0]))}"
    return f"{len(lagtimes)} lag times from {unit.say(float(lagtimes[0]))} to {unit.say(float(lagtimes[-1]))}"
