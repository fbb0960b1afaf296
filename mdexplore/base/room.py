"""Memory that is free for this process, and the refusal of what will not fit into it. Standard library only."""
from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path

from mdexplore.base.errors import UserError

try:
    import resource
except ImportError:   # Windows
    resource = None   # type: ignore[assignment]

_PROC, _CGROUPS = Path("/proc"), Path("/sys/fs/cgroup")
LITTLE = 32 << 20    # what takes less is not worth a look at the system
_NO_LIMIT = 1 << 60   # cgroups of version 1 write nearly 2^63 for none


def free_bytes() -> int | None:
    """How much more memory this process may take: the least of what the machine has, its control group grants and its own limits leave.

    Returns
    -------
    int or None
        Bytes; None where the system does not tell.
    """
    return min((*_of_machine(), *_of_groups(), *_of_limits()), default=None)


def check(n_bytes: float, what: str, do: str) -> None:
    """Refuse what will not fit.

    Parameters
    ----------
    n_bytes : float
        What it takes at its peak, estimated from shapes.
    what : str
        What it is, such as ``"A Markov model of 20000 microstates"``.
    do : str
        How to make it smaller.

    Raises
    ------
    UserError
        With both numbers.
    """
    free = free_bytes() if n_bytes > LITTLE else None
    if free is not None and n_bytes > free:
        raise UserError(f"{what} will not fit into memory.", f"It takes about {say(n_bytes)}, and {say(free)} are free.", do)


def say(n_bytes: float) -> str:
    """``"1.2 GB"``."""
    size = max(float(n_bytes), 0.0)
    power = sum(size >= 999.5 * 1000**k for k in range(4))
    return f"{size / 1000**power:.3g} {('bytes', 'kB', 'MB', 'GB', 'TB')[power]}"


def _of_machine() -> Iterator[int]:
    found = _fields(_PROC / "meminfo").get("MemAvailable")
    if found is not None:
        yield found
        return
    with contextlib.suppress(AttributeError, ValueError, OSError):   # macOS does not say what is free: what it has is an upper bound
        yield os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")


def _of_groups() -> Iterator[int]:
    """What is left in this process's control group and in those around it; pages of files that can be dropped count as free."""
    for line in _text(_PROC / "self/cgroup").splitlines():
        _, kinds, path = [*line.split(":", 2), "", ""][:3]
        if kinds not in ("", "memory"):
            continue
        root, most, used, dropped = ((_CGROUPS, "memory.max", "memory.current", "inactive_file") if not kinds else
                                     (_CGROUPS / "memory", "memory.limit_in_bytes", "memory.usage_in_bytes", "total_inactive_file"))
        folder = root / path.lstrip("/")
        for place in (folder, *folder.parents):
            limit, now = _number(place / most), _number(place / used)
            if limit is not None and now is not None and limit < _NO_LIMIT:
                yield max(limit - now + _fields(place / "memory.stat", 1).get(dropped, 0), 0)
            if place == root:
                break


def _of_limits() -> Iterator[int]:
    """What is left of the limits that `mdexplore.base.work.caps`, a shell or a batch system has set."""
    if resource is None:
        return
    now = _fields(_PROC / "self/status")
    for kind, used in ((resource.RLIMIT_AS, "VmSize"), (resource.RLIMIT_DATA, "VmData")):
        soft, _ = resource.getrlimit(kind)
        if soft != resource.RLIM_INFINITY and used in now:
            yield max(soft - now[used], 0)


def _fields(path: Path, unit: int = 1024) -> dict[str, int]:
    """Numbers by name, from lines such as ``MemAvailable:  1234 kB``."""
    found = {}
    for line in _text(path).splitlines():
        name, *values = line.replace(":", " ").split()[:2] or [""]
        if values and values[0].isdigit():
            found[name] = int(values[0]) * unit
    return found


def _number(path: Path) -> int | None:
    text = _text(path).strip()
    return int(text) if text.isdigit() else None


def _text(path: Path) -> str:
    try:
        return path.read_text()
    except (OSError, UnicodeDecodeError):
        return ""
