"""Files kept open, so that a single frame costs one seek: the latest few of a data set's trajectories."""
from __future__ import annotations

import threading
import weakref
from collections import OrderedDict
from collections.abc import Sequence

import numpy as np

from mdexplore.base.errors import UserError
from mdexplore.data.formats.common import Block, Reader, join
from mdexplore.data.readers import Track, open_reader, unreadable

_OPEN_FILES = 64
_PART_BYTES = 64 << 20   # of all atoms, decoded


class OpenFiles:
    """Reads from tracks; may be used by several threads.

    Parameters
    ----------
    tracks : sequence of Track
    """

    def __init__(self, tracks: Sequence[Track]) -> None:
        self._tracks = tracks
        self._readers: OrderedDict[int, Reader] = OrderedDict()
        self._lock = threading.Lock()   # an open file has one position
        weakref.finalize(self, _close, self._readers)

    def read(self, track: int, start: int, count: int, stride: int, atoms: np.ndarray | None) -> Block:
        """Frames ``start, start + stride, ...`` of a track, counted before stride.

        Raises
        ------
        UserError
            If the file has gone, has become shorter, or cannot be decoded.
        """
        every = self._tracks[track].every
        start, stride = start * every, stride * every
        with self._lock:
            try:
                block = self._in_parts(track, start, count, stride, atoms)
            except UserError:
                raise
            except Exception as error:   # decoders of other packages raise whatever they like
                raise unreadable(self._tracks[track].file or self._tracks[track].name, error) from error
        if len(block.xyz) != count:
            raise UserError(f"{self._tracks[track].name} has become shorter.", f"Frame {start + len(block.xyz) * stride} could not be read.", "Load the data again.")
        return block

    def _in_parts(self, track: int, start: int, count: int, stride: int, atoms: np.ndarray | None) -> Block:
        """Few atoms of many frames: readers take all atoms of a frame into memory first, so that is done for some frames at a time."""
        reader, most = self._reader(track), max(8, _PART_BYTES // (12 * self._tracks[track].scan.n_atoms))
        if atoms is None or count <= most:
            return reader.read(start, count, stride, atoms)
        return join([reader.read(start + first * stride, min(most, count - first), stride, atoms) for first in range(0, count, most)])

    def close(self) -> None:
        """Close all files; they are opened again when they are read."""
        with self._lock:
            _close(self._readers)

    def _reader(self, track: int) -> Reader:
        reader = self._readers.pop(track, None) or open_reader(self._tracks[track])
        self._readers[track] = reader
        while len(self._readers) > _OPEN_FILES:
            self._readers.popitem(last=False)[1].close()
        return reader


def _close(readers: OrderedDict[int, Reader]) -> None:
    for reader in readers.values():
        reader.close()
    readers.clear()
