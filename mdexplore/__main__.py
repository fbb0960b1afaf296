"""``python -m mdexplore`` and the ``mdexplore`` command: make the import path safe, then read the command line."""
from __future__ import annotations

import os
import sys


def _is_current_folder(entry: str) -> bool:
    if os.path.basename(entry) in ("site-packages", "dist-packages") or entry == os.path.dirname(os.__file__):
        return False
    return entry == "" or not os.path.isabs(entry) or os.path.realpath(entry) == os.path.realpath(os.getcwd())


def forget_current_folder() -> None:
    """Take the current folder off the import path, here and in every process started from here.

    People start the command inside a folder of data, and a ``voila.py`` or ``mdtraj.py`` lying there must not be run. ``python -m`` puts that
    folder first in ``sys.path``, and so does an empty entry in ``PYTHONPATH``. The folder this package lies in stays importable, as the last one.
    """
    home = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
    sys.path[:] = [entry for entry in sys.path if not _is_current_folder(entry)]
    if home not in sys.path:
        sys.path.append(home)
    kept = [entry for entry in os.environ.get("PYTHONPATH", "").split(os.pathsep) if not _is_current_folder(entry)]
    os.environ.pop("PYTHONPATH", None)
    if kept:
        os.environ["PYTHONPATH"] = os.pathsep.join(kept)
    os.environ["PYTHONSAFEPATH"] = "1"


def main() -> None:
    """Run the command line; never returns."""
    try:
        forget_current_folder()
    except FileNotFoundError:   # the current folder has been deleted
        sys.exit("The current folder does not exist any more. Change to another one and try again.")
    from mdexplore.cli import run

    sys.exit(run())


if __name__ == "__main__":
    main()
