"""Tasks that end their worker in the ways in which workers end, and one that gets no more memory."""
from __future__ import annotations

import ctypes
import os
import resource
import signal
from pathlib import Path
from typing import Any

SPARE = 64 << 20


def killed(**_: Any) -> None:
    """Ended as the system ends a process when memory is short."""
    os.kill(os.getpid(), signal.SIGKILL)


def crashed(**_: Any) -> None:
    """A compiled library reads where there is nothing."""
    ctypes.string_at(0)


def aborted(**_: Any) -> None:
    """A compiled library gives up, as C++ does where nobody catches."""
    os.abort()


def left(**_: Any) -> None:
    """A library ends the process."""
    os._exit(3)


def starved(**_: Any) -> None:
    """The system refuses more memory; the worker lives on."""
    now = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
    soft, hard = resource.getrlimit(resource.RLIMIT_AS)
    resource.setrlimit(resource.RLIMIT_AS, (now + SPARE, hard))
    try:
        bytearray(4 * SPARE)
    finally:
        resource.setrlimit(resource.RLIMIT_AS, (soft, hard))


WAYS = ("killed", "crashed", "aborted", "left", "starved")
