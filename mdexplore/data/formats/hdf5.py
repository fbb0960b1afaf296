"""mdtraj's HDF5 (and AMBER NetCDF-4, which is HDF5 too): first touched in a process of its own, since a damaged file can kill its reader."""
from __future__ import annotations

import atexit
import struct
from pathlib import Path

import numpy as np

from mdexplore.base.errors import UserError
from mdexplore.data.formats.common import Block, Damage, Scan, cell_of, half_cell
from mdexplore.data.formats.naming import ascii_name
from mdexplore.data.formats.steady import SteadyFile

_READ_WHOLE = 256 << 20   # bytes
_COMPUTES_S, _READS_PER_S = 8, 20e6


def scan(path: Path) -> Scan:
    """Shapes and times, read by a child process.

    Raises
    ------
    UserError
        If the file kills its reader or holds no coordinates.
    """
    from mdexplore.base.work.run import run_in_child

    end, size = _end_of_file(path), path.stat().st_size
    if end is not None and size < end:
        return Scan("h5", 0, 0, damage=Damage(0, size, f"the file is cut: it should have {end} bytes and has {size}"))
    try:
        found = run_in_child("mdexplore.data.formats.hdf5:touch", str(ascii_name(path)), timeout=120 + size / _READS_PER_S)
    except Exception as error:   # PyTables raises many kinds, and a crash is one more
        reason = " ".join(str(error).split()).partition("HDF5 error back trace")[0].strip(" .:") or type(error).__name__
        raise UserError(f"{path} could not be read.", f"Its reader failed in a separate process: {reason[:200]}.", "Copy the file again, or write it again with mdtraj.") from error
    if found is None:
        raise UserError(f"{path} is an HDF5 file, but no trajectory.", "It has no array of coordinates.", "Give a file that mdtraj or AMBER has written.")
    n_frames, n_atoms = found["shape"][:2]
    for name, length in found["lengths"].items():
        if length != n_frames:
            raise UserError(f"{path} is damaged.", f"It has {n_frames} frames of coordinates and {length} of {name}.", "Copy the file again, or write it again.")
    damage = None
    if end is not None and size > end:
        damage = Damage(n_frames, end, f"{size - end} bytes follow the end of the file that its header says")
    times = None if found["times_ps"] is None else np.array(found["times_ps"])
    return Scan("h5", n_atoms, n_frames, None, times, damage, {"amber": found["amber"]},
                half_cell("cell_lengths" in found["lengths"], "cell_angles" in found["lengths"]))


def _end_of_file(path: Path) -> int | None:
    """Where an HDF5 file ends by its own account."""
    with open(path, "rb") as file:
        head = file.read(96)
    try:
        version, at = head[8], {0: 40, 1: 44, 2: 28, 3: 28}.get(head[8])
        wide = head[13] if version < 2 else head[9]
        return struct.unpack_from("<Q", head, at)[0] if at is not None and wide == 8 else None
    except (IndexError, struct.error):
        return None


def touch(path: str) -> dict | None:
    """Shapes and times of a file, all of it read where it is small and samples where not; runs in a child process."""
    import tables

    _limit_time(Path(path).stat().st_size)
    with tables.open_file(path, "r") as file:
        if "/coordinates" not in file:
            return None
        xyz = file.get_node("/coordinates")
        if len(xyz.shape) != 3 or xyz.shape[2] != 3:
            return None
        small = Path(path).stat().st_size <= _READ_WHOLE
        for frame in range(0, xyz.shape[0], 64 if small else max(64, xyz.shape[0] // 16)):
            xyz[frame:frame + 64]   # what kills the reader shall do so here
        beside = [name for name in ("time", "cell_lengths", "cell_angles") if f"/{name}" in file]
        for name in beside + ["topology"] * ("/topology" in file):
            file.get_node(f"/{name}")[:]
        amber = b"AMBER" in bytes(str(getattr(file.root._v_attrs, "Conventions", "")), "utf-8", "replace")
        times = file.get_node("/time")[:].astype(float).tolist() if "/time" in file else None
        return {"shape": [int(n) for n in xyz.shape], "lengths": {name: int(file.get_node(f"/{name}").shape[0]) for name in beside},
                "times_ps": times, "amber": amber}


def _limit_time(n_bytes: int) -> None:
    """A damaged file can make the library walk in circles: the child ends when it has computed for longer than reading can take."""
    try:
        import resource
    except ImportError:   # Windows, where the caller's limit on the whole time must do
        return
    used = resource.getrusage(resource.RUSAGE_SELF)
    limit = int(used.ru_utime + used.ru_stime + _COMPUTES_S + n_bytes / _READS_PER_S)
    resource.setrlimit(resource.RLIMIT_CPU, (limit, resource.getrlimit(resource.RLIMIT_CPU)[1]))


class HDF5Reader:
    """A kept handle; PyTables checks every index."""

    def __init__(self, path: Path, scan: Scan) -> None:
        import tables

        self._steady = SteadyFile(path)
        self._file = tables.open_file(str(ascii_name(path)), "r")
        atexit.register(self._file.close)   # after PyTables' own hook, so before it in order: it would complain
        self._xyz = self._file.get_node("/coordinates")
        has_cell = "/cell_lengths" in self._file and "/cell_angles" in self._file
        self._cell = [self._file.get_node(name) for name in ("/cell_lengths", "/cell_angles")] if has_cell else None
        self._factor = np.float32(0.1 if scan.layout["amber"] else 1.0)

    def read(self, start: int, count: int, stride: int = 1, atoms: np.ndarray | None = None) -> Block:
        self._steady.check()
        rows = slice(start, start + (count - 1) * stride + 1, stride)
        xyz = np.asarray(self._xyz[rows], np.float32)
        xyz = (xyz if atoms is None else xyz[:, atoms]) * self._factor
        if self._cell is None:
            return Block(xyz)
        lengths, angles = (np.asarray(part[rows], np.float32) for part in self._cell)
        return cell_of(xyz, lengths * self._factor, angles)

    def close(self) -> None:
        atexit.unregister(self._file.close)
        self._file.close()
        self._steady.close()
