"""Where files of our own live; standard library only, so that the command line may ask before anything heavy is imported."""
from __future__ import annotations

import os
import sys
from pathlib import Path


def cache_folder() -> Path:
    """The folder results live in: ``MDEXPLORE_CACHE``, read at each use, or the user's cache folder."""
    given = os.environ.get("MDEXPLORE_CACHE")
    if given:
        return Path(given).expanduser()
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Caches" / "mdexplore"
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "mdexplore"


def log_folder() -> Path:
    """The folder of the server's log files, inside the cache."""
    return cache_folder() / "logs"
