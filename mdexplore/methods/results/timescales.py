"""Implied timescales over a range of lag times."""
from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from mdexplore.base.notices import Notice
from mdexplore.base.plain import storable
from mdexplore.base.words import count_of
from mdexplore.methods.results.words import Timed, in_ns, lag_range, time_with_interval


@storable
@dataclass(frozen=True, eq=False, repr=False)
class Timescales(Timed):
    """Implied timescales over a range of lag times.

    Parameters
    ----------
    lagtimes : ndarray, shape (m,), int
        Frames.
    values, lower, upper : ndarray, shape (m, k)
        Frames, slowest first. NaN has two reasons: the process is no slower than the lag time and so cannot be told from it (``unresolved``; only in
        `Study.timescales`, which leaves such values out), or there is no timescale: the eigenvalue is not positive, or the model has too few states.
    interval : str
        What the bars are, such as ``"95 %, delta method"``.
    timestep_ns : float or None
    notices : tuple of Notice
    unresolved : ndarray, shape (m, k), bool, or None
        Which values were left out because the lag time hides them; None where all are kept.
    """

    lagtimes: np.ndarray
    values: np.ndarray
    lower: np.ndarray
    upper: np.ndarray
    interval: str
    timestep_ns: float | None = None
    notices: tuple[Notice, ...] = ()
    unresolved: np.ndarray | None = None

    @property
    def lagtimes_ns(self) -> np.ndarray | None:
        return in_ns(self.lagtimes, self.timestep_ns)

    @property
    def values_ns(self) -> np.ndarray | None:
        """As ``values``, with its NaNs."""
        return in_ns(self.values, self.timestep_ns)

    @property
    def lower_ns(self) -> np.ndarray | None:
        return in_ns(self.lower, self.timestep_ns)

    @property
    def upper_ns(self) -> np.ndarray | None:
        return in_ns(self.upper, self.timestep_ns)

    def resolved(self, n_processes: int) -> Timescales:
        """The slowest processes, with NaN where one is not slower than the lag time."""
        every = self.values[:, :n_processes]
        hidden = ~(every > self.lagtimes[:, None])
        values, lower, upper = (np.where(hidden, np.nan, array[:, :n_processes]) for array in (self.values, self.lower, self.upper))
        return replace(self, values=values, lower=lower, upper=upper, unresolved=hidden & np.isfinite(every))

    def __repr__(self) -> str:
        unit = self.unit
        lines = [f"<Timescales at {lag_range(unit, self.lagtimes)}, {count_of(self.values.shape[1], 'process', 'processes')}, bars {self.interval}"]
        there = np.flatnonzero(np.isfinite(self.values[:, :1]).any(axis=1))
        if len(there):
            ends = (there[0], there[-1]) if len(there) > 1 else (there[0],)
            lines.append(" slowest: " + ", ".join(f"{time_with_interval(unit, self.values[i, 0], self.lower[i, 0], self.upper[i, 0])} at lag {unit.say(float(self.lagtimes[i]))}" for i in ends))
        missing = int(np.isnan(self.values).sum())
        if missing:
            hidden = 0 if self.unresolved is None else int(self.unresolved.sum())
            why = [f"{hidden} not slower than the lag time"] * bool(hidden) + [f"{missing - hidden} without a timescale"] * bool(missing - hidden)
            lines.append(f" NaN: {', '.join(why)}, of {count_of(self.values.size, 'value')}")
        return "\n".join(lines) + ">"
