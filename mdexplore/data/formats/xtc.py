"""GROMACS XTC: a header walk in plain Python, decoding by mdtraj at offsets known to be good.

Of files with flipped bytes mdtraj's decoder alone is killed by about one in twenty; behind this walk it was killed by none.
"""
from __future__ import annotations

import mmap
import struct
from pathlib import Path

import numpy as np

from mdexplore.data.formats.common import Block, Damage, Scan, cell_from_vectors
from mdexplore.data.formats.naming import ascii_name

MAGIC, WIDE_MAGIC = 1995, 2023   # the later one counts packed bytes with eight bytes
MAX_ATOMS = 100_000_000
_FEW_ATOMS = 9                   # so few are written as they are
_BATCH = 1 << 15


def scan(path: Path) -> Scan:
    """Find the frames of an XTC file; costs under a microsecond a frame.

    The file is not empty and begins with an XTC mark.
    """
    with open(path, "rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as view:
        size = len(view)
        if size < 56:
            return Scan("xtc", 0, 0, damage=Damage(0, 0, "the header of the first frame is cut"))
        magic, n_atoms = struct.unpack_from(">ii", view, 0)
        if not 0 < n_atoms <= MAX_ATOMS:
            return Scan("xtc", 0, 0, damage=Damage(0, 0, f"the first frame claims {n_atoms} atoms"))
        offsets, end = _walk(view, size, n_atoms, magic == WIDE_MAGIC)
        damage = None
        if end < size:
            damage = Damage(len(offsets), end, _why_it_ends(view, size, end, magic))
        offsets, times, worse = _check_headers(view, offsets, magic, n_atoms)
    return Scan("xtc", n_atoms, len(offsets), offsets, times, worse or damage)


def _walk(view: mmap.mmap, size: int, n_atoms: int, wide: bool) -> tuple[np.ndarray, int]:
    """Where frames begin by the sizes they claim, and where the last whole one ends."""
    if n_atoms <= _FEW_ATOMS:
        length = 56 + 12 * n_atoms
        return np.arange(size // length, dtype=np.int64) * length, size // length * length
    head = 96 if wide else 92
    packed = struct.Struct(">q" if wide else ">i").unpack_from
    offsets, at = [], 0
    while at + head <= size:
        n_bytes = packed(view, at + 88)[0]
        end = at + head + ((n_bytes + 3) & ~3)
        if n_bytes <= 0 or end > size:
            break
        offsets.append(at)
        at = end
    return np.array(offsets, dtype=np.int64), at


def _why_it_ends(view: mmap.mmap, size: int, at: int, magic: int) -> str:
    if size - at >= 4 and struct.unpack_from(">i", view, at)[0] != magic:
        return "there is no mark of a new frame"
    return "the frame is cut"


def _check_headers(view: mmap.mmap, offsets: np.ndarray, magic: int, n_atoms: int) -> tuple[np.ndarray, np.ndarray, Damage | None]:
    """Offsets and times up to the first header that cannot be right."""
    data = np.frombuffer(view, dtype=np.uint8)
    times = np.empty(len(offsets))
    packed = n_atoms > _FEW_ATOMS
    span = np.arange(88 if packed else 56)
    try:
        for first in range(0, len(offsets), _BATCH):
            heads = data[offsets[first:first + _BATCH, None] + span]
            whole, real = heads.view(">i4"), heads.view(">f4")
            times[first:first + len(heads)] = real[:, 3]
            problems = _problems(whole, real, magic, n_atoms, packed)
            bad = np.logical_or.reduce(list(problems.values()))
            if bad.any():
                frame = int(bad.argmax())
                text = next(text for text, found in problems.items() if found[frame])
                frame += first
                return offsets[:frame], times[:frame], Damage(frame, int(offsets[frame]), text)
        return offsets, times, None
    finally:
        del data   # or the file's map could not be closed


def _problems(whole: np.ndarray, real: np.ndarray, magic: int, n_atoms: int, packed: bool) -> dict[str, np.ndarray]:
    problems = {
        "there is no mark of a new frame": whole[:, 0] != magic,
        f"the atom count differs from {n_atoms}": (whole[:, 1] != n_atoms) | (whole[:, 13] != n_atoms),
    }
    if packed:
        precision, smallest = real[:, 14], whole[:, 21]
        problems["the precision is impossible"] = ~((precision > 0) & (precision < 1e9))
        problems["the range of coordinates is reversed"] = (whole[:, 15:18] > whole[:, 18:21]).any(axis=1)
        problems["the packing is impossible"] = (smallest <= 0) | (smallest >= 73)
    return problems


class XTCReader:
    """mdtraj's decoder, kept open, with the offsets of the scan."""

    def __init__(self, path: Path, scan: Scan) -> None:
        from mdtraj.formats import XTCTrajectoryFile

        self._file = XTCTrajectoryFile(str(ascii_name(path)))
        self._file.offsets = scan.offsets

    def read(self, start: int, count: int, stride: int = 1, atoms: np.ndarray | None = None) -> Block:
        if stride == 1:
            return Block(*self._run(start, count, atoms))
        # mdtraj 1.11.1 fails where its strided read steps past the end, so frames are fetched one by one.
        parts = [self._run(start + i * stride, 1, atoms) for i in range(count)]
        xyz, lengths, angles = zip(*parts)
        if lengths[0] is None:
            return Block(np.concatenate(xyz))
        return Block(np.concatenate(xyz), np.concatenate(lengths), np.concatenate(angles))

    def _run(self, start: int, count: int, atoms: np.ndarray | None) -> tuple[np.ndarray, np.ndarray | None, np.ndarray | None]:
        self._file.seek(start)
        xyz, _, _, box = self._file.read(n_frames=count, atom_indices=atoms)
        return xyz, *cell_from_vectors(box)

    def close(self) -> None:
        self._file.close()
