"""One identity for every frame: a running number over all trajectories <-> (trajectory, frame)."""
from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from mdexplore.base.errors import UserError
from mdexplore.base.words import count_of


@dataclass(frozen=True)
class FrameIndex:
    """Maps running frame numbers to pairs and back; trajectories are laid end to end and never joined.

    Parameters
    ----------
    lengths : tuple of int
        Frames of each trajectory.
    """

    lengths: tuple[int, ...]
    starts: np.ndarray = field(init=False, repr=False, compare=False)   # shape (n_trajectories + 1,)

    def __post_init__(self) -> None:
        object.__setattr__(self, "lengths", tuple(int(n) for n in self.lengths))
        object.__setattr__(self, "starts", np.concatenate([[0], np.cumsum(self.lengths, dtype=np.int64)]))

    @property
    def n_frames(self) -> int:
        return int(self.starts[-1])

    @property
    def n_trajectories(self) -> int:
        return len(self.lengths)

    def pairs(self, numbers: Sequence[int] | np.ndarray) -> np.ndarray:
        """(trajectory, frame) of running numbers; shape (n, 2), int64.

        Raises
        ------
        UserError
            If a number is not whole, or there is no such frame.
        """
        numbers = _whole(numbers, "The running numbers of frames")
        if numbers.size and (numbers.min() < 0 or numbers.max() >= self.n_frames):
            wrong = numbers[(numbers < 0) | (numbers >= self.n_frames)].flat[0]
            raise UserError(f"There is no frame {wrong}.", f"All trajectories together have {count_of(self.n_frames, 'frame')}, numbered from 0.",
                            f"Choose from 0 to {self.n_frames - 1}.")
        trajectory = np.searchsorted(self.starts, numbers, side="right") - 1
        return np.stack([trajectory, numbers - self.starts[trajectory]], axis=-1)

    def pair(self, number: int) -> tuple[int, int]:
        """(trajectory, frame) of one running number."""
        trajectory, frame = self.pairs([number])[0]
        return int(trajectory), int(frame)

    def numbers(self, pairs: Sequence[Sequence[int]] | np.ndarray) -> np.ndarray:
        """Running numbers of (trajectory, frame) pairs; shape (n,), int64.

        Raises
        ------
        UserError
            If these are no pairs of whole numbers, or there is no such frame.
        """
        pairs = self._existing(pairs)
        return self.starts[pairs[:, 0]] + pairs[:, 1]

    def number(self, trajectory: int, frame: int) -> int:
        """Running number of one frame, which the caller knows to exist; frame 0 of an empty trajectory is where it would begin."""
        return int(self.starts[trajectory] + frame)

    def check(self, trajectory: int, frame: int | None = None) -> None:
        """Make sure that there is such a trajectory, and such a frame in it.

        Raises
        ------
        UserError
            If there is not.
        """
        for number in (trajectory, frame):
            if number is not None and (isinstance(number, bool) or not isinstance(number, (int, np.integer))):
                raise UserError(f"{number!r} is no number of a trajectory or frame.", "Both are whole numbers from 0 on.", "Give whole numbers.")
        if not 0 <= trajectory < self.n_trajectories:
            raise UserError(f"There is no trajectory {trajectory}.", f"There are {self.n_trajectories}, numbered from 0.",
                            f"Choose one from 0 to {self.n_trajectories - 1}.")
        if frame is not None and not 0 <= frame < self.lengths[trajectory]:
            n = self.lengths[trajectory]
            raise UserError(f"Trajectory {trajectory} has no frame {frame}.", f"It has {count_of(n, 'frame')}, numbered from 0." if n else "It has no frames at all.",
                            f"Choose one from 0 to {n - 1}." if n else "Choose another trajectory.")

    def checked(self, indices: Sequence[Sequence[int]] | np.ndarray) -> np.ndarray:
        """(trajectory, frame) pairs as an array of shape (n, 2), every one of which exists.

        Raises
        ------
        UserError
            If there is no such frame, or none is asked for.
        """
        pairs = self._existing(indices)
        if not len(pairs):
            raise UserError("No frames are asked for.", "The list of (trajectory, frame) pairs is empty.", "Give at least one pair.")
        return pairs

    def _existing(self, indices: Sequence[Sequence[int]] | np.ndarray) -> np.ndarray:
        """Pairs as an array of shape (n, 2), int64, in which every frame exists; n may be 0."""
        pairs = _whole(indices, "Frames as (trajectory, frame) pairs")
        if not pairs.size and pairs.ndim < 3:
            return np.empty((0, 2), dtype=np.int64)
        if pairs.ndim != 2 or pairs.shape[1] != 2:
            raise UserError(f"Frames of shape {pairs.shape} cannot be looked up.", "Each frame is a pair of whole numbers (trajectory, frame).",
                            "Give an array of shape (n, 2).")
        trajectory, frame = pairs[:, 0], pairs[:, 1]
        bad = (trajectory < 0) | (trajectory >= self.n_trajectories)
        if not bad.any():
            bad = (frame < 0) | (frame >= np.diff(self.starts)[trajectory])
        if bad.any():
            self.check(*pairs[int(bad.argmax())].tolist())   # says which, and what there is
        return pairs

    def split(self, values: np.ndarray) -> list[np.ndarray]:
        """An array over all frames as one view a trajectory."""
        return [values[a:b] for a, b in zip(self.starts[:-1], self.starts[1:])]


def _whole(values: Sequence | np.ndarray, what: str) -> np.ndarray:
    """Whole numbers as int64, of any shape."""
    try:
        found = np.asarray(values)
    except ValueError as error:   # rows of different lengths
        raise UserError(f"{what} are not an array.", "Their rows have different lengths.", "Give each frame the same way.") from error
    if found.size and found.dtype.kind not in "iu":
        raise UserError(f"{what} are whole numbers from 0 on.", f"These are of type {found.dtype}.", "Give whole numbers, for example with .astype(int).")
    if found.dtype.kind == "u" and found.size and found.max() > np.iinfo(np.int64).max:
        raise UserError(f"There is no frame {found.max()}.", f"{what} are never as large.", "Give smaller numbers.")
    return found.astype(np.int64, copy=False)
