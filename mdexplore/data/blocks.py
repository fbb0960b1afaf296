"""Frames of trajectories as decoded blocks: strided, made whole, and checked for damage that no header shows."""
from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from mdexplore.base.errors import UserError
from mdexplore.data.formats.common import Block
from mdexplore.data.frames import FrameIndex
from mdexplore.data.open_files import OpenFiles
from mdexplore.data.readers import Track
from mdexplore.data.sanity import first_bad_frame
from mdexplore.data.wholeness import Whole

_CHUNK_BYTES = 32 << 20


class Blocks:
    """Reads frames by (trajectory, frame), counted after stride, through files that stay open.

    Parameters
    ----------
    tracks : sequence of Track
        Empty for data without structures.
    index : FrameIndex
    stride : int
    atoms : ndarray of int, or None
        The atoms kept, as the files count them; None for all.
    whole : Whole or None
        How broken molecules are put together.
    """

    def __init__(self, tracks: Sequence[Track], index: FrameIndex, stride: int, atoms: np.ndarray | None, whole: Whole | None) -> None:
        self._tracks, self._index, self._stride, self._atoms, self._whole = tuple(tracks), index, stride, atoms, whole
        self._files = OpenFiles(self._tracks)

    def pieces(self, trajectory: int, size: int | None = None) -> Iterator[tuple[int, Block]]:
        """The first frame's number and the block of each piece, unchecked; by default what fits into 32 MiB."""
        self._index.check(trajectory)
        self._need_structures()
        if size is not None and size < 1:
            raise UserError(f"A piece of {size} frames is too small.", do="Choose at least one frame.")
        if size is None:
            size = max(8, _CHUNK_BYTES // (12 * self.atoms_read(trajectory)))   # readers check eight frames or more at once
        length = self._index.lengths[trajectory]
        for start in range(0, length, size):
            yield start, self.read(trajectory, start, min(size, length - start))

    def read(self, trajectory: int, frame: int, count: int) -> Block:
        """Some frames, unchecked."""
        self._index.check(trajectory, frame)
        self._need_structures()
        if self._whole is None:
            return self._files.read(trajectory, frame * self._stride, count, self._stride, self._atoms)
        return self._whole.apply(self._files.read(trajectory, frame * self._stride, count, self._stride, self._whole.needed))

    def sound(self, trajectory: int, frame: int, count: int) -> Block:
        """Some frames, or a `UserError` where they cannot be."""
        block = self.read(trajectory, frame, count)
        self.check(trajectory, frame, block)
        return block

    def check(self, trajectory: int, start: int, block: Block) -> None:
        """Raise `UserError` where coordinates are not numbers, all zero or beyond 10 000 nm."""
        bad = first_bad_frame(block.xyz)
        if bad is not None:
            frame, text = bad
            track = self._tracks[trajectory]
            raise UserError(f"{track.file or track.name} is damaged at frame {(start + frame) * self._stride * track.every}.", f"{text}.",
                            'Copy or write the file again, or load with on_damage="keep-good" to use the frames before it.')

    def close(self) -> None:
        """Let the files go; they are opened again when they are asked for."""
        self._files.close()

    def atoms_read(self, trajectory: int) -> int:
        """How many atoms of a frame are held in memory while it is read."""
        n_atoms = self._tracks[trajectory].scan.n_atoms
        if self._whole is not None:
            return self._whole.n_atoms or n_atoms
        return n_atoms if self._atoms is None else max(len(self._atoms), 1)

    def _need_structures(self) -> None:
        if not self._tracks:
            raise UserError("There are no structures in this data.", "It was loaded from arrays of features.", "Load trajectory files to see structures.")
