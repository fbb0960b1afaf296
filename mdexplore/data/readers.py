"""What a file really is, by its content and not by its name, and how each format is scanned and opened."""
from __future__ import annotations

import hashlib
import os
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from mdexplore.base import roots
from mdexplore.base.errors import UserError
from mdexplore.base.store import Store, content_key
from mdexplore.data import memory
from mdexplore.data.formats import dcd, hdf5, netcdf, trr, xtc
from mdexplore.data.formats.common import Damage, Reader, Scan
from mdexplore.data.formats.signature import identify

SCANS = {"xtc": xtc.scan, "trr": trr.scan, "dcd": dcd.scan, "nc": netcdf.scan, "h5": hdf5.scan}
READERS: dict[str, Callable[[Path, Scan], Reader]] = {
    "xtc": xtc.XTCReader, "trr": trr.TRRReader, "dcd": dcd.DCDReader, "nc": netcdf.NetCDFReader, "h5": hdf5.HDF5Reader, "stored": memory.StoredReader,
}
BINARY = frozenset(SCANS)
_MIB = 1 << 20
_SLOW = 0.2   # seconds a scan must have cost to be worth keeping


@dataclass(frozen=True, eq=False)
class Track:
    """One trajectory of a data set: where it lies and what the scan found.

    Parameters
    ----------
    name : str
        For display, without folders.
    file : str
        Path as an absolute text, or "" for data given in memory.
    scan : Scan
    key : str
        Content key, of the place in the file system too.
    content : str
        Hash of what is in it, wherever it lies; equal for copies.
    size, mtime_ns : int
        Bytes, and time of the last change, when it was scanned; -1 for data given in memory.
    every : int
        Only every n-th frame of the file belongs to the trajectory.
    """

    name: str
    file: str
    scan: Scan
    key: str
    content: str = ""
    size: int = -1
    mtime_ns: int = -1
    every: int = 1

    @property
    def n_frames(self) -> int:
        """Frames of the trajectory."""
        return -(-self.scan.n_frames // self.every)

    @property
    def times_ps(self) -> np.ndarray | None:
        """Time of each frame of the trajectory; shape (n_frames,)."""
        return None if self.scan.times_ps is None else self.scan.times_ps[::self.every]

    def check_source(self) -> None:
        """Whether the file is still what was scanned; costs one look at its folder entry.

        Raises
        ------
        UserError
            If it has gone or was changed.
        """
        if self.size < 0 or not self.file:
            return
        roots.check_read(self.file)
        try:
            found = os.stat(self.file)
        except OSError as error:
            raise unreadable(self.file, error) from error
        if found.st_size != self.size:
            raise UserError(f"{self.file} has changed since it was loaded.", f"It had {self.size} bytes and now has {found.st_size}.", "Load the data again.")
        if found.st_mtime_ns != self.mtime_ns:
            raise UserError(f"{self.file} has changed since it was loaded.", "It has the same size, but was written again.", "Load the data again.")


def scan_file(path: Path, form: str) -> Scan:
    """The scan of a binary trajectory; one that took long is kept in the cache.

    Raises
    ------
    UserError
        If the file cannot be opened or its reader fails.
    """
    roots.check_read(path)
    stat = path.stat()
    key = content_key("scan", 3, form, os.fsdecode(path), stat.st_size, stat.st_mtime_ns)
    known = Store().load(key)
    if known is not None:
        return _unpack(known)
    started = time.perf_counter()
    found = SCANS[form](path)
    if time.perf_counter() - started > _SLOW:
        Store().save(key, pack(found))
    return found


def pack(scan: Scan) -> dict:
    """A scan as plain values and arrays, for the cache."""
    damage = scan.damage and [scan.damage.frame, scan.damage.byte, scan.damage.text, scan.damage.n_lost]
    return {"format": scan.format, "n_atoms": scan.n_atoms, "n_frames": scan.n_frames, "offsets": scan.offsets, "times_ps": scan.times_ps,
            "damage": damage, "layout": scan.layout, "findings": scan.findings}


def _unpack(spec: dict) -> Scan:
    damage = spec["damage"] and Damage(*spec["damage"])
    return Scan(**{**spec, "damage": damage})


def open_reader(track: Track) -> Reader:
    """The open file of a track.

    Raises
    ------
    UserError
        If the file has gone since it was scanned, or cannot be opened.
    """
    if track.file:   # a saved file names its trajectories, and may name any
        roots.check_read(track.file)
    _check_grown(track)
    try:
        return READERS[track.scan.format](Path(track.file), track.scan)
    except UserError:
        raise
    except Exception as error:   # decoders of other packages raise whatever they like
        raise unreadable(track.file, error) from error


def _check_grown(track: Track) -> None:
    """A file may have grown since it was scanned, as while a simulation runs; then its first frames must lie where they did."""
    try:
        grown = track.scan.format in BINARY and track.size >= 0 and os.stat(track.file).st_size > track.size
    except OSError as error:
        raise unreadable(track.file, error) from error
    if not grown:
        if track.scan.format in BINARY:
            track.check_source()
        return
    now, before = scan_file(Path(track.file), track.scan.format), track.scan
    same = now.n_atoms == before.n_atoms and now.n_frames >= before.n_frames
    if same and now.offsets is not None and before.offsets is not None:
        same = np.array_equal(now.offsets[:before.n_frames], before.offsets)
    if not same:
        raise UserError(f"{track.file} has changed since it was loaded.", "It is longer, and its first frames are others.", "Load the data again.")


def unreadable(file: str | Path, error: BaseException) -> UserError:
    """A reader's failure in words for the user."""
    if isinstance(error, FileNotFoundError):
        return UserError(f"{file} is not there any more.", "It has been moved or removed since it was loaded.", "Put it back, or load the data again.")
    if isinstance(error, PermissionError):
        return UserError(f"{file} may not be read.", "Its permissions do not allow it.", "Ask its owner, or copy it to a place of your own.")
    reason = " ".join(str(error).split()) or type(error).__name__
    return UserError(f"{file} could not be read.", f"Its reader says: {reason[:300]}.", "Check the file with the program that wrote it, or copy it again.")


def track_of(path: Path, scan: Scan) -> Track:
    """The track of a file. Its key: path, size, time of change, frame count, and a hash of its first and last MiB and of the frame offsets."""
    stat = path.stat()
    digest = hashlib.blake2b(digest_size=16)
    with open(path, "rb") as file:
        digest.update(file.read(_MIB))
        if stat.st_size > _MIB:
            file.seek(max(_MIB, stat.st_size - _MIB))
            digest.update(file.read(_MIB))
    if scan.offsets is not None:
        digest.update(np.ascontiguousarray(scan.offsets).data)
    content = content_key("content", stat.st_size, scan.n_frames, digest.hexdigest())
    key = content_key("file", os.fsdecode(path), stat.st_size, stat.st_mtime_ns, scan.n_frames, digest.hexdigest())
    return Track(path.name, str(path), scan, key, content, stat.st_size, stat.st_mtime_ns)


__all__ = ["BINARY", "Track", "identify", "open_reader", "scan_file", "track_of", "unreadable"]
