"""Guards of the lag time: level timescales, the Chapman-Kolmogorov test, processes without a timescale, rotation."""
from __future__ import annotations

from typing import Any

import numpy as np

from mdexplore.base.notices import Notice
from mdexplore.base.units import TimeUnit
from mdexplore.base.words import count_of, listed
from mdexplore.methods.checks.timescales import choose_lagtime
from mdexplore.methods.results import ChapmanKolmogorov, Metastable
from mdexplore.session.health.guard import use_lagtime

LEVEL = 0.1          # relative change of a timescale that still counts as level


def level(results: dict[str, Any], unit: TimeUnit) -> Notice | None:
    """Does the slowest timescale change around the lag time in use?"""
    scan, kinetics = results.get("timescales"), results.get("kinetics")
    if scan is None or kinetics is None or not len(kinetics.timescales):
        return None
    best, said = choose_lagtime(scan)
    if best == kinetics.lagtime and said.level == "warning":
        return said
    moves = _moves(scan, kinetics)
    if moves is None:
        return said if best == kinetics.lagtime else None
    other, value = moves
    slowest = float(kinetics.timescales[0])
    return Notice("warning", f"The slowest timescale is not level: {unit.say(slowest)} at the lag time of {unit.say(kinetics.lagtime)}, {unit.say(value)} at {unit.say(other)}.",
                  "A Markov model needs a lag time at which its timescales no longer change.", "kinetics",
                  use_lagtime(best, unit) if best != kinetics.lagtime and said.level == "info" else None)


def _moves(scan: Any, kinetics: Any) -> tuple[int, float] | None:
    """The lag time, and its timescale, that contradicts the one in use most; None where none does.

    Longer lag times count where they are short against their own timescale; shorter ones where the timescale in use is itself little
    longer than its lag time: there it follows the lag time whatever the data are.
    """
    lags, values = np.asarray(scan.lagtimes, float), np.asarray(scan.values[:, 0], float)
    lagtime, slowest = float(kinetics.lagtime), float(kinetics.timescales[0])
    if not np.isfinite(slowest):
        return None
    with np.errstate(divide="ignore", invalid="ignore"):
        reach = np.log(kinetics.timescales_upper[0] / slowest)
        room = max(np.log1p(LEVEL), float(np.nan_to_num(reach, nan=0.0, posinf=0.0)) / 2)
        off = np.log(values / slowest)
    longer = (lags > lagtime) & (values >= 3 * lags)
    shorter = (lags < lagtime) & (lags >= lagtime / 4) & (slowest < 3 * lagtime) & (values > lags)
    contradicts = np.flatnonzero(np.isfinite(off) & ((longer & (np.abs(off) > room)) | (shorter & (off < -max(room, np.log(1.2))))))
    if not len(contradicts):
        return None
    worst = contradicts[np.argmax(np.abs(off[contradicts]))]
    return int(lags[worst]), float(values[worst])


def chapman(results: dict[str, Any], unit: TimeUnit) -> Notice | None:
    """Predictions outside the band of what is found at multiples of the lag time."""
    test = results.get("chapman")
    if test is None or test.predicted.size == 0:
        return None
    if not test.fails:
        return _untested(test)
    outside = test.outside
    k, i, j = np.unravel_index(int(np.argmax(np.where(outside, test.deviation, 0.0))), outside.shape)
    return Notice("warning", f"The Chapman-Kolmogorov test fails: {int(outside.sum())} of {count_of(test.n_tested, 'prediction')} {'lies' if outside.sum() == 1 else 'lie'} outside the 95 % band; from state {i + 1} to {j + 1} after "
                  f"{unit.say(float(test.lagtimes[k]))} {test.predicted[k, i, j]:.3f} is predicted, {test.estimated[k, i, j]:.3f} found.",
                  "Choose a longer lag time, more microstates, or other features.", "kinetics")


def _untested(test: ChapmanKolmogorov) -> Notice | None:
    """A test that holds, for states of which it could not have found otherwise."""
    if test.predicted.shape[1] < 2:
        return None
    if not test.n_tested:
        return Notice("info", "The Chapman-Kolmogorov test cannot be made: a third of the longest trajectory has no multiple of the lag time.",
                      "Use a shorter lag time, or longer trajectories.", "kinetics")
    if not test.has_bars:
        return Notice("info", "The Chapman-Kolmogorov test gives no verdict: the estimates have no error bars to judge by.",
                      "Compare predictions and estimates by eye, or choose a model with bars.", "kinetics")
    if not test.untested:
        return None
    widest = max(test.untested, key=lambda k: float(np.nanmedian((test.upper - test.lower)[1:, k, k])) if np.isfinite(test.estimated[1:, k, k]).any() else 1.0)
    named = listed([k + 1 for k in test.untested])
    return Notice("warning" if len(test.untested) == test.predicted.shape[1] else "info",
                  f"The Chapman-Kolmogorov test says nothing about state{'s' * (len(test.untested) > 1)} {named}: its bands are wider than all that is predicted to change"
                  f"{_width(test, widest)}.", "Use fewer metastable states, or more data.", "kinetics")


def _width(test: ChapmanKolmogorov, state: int) -> str:
    widths = (test.upper - test.lower)[1:, state, state]
    if not np.isfinite(widths).any():
        return f" (for staying in state {state + 1} there is none)"
    return f" ({np.nanmedian(widths):.2f} against {np.ptp(test.predicted[:, state, state]):.2f} for staying in state {state + 1})"


def no_timescale(results: dict[str, Any], unit: TimeUnit) -> Notice | None:
    """Slow processes of the model whose eigenvalue is not positive."""
    kinetics, coarse = results.get("kinetics"), results.get("coarse")
    if kinetics is None or coarse is None or not len(kinetics.timescales):
        return None
    used = np.asarray(kinetics.timescales[:max(coarse.n_states - 1, 1)], float)
    without = int(np.isnan(used).sum())
    if not without:
        return None
    return Notice("warning", f"{without} of the {count_of(len(used), 'slowest process', 'slowest processes')} {'has' if without == 1 else 'have'} an eigenvalue that is not positive, and so no timescale.",
                  "Use a shorter lag time, or fewer metastable states.", "kinetics")


def rotation(results: dict[str, Any], unit: TimeUnit) -> Notice | None:
    """A net flow around a cycle of states: the data are driven, and detailed balance cannot describe them."""
    kinetics, coarse = results.get("kinetics"), results.get("coarse")
    if kinetics is None or coarse is None or coarse.n_states < 3:
        return None
    counts = np.asarray(coarse.memberships).T @ kinetics.counts @ np.asarray(coarse.memberships)
    values = np.linalg.eigvals(counts / np.maximum(counts.sum(axis=1, keepdims=True), 1e-300))
    turning = values[np.abs(values.imag) > 1e-9]
    if not len(turning):
        return None
    with np.errstate(divide="ignore"):
        turn = float(np.max(np.abs(np.angle(turning)) / np.maximum(-np.log(np.abs(turning)), 1e-12)))
    flow = np.abs(counts - counts.T) / np.sqrt((counts + counts.T) * kinetics.lagtime + 1e-300)
    if turn < 0.5 or flow.max() < 4:
        return None
    return _turning(coarse, turn)


def _turning(coarse: Metastable, turn: float) -> Notice:
    return Notice("warning", f"The counts between the {coarse.n_states} states have complex eigenvalues (phase to decay {turn:.2g}): the data flow around a cycle, "
                  "which a model in detailed balance cannot describe.", "Check for a driving force, joined or reordered frames, or starts that all go one way.", "kinetics")
