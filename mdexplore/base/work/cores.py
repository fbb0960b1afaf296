"""How many processes may compute at the same time. Standard library only."""
from __future__ import annotations

import math
import os
from pathlib import Path

from mdexplore.base.errors import UserError

VARIABLE = "MDEXPLORE_CORES"
_PROC, _CGROUPS = Path("/proc"), Path("/sys/fs/cgroup")


def cores() -> int:
    """Cores that this process may use: those it is held to by the system, and no more than ``MDEXPLORE_CORES``.

    Raises
    ------
    UserError
        If ``MDEXPLORE_CORES`` is no number of cores.
    """
    found = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    given = os.environ.get(VARIABLE, "")
    if given and not (given.isascii() and given.isdigit() and int(given)):
        raise UserError(f"{VARIABLE}={given!r} cannot be used.", "It says how many cores a study may use.", "Set it to a whole number of at least 1, or unset it.")
    return min(found, _granted(), int(given or found))


def _granted() -> int:
    """What the control group of this process and those around it grant, such as those of a container."""
    try:
        paths = [line.removeprefix("0::/") for line in (_PROC / "self/cgroup").read_text().splitlines() if line.startswith("0::/")]
    except OSError:
        return 1 << 30
    folders = {_CGROUPS} | {folder for path in paths for folder in (_CGROUPS / path, *(_CGROUPS / path).parents) if folder.is_relative_to(_CGROUPS)}
    return min(_share(folder / "cpu.max") for folder in folders)


def _share(path: Path) -> int:
    """Of one group: its quota is in microseconds of each period."""
    try:
        quota, period = path.read_text().split()
    except (OSError, ValueError):
        return 1 << 30
    return max(1, math.ceil(int(quota) / int(period))) if quota.isdigit() else 1 << 30
