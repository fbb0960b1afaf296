"""A hand-written script, mdexplore and the limit of the machine, paired: seconds, ratio, memory, and whether the results are equal."""
from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from benchmarks.scale import anonymous_mb
from benchmarks.timing import Table, Times, ms, once, summary

HEAD = ("", "script, CPU", "mdexplore, CPU", "script, wall", "mdexplore, wall", "ratio (CPU)", "goal", "limit, CPU", "memory", "equality")


@dataclass(frozen=True)
class Pair:
    """What is compared.

    Parameters
    ----------
    title : str
    script, ours : callable
        By deeptime (and mdtraj) as its documentation does it, and by mdexplore.
    equal : callable
        Takes both results and says in a few words how far they agree.
    goal : float
        The ratio that is wanted.
    limit : callable, optional
        What the machine can do at best: matrix products of the same size, or reading the same bytes.
    """

    title: str
    script: Callable[[], Any]
    ours: Callable[[], Any]
    equal: Callable[[Any, Any], str]
    goal: float
    limit: Callable[[], Any] | None = None


@dataclass(frozen=True)
class Found:
    """What came of a pair."""

    pair: Pair
    script: Times
    ours: Times
    limit: Times | None
    memory: tuple[float, float]
    equality: str

    @property
    def ratio(self) -> float:
        return self.script.cpu / max(self.ours.cpu, 1e-9)


def compared(pair: Pair, rounds: int = 3) -> Found:
    """Run everything once a round, in turn; the first, untimed round gives memory and equality."""
    before = [anonymous_peak(pair.script), anonymous_peak(pair.ours)]
    equality = pair.equal(before[0][1], before[1][1])
    memory = (before[0][0], before[1][0])
    before.clear()
    candidates = {"script": pair.script, "ours": pair.ours, **({"limit": pair.limit} if pair.limit else {})}
    taken: dict[str, list[tuple[float, float]]] = {name: [] for name in candidates}
    for _ in range(rounds):
        for name, act in candidates.items():
            taken[name].append(once(act))
    times = {name: summary(found) for name, found in taken.items()}
    return Found(pair, times["script"], times["ours"], times.get("limit"), memory, equality)


def row(found: Found) -> list[str]:
    """A line of the table with `HEAD`."""
    limit = "" if found.limit is None else f"{ms(found.limit.cpu)} ({100 * found.limit.cpu / max(found.ours.cpu, 1e-9):.0f} %)"
    goal = f"{found.pair.goal:g}" + ("" if found.ratio >= found.pair.goal else ", missed")
    return [found.pair.title, ms(found.script.cpu), ms(found.ours.cpu), ms(found.script.wall), ms(found.ours.wall), f"{found.ratio:.1f}", goal, limit,
            f"{found.memory[0]:.0f} and {found.memory[1]:.0f} MB", found.equality]


def table(title: str, pairs: list[Pair], rounds: int = 3) -> Table:
    """All pairs, one after the other."""
    made = Table(title, HEAD)
    made.rows = [row(compared(pair, rounds)) for pair in pairs]
    made.notes.append("The limit is the same arithmetic, or the same bytes, without anything around it; in brackets the share of it that is reached. "
                      "Memory is what each takes above what was there before.")
    return made


def anonymous_peak(act: Callable[[], Any]) -> tuple[float, Any]:
    """Most memory taken during a call above that before it, in MB, and its result."""
    import os

    pid, finished = os.getpid(), threading.Event()
    before = peak = anonymous_mb(pid)

    def watch() -> None:
        nonlocal peak
        while not finished.wait(0.005):
            peak = max(peak, anonymous_mb(pid))

    watcher = threading.Thread(target=watch)
    watcher.start()
    try:
        result = act()
    finally:
        peak = max(peak, anonymous_mb(pid))
        finished.set()
        watcher.join()
    return max(peak - before, 0.0), result


def largest_difference(a: Any, b: Any) -> float:
    """The largest difference, as a part of the largest number."""
    import numpy as np

    return float(np.abs(np.asarray(a) - np.asarray(b)).max() / max(float(np.abs(a).max()), 1e-300))
