"""How many misleading analyses the guards flag, and how many sound ones: one warning is a flag."""
from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Sequence

from benchmarks.trust.figure import Outcome, figure
from benchmarks.trust.labelled import MISLEADING, SOUND, Analysis, Recipe, analyses, is_right
from mdexplore.base.errors import UserError
from mdexplore.base.notices import Notice
from mdexplore.methods.checks.bootstrap import bootstrap_timescales

SEEDS = range(200, 205)   # the guards were tuned with other seeds: 0 to 5, and 100 to 104
LEAST = 60


def warnings_of(analysis: Analysis, long: bool = True) -> list[Notice]:
    """What the health of an analysis warns of.

    Parameters
    ----------
    long : bool
        With the held-out score and the bootstrap at the lag time in use, which the app computes in the background.
    """
    study = analysis.study
    if long:
        for step in ("score", "bootstrap"):
            try:
                if step == "score":
                    study.result(step)
                else:
                    lag = [study.result("kinetics").lagtime]
                    study.keep(step, bootstrap_timescales(study.result("clustering"), lag, n_resamples=60, timestep_ns=study.data.timestep_ns))
            except UserError:   # too short for folds, or nothing connected: the notice stands for it
                continue
    return [n for n in study.health if n.level in ("warning", "error")]


def flagged(recipes: dict[str, Recipe], right: bool, seeds: Sequence[int] = SEEDS, long: bool = True, say: bool = False) -> tuple[int, int]:
    """How many analyses of the wanted kind get a warning, and how many there are."""
    hits, n, by_recipe = 0, 0, Counter()
    for name, seed, analysis in analyses(recipes, seeds):
        if is_right(analysis) != right:
            continue
        found = warnings_of(analysis, long)
        n, hits = n + 1, hits + bool(found)
        by_recipe[name] += 1
        if say and bool(found) == right:
            print(f"  {'flagged though sound' if right else 'missed'}: {name} {seed} {'; '.join(x.text for x in found)}", file=sys.stderr)
    if say:
        print(dict(by_recipe), file=sys.stderr)
    return hits, n


@figure("misleading analyses with a warning", "at least 95 %, of 60 or more", short=1, full=len(SEEDS))
def misleading_flagged(n: int) -> Outcome:
    """By the results that are there at once: the score and the bootstrap only add warnings."""
    hits, total = flagged(MISLEADING, right=False, seeds=SEEDS[:n], long=False)
    return Outcome(f"{100 * hits / total:.1f} % ({hits} of {total})", hits >= 0.95 * total and (n < len(SEEDS) or total >= LEAST))


@figure("sound analyses with a warning", "at most 5 %, of 60 or more", short=1, full=len(SEEDS))
def sound_flagged(n: int) -> Outcome:
    """With the score and the bootstrap, whose warnings count here."""
    hits, total = flagged(SOUND, right=True, seeds=SEEDS[:n], long=True)
    return Outcome(f"{100 * hits / total:.1f} % ({hits} of {total})", hits <= 0.05 * total and (n < len(SEEDS) or total >= LEAST))
