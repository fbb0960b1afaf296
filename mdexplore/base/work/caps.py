"""Limits that the system itself holds a process to, where a server sets any: a request for more memory fails, and endless work ends."""
from __future__ import annotations

import contextlib

from mdexplore.base import limits

try:
    import resource
except ImportError:   # Windows
    resource = None   # type: ignore[assignment]

MIB = 1 << 20


def hold_this_process() -> None:
    """Hold this process, and all that it starts, to the memory and the processor time of one session (`mdexplore.base.limits`).

    Each process may have all of it: what they have together is watched by the server. Where a process is held to less already, that stays.
    """
    if resource is None:
        return
    memory, seconds = limits.limit("memory-mb"), limits.limit("cpu-s")
    if memory:
        _lower(resource.RLIMIT_DATA, memory * MIB)
    if seconds:
        _lower(resource.RLIMIT_CPU, seconds)


def _lower(kind: int, wanted: int) -> None:
    _, hard = resource.getrlimit(kind)
    most = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
    with contextlib.suppress(ValueError, OSError):   # a system without this limit
        resource.setrlimit(kind, (most, most))
