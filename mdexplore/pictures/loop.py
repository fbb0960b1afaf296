"""The error of the slowest timescale against the frames, a curve for each policy of adaptive sampling."""
from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from mdexplore.base.units import TimeUnit
from mdexplore.session.loop_jobs import N_SEEDS, WITHIN, PolicyLoop

WORDS = {"uncertainty": "least certain first", "least-counts": "least seen first", "random": "any frame seen", "continued": "going on, without new starts"}
LEAST, MOST = 0.01, 1.5   # of the axis; without a model the error is at its upper end


@dataclass(frozen=True)
class PolicyCurve:
    """The median of several runs.

    Parameters
    ----------
    policy : str
    words : str
    errors : tuple of float
        After each round, within the axis.
    within : str
        Median of the frames after which the error stays within what is asked for.
    is_best : bool
        None needs fewer.
    """

    policy: str
    words: str
    errors: tuple[float, ...]
    within: str
    is_best: bool


@dataclass(frozen=True)
class LoopPicture:
    """What is drawn: `frames` is shared by all curves."""

    frames: tuple[int, ...]
    curves: tuple[PolicyCurve, ...]
    said: str


def loop_picture(found: PolicyLoop, unit: TimeUnit) -> LoopPicture:
    """Curves of all policies, and what they come to."""
    needed = {run.policy: float(np.quantile(run.within, 0.5, method="nearest")) for run in found.runs}
    least = min(needed.values())
    curves = tuple(PolicyCurve(
        run.policy, WORDS[run.policy], tuple(np.clip(np.quantile(run.errors, 0.5, axis=0, method="nearest"), LEAST, MOST).tolist()),
        _count(needed[run.policy], int(found.frames[-1])), bool(needed[run.policy] == least < np.inf)) for run in found.runs)
    limit = unit.say(float(f"{found.limit:.4g}"))
    return LoopPicture(tuple(int(n) for n in found.frames), curves, f"Frames until the error of t₂ ({limit} with endless data) stays within {100 * WITHIN:.0f} %, median of {N_SEEDS} runs from one well:")


def _count(frames: float, most: int) -> str:
    return f"{frames:,.0f}".replace(",", "\u2009") if np.isfinite(frames) else f"over {most:,}".replace(",", "\u2009")
