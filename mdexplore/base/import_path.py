"""The import path without the current folder: files that lie among data are never run. Standard library only."""
from __future__ import annotations

import os
import sys


def forget_current_folder() -> None:
    """Take the current folder off the import path, here and in every process started from here.

    People start the command inside a folder of data, and a ``voila.py`` or ``mdtraj.py`` lying there must not be run. ``python -m`` puts that
    folder first in ``sys.path``, and so does an empty entry in ``PYTHONPATH``. The folder this package lies in stays importable, as the last one.
    """
    home = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
    sys.path[:] = [entry for entry in sys.path if not _is_current_folder(entry)]
    if home not in sys.path:
        sys.path.append(home)
    kept = [entry for entry in os.environ.get("PYTHONPATH", "").split(os.pathsep) if not _is_current_folder(entry)]
    os.environ.pop("PYTHONPATH", None)
    if kept:
        os.environ["PYTHONPATH"] = os.pathsep.join(kept)
    os.environ["PYTHONSAFEPATH"] = "1"


def _is_current_folder(entry: str) -> bool:
    if os.path.basename(entry) in ("site-packages", "dist-packages") or entry == os.path.dirname(os.__file__):
        return False
    return entry == "" or not os.path.isabs(entry) or os.path.realpath(entry) == os.path.realpath(os.getcwd())
