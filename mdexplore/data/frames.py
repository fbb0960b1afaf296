"""One identity for every frame: a running number over all trajectories <-> (trajectory, frame)."""
from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from mdexplore.base.errors import UserError


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
        """(trajectory, frame) of running numbers; shape (n, 2), int64."""
        numbers = np.asarray(numbers, dtype=np.int64)
        trajectory = np.searchsorted(self.starts, numbers, side="right") - 1
        return np.stack([trajectory, numbers - self.starts[trajectory]], axis=-1)

    def pair(self, number: int) -> tuple[int, int]:
        """(trajectory, frame) of one running number."""
        trajectory, frame = self.pairs([number])[0]
        return int(trajectory), int(frame)

    def numbers(self, pairs: Sequence[Sequence[int]] | np.ndarray) -> np.ndarray:
        """Running numbers of (trajectory, frame) pairs; shape (n,), int64."""
        pairs = np.asarray(pairs, dtype=np.int64).reshape(-1, 2)
        return self.starts[pairs[:, 0]] + pairs[:, 1]

    def number(self, trajectory: int, frame: int) -> int:
        """Running number of one frame."""
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
            raise UserError(f"Trajectory {trajectory} has no frame {frame}.", f"It has {self.lengths[trajectory]} frames, numbered from 0.",
                            f"Choose one from 0 to {self.lengths[trajectory] - 1}.")

    def checked(self, indices: Sequence[Sequence[int]] | np.ndarray) -> np.ndarray:
        """(trajectory, frame) pairs as an array of shape (n, 2), every one of which exists.

        Raises
        ------
        UserError
            If there is no such frame, or none is asked for.
        """
        pairs = np.asarray(indices)
        if pairs.ndim != 2 or pairs.shape[1] != 2 or not len(pairs) or pairs.dtype.kind not in "iu":
            raise UserError(f"Frames of shape {pairs.shape} cannot be looked up.", "Each frame is a pair of whole numbers (trajectory, frame).",
                            "Give an array of shape (n, 2) with at least one row.")
        for trajectory, frame in pairs:
            self.check(int(trajectory), int(frame))
        return pairs

    def split(self, values: np.ndarray) -> list[np.ndarray]:
        """An array over all frames as one view a trajectory."""
        return [values[a:b] for a, b in zip(self.starts[:-1], self.starts[1:])]
