"""What a guard is, and how one that looks at a single result is asked once."""
from __future__ import annotations

import functools
import weakref
from collections.abc import Callable
from typing import Any

from mdexplore.base.notices import Mend, Notice
from mdexplore.base.units import TimeUnit

Guard = Callable[[dict[str, Any], TimeUnit], Notice | None]


def once(*steps: str) -> Callable[[Callable[..., Notice | None]], Guard]:
    """Make a guard of a function of some results; its answer is kept as long as these results live.

    Guards are asked whenever any result arrives, and reading all frames each time would be felt.

    Parameters
    ----------
    *steps : str
        Names of the results the function takes, followed by the unit; without one of them the guard says nothing.
    """
    def make(look: Callable[..., Notice | None]) -> Guard:
        kept: weakref.WeakKeyDictionary[Any, tuple[TimeUnit, list[weakref.ref[Any]], Notice | None]] = weakref.WeakKeyDictionary()

        @functools.wraps(look)
        def guard(results: dict[str, Any], unit: TimeUnit) -> Notice | None:
            given = [results.get(step) for step in steps]
            if any(result is None for result in given):
                return None
            first, *others = given
            known = kept.get(first)
            if known is None or known[0] != unit or [ref() for ref in known[1]] != others:
                known = kept[first] = unit, [weakref.ref(other) for other in others], look(*given, unit)
            return known[2]
        return guard
    return make


def use_lagtime(lagtime: int, unit: TimeUnit) -> Mend:
    """The button that sets the lag time of the kinetics."""
    return Mend(f"Use lag time {unit.say(lagtime)}", "kinetics", (("lagtime", int(lagtime)),))


def use_microstates(n_clusters: int) -> Mend:
    """The button that asks for another number of microstates."""
    return Mend(f"Use {n_clusters} microstates", "clustering", (("method", "kmeans"), ("n_clusters", int(n_clusters))))
