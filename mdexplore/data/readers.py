"""What a file really is, by its content and not by its name, and how each format is scanned and opened."""
from __future__ import annotations

import hashlib
import os
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

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
        Content key.
    """

    name: str
    file: str
    scan: Scan
    key: str


def scan_file(path: Path, form: str) -> Scan:
    """The scan of a binary trajectory; one that took long is kept in the cache.

    Raises
    ------
    UserError
        If the file cannot be opened or its reader fails.
    """
    stat = path.stat()
    key = content_key("scan", 1, form, os.fsdecode(path), stat.st_size, stat.st_mtime_ns)
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
    damage = scan.damage and [scan.damage.frame, scan.damage.byte, scan.damage.text]
    return {"format": scan.format, "n_atoms": scan.n_atoms, "n_frames": scan.n_frames, "offsets": scan.offsets, "times_ps": scan.times_ps,
            "damage": damage, "layout": scan.layout}


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
    try:
        return READERS[track.scan.format](Path(track.file), track.scan)
    except UserError:
        raise
    except Exception as error:   # decoders of other packages raise whatever they like
        raise unreadable(track.file, error) from error


def unreadable(file: str | Path, error: BaseException) -> UserError:
    """A reader's failure in words for the user."""
    if isinstance(error, FileNotFoundError):
        return UserError(f"{file} is not there any more.", "It has been moved or removed since it was loaded.", "Put it back, or load the data again.")
    if isinstance(error, PermissionError):
        return UserError(f"{file} may not be read.", "Its permissions do not allow it.", "Ask its owner, or copy it to a place of your own.")
    reason = " ".join(str(error).split()) or type(error).__name__
    return UserError(f"{file} could not be read.", f"Its reader says: {reason[:300]}.", "Check the file with the program that wrote it, or copy it again.")


def file_key(path: Path, scan: Scan) -> str:
    """The content key of a file: path, size, time of change, frame count, and a hash of its first and last MiB and of the frame offsets."""
    stat = path.stat()
    digest = hashlib.blake2b(digest_size=16)
    with open(path, "rb") as file:
        digest.update(file.read(_MIB))
        if stat.st_size > _MIB:
            file.seek(max(_MIB, stat.st_size - _MIB))
            digest.update(file.read(_MIB))
    if scan.offsets is not None:
        digest.update(np.ascontiguousarray(scan.offsets).data)
    return content_key("file", os.fsdecode(path), stat.st_size, stat.st_mtime_ns, scan.n_frames, digest.hexdigest())


__all__ = ["BINARY", "Track", "file_key", "identify", "open_reader", "scan_file", "unreadable"]
