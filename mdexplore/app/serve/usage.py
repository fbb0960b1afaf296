"""What the processes of a page use, read from ``/proc``: memory that is theirs, and processor time, of those that have ended too. Linux only."""
from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

_TICKS = os.sysconf("SC_CLK_TCK") if hasattr(os, "sysconf") else 100


@dataclass(frozen=True)
class Usage:
    """One process.

    Parameters
    ----------
    pid, parent : int
    memory_mb : float
        Its proportional share (PSS): pages that several processes share count in parts.
    cpu_s : float
        Processor time of this process and of its children that have ended.
    """

    pid: int
    parent: int
    memory_mb: float
    cpu_s: float


def tree(root: int, with_memory: bool = True) -> list[Usage]:
    """A process and all that descend from it, the process first; empty where it is gone.

    Parameters
    ----------
    root : int
    with_memory : bool
        Reading memory costs the kernel some milliseconds for each process; 0 where it is not wanted.
    """
    stats = {}
    for name in os.listdir("/proc"):
        if name.isdigit() and (found := _stat(int(name))) is not None:
            stats[int(name)] = found
    if root not in stats:
        return []
    wanted = [root]
    for pid in wanted:
        wanted += [child for child, (parent, _) in stats.items() if parent == pid]
    return [Usage(pid, stats[pid][0], memory_mb(pid) if with_memory else 0.0, stats[pid][1]) for pid in wanted]


def memory_mb(pid: int) -> float:
    """Proportional share of the memory of a process, MB; 0 where it is gone."""
    try:
        for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
            if line.startswith("Pss:"):
                return int(line.split()[1]) / 1024
    except (OSError, ValueError):
        pass
    return 0.0


def _stat(pid: int) -> tuple[int, float] | None:
    """Parent and processor seconds."""
    try:
        words = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return None
    return int(words[1]), sum(map(int, words[11:15])) / _TICKS
