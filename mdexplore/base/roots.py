"""The data root: folders outside which no file is read, and one outside which none is written. Standard library only.

Nothing is fenced in by default: a program reads what its user may read. A server for many sets ``MDEXPLORE_DATA_ROOT`` (folders, separated as in ``PATH``)
and, where files are to be saved elsewhere, ``MDEXPLORE_SAVE_ROOT``; the processes it starts inherit both.
"""
from __future__ import annotations

import os
import stat
from pathlib import Path

from mdexplore.base.errors import UserError

READ, WRITE = "MDEXPLORE_DATA_ROOT", "MDEXPLORE_SAVE_ROOT"
OURS = Path(__file__).resolve().parents[1] / "data" / "bundled"


def is_fenced() -> bool:
    """Whether there is a data root."""
    return bool(os.environ.get(READ))


def check_place(path: str | Path) -> None:
    """Refuse a path that leads out of the data root, before anything is said about what is there.

    Raises
    ------
    UserError
    """
    if is_fenced() and not _is_inside(path, [*_folders(READ), str(OURS)]):
        raise UserError(f"{path} lies outside the data folder of this server.", "Only files inside it are read.", f"Choose a file in {_say(READ)}.")


def check_read(path: str | Path) -> None:
    """Refuse to open what lies outside the data root, and there what is no ordinary file; links count as what they point to.

    Raises
    ------
    UserError
    """
    if not is_fenced():
        return
    check_place(path)
    try:
        is_file = stat.S_ISREG(os.stat(path).st_mode)
    except (OSError, ValueError):
        return   # whoever opens it says what is missing
    if not is_file:
        raise UserError(f"{path} is not an ordinary file.", do="Give a file with data.")


def check_write(path: str | Path) -> None:
    """Refuse to write outside the folder for saved files, or over anything but an ordinary file.

    Raises
    ------
    UserError
    """
    if not is_fenced() and not os.environ.get(WRITE):
        return
    name = WRITE if os.environ.get(WRITE) else READ
    if not _is_inside(path, _folders(name)):
        raise UserError(f"{path} lies outside the folder for saved files.", "This server writes nowhere else.", f"Choose a place in {_say(name)}.")
    if os.path.lexists(path) and not stat.S_ISREG(os.lstat(path).st_mode):
        raise UserError(f"{path} is not an ordinary file.", "Nothing is written through links or devices.", "Choose another name.")


def save_folder() -> Path | None:
    """Where names without a folder are saved on a server with roots; None where there is no root."""
    found = _folders(WRITE) or _folders(READ)
    return Path(found[0]) if found else None


def _folders(name: str) -> list[str]:
    return [os.path.realpath(os.path.expanduser(folder)) for folder in os.environ.get(name, "").split(os.pathsep) if folder]


def _is_inside(path: str | Path, folders: list[str]) -> bool:
    try:
        real = os.path.realpath(os.path.expanduser(path))
    except (OSError, ValueError):   # letters that no path can have
        return False
    return any(real == folder or real.startswith(os.path.join(folder, "")) for folder in folders)


def _say(name: str) -> str:
    return " or ".join(folder for folder in os.environ.get(name, "").split(os.pathsep) if folder)
