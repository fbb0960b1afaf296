"""A cache of results on disk: plain JSON and ``.npy`` files under a content key, written atomically, opened as memory maps.

An entry is a folder ``<root>/<first two letters>/<key>`` with ``value.json`` and one ``.npy`` file for each array. It is written under a
temporary name, flushed, and renamed; an entry that is absent, stale or damaged is a miss. Nothing is pickled.
"""
from __future__ import annotations

import hashlib
import json
import logging
import os
import shutil
import tempfile
from pathlib import Path
from typing import Any

import numpy as np

from mdexplore.base.errors import UserError
from mdexplore.base.folders import cache_folder
from mdexplore.base.plain import decode, encode

log = logging.getLogger(__name__)
FORMAT = 1


def content_key(*parts: Any) -> str:
    """A short hash of plain values; equal values give equal keys on every machine."""
    text = json.dumps(parts, sort_keys=True, default=_plain)
    return hashlib.blake2b(text.encode("utf-8", "surrogateescape"), digest_size=16).hexdigest()


def array_key(array: np.ndarray) -> str:
    """A hash of an array's type, shape and bytes."""
    array = np.ascontiguousarray(array)
    digest = hashlib.blake2b(f"{array.dtype.str}{array.shape}".encode(), digest_size=16)
    digest.update(array.view(np.uint8).reshape(-1).data)
    return digest.hexdigest()


def _plain(value: Any) -> Any:
    if isinstance(value, np.generic):
        return value.item()
    if isinstance(value, (set, frozenset)):
        return sorted(value)
    if isinstance(value, (bytes, Path)):
        return os.fsdecode(value)
    raise TypeError(f"{type(value).__name__} cannot be part of a key")


class Store:
    """The cache; every method may be called from several processes at once."""

    @property
    def root(self) -> Path:
        return cache_folder()

    def folder(self, key: str) -> Path:
        return self.root / key[:2] / key

    def has(self, key: str) -> bool:
        return (self.folder(key) / "value.json").is_file()

    def load(self, key: str) -> Any:
        """The value under a key, its arrays as read-only memory maps; None where there is no sound entry."""
        folder = self.folder(key)
        try:
            spec = json.loads((folder / "value.json").read_text())
            if spec["format"] != FORMAT:
                return None
            return decode(spec["value"], lambda name: _open_array(folder / Path(name).name))
        except FileNotFoundError:
            return None
        except (OSError, ValueError, KeyError, TypeError) as error:
            log.warning("cache entry %s is damaged and will be made again: %s", key, error)
            shutil.rmtree(folder, ignore_errors=True)
            return None

    def save(self, key: str, value: Any) -> Any:
        """Write a value and give it back as `load` would, with its arrays as memory maps."""
        with self.writing(key) as entry:
            entry.value = value
        found = self.load(key)
        return value if found is None else found

    def writing(self, key: str) -> Entry:
        """A context in which an entry is written piece by piece; it appears whole at the end, or not at all."""
        return Entry(self, key)


class Entry:
    """An entry in the making: set `value`, and write large arrays straight into `array`."""

    def __init__(self, store: Store, key: str) -> None:
        self._store, self._key = store, key
        self.value: Any = None

    def __enter__(self) -> Entry:
        try:
            parent = self._store.folder(self._key).parent
            parent.mkdir(parents=True, exist_ok=True)
            self.folder = Path(tempfile.mkdtemp(prefix=".new-", dir=parent))
        except OSError as error:
            raise self._unwritable(error) from error
        self._open: dict[int, str] = {}
        return self

    def array(self, shape: tuple[int, ...], dtype: Any = np.float32) -> np.ndarray:
        """An array on disk to be filled; use it inside `value` afterwards."""
        name = self._next_name()
        array = np.lib.format.open_memmap(self.folder / name, mode="w+", dtype=dtype, shape=shape)
        self._open[id(array)] = name
        return array

    def __exit__(self, kind: Any, error: Any, trace: Any) -> None:
        try:
            if kind is None:
                self._finish()
        except OSError as problem:
            raise self._unwritable(problem) from problem
        finally:
            shutil.rmtree(self.folder, ignore_errors=True)

    def _put(self, array: np.ndarray) -> str:
        """The name of an array that was filled in place, or of a file written for it now."""
        name = self._open.get(id(array))
        if name is None:
            name = self._next_name()
            np.save(self.folder / name, array, allow_pickle=False)
        elif isinstance(array, np.memmap):
            array.flush()
        return name

    def _next_name(self) -> str:
        return f"a{len(list(self.folder.glob('*.npy')))}.npy"

    def _finish(self) -> None:
        spec = {"format": FORMAT, "value": encode(self.value, self._put)}
        (self.folder / "value.json").write_text(json.dumps(spec))
        for path in self.folder.iterdir():
            descriptor = os.open(path, os.O_RDONLY)
            try:
                os.fsync(descriptor)
            finally:
                os.close(descriptor)
        target = self._store.folder(self._key)
        try:
            os.rename(self.folder, target)
        except OSError:
            if not self._store.has(self._key):   # somebody else wrote the same entry first, unless it is a ruin
                shutil.rmtree(target, ignore_errors=True)
                os.rename(self.folder, target)

    def _unwritable(self, error: OSError) -> UserError:
        return UserError("The cache cannot be written.", f"{self._store.root}: {error.strerror or error}.",
                         "Free some space there, or set MDEXPLORE_CACHE to another folder.")


def _open_array(path: Path) -> np.ndarray:
    """Small arrays are read, large ones mapped: a map each would use up the file handles of a many-lag scan."""
    is_large = path.stat().st_size > 1 << 16
    array = np.load(path, mmap_mode="r" if is_large else None, allow_pickle=False)
    array.flags.writeable = False
    return array
