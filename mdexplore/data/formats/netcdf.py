"""AMBER NetCDF in its classic form (CDF-1, -2, -5): big-endian records of equal size, read here without any decoder.

The NetCDF library fills a cut file up with zeros without a word; here it is counted how many whole records there are.
"""
from __future__ import annotations

import struct
from pathlib import Path
from typing import Any

import numpy as np

from mdexplore.data.formats.common import Block, Damage, Scan, cell_of, half_cell
from mdexplore.data.formats.steady import SteadyFile

_HEAD_BYTES = 1 << 20
_TYPES = {1: "i1", 2: "S1", 3: ">i2", 4: ">i4", 5: ">f4", 6: ">f8", 7: "u1", 8: ">u2", 9: ">u4", 10: ">i8", 11: ">u8"}
_NM = {"angstrom": 0.1, "nanometer": 1.0, "nm": 1.0}
_PS = {"picosecond": 1.0, "ps": 1.0, "nanosecond": 1000.0, "ns": 1000.0, "femtosecond": 1e-3, "fs": 1e-3}


def scan(path: Path) -> Scan:
    """Where coordinates, cell and times lie, and how many whole frames there are."""
    size = path.stat().st_size
    with open(path, "rb") as file:
        head = file.read(_HEAD_BYTES)
    try:
        header = _Header(head)
        records, variables = header.read()
        header_bytes = header.at
    except (struct.error, IndexError, KeyError, ValueError, UnicodeDecodeError):
        return Scan("nc", 0, 0, damage=Damage(0, 0, "the header is damaged"))
    xyz = variables.get("coordinates")
    if xyz is None or len(xyz["shape"]) != 3 or xyz["shape"][2] != 3 or not xyz["type"].startswith(">f"):
        return Scan("nc", 0, 0, damage=Damage(0, 0, "there are no coordinates in it (an AMBER trajectory has them)"))
    parts = sorted((v for v in variables.values() if v["record"]), key=lambda v: v["begin"])
    # A single record variable is not padded to four bytes; all others are.
    record = sum(v["bytes"] if len(parts) == 1 else (v["bytes"] + 3) & ~3 for v in parts)
    if not xyz["record"] or record <= 0:
        return Scan("nc", 0, 0, damage=Damage(0, 0, "its coordinates have no frame axis"))
    first = parts[0]["begin"]
    if not _is_consistent(parts, first, header_bytes):
        return Scan("nc", 0, 0, damage=Damage(0, 0, "the places in its header contradict each other"))
    used = parts[-1]["begin"] + parts[-1]["bytes"] - first   # the last record may lack its padding
    whole, rest = divmod(max(0, size - first), record)
    if rest >= used:
        whole, rest = whole + 1, 0
    streaming = records in (0xFFFFFFFF, 0xFFFFFFFFFFFFFFFF)
    n_frames = whole if streaming else min(records, whole)
    damage = None
    if not streaming and whole < records:
        damage = Damage(whole, first + whole * record, f"the header says {records} frames and the file ends in or before this one", records - whole)
    elif not streaming and size - first - n_frames * record > 3:
        damage = Damage(n_frames, first + n_frames * record, f"{size - first - n_frames * record} bytes follow the {n_frames} frames that the header says", whole - n_frames)
    elif streaming and rest > 3:
        damage = Damage(n_frames, first + n_frames * record, "the frame is cut", 1)
    layout = {"record": record, "first": first, "used": used, "xyz": _place(xyz, _NM, 0.1)}
    for name, unit in (("cell_lengths", _NM), ("cell_angles", {})):
        found = variables.get(name)
        layout[name] = _place(found, unit, 0.1 if unit else 1.0) if found and found["record"] and found["shape"][1:] == [3] else None
    times = variables.get("time")
    times_ps = None
    if times is not None and times["record"] and times["shape"][1:] == []:
        times_ps = _Records(path, _place(times, _PS, 1.0), record, n_frames, ()).values.astype(np.float64) * _place(times, _PS, 1.0)[2]
    return Scan("nc", xyz["shape"][1], n_frames, None, times_ps, damage, layout, half_cell(bool(layout["cell_lengths"]), bool(layout["cell_angles"])))


def _is_consistent(parts: list[dict[str, Any]], first: int, header_bytes: int) -> bool:
    """Whether the variables of a record lie one after the other, behind the header, with the sizes that are written."""
    at = first
    for part in parts:
        padded = (part["bytes"] + 3) & ~3
        if part["begin"] != at or (part["written_bytes"] not in (padded, part["bytes"]) and padded < 0xFFFFFFFC):
            return False
        at += padded
    return first >= header_bytes


def _place(variable: dict[str, Any], units: dict[str, float], default: float) -> list[Any]:
    """[first byte, type, factor to our unit] of a variable."""
    return [variable["begin"], variable["type"], units.get(variable["units"].lower().rstrip("s"), default) * variable["scale"]]


class _Header:
    """A walk through the header of the classic format."""

    def __init__(self, data: bytes) -> None:
        self._data, self.at = data, 4
        self._count = ">Q" if data[3] == 5 else ">I"
        self._offset = ">I" if data[3] == 1 else ">Q"

    def read(self) -> tuple[int, dict[str, dict[str, Any]]]:
        records = self._number(self._count)
        dimensions = self._list(self._dimension)
        self._list(self._attribute)
        return records, dict(self._list(lambda: self._variable(dimensions)))

    def _number(self, kind: str) -> int:
        value = struct.unpack_from(kind, self._data, self.at)[0]
        self.at += struct.calcsize(kind)
        return value

    def _list(self, item: Any) -> list[Any]:
        self._number(">I")
        n = self._number(self._count)
        if n > 10_000:
            raise ValueError("too many entries")
        return [item() for _ in range(n)]

    def _name(self) -> str:
        n = self._number(self._count)
        if n > 10_000:
            raise ValueError("too long a name")
        text = self._data[self.at:self.at + n].decode()
        self.at += (n + 3) & ~3
        return text

    def _dimension(self) -> tuple[str, int]:
        return self._name(), self._number(self._count)

    def _attribute(self) -> tuple[str, Any]:
        name = self._name()
        kind = np.dtype(_TYPES[self._number(">I")])
        n = self._number(self._count)
        raw = self._data[self.at:self.at + n * kind.itemsize]
        self.at += (n * kind.itemsize + 3) & ~3
        return name, raw.decode(errors="replace") if kind.kind == "S" else np.frombuffer(raw, kind)

    def _variable(self, dimensions: list[tuple[str, int]]) -> tuple[str, dict[str, Any]]:
        name = self._name()
        axes = [self._number(self._count) for _ in range(self._number(self._count))]
        attributes = dict(self._list(self._attribute))
        kind = _TYPES[self._number(">I")]
        written = self._number(self._count)   # overflows for large variables
        begin = self._number(self._offset)
        shape = [dimensions[a][1] for a in axes]
        record = bool(axes) and shape[0] == 0
        n_bytes = int(np.prod(shape[1:] if record else shape, dtype=np.int64)) * np.dtype(kind).itemsize
        scale = attributes.get("scale_factor")
        units = attributes.get("units", "")
        return name, {"shape": shape, "record": record, "type": kind, "begin": begin, "bytes": n_bytes, "written_bytes": written,
                      "units": units if isinstance(units, str) else "",
                      "scale": 1.0 if scale is None or isinstance(scale, str) else float(scale[0])}


class _Records:
    """One variable over all frames, as a map."""

    def __init__(self, path: Path, place: list[Any], record: int, n_frames: int, shape: tuple[int, ...]) -> None:
        begin, kind, self.factor = place
        inner = tuple(np.ndarray(shape, kind).strides)
        data: Any = np.memmap(path, dtype=np.uint8, mode="r") if n_frames else np.empty(0, np.uint8)
        self.values = np.ndarray((n_frames, *shape), kind, data, begin if n_frames else 0, (record, *inner))


class NetCDFReader:
    """Records read as they are."""

    def __init__(self, path: Path, scan: Scan) -> None:
        self._layout, self._atoms, self._file = scan.layout, scan.n_atoms, SteadyFile(path)

    def read(self, start: int, count: int, stride: int = 1, atoms: np.ndarray | None = None) -> Block:
        layout = self._layout
        rows = self._file.rows(layout["first"], layout["record"], start, count, stride, used=layout["used"])
        raw = self._values(rows, "xyz", 3 * self._atoms).reshape(count, self._atoms, 3)
        with np.errstate(over="ignore", invalid="ignore"):   # wild numbers are judged by those who ask for them
            xyz = (raw if atoms is None else raw[:, atoms]).astype(np.float32) * np.float32(layout["xyz"][2])
            if not (layout["cell_lengths"] and layout["cell_angles"]):
                return Block(xyz)
            lengths, angles = ((self._values(rows, name, 3) * layout[name][2]).astype(np.float32) for name in ("cell_lengths", "cell_angles"))
            return cell_of(xyz, lengths, angles)

    def _values(self, rows: np.ndarray, name: str, n: int) -> np.ndarray:
        """A variable of n numbers in each record; shape (count, n)."""
        begin, kind, _ = self._layout[name]
        at = begin - self._layout["first"]
        return np.ascontiguousarray(rows[:, at:at + n * np.dtype(kind).itemsize]).view(kind)

    def close(self) -> None:
        self._file.close()
