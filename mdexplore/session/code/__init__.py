"""A study as a plain script: NumPy, mdtraj and deeptime alone give the same numbers, so that they can be checked and published without mdexplore."""
from __future__ import annotations

from mdexplore.session.code.script import to_code

__all__ = ["to_code"]
