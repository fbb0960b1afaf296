"""How much memory a call takes at its peak that is no page of a file (Linux)."""
from __future__ import annotations

import contextlib
import ctypes
import gc
import os
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

EVERY_S = 0.002
MORE_MB = 1.0   # pages of files: where a call takes more of them, the highest resident size tells nothing of its memory
HIGH_WATER = "5"   # written to clear_refs: forget the highest resident size so far


def anonymous_peak(act: Callable[[], Any]) -> tuple[float, Any]:
    """Most memory taken during a call above that before it, in MB, NaN where the system does not tell, and the call's result.

    Notes
    -----
    What earlier calls have freed is given back to the system first, or a later call would find it there and seem to take nothing. A call may be over
    before it can be looked at: where it was not seen to read files by memory maps, the highest resident size that the kernel noted counts, too.
    """
    _give_back()
    pid, finished = os.getpid(), threading.Event()
    before, files = memory_mb(pid, "RssAnon"), memory_mb(pid, "RssFile")
    peak, most_files = before, files
    noted = _forget_peak(pid)

    def watch() -> None:
        nonlocal peak, most_files
        while not finished.wait(EVERY_S):
            peak, most_files = max(peak, memory_mb(pid, "RssAnon")), max(most_files, memory_mb(pid, "RssFile"))

    watcher = threading.Thread(target=watch)
    watcher.start()
    try:
        result = act()
    finally:
        highest = memory_mb(pid, "VmHWM")
        peak, most_files = max(peak, memory_mb(pid, "RssAnon")), max(most_files, memory_mb(pid, "RssFile"))
        finished.set()
        watcher.join()
    if noted and most_files <= files + MORE_MB:
        peak = max(peak, highest - files)
    return (max(peak - before, 0.0) if before else float("nan")), result


def memory_mb(pid: int, name: str) -> float:
    """A line of the status of a process, in MB; 0 where there is none."""
    try:
        text = Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return 0.0
    return next((int(line.split()[1]) / 1000 for line in text.splitlines() if line.startswith(name)), 0.0)


def say_mb(megabytes: float) -> str:
    if megabytes != megabytes:
        return "unknown"
    return f"{megabytes:,.0f} MB" if megabytes >= 1 else "< 1 MB"


def _give_back() -> None:
    gc.collect()
    with contextlib.suppress(OSError, AttributeError):   # only glibc has it
        ctypes.CDLL(None).malloc_trim(0)


def _forget_peak(pid: int) -> bool:
    try:
        Path(f"/proc/{pid}/clear_refs").write_text(HIGH_WATER)
    except OSError:
        return False
    return True
