"""A cache of results on disk: plain JSON and ``.npy`` files under a content key, written atomically, opened as memory maps.

An entry is a folder ``<root>/<first two letters>/<key>`` with ``value.json``, one ``.npy`` file for each array, and ``sums.json`` with the size and a
check sum of each. It is written under a temporary name, flushed, and renamed; an entry that is absent, stale or damaged is a miss. Nothing is pickled.
"""
from __future__ import annotations

import hashlib
import json
import logging
import os
import shutil
import tempfile
import time
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from mdexplore.base.errors import UserError
from mdexplore.base.folders import cache_folder
from mdexplore.base.plain import decode, encode
from mdexplore.base.scratch import reserve, whole_file

log = logging.getLogger(__name__)
FORMAT = 2
_SMALL = 1 << 16        # bytes; a larger file is summed by its ends and some pages between
_PAGES, _PAGE = 14, 1 << 12
_HASHED = 1 << 26       # bytes, from one word on how far a hash is to the next
_ABANDONED_S = 24 * 3600.0


def content_key(*parts: Any) -> str:
    """A short hash of plain values; equal values give equal keys on every machine."""
    text = json.dumps(parts, sort_keys=True, default=_plain)
    return hashlib.blake2b(text.encode("utf-8", "surrogateescape"), digest_size=16).hexdigest()


def array_key(array: np.ndarray, tick: Callable[[int], None] | None = None) -> str:
    """A hash of an array's type, shape and bytes; `tick` is called with how many of its bytes are read."""
    array = np.ascontiguousarray(array)
    digest = hashlib.blake2b(f"{array.dtype.str}{array.shape}".encode(), digest_size=16)
    content = array.view(np.uint8).reshape(-1).data
    for start in range(0, len(content), _HASHED):
        digest.update(content[start:start + _HASHED])
        if tick is not None:
            tick(min(start + _HASHED, len(content)))
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
        if not self.has(key):
            return None
        try:
            spec = json.loads((folder / "value.json").read_text())
            if spec["format"] != FORMAT:
                raise ValueError(f"its format is {spec['format']}")
            sums = json.loads((folder / "sums.json").read_text())
            _check(folder / "value.json", sums)
            return decode(spec["value"], lambda name: _open_array(folder / Path(name).name, sums))
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
            _sweep(parent)
            self.folder = Path(tempfile.mkdtemp(prefix=".new-", dir=parent))
        except OSError as error:
            raise self._unwritable(error) from error
        self._open: dict[int, str] = {}
        return self

    def array(self, shape: tuple[int, ...], dtype: Any = np.float32) -> np.ndarray:
        """An array on disk to be filled; use it inside `value` afterwards.

        Raises
        ------
        UserError
            If there is no room for it.
        """
        name = self._next_name()
        try:
            array = np.lib.format.open_memmap(self.folder / name, mode="w+", dtype=dtype, shape=shape)
            reserve(self.folder / name)
        except OSError as error:
            raise self._unwritable(error) from error
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
            _write(array, self.folder / name)
        elif isinstance(array, np.memmap):
            array.flush()
        return name

    def _next_name(self) -> str:
        return f"a{len(list(self.folder.glob('*.npy')))}.npy"

    def _finish(self) -> None:
        spec = {"format": FORMAT, "value": encode(self.value, self._put)}
        (self.folder / "value.json").write_text(json.dumps(spec))
        (self.folder / "sums.json").write_text(json.dumps({path.name: _sum(path) for path in self.folder.iterdir()}))
        for path in self.folder.iterdir():
            _flush(path)
        target = self._store.folder(self._key)
        try:
            os.rename(self.folder, target)
        except OSError:
            if not self._store.has(self._key):   # somebody else wrote the same entry first, unless it is a ruin
                shutil.rmtree(target, ignore_errors=True)
                os.rename(self.folder, target)
        _flush(target.parent)

    def _unwritable(self, error: OSError) -> UserError:
        return UserError("The cache cannot be written.", f"{self._store.root}: {error.strerror or error}.",
                         "Free some space there, or set MDEXPLORE_CACHE to another folder.")


def _open_array(path: Path, sums: dict[str, list[int]]) -> np.ndarray:
    """Small arrays are read, large ones mapped: a map each would use up the file handles of a many-lag scan."""
    _check(path, sums)
    array = np.load(path, mmap_mode="r" if path.stat().st_size > _SMALL else None, allow_pickle=False)
    array.flags.writeable = False
    return array


def _check(path: Path, sums: dict[str, list[int]]) -> None:
    if _sum(path) != sums[path.name]:
        raise ValueError(f"{path.name} is not what was written")


def _sum(path: Path) -> list[int]:
    """Size and check sum of a file: of all of it where it is small, else of its ends and of pages between, so that opening stays quick."""
    size, found = path.stat().st_size, 0
    with open(path, "rb") as file:
        if size <= _SMALL:
            return [size, zlib.crc32(file.read())]
        for place in (0, *range(_SMALL, size - _SMALL, max(1, (size - 2 * _SMALL) // _PAGES)), size - _SMALL):
            file.seek(place)
            found = zlib.crc32(file.read(_SMALL if place in (0, size - _SMALL) else _PAGE), found)
    return [size, found]


def _flush(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _write(array: np.ndarray, path: Path) -> None:
    """A file of an array; one that the cache has already gets a second name, as nothing is ever written into it again."""
    known = whole_file(array)
    if known is not None:
        try:
            if isinstance(array, np.memmap) and array.flags.writeable:
                array.flush()
            os.link(known, path)
            return
        except OSError:   # a file system without links
            pass
    np.save(path, array, allow_pickle=False)


def _sweep(parent: Path) -> None:
    """Remove what killed processes left behind."""
    for folder in parent.glob(".new-*"):
        try:
            if time.time() - folder.stat().st_mtime > _ABANDONED_S:
                shutil.rmtree(folder, ignore_errors=True)
        except OSError:
            pass   # its owner has just finished with it
