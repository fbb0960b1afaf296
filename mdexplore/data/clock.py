"""The time step of a trajectory, read from the times of its frames, and what is odd about them."""
from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from mdexplore.base.errors import UserError
from mdexplore.base.notices import Mend, Notice
from mdexplore.base.units import say_ns
from mdexplore.base.words import count_of
from mdexplore.data.report import Finding

_LONGEST = 10        # times the longest time step that resampling may go
_MOSTLY_ODD = 0.3   # share of odd steps from which a file has no time step


@dataclass(frozen=True)
class Clock:
    """What the times of a file say.

    Parameters
    ----------
    timestep_ns : float or None
        None where the file does not tell.
    why_not : str
        Why there is no time step; empty where there is one.
    oddities : tuple of Finding
        What a user should know about the times.
    """

    timestep_ns: float | None
    why_not: str = ""
    oddities: tuple[Finding, ...] = ()


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
        bad = ~np.isfinite(times)
        return Clock(None, "some times are not numbers", (_odd("not numbers", bad),))
    steps = np.diff(times)
    if not steps.any():
        return Clock(None, f"all its times are {times[0]:g} ps")
    typical = float(np.median(steps))
    if (steps < 0).all():
        return Clock(None, "its times count downwards", (_odd("that count downwards", steps < 0),))
    resolution = 8 * np.finfo(np.float32).eps * np.median(np.abs(times))   # of single precision, at the largest time; one wild time shall not set it
    if typical <= resolution:
        if (steps >= -resolution).all() and times[-1] - times[0] > len(times) * resolution / 8 and (steps > 0).mean() < 0.6 and (steps == 0).mean() > 0.4:
            pairs = Finding("doubled-times", "has frames that share their time with their neighbours", int((steps == 0).sum()), int((steps == 0).argmax()))
            return Clock(None, "its times come in pairs", (pairs,))
        return Clock(None, "its times do not increase", (_odd("that do not increase", steps <= resolution),))
    odd = np.abs(steps - typical) > max(1e-3 * typical, resolution)
    average = (times[-1] - times[0]) / (len(times) - 1) if not odd.any() else typical
    step_ps = _round(average, max(resolution / (len(times) - 1 if not odd.any() else 1), 1e-6 * average))
    return Clock(step_ps / 1000, "", _oddities(steps, odd, typical))


def _odd(words: str, where: np.ndarray) -> Finding:
    return Finding("odd-times", f"has times {words}", int(where.sum()), int(where.argmax()))


def _oddities(steps: np.ndarray, odd: np.ndarray, typical: float) -> tuple[Finding, ...]:
    if odd.mean() > _MOSTLY_ODD:   # no time step at all, rather than gaps in one
        return (Finding("uneven-times", f"has uneven time steps throughout, from {_ps(steps.min())} to {_ps(steps.max())}", int(odd.sum()), int(odd.argmax())),)
    still = odd & (np.abs(steps) <= 1e-3 * typical)
    back, gaps = odd & (steps < 0) & ~still, odd & (steps > 1.5 * typical)
    found = []
    if back.any():
        deepest = int(steps.argmin())
        found.append(_places("overlap", f"goes back in time, by up to {_ps(-steps[deepest])},", back))
    if still.any():
        found.append(_places("doubled-times", "stands still in time", still))
    if gaps.any():
        lost = int(np.round(steps[gaps] / typical - 1).clip(max=1e9).sum())
        found.append(_places("gap", f"has gaps in time that could hold {count_of(lost, 'frame')},", gaps))
    uneven = odd & ~back & ~gaps & ~still
    if uneven.any():
        found.append(_places("uneven-times", "has uneven time steps", uneven))
    return tuple(found)


def _places(kind: str, words: str, where: np.ndarray) -> Finding:
    n, first = int(where.sum()), int(where.argmax())
    return Finding(kind, f"{words} in {count_of(n, 'place')}, the first after frame {first}", n, first)


def _ps(time_ps: float) -> str:
    return say_ns(float(time_ps) / 1000)


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
    notices: list[Notice] = []
    known = [(name, clock.timestep_ns) for name, clock in zip(names, clocks) if clock.timestep_ns is not None]
    differing = next((k for k in known if abs(k[1] - known[0][1]) > 1e-3 * known[0][1]), None)
    if given_ns is not None:
        other = next((k for k in known if abs(k[1] - given_ns) > 1e-3 * given_ns), None)
        if other is not None:
            notices.append(Notice("warning", f"{other[0]} says {say_ns(other[1])} a frame; {say_ns(given_ns)} was given and is used.", "Check which one is right."))
        return float(given_ns), notices
    if differing is not None:
        (first, a), (second, b) = known[0], differing
        common = _common_step([ns for _, ns in known])
        offer, mend = ("", None) if common is None or len(known) < len(clocks) else (
            f"Load with resample=True to use every n-th frame, so that all have {say_ns(common)} a frame. ", Mend(f"Use one frame every {say_ns(common)}", "load", (("resample", True),)))
        raise UserError("The trajectories have different time steps.", f"{first} has {say_ns(a)} a frame, {second} has {say_ns(b)}.",
                        f"{offer}Load them apart, or give timestep_ns= if the times in the files are wrong.", mend)
    if not known:
        notices.append(Notice("info", f"The time step is unknown ({clocks[0].why_not if clocks else 'nothing says it'}); times are counted in frames.",
                              "Give timestep_ns= when loading to see ns."))
        return None, notices
    if len(known) < len(clocks):
        silent = next(name for name, clock in zip(names, clocks) if clock.timestep_ns is None)
        notices.append(Notice("warning", f"{silent} does not say its time step; {say_ns(known[0][1])} of {known[0][0]} is used for all.", "Check that it is the same."))
    return known[0][1], notices


def _common_step(steps_ns: Sequence[float]) -> float | None:
    """The shortest time that is a whole number of every step, if it is at most ten times the longest."""
    longest = max(steps_ns)
    for factor in range(1, _LONGEST + 1):
        ratios = np.array([factor * longest / step for step in steps_ns])
        if (np.abs(ratios - np.round(ratios)) <= np.minimum(1e-3 * ratios, 0.05)).all():
            return factor * longest
    return None


def strides_to_common(clocks: Sequence[Clock], names: Sequence[str]) -> list[int]:
    """For each trajectory, every how many frames to keep so that all have the same time step.

    Raises
    ------
    UserError
        If a file does not say its time step, or no time is a whole number of all steps.
    """
    for name, clock in zip(names, clocks):
        if clock.timestep_ns is None:
            raise UserError(f"{name} cannot be resampled.", f"Its time step is unknown: {clock.why_not}.", "Leave it out, or load without resample=True.")
    steps = [float(clock.timestep_ns or 0) for clock in clocks]
    common = _common_step(steps)
    if common is None:
        raise UserError("The trajectories cannot be brought to one time step.", f"No time up to {_LONGEST} times the longest step, {say_ns(max(steps))}, is a whole number of all steps.",
                        "Load them apart.")
    return [round(common / step) for step in steps]
