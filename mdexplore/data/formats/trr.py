"""GROMACS TRR: big-endian numbers after a short header in each frame, read here without any decoder."""
from __future__ import annotations

import mmap
import struct
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np

from mdexplore.data.formats.common import Block, Damage, Scan, cell_from_vectors
from mdexplore.data.formats.steady import SteadyFile

MAGIC = 1993
_TOGETHER = 16 << 20   # bytes that are read at once
_HEAD = struct.Struct(">iiI")      # mark, string length + 1, string length
_SIZES = struct.Struct(">13i")     # bytes of input record, energies, box, virial, pressure, topology, symmetry, positions, velocities, forces; atoms, step, nre


def scan(path: Path) -> Scan:
    """Find the frames of a TRR file that hold positions."""
    offsets: list[int] = []
    times: list[float] = []
    boxes: list[int] = []
    places: list[int] = []
    n_atoms, wide, damage, seen = 0, False, None, 0
    with open(path, "rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as view:
        at, size = 0, len(view)
        while at < size:
            head = read_head(view, at, size)
            if isinstance(head, str):
                damage = Damage(len(offsets), at, head)
                break
            atoms, precision, box_at, box_bytes, x_at, x_bytes, end, time = head
            if seen and atoms != n_atoms:
                damage = Damage(len(offsets), at, f"the atom count changes from {n_atoms} to {atoms}")
                break
            if offsets and x_bytes and wide != (precision == 8):
                damage = Damage(len(offsets), at, "the precision changes")
                break
            n_atoms, seen = atoms, seen + 1
            if x_bytes:   # a frame may hold velocities or forces alone
                wide = precision == 8
                offsets.append(at)
                times.append(time)
                boxes.append(box_at if box_bytes else -1)
                places.append(x_at)
            at = end
    if seen and not offsets:
        damage = Damage(0, 0, "no frame has positions")
    if damage is not None and offsets:
        damage = replace(damage, n_lost=max(1, round((size - damage.byte) * len(offsets) / max(damage.byte, 1))))
    starts = np.array(offsets, dtype=np.int64)
    return Scan("trr", n_atoms, len(offsets), starts, np.array(times), damage,
                {"wide": wide, "x": _shift(places, starts), "box": _shift(boxes, starts) if -1 not in boxes else None})


def _shift(places: list[int], starts: np.ndarray) -> int | list[int]:
    """How far into its frame something lies: one number where it is the same in all."""
    far = (np.array(places, dtype=np.int64) - starts).tolist()
    return far[0] if len(set(far)) == 1 else far


def read_head(view: mmap.mmap, at: int, size: int) -> str | tuple[int, int, int, int, int, int, int, float]:
    """Where the parts of a frame lie, or what is wrong with it."""
    if at + 12 > size:
        return "the frame is cut"
    mark, _, length = _HEAD.unpack_from(view, at)
    if mark != MAGIC or not 0 < length < 200:
        return "there is no mark of a new frame"
    place = at + 12 + ((length + 3) & ~3)
    if place + 52 + 8 > size:
        return "the frame is cut"
    sizes = _SIZES.unpack_from(view, place)
    box, x, v, f, atoms = sizes[2], sizes[7], sizes[8], sizes[9], sizes[10]
    if atoms <= 0 or min(sizes[:10]) < 0:
        return f"the frame claims {atoms} atoms"
    known = next(((total, count) for total, count in ((box, 9), (x, 3 * atoms), (v, 3 * atoms), (f, 3 * atoms)) if total), None)
    if known is None:
        return "the frame is empty"
    precision = known[0] // known[1]
    if precision not in (4, 8) or box not in (0, 9 * precision) or any(part not in (0, 3 * atoms * precision) for part in (x, v, f)):
        return "the sizes in the frame's header contradict each other"
    data = place + 52 + 2 * precision
    end = data + sum(sizes[:10])
    if end > size:
        return "the frame is cut"
    time = struct.unpack_from(">d" if precision == 8 else ">f", view, place + 52)[0]
    box_at = data + sizes[0] + sizes[1]
    return atoms, precision, box_at, box, data + sum(sizes[:7]), x, end, float(time)


class TRRReader:
    """Numbers read as they are, frame by frame."""

    def __init__(self, path: Path, scan: Scan) -> None:
        self._scan, self._offsets, self._file = scan, np.asarray(scan.offsets), SteadyFile(path)

    def read(self, start: int, count: int, stride: int = 1, atoms: np.ndarray | None = None) -> Block:
        scan = self._scan
        frames = np.arange(start, start + count * stride, stride)
        number = np.dtype(">f8" if scan.layout["wide"] else ">f4")
        xyz = np.empty((count, scan.n_atoms if atoms is None else len(atoms), 3), np.float32)
        for i, positions in enumerate(self._numbers("x", frames, number, 3 * scan.n_atoms)):
            xyz[i] = positions.reshape(-1, 3) if atoms is None else positions.reshape(-1, 3)[atoms]
        if scan.layout["box"] is None:
            return Block(xyz)
        return Block(xyz, *cell_from_vectors(np.array([box.reshape(3, 3) for box in self._numbers("box", frames, number, 9)])))

    def _numbers(self, part: str, frames: np.ndarray, number: np.dtype, n: int) -> Iterator[np.ndarray]:
        """A part of each frame; neighbouring frames are read at once."""
        places, size = self._places(part, frames), n * number.itemsize
        neighbours = len(places) > 1 and frames[1] == frames[0] + 1
        step = max(1, _TOGETHER * len(places) // (places[-1] - places[0] + size)) if neighbours else 1
        for first in range(0, len(places), step):
            some = places[first:first + step]
            data = self._file.read(some[0], some[-1] + size - some[0])
            for place in some:
                yield data[place - some[0]:place - some[0] + size].view(number)

    def _places(self, part: str, frames: np.ndarray) -> list[int]:
        shift = self._scan.layout[part]
        far = shift if isinstance(shift, int) else np.asarray(shift)[frames]
        return (self._offsets[frames] + far).tolist()

    def close(self) -> None:
        self._file.close()
