"""What a guard is, and how one that looks at a single result is asked once."""
from __future__ import annotations

import functools
import weakref
from collections.abc import Callable
from typing import Any

from mdexplore.base.notices import Mend, Notice
from mdexplore.base.units import TimeUnit

Guard = Callable[[dict[str, Any], TimeUnit], Notice | None]


def once(step: str) -> Callable[[Callable[[Any, TimeUnit], Notice | None]], Guard]:
    """Make a guard of a function of one result; its answer is kept as long as that result lives.

    Guards are asked whenever a result arrives, and reading all frames each time would be felt.
    """
    def make(look: Callable[[Any, TimeUnit], Notice | None]) -> Guard:
        kept: weakref.WeakKeyDictionary[Any, tuple[TimeUnit, Notice | None]] = weakref.WeakKeyDictionary()

        @functools.wraps(look)
        def guard(results: dict[str, Any], unit: TimeUnit) -> Notice | None:
            result = results.get(step)
            if result is None:
                return None
            if result not in kept or kept[result][0] != unit:
                kept[result] = unit, look(result, unit)
            return kept[result][1]
        return guard
    return make


def use_lagtime(lagtime: int, unit: TimeUnit) -> Mend:
    """The button that sets the lag time of the kinetics."""
    return Mend(f"Use lag time {unit.say(lagtime)}", "kinetics", (("lagtime", int(lagtime)),))


def use_microstates(n_clusters: int) -> Mend:
    """The button that asks for another number of microstates."""
    return Mend(f"Use {n_clusters} microstates", "clustering", (("method", "kmeans"), ("n_clusters", int(n_clusters))))
