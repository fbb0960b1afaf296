"""What a reader of the numbers should know: few passages, lost counts, an overfitted projection, errors that disagree."""
from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

import numpy as np

from mdexplore.base.errors import UserError
from mdexplore.base.notices import Notice
from mdexplore.base.units import TimeUnit

if TYPE_CHECKING:
    from mdexplore.session.study import Study

log = logging.getLogger(__name__)
FEW_PASSAGES = 30


def examine(study: Study) -> list[Notice]:
    """All notices of a study; what cannot be computed becomes a notice itself."""
    found: list[Notice] = list(study.data.report.notices)
    results: dict[str, Any] = {}
    for step in ("features", "projection", "clustering", "timescales", "kinetics", "coarse", "chapman"):
        try:
            results[step] = study.result(step)
            found += getattr(results[step], "notices", ())
        except UserError as error:
            found.append(Notice("error", f"{error.what} {error.why}".strip(), error.do, step))
            break
        except Exception as error:   # health is asked when things are bad: it must answer
            log.exception("step %s failed", step)
            found.append(Notice("error", f"{step} failed: {type(error).__name__}: {error}", where=step))
            break
    found += of_results(results, study.data.unit)
    return list(dict.fromkeys(found))


def of_results(results: dict[str, Any], unit: TimeUnit) -> list[Notice]:
    """What the results at hand say together."""
    found: list[Notice] = []
    for guard in (_passages, _own_timescale, _chapman, _bars, _score):
        notice = guard(results, unit)
        if notice is not None:
            found.append(notice)
    return found


def _passages(results: dict[str, Any], unit: TimeUnit) -> Notice | None:
    """Few real passages carry the slowest exchange: no error bar of a Markov model sees that."""
    coarse, kinetics = results.get("coarse"), results.get("kinetics")
    if coarse is None or kinetics is None or coarse.n_states < 2:
        return None
    exits = coarse.passages.sum(1) + coarse.passages.sum(0)
    rarest = int(np.argmin(exits))
    into, out = int(coarse.passages[:, rarest].sum()), int(coarse.passages[rarest].sum())
    if into + out == 0:
        return Notice("warning", f"No real passage into or out of state {rarest + 1} is seen; its kinetics are an extrapolation.",
                      "Longer or more trajectories would help.", "kinetics")
    text = f"State {rarest + 1} is entered {into} and left {out} times between the cores of the states: {into + out} real passages carry its kinetics."
    if into + out <= FEW_PASSAGES:
        return Notice("warning", text, "Trust the bootstrap over trajectories more than the Markov formula; longer trajectories would help.", "kinetics")
    return Notice("info", text, where="kinetics")


def _own_timescale(results: dict[str, Any], unit: TimeUnit) -> Notice | None:
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


def _chapman(results: dict[str, Any], unit: TimeUnit) -> Notice | None:
    test = results.get("chapman")
    if test is None or test.predicted.size == 0 or not np.isfinite(test.deviation).any():
        return None
    off = np.nan_to_num(test.deviation, nan=0.0, posinf=0.0)
    k, i, j = np.unravel_index(int(np.argmax(off)), off.shape)
    gap = abs(float(test.predicted[k, i, j] - test.estimated[k, i, j]))
    if off[k, i, j] <= 1 or gap < 0.01:   # a hundredth of probability changes no conclusion
        return None
    return Notice("warning", f"The Chapman-Kolmogorov test is off for {i + 1} to {j + 1} after {unit.say(float(test.lagtimes[k]))}: "
                  f"{test.predicted[k, i, j]:.3f} predicted, {test.estimated[k, i, j]:.3f} found.", "Choose a longer lag time, or more microstates.", "kinetics")


def _bars(results: dict[str, Any], unit: TimeUnit) -> Notice | None:
    """The two kinds of error bars disagree."""
    kinetics, boot = results.get("kinetics"), results.get("bootstrap")
    if kinetics is None or boot is None or not len(kinetics.timescales):
        return None
    at = np.flatnonzero(boot.lagtimes == kinetics.lagtime)
    if not len(at) or not np.isfinite([boot.lower[at[0], 0], boot.upper[at[0], 0]]).all():
        return None
    wide = np.log(boot.upper[at[0], 0] / boot.lower[at[0], 0])
    formula = np.log(kinetics.timescales_upper[0] / kinetics.timescales_lower[0])
    if not np.isfinite(formula) or wide < 2 * formula:
        return None
    return Notice("warning", f"Bootstrap over trajectories gives the slowest timescale as {unit.say(float(boot.lower[at[0], 0]))} to {unit.say(float(boot.upper[at[0], 0]))}, "
                  f"{wide / formula:.1f} times as wide as the Markov formula.", "The trajectories differ more than a Markov model expects; report the wider interval.", "kinetics")


def _score(results: dict[str, Any], unit: TimeUnit) -> Notice | None:
    score = results.get("score")
    if score is None or not np.isfinite(score.mean):
        return None
    train = float(np.mean(score.train))
    if train - score.mean <= max(0.1 * (train - 1), 2 * score.std):
        return None
    return Notice("warning", f"The projection scores {train:.2f} on its own data and {score.mean:.2f} on held-out data: it is overfitted.",
                  "Use fewer features or dimensions, or more data.", "projection")
