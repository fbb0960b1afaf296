"""GROMACS XTC: a header walk in plain Python, decoding by mdtraj of frames whose packing has been followed.

Of files with flipped bytes mdtraj's decoder alone is killed by about one in twenty; behind these checks by none.
"""
from __future__ import annotations

import mmap
import struct
from dataclasses import replace
from pathlib import Path

import numpy as np

from mdexplore.base.errors import UserError
from mdexplore.data.formats.common import Block, Damage, Scan, cell_from_vectors, join
from mdexplore.data.formats.naming import ascii_name
from mdexplore.data.formats.steady import SteadyFile
from mdexplore.data.formats.xtc_packing import FIRST, LAST, first_unsound

MAGIC, WIDE_MAGIC = 1995, 2023   # the later one counts packed bytes with eight bytes
MAX_ATOMS = 100_000_000
_FEW_ATOMS = 9                   # so few are written as they are
_BATCH = 1 << 15
_STREAM = 8                      # who asks for so many frames will ask for the next ones
_AHEAD = 2048                    # frames whose packing is checked at once
_AHEAD_BYTES = 128 << 20


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
        offsets, times, worse = _check_headers(view, offsets, end, magic, n_atoms)
    end = worse.byte if worse else end
    found = worse or damage
    if found is not None and len(offsets):
        found = replace(found, n_lost=max(1, round((size - end) * len(offsets) / end)))
    return Scan("xtc", n_atoms, len(offsets), offsets, times, found, {"end": int(end)})


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


def _check_headers(view: mmap.mmap, offsets: np.ndarray, end: int, magic: int, n_atoms: int) -> tuple[np.ndarray, np.ndarray, Damage | None]:
    """Offsets and times up to the first header that cannot be right."""
    data = np.frombuffer(view, dtype=np.uint8)
    times = np.empty(len(offsets))
    sizes = np.diff(offsets, append=end) - 92
    packed = n_atoms > _FEW_ATOMS
    span = np.arange(88 if packed else 56)
    try:
        for first in range(0, len(offsets), _BATCH):
            heads = data[offsets[first:first + _BATCH, None] + span]
            whole, real = heads.view(">i4"), heads.view(">f4")
            times[first:first + len(heads)] = real[:, 3]
            problems = _problems(whole, real, sizes[first:first + _BATCH], magic, n_atoms, packed)
            bad = np.logical_or.reduce(list(problems.values()))
            if bad.any():
                frame = int(bad.argmax())
                text = next(text for text, found in problems.items() if found[frame])
                frame += first
                return offsets[:frame], times[:frame], Damage(frame, int(offsets[frame]), text)
        return offsets, times, None
    finally:
        del data   # or the file's map could not be closed


def _problems(whole: np.ndarray, real: np.ndarray, sizes: np.ndarray, magic: int, n_atoms: int, packed: bool) -> dict[str, np.ndarray]:
    problems = {
        "there is no mark of a new frame": whole[:, 0] != magic,
        f"the atom count differs from {n_atoms}": (whole[:, 1] != n_atoms) | (whole[:, 13] != n_atoms),
    }
    if packed:
        precision, smallest = real[:, 14], whole[:, 21]
        problems["the precision is impossible"] = ~((precision > 0) & (precision < 1e9))
        problems["the range of coordinates is reversed"] = (whole[:, 15:18] > whole[:, 18:21]).any(axis=1)
        problems["the range of coordinates is too large"] = (whole[:, 18:21].astype(np.int64) - whole[:, 15:18] >= 0x7FFFFFFF).any(axis=1)
        problems["the packing is impossible"] = (smallest < FIRST) | (smallest > LAST)
        # The decoder puts the packed bytes into a buffer of 3.6 words an atom without looking.
        problems["the packed size is impossible"] = sizes > 4 * int(3 * n_atoms * 1.2) - 12
    return problems


class XTCReader:
    """mdtraj's decoder, kept open, with the offsets of the scan; each frame's packing is checked before it is decoded first."""

    def __init__(self, path: Path, scan: Scan) -> None:
        from mdtraj.formats import XTCTrajectoryFile

        self._data = SteadyFile(path)
        self._file = XTCTrajectoryFile(str(ascii_name(path)))
        self._offsets = np.asarray(scan.offsets)
        self._file.offsets = self._offsets
        self._n_atoms, self._name = scan.n_atoms, path.name
        self._ends = np.append(self._offsets[1:], scan.layout["end"])
        self._checked = np.zeros(scan.n_frames, dtype=bool)

    def read(self, start: int, count: int, stride: int = 1, atoms: np.ndarray | None = None) -> Block:
        self._data.check()
        if stride == 1:
            return self._run(start, count, atoms)
        # mdtraj 1.11.1 fails where its strided read steps past the end, so frames are fetched one by one.
        return join([self._run(start + i * stride, 1, atoms) for i in range(count)])

    def _run(self, start: int, count: int, atoms: np.ndarray | None) -> Block:
        self._check(start, count)
        self._file.seek(start)
        xyz, _, _, box = self._file.read(n_frames=count, atom_indices=atoms)
        return Block(xyz, *cell_from_vectors(box))

    def _check(self, start: int, count: int) -> None:
        if self._checked[start:start + count].all():
            return
        asked = count
        if count >= _STREAM:
            ahead = _AHEAD_BYTES // max(1, int(self._ends[start] - self._offsets[start]))
            count = min(max(count, min(ahead, _AHEAD)), len(self._checked) - start)   # side by side, many cost little more than few
        rows = slice(start, start + count)
        first = int(self._offsets[start])
        data = self._data.read(first, int(self._ends[start + count - 1]) - first)
        bad = self._first_unsound(data, self._offsets[rows] - first, self._ends[rows] - first)
        if bad is None:
            self._checked[rows] = True
            return
        self._checked[start:start + bad] = True
        if not self._checked[start:start + asked].all():
            raise UserError(f"{self._name} is damaged at frame {start + bad}.", f"Its packed coordinates are not those of {self._n_atoms} atoms.",
                            'Copy or write the file again, or load with on_damage="keep-good" to use the frames before it.')

    def _first_unsound(self, data: np.ndarray, offsets: np.ndarray, ends: np.ndarray) -> int | None:
        """The first of some frames whose header or packing is wrong; the header once more, since frames may have been written over."""
        marks = np.asarray(data)[offsets[:, None] + np.arange(8)].view(">i4")
        wrong = ~np.isin(marks[:, 0], (MAGIC, WIDE_MAGIC)) | (marks[:, 1] != self._n_atoms)
        if wrong.any():
            return int(wrong.argmax())
        if self._n_atoms <= _FEW_ATOMS:
            return None
        head = 96 if int(marks[0, 0]) == WIDE_MAGIC else 92
        return first_unsound(data, offsets, ends, self._n_atoms, head)

    def close(self) -> None:
        self._file.close()
        self._data.close()
