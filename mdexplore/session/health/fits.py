"""Guards of the projection: its own timescale, overfitting, eigenvalues below zero."""
from __future__ import annotations

from typing import Any

import numpy as np

from mdexplore.base.notices import Notice
from mdexplore.base.units import TimeUnit
from mdexplore.base.words import count_of

NOISE = 0.6        # what white noise may score before it hides a slow motion
NEGATIVE = -0.3


def own_timescale(results: dict[str, Any], unit: TimeUnit) -> Notice | None:
    """A projection whose own timescale is far below the Markov model's sees the slow process only through the clusters."""
    projection, kinetics = results.get("projection"), results.get("kinetics")
    if projection is None or kinetics is None or projection.singular_values is None or projection.lagtime is None or not len(kinetics.timescales):
        return None
    first = float(np.clip(abs(projection.singular_values[0]), 1e-12, 1 - 1e-12))
    own, slow = -projection.lagtime / np.log(first), float(kinetics.timescales[0])
    if not np.isfinite(slow) or own * 3 > slow:
        return None
    return Notice("warning", f"{projection.title} itself gives {unit.say(own)} for the slowest process, the Markov model {unit.say(slow)}.",
                  "No linear function of these features follows that process; rely on the Markov model, or use a nonlinear projection.", "projection")


def overfitted(results: dict[str, Any], unit: TimeUnit) -> Notice | None:
    """Noise that looks slow: a score that falls on held-out data; before there is one, too few independent frames for the features."""
    score = results.get("score")
    if score is not None and np.isfinite(score.mean):
        train = float(np.mean(score.train))
        if train - score.mean <= max(0.1 * (train - 1), 2 * score.std):
            return None
        return Notice("warning", f"The projection scores {train:.2f} on its own data: it is overfitted. {score.say()}.",
                      "Use fewer features or dimensions, or more data.", "projection")
    projection = results.get("projection")
    if projection is None or projection.singular_values is None or projection.lagtime is None:
        return None
    rank, n = len(projection.singular_values), sum(len(x) for x in projection.values) / projection.lagtime
    noise = 1.4 * np.sqrt(rank / max(n, 1.0))
    if noise < NOISE:
        return None
    return Notice("warning", f"{rank} independent features for {n:.3g} independent frames: noise alone could reach an autocorrelation of {min(noise, 1.0):.2f} "
                  f"after {unit.say(projection.lagtime)}.", "Use fewer features, a shorter lag time for the projection, or more data; look at the held-out score.", "projection")


def alternating(results: dict[str, Any], unit: TimeUnit) -> Notice | None:
    """Coordinates that turn round from frame to frame have no timescale; frames of two runs may be mixed."""
    projection = results.get("projection")
    if projection is None or projection.singular_values is None or projection.lagtime is None or not len(projection.singular_values):
        return None
    values, n = np.asarray(projection.singular_values), sum(len(x) for x in projection.values)
    lowest = float(values.min())
    if lowest > min(NEGATIVE, -2.8 * np.sqrt(len(values) / max(n / projection.lagtime, 1))):
        return None
    n_negative = int((values < NEGATIVE).sum())
    return Notice("warning", f"{count_of(n_negative, 'coordinate has', 'coordinates have')} a negative autocorrelation after {unit.say(projection.lagtime)}, down to {lowest:.2f}, and so no timescale.",
                  "Check whether frames of several runs alternate in one file, or use another lag time.", "projection")
