"""One identity for every frame: a running number over all trajectories <-> (trajectory, frame)."""
from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np


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

    def split(self, values: np.ndarray) -> list[np.ndarray]:
        """An array over all frames as one view a trajectory."""
        return [values[a:b] for a, b in zip(self.starts[:-1], self.starts[1:])]
