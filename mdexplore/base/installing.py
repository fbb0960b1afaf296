"""The command that installs what an extra brings, into the Python that runs: pages and messages say it as it can be typed, in any folder."""
from __future__ import annotations

import shlex
import sys

#: Module -> what brings it, in the version that is tested (constraints.txt).
PINNED = {"torch": "torch==2.13.0", "faiss": "faiss-cpu==1.15.1", "dask": "dask[distributed]==2026.8.0", "MDAnalysis": "MDAnalysis==2.11.0", "openmm": "openmm==8.6.1"}


def install_line(what: str, *options: str) -> str:
    """``"/home/me/mdexplore/.venv/bin/python -m pip install torch==2.13.0"``.

    A bare ``pip`` may belong to another environment, and ``'.[deep]'`` means something in a clone alone.

    Parameters
    ----------
    what : str
        A module of `PINNED`, or what pip calls a distribution.
    *options : str
        Of pip.
    """
    return shlex.join([sys.executable or "python", "-m", "pip", "install", *options, PINNED.get(what, what)])
