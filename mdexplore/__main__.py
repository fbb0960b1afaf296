"""``python -m mdexplore`` and the ``mdexplore`` command: make the import path safe, then read the command line."""
from __future__ import annotations

import sys

from mdexplore.base.import_path import forget_current_folder


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
