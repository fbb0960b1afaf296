"""A selection is a frozen set of frames over all trajectories, with where it came from."""
from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from mdexplore.base.errors import UserError
from mdexplore.base.plain import storable
from mdexplore.base.words import count_of

if TYPE_CHECKING:
    from mdexplore.data.frames import FrameIndex
    from mdexplore.methods.results import Projection

Mode = Literal["replace", "add", "remove", "intersect"]
ALGEBRA = {
    "replace": lambda old, new: new,
    "add": lambda old, new: old | new,
    "remove": lambda old, new: old & ~new,
    "intersect": lambda old, new: old & new,
}


@storable
@dataclass(frozen=True, eq=False)
class Selection:
    """Frames, packed to one bit each.

    Parameters
    ----------
    bits : ndarray, uint8
        `numpy.packbits` of the mask.
    n_frames : int
        Frames in all trajectories together.
    source : str
        What made it, such as ``"projection"``.
    how : str
        In words, such as ``"lasso over 312 cells of IC 1 and IC 2"``.
    """

    bits: np.ndarray
    n_frames: int
    source: str = ""
    how: str = "nothing"

    def state_in(self, states: np.ndarray) -> int | None:
        """The state whose frames these are, all of them and no others; None where they are not those of one state.

        Parameters
        ----------
        states : ndarray, shape (n_frames,), int
            -1 outside the model.
        """
        if not self.n:
            return None
        inside = states[self.mask]
        state = int(inside[0])
        return state if state >= 0 and bool((inside == state).all()) and self.n == int(np.count_nonzero(states == state)) else None

    @classmethod
    def of(cls, mask: np.ndarray, source: str = "", how: str = "nothing") -> Selection:
        """From a boolean mask over all frames."""
        bits = np.packbits(mask)
        bits.flags.writeable = False
        return cls(bits, len(mask), source, how)

    @classmethod
    def empty(cls, n_frames: int) -> Selection:
        return cls.of(np.zeros(n_frames, bool))

    @property
    def mask(self) -> np.ndarray:
        """Shape (n_frames,), bool."""
        return np.unpackbits(self.bits, count=self.n_frames).view(bool)

    @cached_property
    def n(self) -> int:
        """How many frames are selected."""
        return int(np.bitwise_count(self.bits).sum())

    @cached_property
    def numbers(self) -> np.ndarray:
        """Running numbers of the selected frames, increasing; shape (n,)."""
        return np.flatnonzero(self.mask)

    @property
    def nbytes(self) -> int:
        return self.bits.nbytes

    def combine(self, mask: np.ndarray, mode: Mode, source: str, how: str) -> Selection:
        """This selection with another mask put in, added, taken out or intersected."""
        if mode not in ALGEBRA:
            raise UserError(f"There is no selection mode {mode!r}.", do=f"Choose one of: {', '.join(ALGEBRA)}.")
        return Selection.of(ALGEBRA[mode](self.mask, mask), source, how)


@storable
@dataclass(frozen=True, eq=False)
class Group:
    """A selection with a name and a place in the palette."""

    name: str
    selection: Selection
    color: int


def mask_of(frames: Any, index: FrameIndex) -> np.ndarray:
    """A mask over all frames, shape (n_frames,), bool.

    Parameters
    ----------
    frames : bool mask of shape (n_frames,), running frame numbers, (n, 2) array of (trajectory, frame), or None for nothing
    index : FrameIndex

    Raises
    ------
    UserError
        For what is not frames, or frames that do not exist.
    """
    n = index.n_frames
    if frames is None:
        return np.zeros(n, bool)
    frames = np.asarray(frames)
    if frames.dtype == bool:
        if frames.shape != (n,):
            raise UserError(f"A mask of {count_of(frames.size, 'frame')} does not fit.", f"The data have {count_of(n, 'frame')}.")
        return frames
    mask = np.zeros(n, bool)
    if frames.size and not np.issubdtype(frames.dtype, np.integer):
        raise UserError("These are not frames.", f"They are of type {frames.dtype}.", "Give a mask over all frames, running numbers, or (trajectory, frame) pairs.")
    numbers = index.numbers(frames) if frames.ndim == 2 else frames.astype(np.int64)
    if len(numbers) and (numbers.min() < 0 or numbers.max() >= n):
        raise UserError("A selected frame does not exist.", f"Frames are numbered 0 to {n - 1}.")
    mask[numbers] = True
    return mask


def nearest_to_middle(projection: Projection | None, index: FrameIndex, numbers: np.ndarray) -> int:
    """The running number of the frame nearest to the mean of some frames in the projection; without one, of the frame in their middle.

    Parameters
    ----------
    projection : Projection or None
    index : FrameIndex
    numbers : ndarray, shape (n,), int
        Running numbers, at least one.
    """
    if projection is None:
        return int(numbers[len(numbers) // 2])
    some = numbers[:: max(len(numbers) // 20_000, 1)]   # a mean of twenty thousand is as good as of all
    pairs = index.pairs(some)
    points = np.empty((len(some), projection.dim), np.float32)
    for trajectory in np.unique(pairs[:, 0]):
        here = pairs[:, 0] == trajectory
        points[here] = projection.values[trajectory][pairs[here, 1]]
    return int(some[np.argmin(((points - points.mean(0)) ** 2).sum(1))])


def unpacked(bits: bytes, n_frames: int) -> np.ndarray:
    """The mask, shape (n_frames,), bool, of the bits of a selection that travelled to a worker."""
    return np.unpackbits(np.frombuffer(bits, np.uint8), count=n_frames).astype(bool)
