"""What kind of file something is, by the bytes it begins with."""
from __future__ import annotations

import re
import struct
from pathlib import Path

from mdexplore.base import roots

BINARY_MARKS = ((b"CDF\x01", "nc"), (b"CDF\x02", "nc"), (b"CDF\x05", "nc"), (b"\x89HDF\r\n\x1a\n", "h5"), (b"\x93NUMPY", "npy"))
FOREIGN_MARKS = ((b"%PDF", "a PDF document"), (b"\x7fELF", "a program"), (b"\x89PNG", "a picture"), (b"\xff\xd8\xff", "a picture"),
                 (b"BZh", "compressed by bzip2"), (b"\xfd7zXZ", "compressed by xz"), (b"\x28\xb5\x2f\xfd", "compressed by zstd"),
                 (b"\x80\x04", "a Python pickle"), (b"\x80\x05", "a Python pickle"), (b"SQLite format", "a database"))
_TEXT_FORMATS = {".pdb": "pdb", ".ent": "pdb", ".gro": "gro", ".xyz": "xyz", ".lammpstrj": "lammpstrj", ".mdcrd": "mdcrd", ".crd": "mdcrd", ".arc": "arc",
                 ".cif": "cif", ".mmcif": "cif", ".pdbx": "cif", ".mol2": "mol2", ".rst7": "rst7", ".restrt": "rst7", ".inpcrd": "rst7"}
FEATURE_FORMATS = frozenset({"npy", "npz", "colvar"})   # numbers for each frame, without atoms
_PDB_RECORD = re.compile(rb"(HEADER|TITLE |REMARK|CRYST1|MODEL |ATOM  |HETATM|COMPND|AUTHOR|EXPDTA|SEQRES|HELIX |SHEET |ORIGX1|CONECT)")


def identify(path: Path) -> tuple[str, str]:
    """The format of a file, and what it is instead where it is no trajectory.

    Returns
    -------
    form : str
        ``"xtc"``, ``"trr"``, ``"dcd"``, ``"nc"``, ``"h5"``, a text format such as ``"pdb"``, ``"npy"``, ``"npz"``, ``"colvar"``, or "" where unknown.
    instead : str
        What it looks like where `form` is "", such as ``"a web page"``.

    Raises
    ------
    UserError
        If the file lies outside the data root.
    """
    roots.check_read(path)
    with open(path, "rb") as file:
        head = file.read(4096)
    for mark, form in BINARY_MARKS:
        if head.startswith(mark):
            return form, ""
    number = struct.unpack(">i", head[:4])[0] if len(head) >= 4 else 0
    if number in (1995, 2023):
        return "xtc", ""
    if number == 1993:
        return "trr", ""
    if head[4:8] in (b"CORD", b"VELD") or head[8:12] in (b"CORD", b"VELD"):
        return "dcd", ""
    if head.startswith(b"PK\x03\x04"):
        return ("npz", "") if path.suffix.lower() == ".npz" else ("", "a ZIP archive")
    if head.startswith(b"\x1f\x8b"):
        inner = _TEXT_FORMATS.get(Path(path.stem).suffix.lower(), "")
        return (inner + ".gz", "") if inner in ("pdb", "cif", "xyz") else ("", "compressed by gzip")
    for mark, name in FOREIGN_MARKS:
        if head.startswith(mark):
            return "", name
    if b"\x00" in head:
        return "", "binary data of an unknown kind"
    return _identify_text(head, path.suffix.lower())


def _identify_text(head: bytes, suffix: str) -> tuple[str, str]:
    start = head.lstrip()[:200].lower()
    if start.startswith((b"<!doctype html", b"<html")):
        return "", "a web page, perhaps of a download that failed"
    if start.startswith(b"#! fields"):
        return "colvar", ""
    if start.startswith(b"item: timestep"):
        return "lammpstrj", ""
    if start.startswith((b"{", b"[")):
        return "", "JSON"
    lines = head.splitlines()
    by_name = _TEXT_FORMATS.get(suffix, "")
    if by_name == "pdb" or not by_name:
        if any(_PDB_RECORD.match(line) for line in lines[:50]):
            return "pdb", ""
        if by_name == "pdb":
            return "", "text without any PDB record"
    if by_name == "gro" and not (len(lines) > 1 and lines[1].strip().isdigit()):
        return "", "text without the atom count of a GRO file in its second line"
    if by_name:
        return by_name, ""
    if suffix in (".dat", ".txt", ".csv") and _is_number_table(lines):
        return "colvar", ""
    return "", "text"


def _is_number_table(lines: list[bytes]) -> bool:
    rows = [line for line in lines[:-1] or lines if line.strip() and not line.lstrip().startswith(b"#")]
    try:
        return bool(rows) and all(bool([float(word) for word in row.split()]) for row in rows)
    except ValueError:
        return False
