"""Guards of the error bars: do the kinds of intervals agree, and were overlapping counts taken as independent?"""
from __future__ import annotations

from typing import Any

import numpy as np

from mdexplore.base.notices import Mend, Notice
from mdexplore.base.numerics.spectrum import slow_modes
from mdexplore.base.units import TimeUnit
from mdexplore.methods.kinetics.lagmodels import error_model
from mdexplore.methods.results import Kinetics, Timescales
from mdexplore.session.health.guard import once

TWICE = 2.0


def _width(lower: float, upper: float) -> float:
    """Width of an interval on a logarithmic scale; NaN where an end is missing."""
    with np.errstate(divide="ignore", invalid="ignore"):
        return float(np.log(upper / lower))


def _at(scan: Timescales | None, lagtime: int) -> tuple[float, float] | None:
    """The interval of the slowest timescale at a lag time."""
    if scan is None:
        return None
    at = np.flatnonzero(scan.lagtimes == lagtime)
    if not len(at) or not np.isfinite([scan.lower[at[0], 0], scan.upper[at[0], 0]]).all():
        return None
    return float(scan.lower[at[0], 0]), float(scan.upper[at[0], 0])


def bootstrap(results: dict[str, Any], unit: TimeUnit) -> Notice | None:
    """The bootstrap over trajectories is much wider than the formula."""
    kinetics = results.get("kinetics")
    if kinetics is None or not len(kinetics.timescales):
        return None
    interval, formula = _at(results.get("bootstrap"), kinetics.lagtime), _width(kinetics.timescales_lower[0], kinetics.timescales_upper[0])
    if interval is None or not np.isfinite(formula) or formula <= 0 or _width(*interval) < TWICE * formula:
        return None
    return Notice("warning", f"Bootstrap over trajectories gives the slowest timescale as {unit.say(interval[0])} to {unit.say(interval[1])}, "
                  f"{_width(*interval) / formula:.1f} times as wide as the Markov formula.", "The trajectories differ more than a Markov model expects; report the wider interval.", "kinetics")


def posterior(results: dict[str, Any], unit: TimeUnit) -> Notice | None:
    """Posterior and bootstrap of the slowest timescale disagree."""
    kinetics = results.get("kinetics")
    if kinetics is None:
        return None
    of_posterior, of_bootstrap = _at(results.get("posterior"), kinetics.lagtime), _at(results.get("bootstrap"), kinetics.lagtime)
    if of_posterior is None or of_bootstrap is None:
        return None
    apart = of_posterior[1] < of_bootstrap[0] or of_bootstrap[1] < of_posterior[0]
    if not apart and _width(*of_bootstrap) < TWICE * _width(*of_posterior):
        return None
    return Notice("warning", f"The bars of the slowest timescale disagree: {unit.say(of_posterior[0])} to {unit.say(of_posterior[1])} by the posterior, "
                  f"{unit.say(of_bootstrap[0])} to {unit.say(of_bootstrap[1])} by bootstrap over trajectories.", "Report the wider interval; a posterior believes in the Markov model.", "kinetics")


@once("kinetics")
def undivided(kinetics: Kinetics, unit: TimeUnit) -> Notice | None:
    """Posterior bars that are much narrower than the independent counts allow: overlapping counts were taken as independent."""
    if kinetics.samples is None or kinetics.unbiased is not None or kinetics.lagtime < 2 or not len(kinetics.timescales):
        return None
    modes = slow_modes(kinetics.transition_matrix, kinetics.stationary, 1)
    model = error_model(kinetics.transition_matrix, kinetics.stationary, kinetics.counts, kinetics.active, kinetics.lagtime)
    _, lower, upper = model.timescales(modes, kinetics.lagtime)
    wanted, found = _width(lower[0], upper[0]), _width(kinetics.timescales_lower[0], kinetics.timescales_upper[0])
    if not np.isfinite([wanted, found]).all() or found > wanted / TWICE:
        return None
    return Notice("warning", f"The bars of {kinetics.title} are {wanted / max(found, 1e-300):.1f} times narrower than counts that do not overlap allow at a lag time of {unit.say(kinetics.lagtime)}.",
                  "Sliding counts overlap: divide them by the lag time, or use the intervals of the plain Markov model.", "kinetics",
                  Mend("Use the plain Markov model", "kinetics", (("method", "msm"),)))
