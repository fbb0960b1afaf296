"""The time step of a trajectory, read from the times of its frames, and what is odd about them."""
from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from mdexplore.base.errors import UserError
from mdexplore.base.notices import Notice
from mdexplore.base.units import say_ns


@dataclass(frozen=True)
class Clock:
    """What the times of a file say.

    Parameters
    ----------
    timestep_ns : float or None
        None where the file does not tell.
    why_not : str
        Why there is no time step; empty where there is one.
    oddities : tuple of str
        What a user should know about the times, each a sentence's end.
    """

    timestep_ns: float | None
    why_not: str = ""
    oddities: tuple[str, ...] = ()


def read_clock(times_ps: np.ndarray | None) -> Clock:
    """The time step of frames at these times.

    Parameters
    ----------
    times_ps : ndarray, shape (n_frames,), or None
        As the file says them, usually written with single precision.
    """
    if times_ps is None:
        return Clock(None, "the format has no times")
    times = np.asarray(times_ps, dtype=np.float64)
    if len(times) < 2:
        return Clock(None, "one frame has no time step")
    if not np.isfinite(times).all():
        return Clock(None, "some times are not numbers", ("has times that are not numbers",))
    steps = np.diff(times)
    if not steps.any():
        return Clock(None, f"all its times are {times[0]:g} ps")
    typical = float(np.median(steps))
    if (steps < 0).all():
        return Clock(None, "its times count downwards", ("has times that count downwards",))
    resolution = 4 * np.finfo(np.float32).eps * np.abs(times).max()   # of single precision, at the largest time
    if typical <= resolution:
        if (steps >= -resolution).all() and times[-1] - times[0] > len(times) * resolution / 8 and (steps > 0).mean() < 0.6 and (steps == 0).mean() > 0.4:
            return Clock(None, "its times come in pairs", ("has frames that share their time with their neighbours",))
        return Clock(None, "its times do not increase", ("has times that do not increase",))
    odd = np.abs(steps - typical) > max(1e-3 * typical, resolution)
    average = (times[-1] - times[0]) / (len(times) - 1) if not odd.any() else typical
    step_ps = _round(average, max(resolution / (len(times) - 1 if not odd.any() else 1), 1e-6 * average))
    return Clock(step_ps / 1000, "", _oddities(steps, odd, typical))


def _oddities(steps: np.ndarray, odd: np.ndarray, typical: float) -> tuple[str, ...]:
    found = []
    back, gaps = odd & (steps < 0.5 * typical), odd & (steps > 1.5 * typical)
    if back.any():
        found.append(f"goes back in time or stands still in {_times(back)}")
    if gaps.any():
        found.append(f"has gaps in time in {_times(gaps)}")
    uneven = odd & ~back & ~gaps
    if uneven.any():
        found.append(f"has uneven time steps in {_times(uneven)}")
    return tuple(found)


def _times(where: np.ndarray) -> str:
    n = int(where.sum())
    return f"{n} place{'' if n == 1 else 's'}, the first after frame {int(where.argmax())}"


def _round(value: float, error: float) -> float:
    """The shortest decimal number within an error of a value: 19.9999987 ps is 20 ps."""
    for digits in range(1, 12):
        short = float(f"{value:.{digits}g}")
        if abs(short - value) <= error:
            return short
    return value


def agree(clocks: Sequence[Clock], names: Sequence[str], given_ns: float | None) -> tuple[float | None, list[Notice]]:
    """The one time step of all trajectories.

    Parameters
    ----------
    clocks : sequence of Clock
        One for each trajectory.
    names : sequence of str
        Of the trajectories.
    given_ns : float or None
        What the user says; it overrules the files.

    Returns
    -------
    timestep_ns : float or None
    notices : list of Notice

    Raises
    ------
    UserError
        If the files have different time steps and the user has not said which one is right.
    """
    notices = [Notice("warning", f"{name} {oddity}.", "Check whether files were joined or frames lost; lag times assume evenly spaced frames.", name)
               for name, clock in zip(names, clocks) for oddity in clock.oddities]
    known = [(name, clock.timestep_ns) for name, clock in zip(names, clocks) if clock.timestep_ns is not None]
    differing = next((k for k in known if abs(k[1] - known[0][1]) > 1e-3 * known[0][1]), None)
    if given_ns is not None:
        other = next((k for k in known if abs(k[1] - given_ns) > 1e-3 * given_ns), None)
        if other is not None:
            notices.append(Notice("warning", f"{other[0]} says {say_ns(other[1])} a frame; {say_ns(given_ns)} was given and is used.", "Check which one is right."))
        return float(given_ns), notices
    if differing is not None:
        (first, a), (second, b) = known[0], differing
        raise UserError("The trajectories have different time steps.", f"{first} has {say_ns(a)} a frame, {second} has {say_ns(b)}.",
                        "Load them apart, write the finer ones again with every n-th frame, or give timestep_ns= if the times in the files are wrong.")
    if not known:
        notices.append(Notice("info", f"The time step is unknown ({clocks[0].why_not if clocks else 'nothing says it'}); times are counted in frames.",
                              "Give timestep_ns= when loading to see ns."))
        return None, notices
    if len(known) < len(clocks):
        silent = next(name for name, clock in zip(names, clocks) if clock.timestep_ns is None)
        notices.append(Notice("warning", f"{silent} does not say its time step; {say_ns(known[0][1])} of {known[0][0]} is used for all.", "Check that it is the same."))
    return known[0][1], notices
