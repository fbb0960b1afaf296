"""How many atoms a file has, from its first bytes or lines; None where that would take more. Readers are imported where they are asked."""
from __future__ import annotations

import mmap
import struct
from pathlib import Path
from typing import IO

from mdexplore.base import roots

_ATOMS = (b"ATOM  ", b"HETATM")
_ENDS = (b"ENDMDL", b"END   ")


def count_atoms(path: Path, form: str) -> int | None:
    """Atoms of a trajectory or a topology.

    Parameters
    ----------
    path : Path
    form : str
        From `mdexplore.data.formats.signature.identify`.

    Returns
    -------
    int or None
        None for other formats, for damage, and where a reader may count otherwise: a PDB file with alternative places of an atom.

    Raises
    ------
    UserError
        If the file lies outside the data root.
    """
    roots.check_read(path)
    count = {"xtc": _of_xtc, "trr": _of_trr, "dcd": _of_dcd, "pdb": _of_pdb, "gro": _of_gro}.get(form)
    if count is None:
        return None
    try:
        with open(path, "rb") as file:
            return count(file)
    except (OSError, struct.error, ValueError):
        return None


def _of_xtc(file: IO[bytes]) -> int:
    return int(struct.unpack(">4xi", file.read(8))[0])


def _of_trr(file: IO[bytes]) -> int | None:
    from mdexplore.data.formats import trr

    with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as view:
        head = trr.read_head(view, 0, len(view))
    return None if isinstance(head, str) else head[0]


def _of_dcd(file: IO[bytes]) -> int | None:
    from mdexplore.data.formats import dcd

    with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as view:
        head = dcd.read_head(view)
    return None if isinstance(head, str) else int(head["atoms"])


def _of_pdb(file: IO[bytes]) -> int | None:
    names = []
    for line in file:
        if line.startswith(_ATOMS):
            if line[16:17] != b" ":
                return None
            names.append(line[12:27] + line[72:76])
        elif names and line.ljust(6)[:6].replace(b"\n", b" ").replace(b"\r", b" ") in _ENDS:
            break
    return len(names) if names and len(set(names)) == len(names) else None


def _of_gro(file: IO[bytes]) -> int:
    file.readline()
    return int(file.readline())
