"""Measuring: rounds in which everything that is compared runs once, medians over rounds, and the tables that come of it."""
from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from benchmarks.goals import Goal, listed


@dataclass(frozen=True)
class Times:
    """Medians over rounds, in seconds; `spread` is the range of the wall times."""

    wall: float
    cpu: float
    spread: tuple[float, float]


@dataclass
class Table:
    """What a benchmark found.

    Parameters
    ----------
    title : str
    head : sequence of str
    rows : list of sequence of str
    notes : list of str
        Said below the table.
    goals : list of Goal
        Listed below the notes.
    """

    title: str
    head: Sequence[str]
    rows: list[Sequence[str]] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    goals: list[Goal] = field(default_factory=list)

    def __str__(self) -> str:
        cells = [list(self.head), *[list(map(str, row)) for row in self.rows]]
        width = [max(len(row[i]) for row in cells) for i in range(len(self.head))]
        lines = ["| " + " | ".join(cell.ljust(width[i]) for i, cell in enumerate(row)) + " |" for row in cells]
        lines.insert(1, "|" + "|".join("-" * (w + 2) for w in width) + "|")
        return "\n\n".join([f"## {self.title}", "\n".join(lines), *(["\n".join(self.notes)] if self.notes else []), *listed(self.goals)])


def paired(candidates: dict[str, Callable[[], object]], rounds: int = 5) -> dict[str, Times]:
    """Run all candidates once a round, in turn, so that whatever else the machine does meets all of them alike."""
    taken: dict[str, list[tuple[float, float]]] = {name: [] for name in candidates}
    for _ in range(rounds):
        for name, run in candidates.items():
            taken[name].append(once(run))
    return {name: summary(times) for name, times in taken.items()}


def once(run: Callable[[], object]) -> tuple[float, float]:
    """Wall and processor seconds of one call; processor time is that of all threads of this process."""
    wall, cpu = time.perf_counter(), time.process_time()
    run()
    return time.perf_counter() - wall, time.process_time() - cpu


def summary(times: Sequence[tuple[float, float]]) -> Times:
    walls, cpus = sorted(t[0] for t in times), sorted(t[1] for t in times)
    return Times(walls[len(walls) // 2], cpus[len(cpus) // 2], (walls[0], walls[-1]))


def ms(seconds: float) -> str:
    return f"{1000 * seconds:.1f} ms" if seconds < 1 else f"{seconds:.2f} s"


def row(name: str, times: Times) -> list[str]:
    return [name, ms(times.cpu), ms(times.wall), f"{ms(times.spread[0])} to {ms(times.spread[1])}"]


HEAD = ("", "CPU", "wall", "range of wall")
