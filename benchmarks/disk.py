"""A folder for large files, with enough room, and on a disk rather than in memory."""
from __future__ import annotations

import shutil
import tempfile
from pathlib import Path

IN_MEMORY = ("tmpfs", "ramfs")
MOUNTS = Path("/proc/self/mounts")


class NoRoom(Exception):
    """No folder has as much room as a benchmark takes."""


def with_room(needed: float, folder: str | None = None) -> Path:
    """The folder that was given, or the first of the usual ones with room; `NoRoom` says what is free.

    Parameters
    ----------
    needed : float
        Bytes.
    folder : str, optional
        The temporary folder, the current one, or the one of the user where not given.
    """
    places = [Path(folder)] if folder else [place for place in (Path(tempfile.gettempdir()), Path.cwd(), Path.home()) if not is_in_memory(place)]
    free = {place: shutil.disk_usage(place).free for place in places}
    for place, there in free.items():
        if there >= needed:
            return place
    found = ", ".join(f"{there / 1e9:.1f} GB in {place}" for place, there in free.items()) or "no disk was found"
    raise NoRoom(f"{needed / 1e9:.1f} GB are needed for files: {found}. Name a folder with room by --folder, or ask for fewer frames by --frames.")


def is_in_memory(place: Path, mounts: Path = MOUNTS) -> bool:
    """Whether files there take memory instead of disk (Linux; elsewhere it is not known)."""
    if not mounts.is_file():
        return False
    kinds = {Path(parts[1]): parts[2] for parts in map(str.split, mounts.read_text().splitlines()) if len(parts) > 2}
    here = place.resolve()
    return next((kinds[at] in IN_MEMORY for at in (here, *here.parents) if at in kinds), False)
