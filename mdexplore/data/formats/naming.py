"""ASCII names for files whose readers take no other."""
from __future__ import annotations

import hashlib
import os
from pathlib import Path

from mdexplore.base.errors import UserError
from mdexplore.base.store import cache_folder


def ascii_name(path: Path) -> Path:
    """The path itself where it is ASCII, or else a link to it in the cache folder.

    Raises
    ------
    UserError
        If the link cannot be made.
    """
    if str(path).isascii():
        return path
    name = hashlib.blake2b(os.fsencode(path), digest_size=12).hexdigest() + "".join(s for s in path.suffixes[-1:] if s.isascii())
    link = cache_folder() / "links" / name
    if not str(link).isascii():
        raise UserError("A file name with other letters than ASCII cannot be read here.", f"{path}; and the cache folder {link.parent} has such letters too.",
                        "Rename the file, or set MDEXPLORE_CACHE to a folder with an ASCII name.")
    try:
        link.parent.mkdir(parents=True, exist_ok=True)
        if not link.is_symlink():
            link.symlink_to(path.absolute())
    except FileExistsError:
        pass   # another process made the same link first
    except OSError as error:
        raise UserError("A file name with other letters than ASCII cannot be read here.", f"No link to {path} could be made in {link.parent}: {error}.",
                        "Rename the file, or set MDEXPLORE_CACHE to another folder.") from error
    return link
