"""Rows of arrays that lie in files: what travels to another process instead of the numbers."""
from __future__ import annotations

import os
from dataclasses import dataclass
from typing import Any

import numpy as np

from mdexplore.base.errors import UserError
from mdexplore.base.store import Store, array_key, content_key


@dataclass(frozen=True)
class Rows:
    """An array in a file, or every n-th row of one.

    Parameters
    ----------
    path : str
    dtype : str
    shape, strides : tuple of int
    offset : int
        Bytes before the first element.
    stamp : tuple of int
        Size of the file and time of its last change, nanoseconds: part of the key of whatever is computed from it.
    """

    path: str
    dtype: str
    shape: tuple[int, ...]
    strides: tuple[int, ...]
    offset: int
    stamp: tuple[int, int]

    @property
    def key(self) -> str:
        return content_key("rows", os.path.realpath(self.path), self.dtype, self.shape, self.strides, self.offset, self.stamp)

    def open(self, start: int, stop: int) -> np.ndarray:
        """Some of the rows, mapped and read-only.

        Raises
        ------
        UserError
            If the file cannot be read here, or has changed.
        """
        try:
            now = os.stat(self.path)
            if (now.st_size, now.st_mtime_ns) != self.stamp:
                raise UserError(f"{self.path} has changed while it was in use.", "Its size or time of change is another.", "Load the data again.")
            if stop <= start:
                return np.empty((0, *self.shape[1:]), self.dtype)
            first = self.offset + start * self.strides[0]
            length = (stop - start - 1) * self.strides[0] + sum((n - 1) * s for n, s in zip(self.shape[1:], self.strides[1:])) + np.dtype(self.dtype).itemsize
            raw = np.memmap(self.path, dtype=np.uint8, mode="r", offset=first, shape=(length,))
        except OSError as error:
            raise UserError("A worker cannot read a file that it needs.", f"{self.path}: {error.strerror or error}, on {os.uname().nodename}.",
                            "Keep data and cache (MDEXPLORE_CACHE) in a folder that all workers see under the same name.") from error
        return np.ndarray((stop - start, *self.shape[1:]), self.dtype, buffer=raw, strides=self.strides)


def in_file(array: np.ndarray) -> Rows | None:
    """Where an array lies, if it is a mapped file or a part of one; None for an array in memory."""
    base: Any = array
    while isinstance(base, np.ndarray) and isinstance(base.base, np.ndarray):
        base = base.base
    if not isinstance(base, np.memmap) or base.filename is None or not array.size or any(s < 0 for s in array.strides):
        return None
    path = os.fspath(base.filename)
    offset = base.offset + array.__array_interface__["data"][0] - base.__array_interface__["data"][0]
    try:
        now = os.stat(path)
    except OSError:
        return None
    if base.flags.writeable:   # pages of an array in the making are seen by others once they are flushed, which sets the time of change
        base.flush()
        now = os.stat(path)
    return Rows(path, array.dtype.str, array.shape, array.strides, int(offset), (now.st_size, now.st_mtime_ns))


def to_file(array: np.ndarray) -> Rows:
    """The same for any array: one in memory is put into the cache first, under a key of its content."""
    found = in_file(array)
    if found is not None:
        return found
    store, key = Store(), content_key("array", array_key(array))
    if not store.has(key):
        store.save(key, np.ascontiguousarray(array))
    path = str(store.folder(key) / "a0.npy")
    now = os.stat(path)
    strides = tuple(array.itemsize * int(np.prod(array.shape[k + 1:])) for k in range(array.ndim))
    return Rows(path, array.dtype.str, array.shape, strides, now.st_size - array.nbytes, (now.st_size, now.st_mtime_ns))
