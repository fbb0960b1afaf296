"""Files that appear whole or not at all: a temporary name, a flush to the disk, and a rename."""
from __future__ import annotations

import contextlib
import os
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from mdexplore.base import roots
from mdexplore.base.errors import UserError

MARK = ".new-"
_ABANDONED_S = 24 * 3600.0


def write_whole(path: str | Path, write: Callable[[Path], object], *, is_ours: bool = False) -> Path:
    """Let a function write a file under another name, then put it in place of `path`.

    Parameters
    ----------
    path : str or Path
        Its folder is made where it does not exist; a file that was there is replaced only by a whole one.
    write : callable
        ``write(temporary)`` writes to a path with the same suffix.
    is_ours : bool
        The path was not named by the user, but lies in our cache: the root for saved files does not hold for it.

    Returns
    -------
    Path
        Absolute, so that what is said of it is true wherever it is read.

    Raises
    ------
    UserError
        If the folder or the file cannot be written, or may not be (`mdexplore.base.roots`).
    """
    path = _place(path)
    if not is_ours:
        roots.check_write(path)
    temporary: Path | None = None
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        _sweep(path)
        handle, name = tempfile.mkstemp(prefix=MARK, suffix=path.suffix, dir=path.parent)
        temporary = Path(name)
        os.close(handle)
        write(temporary)
        with temporary.open("rb+") as file:
            os.fsync(file.fileno())
        temporary.chmod(0o644)
        os.replace(temporary, path)
    except OSError as error:
        raise UserError(f"{path} cannot be written.", f"{error.strerror or error}.", "Free some space, or choose another folder.") from error
    finally:
        if temporary is not None:
            temporary.unlink(missing_ok=True)
    return path


def _place(path: str | Path) -> Path:
    try:
        place = Path(path).expanduser().absolute()
        with contextlib.suppress(FileNotFoundError, NotADirectoryError, PermissionError):   # what may not be written is said below
            os.lstat(place)
    except (ValueError, RuntimeError, OSError) as error:   # letters that no path can have, a name that is too long, no home folder of that name
        raise UserError("This file name cannot be used.", f"{error}.", "Choose another name.") from error
    return place


def _sweep(path: Path) -> None:
    """Remove what writers that were killed have left behind."""
    for left in path.parent.glob(f"{MARK}*{path.suffix}"):
        with contextlib.suppress(OSError):   # another process may be as quick; leftovers of others stay
            if time.time() - left.lstat().st_mtime > _ABANDONED_S:
                left.unlink()
