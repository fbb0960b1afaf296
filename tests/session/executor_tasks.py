"""Pieces of work for the tests of executors; workers find this module by its name."""
from __future__ import annotations

import os
import signal
from pathlib import Path


def total_and_die_once(parts, note, *, tick=None):
    """The sum of some rows; the first to begin with row 0 kills its process."""
    start = _begun(parts, note)
    if start == 0 and "died" not in Path(note).read_text():
        _write(note, "died")
        os.kill(os.getpid(), signal.SIGKILL)
    return float(parts[0].sum())


def total_and_die_at_20_once(parts, note, *, tick=None):
    """The sum of some rows; who begins with row 20 first kills the process."""
    if _begun(parts, note) == 20 and "died" not in Path(note).read_text():
        _write(note, "died")
        os.kill(os.getpid(), signal.SIGKILL)
    return float(parts[0].sum())


def total_and_fail_at_20_once(parts, note, *, tick=None):
    before = Path(note).read_text().split() if Path(note).exists() else []
    if _begun(parts, note) == 20 and "20" not in before:
        raise RuntimeError("the third piece fails")
    return float(parts[0].sum())


def threads_in_use(parts, *, tick=None):
    import scipy.linalg  # noqa: F401
    from threadpoolctl import threadpool_info

    return max(library["num_threads"] for library in threadpool_info())


def _begun(parts, note):
    start = int(parts[0][0, 0])
    _write(note, str(start))
    return start


def _write(note, text):
    with open(note, "a") as file:
        file.write(text + "\n")
