"""A hand-written script, mdexplore and the limit of the machine, paired: seconds, ratio, memory, and whether the results are equal."""
from __future__ import annotations

import importlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from benchmarks.goals import Goal, at_least
from benchmarks.memory import anonymous_peak, say_mb
from benchmarks.timing import Table, Times, ms, once, summary

HEAD = ("", "script, CPU", "mdexplore, CPU", "script, wall", "mdexplore, wall", "ratio (CPU)", "goal", "limit, CPU", "memory", "equality")


@dataclass(frozen=True)
class Agreement:
    """How far two results agree: in a few words, and as a number where a goal speaks of one."""

    text: str
    value: float = float("nan")

    def __str__(self) -> str:
        return self.text


@dataclass(frozen=True)
class Pair:
    """What is compared.

    Parameters
    ----------
    title : str
    script, ours : callable
        By deeptime (and mdtraj) as its documentation does it, and by mdexplore.
    equal : callable
        Takes both results and gives an `Agreement`.
    goal : float, optional
        The ratio that is wanted.
    number : int
        Of the goal (`benchmarks.goals.TOPICS`).
    limit : callable, optional
        What the machine can do at best: matrix products of the same size, or reading the same bytes.
    more : callable, optional
        Takes a `Found` and gives further goals.
    rounds : int, optional
        Fewer than others where the script takes minutes.
    """

    title: str
    script: Callable[[], Any]
    ours: Callable[[], Any]
    equal: Callable[[Any, Any], Agreement]
    goal: float | None = None
    number: int = 0
    limit: Callable[[], Any] | None = None
    more: Callable[[Found], list[Goal]] | None = None
    rounds: int | None = None


@dataclass(frozen=True)
class Found:
    """What came of a pair; memory in MB."""

    pair: Pair
    script: Times
    ours: Times
    limit: Times | None
    memory: tuple[float, float]
    equality: Agreement

    @property
    def ratio(self) -> float:
        return self.script.cpu / max(self.ours.cpu, 1e-9)

    @property
    def share(self) -> float:
        """Of the limit, in per cent."""
        return float("nan") if self.limit is None else 100 * self.limit.cpu / max(self.ours.cpu, 1e-9)


def compared(pair: Pair, rounds: int = 3) -> Found:
    """Run everything once a round, in turn; a first round gives memory and equality, and counts as a round where there is only one."""
    import_all()
    first: dict[str, tuple[float, float]] = {}

    def noted(name: str, act: Callable[[], Any]) -> Any:
        kept: list[Any] = []
        first[name] = once(lambda: kept.append(act()))
        return kept[0]

    ours_mb, ours = anonymous_peak(lambda: noted("ours", pair.ours))   # before the script, which could leave memory behind
    script_mb, script = anonymous_peak(lambda: noted("script", pair.script))
    equality = pair.equal(script, ours)
    del ours, script
    rounds = pair.rounds or rounds
    candidates = {"script": pair.script, "ours": pair.ours, **({"limit": pair.limit} if pair.limit else {})}
    taken: dict[str, list[tuple[float, float]]] = {name: [] for name in candidates}
    for _ in range(rounds):
        for name, act in candidates.items():
            taken[name].append(first[name] if name == "script" and rounds == 1 else once(act))
    times = {name: summary(found) for name, found in taken.items()}
    return Found(pair, times["script"], times["ours"], times.get("limit"), (script_mb, ours_mb), equality)


def row(found: Found) -> list[str]:
    """A line of the table with `HEAD`."""
    limit = "" if found.limit is None else f"{ms(found.limit.cpu)} ({found.share:.0f} %)"
    goal = found.pair.goal
    said = "" if goal is None else f"{goal:g}" + ("" if found.ratio >= goal else ", missed")
    return [found.pair.title, ms(found.script.cpu), ms(found.ours.cpu), ms(found.script.wall), ms(found.ours.wall), f"{found.ratio:.1f}", said, limit,
            f"{say_mb(found.memory[0])}, {say_mb(found.memory[1])}", str(found.equality)]


def judged(found: Found) -> list[Goal]:
    """The goals of a pair: its ratio, and what else it speaks of."""
    ratio = [] if found.pair.goal is None else [at_least(found.pair.number, f"{found.pair.title}, ratio", found.ratio, found.pair.goal, reason=short_of_limit(found))]
    return ratio + (found.pair.more(found) if found.pair.more else [])


def short_of_limit(found: Found) -> str:
    """Why a ratio was missed, where the limit tells: what part of it the goal would need."""
    if found.limit is None or found.pair.goal is None:
        return ""
    reach = found.script.cpu / max(found.limit.cpu, 1e-9)
    return f"the limit alone is {reach:.1f} times as fast as the script, so the goal takes {100 * found.pair.goal / reach:.0f} % of the limit's speed; {found.share:.0f} % is reached."


def table(title: str, pairs: list[Pair], rounds: int = 3) -> Table:
    """All pairs, one after the other."""
    made = Table(title, HEAD)
    for pair in pairs:
        found = compared(pair, rounds)
        made.rows.append(row(found))
        made.goals += judged(found)
    made.notes.append("The limit is the same arithmetic, or the same bytes, without anything around it; in brackets the share of it that is reached. "
                      "Memory is what script and mdexplore take at their peak above what was there before, without pages of files.")
    return made


def import_all() -> None:
    """What scripts import, so that it counts as nobody's memory or time."""
    from mdexplore.base.numerics.nearest import backend

    for name in ("deeptime.clustering", "deeptime.decomposition", "deeptime.markov.msm", *(["faiss"] if backend() == "faiss" else [])):
        importlib.import_module(name)


def largest_difference(a: Any, b: Any) -> float:
    """The largest difference, as a part of the largest number."""
    import numpy as np

    return float(np.abs(np.asarray(a) - np.asarray(b)).max() / max(float(np.abs(a).max()), 1e-300))
