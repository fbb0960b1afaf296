"""What every format hands on: the result of a scan, a block of frames, and the reader's interface."""
from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

import numpy as np

from mdexplore.data.report import Finding


@dataclass(frozen=True)
class Damage:
    """Where the sound part of a file ends.

    Parameters
    ----------
    frame : int
        Number of sound frames before the damage.
    byte : int
        Where the first damaged frame begins.
    text : str
        What is wrong, as the end of a sentence.
    n_lost : int
        About how many frames lie behind the sound ones; 0 where nobody knows.
    """

    frame: int
    byte: int
    text: str
    n_lost: int = 0


@dataclass(frozen=True, eq=False)
class Scan:
    """What is known about a trajectory file without decoding it.

    Parameters
    ----------
    format : str
        Such as ``"xtc"``.
    n_atoms, n_frames : int
        Atoms of each frame; sound frames.
    offsets : ndarray, shape (n_frames,), int64, or None
        Byte at which each frame begins, where frames differ in size.
    times_ps : ndarray, shape (n_frames,), float64, or None
        Time of each frame as the file says it.
    damage : Damage or None
    layout : dict
        Plain facts that the reader of this format needs.
    findings : tuple of Finding
        What the scan found odd, apart from damage.
    """

    format: str
    n_atoms: int
    n_frames: int
    offsets: np.ndarray | None = None
    times_ps: np.ndarray | None = None
    damage: Damage | None = None
    layout: dict[str, Any] = field(default_factory=dict)
    findings: tuple[Finding, ...] = ()


@dataclass(frozen=True, eq=False)
class Block:
    """Decoded frames.

    Parameters
    ----------
    xyz : ndarray, shape (n, n_atoms, 3), float32
        nm.
    lengths, angles : ndarray, shape (n, 3), float32, or None
        Unit cell in nm and degrees.
    """

    xyz: np.ndarray
    lengths: np.ndarray | None = None
    angles: np.ndarray | None = None


class Reader(Protocol):
    """An open trajectory."""

    def read(self, start: int, count: int, stride: int = 1, atoms: np.ndarray | None = None) -> Block:
        """Frames ``start, start + stride, ...``, `count` of them, all of which exist."""

    def close(self) -> None: ...


def half_cell(has_lengths: bool, has_angles: bool) -> tuple[Finding, ...]:
    """What there is to say where a file has lengths of its cell without angles, or angles without lengths: nobody writes that."""
    return () if has_lengths == has_angles else (Finding("half-cell", "has only half of its unit cell, which is not used"),)


def join(blocks: Sequence[Block]) -> Block:
    """Blocks one after the other; where only some have a cell, the others get one of zeros."""
    xyz = np.concatenate([b.xyz for b in blocks])
    if all(b.lengths is None for b in blocks):
        return Block(xyz)
    nothing = [np.zeros((len(b.xyz), 3), np.float32) for b in blocks]
    return Block(xyz, *(np.concatenate([n if part is None else part for part, n in zip(parts, nothing)])
                        for parts in ([b.lengths for b in blocks], [b.angles for b in blocks])))


def cell_of(xyz: np.ndarray, lengths: np.ndarray, angles: np.ndarray) -> Block:
    """Frames with their cells; without where no frame has one, which is written as zeros."""
    has_cell = (lengths != 0).all(axis=1).any()   # a single frame without must not take it from the others
    return Block(xyz, lengths.astype(np.float32), angles.astype(np.float32)) if has_cell else Block(xyz)


def cell_from_vectors(box: np.ndarray | None) -> tuple[np.ndarray | None, np.ndarray | None]:
    """Lengths and angles of box vectors, shape (n, 3, 3) in nm; (None, None) where there is no box.

    Returns
    -------
    lengths, angles : ndarray, shape (n, 3), float32, or None
    """
    if box is None:
        return None, None
    box = np.asarray(box, dtype=np.float64)
    with np.errstate(all="ignore"):   # a frame without a cell among others gets angles that are not numbers
        lengths = np.linalg.norm(box, axis=2)
        if not lengths.all(axis=1).any():
            return None, None
        a, b, c = (box[:, i] / lengths[:, i, None] for i in range(3))
        cosines = np.stack([(b * c).sum(1), (a * c).sum(1), (a * b).sum(1)], axis=1)
        return lengths.astype(np.float32), np.degrees(np.arccos(np.clip(cosines, -1, 1))).astype(np.float32)
