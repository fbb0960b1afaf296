"""What the command line was given, checked before anything is started: files that exist, times with a unit. Standard library only."""
from __future__ import annotations

import glob
import os
import re
from collections.abc import Sequence

from mdexplore.base.errors import UserError
from mdexplore.base.ordering import as_listed, natural

WITHOUT_NAMES = (".xtc", ".trr", ".dcd", ".nc", ".ncdf", ".netcdf", ".mdcrd", ".crd", ".binpos", ".lammpstrj", ".dtr")
_FRAMES = re.compile(r"\s*\d+\s*")


def trajectories_and_topology(names: Sequence[str], top: str | None) -> tuple[list[str], str | None]:
    """Absolute paths of what a command was given.

    Raises
    ------
    UserError
        If a file is missing, or a format that holds coordinates alone comes without a topology.
    """
    found = existing(names)
    topology = existing([top], kind="topology") if top else []
    if len(topology) > 1:
        raise UserError(f"--top {top} fits {len(topology)} files.", "All trajectories share one topology.", "Name one of them.")
    bare = [path for path in found if path.lower().endswith(WITHOUT_NAMES)]
    if bare and not topology:
        others = [name for name in names if not name.lower().endswith(WITHOUT_NAMES)]
        example = others[0] if len(others) == 1 else "protein.pdb"   # perhaps the topology, given without its option
        raise UserError(f"{os.path.basename(bare[0])} needs a topology.", "Files of this kind hold coordinates, but no atoms.",
                        f"Name the file with the atoms, such as --top {example}.")
    return found, topology[0] if topology else None


def existing(names: Sequence[str], *, kind: str = "trajectory") -> list[str]:
    """Absolute paths of files, with patterns filled in; run2 comes before run10, as where `mdexplore.load` fills a pattern in.

    A name that exists is taken as it is, so that ``run[1].xtc`` can be a file; any other may be a pattern such as ``run*.xtc``.

    Raises
    ------
    UserError
        If a name is no file, or a pattern fits none.
    """
    found: list[str] = []
    for name in names:
        path = os.path.abspath(os.path.expanduser(name))
        if os.path.isdir(path) and not path.endswith(".lh5"):
            raise UserError(f"{name} is a folder.", f"A {kind} is a file.", f"Name the files in it, such as {os.path.join(name, '*.xtc')}." if kind == "trajectory" else "Name the file in it.")
        matches = [path] if os.path.exists(path) else sorted(glob.glob(path), key=natural)
        if not matches:
            pattern = any(letter in name for letter in "*?[")
            raise UserError(f"There is no {kind} {name}.", "No file fits this pattern." if pattern else f"Looked in {os.path.dirname(path)}.",
                            "Check the name and the folder you are in.")
        for match in matches:
            if not os.access(match, os.R_OK):
                raise UserError(f"{match} cannot be read.", "This account may not read it.", "Change its permissions, or copy it.")
        found += matches
    return as_listed(found)


def parse_time_ns(text: str | None) -> float | None:
    """Nanoseconds of a time such as ``"20 ps"``; None stays None.

    Raises
    ------
    UserError
        If it is not a positive number with a unit of time.
    """
    if text is None:
        return None
    from mdexplore.base.units import NS

    found = re.fullmatch(r"\s*([0-9.]+(?:[eE][-+]?\d+)?)\s*([a-zµμ]+)\s*", text)
    try:
        value = float(found.group(1)) * NS[found.group(2)] if found else 0.0
    except (ValueError, KeyError):
        value = 0.0
    if not 0 < value < float("inf"):
        raise UserError(f"{text!r} is not a time.", "A time is a positive number and a unit.", "Write for example '20 ps' or '0.1 ns'.")
    return value


def parse_lagtime(text: str | None) -> int | str | None:
    """A bare whole number is frames; everything else is for the units to read."""
    if text is not None and _FRAMES.fullmatch(text):
        return int(text)
    return text
