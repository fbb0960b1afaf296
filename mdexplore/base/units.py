"""Frames and nanoseconds: the one place that converts between them and words them."""
from __future__ import annotations

import re
from dataclasses import dataclass

import numpy as np

from mdexplore.base.errors import UserError

NS = {"fs": 1e-6, "ps": 1e-3, "ns": 1.0, "us": 1e3, "µs": 1e3, "μs": 1e3, "ms": 1e6, "s": 1e9}
_QUANTITY = re.compile(r"\s*([0-9.]+(?:[eE][-+]?\d+)?)\s*([a-zA-Zµμ]*)\s*")


def say_ns(time_ns: float) -> str:
    """A time in the unit a person would use, with three digits: ``"25.6 ps"``, ``"2.56 ns"``, ``"1.2 µs"``."""
    if not np.isfinite(time_ns):
        return "–"
    scales = (("ps", 1e-3), ("ns", 1.0), ("µs", 1e3), ("ms", 1e6), ("s", 1e9))
    unit, factor = next((scale for scale in scales if abs(time_ns / scale[1]) < 999.5), scales[-1])
    value = time_ns / factor
    digits = f"{value:.3g}"
    return f"{float(digits):g} {unit}"


@dataclass(frozen=True)
class TimeUnit:
    """How long a frame lasts, and how times are therefore written.

    Parameters
    ----------
    timestep_ns : float or None
        Nanoseconds from frame to frame; None where nobody has said.
    """

    timestep_ns: float | None = None

    @property
    def name(self) -> str:
        """The unit of every axis: ``"ns"`` or ``"frames"``."""
        return "frames" if self.timestep_ns is None else "ns"

    def __str__(self) -> str:
        return self.name

    @property
    def scale(self) -> float:
        """What a number of frames is multiplied with for an axis in :attr:`name`."""
        return 1.0 if self.timestep_ns is None else self.timestep_ns

    def say(self, frames: float) -> str:
        """A duration in words: ``"20 ps"``, or ``"5 frames"`` where the time step is unknown."""
        if self.timestep_ns is None:
            if not np.isfinite(frames):
                return "–"
            return f"{float(f'{frames:.3g}'):g} frame{'' if frames == 1 else 's'}"
        return say_ns(frames * self.timestep_ns)

    def parse(self, lagtime: int | str) -> int:
        """Frames of a lag time given as an int (frames) or a text with a unit (``"0.5 ns"``, ``"20 frames"``).

        Raises
        ------
        UserError
            For a float, a text without a known unit, less than one frame, or a unit of time where the time step is unknown.
        """
        if isinstance(lagtime, bool) or not isinstance(lagtime, (int, np.integer, str)):
            raise UserError(f"A lag time of {lagtime!r} is not clear.", "A bare number with a decimal point could be frames or nanoseconds.",
                            'Give an int for frames, or a text with its unit such as "0.5 ns".')
        if isinstance(lagtime, (int, np.integer)):
            frames = int(lagtime)
        else:
            frames = round(self._parse_text(lagtime))
        if frames < 1:
            given = lagtime if isinstance(lagtime, str) else f"{lagtime} frames"
            known = "" if self.timestep_ns is None else f", {self.say(1)}"
            raise UserError(f"A lag time of {given} is too short.", f"The shortest is one frame{known}.", 'Choose 1 frame or more, or a text with its unit such as "0.5 ns".')
        return frames

    def rounding(self, lagtime: int | str) -> str | None:
        """What became of a lag time between two frames, in words; None where it is a whole number of them, to a thousandth of it."""
        if not isinstance(lagtime, str) or self.timestep_ns is None:
            return None
        frames = self.parse(lagtime)
        if abs(frames - self._parse_text(lagtime)) <= 1e-3 * frames:
            return None
        return f"{lagtime.strip()} lies between two frames of {self.say(1)}: {self.say(frames)} is used."

    def _parse_text(self, text: str) -> float:
        found = _QUANTITY.fullmatch(text)
        unit = found.group(2) if found else ""
        try:
            value = float(found.group(1)) if found else float("nan")
        except ValueError:
            value = float("nan")
        if np.isfinite(value) and unit in ("frame", "frames"):
            if value != int(value):
                raise UserError(f"{text!r} is not a whole number of frames.", do="Give a whole number of frames.")
            return int(value)
        if not np.isfinite(value) or unit not in NS:
            raise UserError(f"{text!r} is not a time.", "A time is a number and a unit.", 'Write for example "0.5 ns", "200 ps" or "20 frames".')
        if self.timestep_ns is None:
            raise UserError(f"{text!r} cannot be turned into frames.", "The time step of these trajectories is unknown.",
                            "Give the lag time in frames, or say timestep_ns= when loading.")
        return value * NS[unit] / self.timestep_ns
