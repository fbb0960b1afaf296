"""CHARMM, NAMD, OpenMM and LAMMPS DCD: Fortran records of equal size, read here without any decoder."""
from __future__ import annotations

import mmap
import struct
from pathlib import Path

import numpy as np

from mdexplore.data.formats.common import Block, Damage, Scan
from mdexplore.data.formats.steady import SteadyFile


def scan(path: Path) -> Scan:
    """The layout of a DCD file, and how many whole frames it holds.

    Times are not believed: programs that know none write a step of 1.
    """
    with open(path, "rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as view:
        head = read_head(view)
        if isinstance(head, str):
            return Scan("dcd", 0, 0, damage=Damage(0, 0, head))
        size = len(view)
        n_frames, rest = divmod(size - head["first"], head["frame"])
        damage = Damage(n_frames, head["first"] + n_frames * head["frame"], "the frame is cut", _lost(head, n_frames)) if rest else None
        if not rest and 0 < n_frames < head["claimed"]:
            damage = Damage(n_frames, size, f"the header says {head['claimed']} frames", _lost(head, n_frames))
        broken = _first_broken(view, head, n_frames)
        if broken is not None:
            damage = Damage(broken, head["first"] + broken * head["frame"], "the marks around the coordinates are wrong", n_frames - broken)
            n_frames = broken
    return Scan("dcd", head["atoms"], n_frames, None, None, damage, head)


def _lost(head: dict, n_frames: int) -> int:
    """How many frames the header promises behind the last whole one; a wild promise is no number."""
    missing = head["claimed"] - n_frames
    return missing if 0 < missing < 1000 * max(n_frames, 1) else 1


def read_head(view: mmap.mmap) -> dict | str:
    """Byte order, width of record marks, atoms, and where frames begin; or what is wrong."""
    if len(view) < 100:
        return "the header is cut"
    for order in "<>":
        for mark in "iq":
            width = struct.calcsize(mark)
            if struct.unpack_from(order + mark, view, 0)[0] == 84 and view[width:width + 4] in (b"CORD", b"VELD"):
                return _read_records(view, order, mark, width)
    return "the header is not that of a DCD file"


def _read_records(view: mmap.mmap, order: str, mark: str, width: int) -> dict | str:
    control = struct.unpack_from(order + "20i", view, width + 4)
    claimed, fixed, has_cell, has_fourth = control[0], control[8], bool(control[10]) and bool(control[19]), bool(control[11]) and bool(control[19])
    at = 84 + 2 * width
    try:
        title = struct.unpack_from(order + mark, view, at)[0]
        if not 0 <= title < 1 << 24:
            return "the header is damaged"
        at += title + 2 * width
        four, atoms = struct.unpack_from(order + mark + "i", view, at)
    except struct.error:
        return "the header is cut"
    if four != 4 or atoms <= 0:
        return f"the header claims {atoms} atoms"
    if fixed:
        return f"{fixed} atoms are fixed and stored only once, which is not supported"
    first = at + 4 + 2 * width
    cell = 48 + 2 * width if has_cell else 0
    frame = cell + (4 if has_fourth else 3) * (4 * atoms + 2 * width)
    return {"order": order, "mark": mark, "width": width, "atoms": atoms, "first": first, "cell": cell, "frame": frame, "claimed": claimed}


def _first_broken(view: mmap.mmap, head: dict, n_frames: int) -> int | None:
    """The first frame whose record marks do not say the size they should."""
    wanted = 4 * head["atoms"]
    record = wanted + 2 * head["width"]
    kind = np.dtype(head["order"] + ("i4" if head["mark"] == "i" else "i8"))
    broken = n_frames
    if not n_frames:
        return None
    for axis in range(3):
        for end in (0, head["width"] + wanted):
            at = head["first"] + head["cell"] + axis * record + end
            marks = np.ndarray((broken,), kind, view, at, (head["frame"],))
            bad = np.flatnonzero(marks != wanted)
            del marks   # or the file's map could not be closed
            broken = int(bad[0]) if len(bad) else broken
            if not broken:
                return 0 if n_frames else None
    return broken if broken < n_frames else None


class DCDReader:
    """Records of equal size, read as they are; Angstrom become nm."""

    def __init__(self, path: Path, scan: Scan) -> None:
        self._head, self._atoms, self._file = scan.layout, scan.n_atoms, SteadyFile(path)

    def read(self, start: int, count: int, stride: int = 1, atoms: np.ndarray | None = None) -> Block:
        head = self._head
        rows = self._file.rows(head["first"], head["frame"], start, count, stride, used=head["frame"])
        n, width = 4 * self._atoms, head["width"]
        xyz = np.empty((count, self._atoms if atoms is None else len(atoms), 3), np.float32)
        for axis in range(3):
            at = head["cell"] + axis * (n + 2 * width) + width
            positions = np.ascontiguousarray(rows[:, at:at + n]).view(head["order"] + "f4")
            xyz[:, :, axis] = positions if atoms is None else positions[:, atoms]
        xyz *= np.float32(0.1)
        if not head["cell"]:
            return Block(xyz)
        return Block(xyz, *_cell(np.ascontiguousarray(rows[:, width:width + 48]).view(head["order"] + "f8").astype(np.float64)))

    def close(self) -> None:
        self._file.close()


def _cell(cell: np.ndarray) -> tuple[np.ndarray | None, np.ndarray | None]:
    """Lengths in nm and angles in degrees of records (a, gamma, b, beta, alpha, c), whose angles may be written as cosines."""
    lengths, angles = cell[:, [0, 2, 5]] / 10, cell[:, [4, 3, 1]]
    if not lengths.all(axis=1).any():
        return None, None
    if (np.abs(angles) <= 1).all():
        angles = 90 - np.degrees(np.arcsin(angles))
    return lengths.astype(np.float32), angles.astype(np.float32)
