"""The private folder of a server: connection files with the kernels' keys lie in it. Standard library only.

Server and warm process remove it when they end. Only when both are killed at once (a machine that stops, the system short of memory, ``kill -9`` on the whole
group) it stays; the next server sweeps it. A lock that both hold tells the dead from the living, whatever has become of their process numbers.
"""
from __future__ import annotations

import contextlib
import os
import re
import shutil
import stat
import tempfile
import time
from pathlib import Path

try:
    import fcntl
except ImportError:   # Windows: nothing is swept there
    fcntl = None   # type: ignore[assignment]

PREFIX = "mdexplore-"
LOCK = "server.lock"
_OURS = re.compile(re.escape(PREFIX) + r"[a-z0-9_]{8}")
_UNLOCKED_S = 24 * 3600.0   # a folder without a lock may be one that is just being made, or of an older version


def make() -> tuple[Path, int]:
    """A new private folder, and the descriptor of its lock: the folder counts as in use until every process that holds it has ended."""
    sweep(Path(tempfile.gettempdir()))
    while True:
        folder = Path(tempfile.mkdtemp(prefix=PREFIX))
        lock = os.open(folder / LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        if fcntl is None:
            return folder, lock
        with contextlib.suppress(OSError):   # somebody who sweeps was quicker by a hair, and takes the folder away
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            if os.path.samestat(os.fstat(lock), os.stat(folder / LOCK)):
                return folder, lock
        os.close(lock)


def sweep(parent: Path) -> list[Path]:
    """Remove what dead servers of this user have left behind.

    Returns
    -------
    list of Path
        What was removed.
    """
    if fcntl is None:
        return []
    swept = []
    with contextlib.suppress(OSError), os.scandir(parent) as entries:
        for entry in entries:
            if _OURS.fullmatch(entry.name) and _remove_dead(Path(entry.path)):
                swept.append(Path(entry.path))
    return swept


def _remove_dead(folder: Path) -> bool:
    """Remove a folder that is this user's own and whose lock nobody holds; whether it was removed."""
    lock = None
    try:
        found = os.lstat(folder)
        if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.getuid():
            return False
        if not os.path.lexists(folder / LOCK):
            if time.time() - found.st_mtime < _UNLOCKED_S or not all(name.startswith("kernel-") for name in os.listdir(folder)):
                return False
        else:
            lock = os.open(folder / LOCK, os.O_RDWR | os.O_NOFOLLOW | os.O_CLOEXEC)
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        shutil.rmtree(folder, ignore_errors=True)   # with the lock in hand: its maker sees that it is gone
        return True
    except OSError:   # somebody holds it, or was quicker
        return False
    finally:
        if lock is not None:
            os.close(lock)
