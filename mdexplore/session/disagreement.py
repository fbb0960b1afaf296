"""Frames that two models put into different metastable states."""
from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from mdexplore.base.chunked import joined
from mdexplore.base.errors import UserError
from mdexplore.base.words import count_of
from mdexplore.data.frames import FrameIndex
from mdexplore.methods.method import Progress
from mdexplore.session.study import Study


@dataclass(frozen=True, eq=False, repr=False)
class Disagreement:
    """Where two models of the same frames disagree.

    Parameters
    ----------
    mask : ndarray, shape (n_frames,), bool
        Frames by running number.
    frames : ndarray, shape (n, 2), int
        The same as (trajectory, frame).
    overlap : ndarray, shape (n_states_a, n_states_b), int
        Frames that are in the one's state and in the other's.
    match : tuple of int
        Which state of the second each state of the first stands for; -1 where none is left.
    n_compared : int
        Frames that are in both models.
    """

    mask: np.ndarray
    frames: np.ndarray
    overlap: np.ndarray
    match: tuple[int, ...]
    n_compared: int

    @property
    def n(self) -> int:
        return len(self.frames)

    @property
    def share(self) -> float:
        """Share of the compared frames."""
        return self.n / self.n_compared

    def __repr__(self) -> str:
        return f"<Disagreement on {count_of(self.n, 'frame')}, {100 * self.share:.3g} % of those in both models; {self.overlap.shape[0]} and {self.overlap.shape[1]} states>"


def disagreement(a: Study, b: Study, progress: Progress | None = None) -> Disagreement:
    """Frames that the metastable states of two studies of the same data put elsewhere.

    Parameters
    ----------
    a, b : Study
        Where they found different numbers of states, the one with more is coarse-grained to as many as the other has.
    progress : callable

    Raises
    ------
    UserError
        If the data differ, a model has one state only, or no frame is in both.
    """
    one, other = common_states(a, b, progress)
    return compared(one, other, a.data.index)


def common_states(a: Study, b: Study, progress: Progress | None = None) -> tuple[np.ndarray, np.ndarray]:
    """State of each frame in two models, with the same number of states; shapes (n_frames,), int32, -1 outside the model. Arguments and errors as of `disagreement`."""
    if a.data.key != b.data.key:
        raise UserError("These two are models of different data.", do="Compare models of the same frames.")
    n = min(s.result("coarse", progress).n_states for s in (a, b))
    if n < 2:
        raise UserError("There is nothing to disagree on.", "One of the two models has one metastable state.", "Choose a shorter lag time, or two models with slow processes.")
    found = []
    for study in (a, b):
        coarse = study.result("coarse", progress)
        coarse = coarse if coarse.n_states == n else study.change(n_states=n).result("coarse", progress)
        found.append(joined(coarse.assignments, np.int32))
    return found[0], found[1]


def compared(a: np.ndarray, b: np.ndarray, index: FrameIndex) -> Disagreement:
    """Match the states of two assignments by their overlap and find the frames that lie outside it.

    Parameters
    ----------
    a, b : ndarray, shape (n_frames,), int
        State of each frame, -1 outside the model.
    index : FrameIndex
    """
    from scipy.optimize import linear_sum_assignment

    inside = (a >= 0) & (b >= 0)
    if not inside.any():
        raise UserError("These two models share no frame.", "Each leaves out what the other describes.")
    n_a, n_b = int(a.max()) + 1, int(b.max()) + 1
    overlap = np.bincount(a[inside].astype(np.int64) * n_b + b[inside], minlength=n_a * n_b).reshape(n_a, n_b)
    match = np.full(n_a, -1)
    rows, columns = linear_sum_assignment(overlap, maximize=True)
    match[rows] = columns
    mask = inside.copy()
    mask[inside] = match[a[inside]] != b[inside]
    return Disagreement(mask, index.pairs(np.flatnonzero(mask)), overlap, tuple(match.tolist()), int(inside.sum()))
