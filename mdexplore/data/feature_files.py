"""Features from files and from memory: NumPy arrays, .npy, .npz, PLUMED COLVAR and plain number tables."""
from __future__ import annotations

import zipfile
from pathlib import Path
from typing import Any

import numpy as np

from mdexplore.base.errors import UserError
from mdexplore.base.store import array_key, content_key
from mdexplore.data.clock import Clock, read_clock
from mdexplore.data.formats.signature import FEATURE_FORMATS
from mdexplore.data.given import Given, as_given
from mdexplore.data.readers import identify, unreadable
from mdexplore.data.sources import kind_of

_ROWS = 1000
_SMALL, _MOST_BYTES, _MOST_RATIO = 1 << 26, 16 << 30, 200   # bytes, bytes, and how much smaller real arrays get by packing


def are_features(items: list[Any]) -> bool:
    """Whether a list holds feature arrays and feature files only."""
    return all(kind_of(i) == "array" or (kind_of(i) == "path" and identify(i)[0] in FEATURE_FORMATS) for i in items)


def read(items: list[Any]) -> tuple[Given, Clock]:
    """Feature arrays of a list, and the time step where the files say it.

    Raises
    ------
    UserError
        If something holds no features, or columns differ.
    """
    arrays: list[np.ndarray] = []
    labels: list[str] = []
    origins: list[tuple[str, str]] = []
    names: tuple[str, ...] | None = None
    clock = Clock(None, "arrays have no times")
    for i, item in enumerate(items):
        if kind_of(item) == "array":
            arrays.append(item)
            labels.append(f"trajectory {i}")
            continue
        if kind_of(item) != "path" or identify(item)[0] not in FEATURE_FORMATS:
            raise UserError(f"{getattr(item, 'name', type(item).__name__)} holds no features.", do="Give 2-D arrays, .npy, .npz or PLUMED COLVAR files.")
        found, columns, times, parts = _read_file(item)
        arrays += found
        origins += [(str(item), part) for part in parts]
        labels += [item.name] if len(found) == 1 else [f"{item.name} {k}" for k in range(len(found))]
        if columns is not None and names is not None and columns != names:
            raise UserError("The feature files do not have the same columns.", f"{item.name} has {', '.join(columns)}; the ones before have {', '.join(names)}.",
                            "Write the same columns in the same order.")
        names = columns or names
        if times is not None and clock.timestep_ns is None:
            clock = read_clock(times)
    return as_given(arrays, labels, names, tuple(origins) if len(origins) == len(arrays) else ()), clock


def fingerprint(array: np.ndarray) -> str:
    """A quick hash of an array's shape and of its first and last rows."""
    return content_key(array.shape, array_key(array[:_ROWS]), array_key(array[-_ROWS:]))


FromFile = tuple[list[np.ndarray], tuple[str, ...] | None, np.ndarray | None, list[str]]   # arrays, names of columns, times, what of the file each array is


def _read_file(path: Path) -> FromFile:
    form = identify(path)[0]
    try:
        if form == "npy":
            return [np.load(path, mmap_mode="r", allow_pickle=False)], None, None, ["npy"]
        if form == "npz":
            _check_inflated(path)
            with np.load(path, allow_pickle=False) as archive:
                return [archive[name] for name in archive.files], None, None, [f"npz {name}" for name in archive.files]
        return _read_table(path)
    except UserError:
        raise
    except Exception as error:   # damaged files make NumPy raise many kinds
        raise unreadable(path, error) from error


def _check_inflated(path: Path) -> None:
    """An archive of megabytes can unpack to gigabytes; that is said before it is done."""
    with zipfile.ZipFile(path) as archive:
        whole = sum(member.file_size for member in archive.infolist())
    packed = path.stat().st_size
    if whole > _SMALL and (whole > _MOST_RATIO * packed or whole > _MOST_BYTES):
        raise UserError(f"{path} is not unpacked.", f"Its {packed / 1e6:.1f} MB would become {whole / 1e9:.1f} GB in memory.",
                        "Give .npy files, which are read piece by piece, if this is what you want.")


def _read_table(path: Path) -> FromFile:
    """PLUMED COLVAR (times in ps, its default unit), or a table of numbers without a header."""
    columns: tuple[str, ...] | None = None
    with open(path, encoding="utf-8", errors="replace") as file:
        for line in file:
            if line.startswith("#! FIELDS"):
                columns = tuple(line.split()[2:])
                break
            if line.strip() and not line.startswith("#"):
                break
    table = np.loadtxt(path, comments="#", ndmin=2)
    if columns is not None and table.shape[1] != len(columns):
        raise UserError(f"{path} does not fit its header.", f"{len(columns)} columns are named, {table.shape[1]} are there.", "Write it again.")
    if columns is not None and columns[0] == "time":
        return [table[:, 1:]], columns[1:], table[:, 0], ["table without time"]
    return [table], columns, None, ["table"]
