"""The server's log: a file in the cache folder, so that the terminal shows one line and stays quiet. Standard library only."""
from __future__ import annotations

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from mdexplore.base.folders import log_folder

KEPT = 10


@contextmanager
def errors_to_file(fallback: Path) -> Iterator[Path]:
    """Send everything written to standard error, by us and by children, to a new log file meanwhile.

    Parameters
    ----------
    fallback : Path
        A folder for the file where the cache cannot be written.

    Yields
    ------
    Path
        The log file.
    """
    path, log = _open(fallback)
    terminal = os.dup(2)
    os.dup2(log, 2)
    os.close(log)
    try:
        yield path
    finally:
        os.dup2(terminal, 2)
        os.close(terminal)


def _open(fallback: Path) -> tuple[Path, int]:
    flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND
    name = time.strftime(f"app-%Y%m%d-%H%M%S-{os.getpid()}.log")
    folder = log_folder()
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        for old in sorted(folder.glob("app-*.log"))[: 1 - KEPT]:
            old.unlink(missing_ok=True)
        return folder / name, os.open(folder / name, flags, 0o600)
    except OSError:   # the doctor says that the cache cannot be written; the page works without it
        return fallback / name, os.open(fallback / name, flags, 0o600)
