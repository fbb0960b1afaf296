"""Bytes of a file that others may cut or write over while it is open: read, never mapped, since a map of a cut file kills the process."""
from __future__ import annotations

import os
from pathlib import Path

import numpy as np

from mdexplore.base.errors import UserError


class SteadyFile:
    """An open file that notices when it changes.

    Parameters
    ----------
    path : Path
    """

    def __init__(self, path: Path) -> None:
        self._file = open(path, "rb", buffering=0)   # noqa: SIM115 - closed by close()
        self._name = path.name
        self._state = self._look()

    def _look(self) -> tuple[int, int]:
        found = os.fstat(self._file.fileno())
        return found.st_size, found.st_mtime_ns

    def check(self) -> None:
        """Make sure that the file is what it was when it was opened; frames may have been added to its end.

        Raises
        ------
        UserError
            If it was cut or written over.
        """
        size, changed = self._look()
        if size < self._state[0]:
            raise self._shorter()
        if size == self._state[0] and changed != self._state[1]:
            raise UserError(f"{self._name} has changed since it was loaded.", "It has the same size, but was written again.", "Load the data again.")

    def read(self, at: int, count: int, *, padded_to: int = 0) -> np.ndarray:
        """Bytes from a place on; shape (max(count, padded_to),), uint8.

        Raises
        ------
        UserError
            If the file ends before them.
        """
        self.check()
        if at < 0 or count < 0 or at + count > self._look()[0]:
            raise self._shorter()
        found = np.empty(max(count, padded_to), np.uint8)
        view, done = memoryview(found.data), 0
        self._file.seek(at)
        while done < count:
            n = self._file.readinto(view[done:count])
            if not n:
                raise self._shorter()
            done += n
        return found

    def rows(self, first: int, size: int, start: int, count: int, stride: int, *, used: int) -> np.ndarray:
        """Records of equal size: ``start, start + stride, ...``; shape (count, size), uint8.

        Only the first `used` bytes of a record mean anything: the last record of a file may lack the rest.
        """
        if stride == 1:
            return self.read(first + start * size, (count - 1) * size + used, padded_to=count * size).reshape(count, size)
        return np.stack([self.read(first + (start + i * stride) * size, used, padded_to=size) for i in range(count)])

    def _shorter(self) -> UserError:
        return UserError(f"{self._name} has become shorter.", "It was cut or written again since it was loaded.", "Load the data again.")

    def close(self) -> None:
        self._file.close()
