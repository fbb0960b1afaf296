"""A network in training, seen through a fixed sample of frames: shown now and then to whoever watches, without any effect on what it learns."""
from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from mdexplore.methods.deep import network

SAMPLE = 2000     # pairs of frames: some tens of kB to send, some milliseconds to compute
PAUSE_S = 1.0     # between two pictures, at least
SHARE = 0.02      # of the time, at most, that pictures may take
RANK = 1e-8       # outputs whose uncorrelated part varies less are repetitions of others


@dataclass(frozen=True, eq=False)
class Forming:
    """What a network makes of some frames after an epoch.

    Parameters
    ----------
    title : str
        Of the method.
    epoch, epochs : int
        How many are done, and how many there are at most.
    scores : tuple of (float, float)
        After this epoch, in training and held out.
    frames : ndarray, shape (n,), int32
        Running numbers; the same in every picture of a training.
    states : ndarray, shape (n,), int16, or None
        Most probable state of each frame, as the network numbers them.
    slowest : ndarray, shape (n,), float32, or None
        The slowest coordinate of each frame, of unit variance, where the network gives coordinates.
    n_states : int
        How many states the network has.
    """

    title: str
    epoch: int
    epochs: int
    scores: tuple[float, float]
    frames: np.ndarray
    states: np.ndarray | None
    slowest: np.ndarray | None
    n_states: int = 0


class Watch:
    """Shows a network in training.

    Parameters
    ----------
    values : sequence of ndarray, shape (n_frames_i, d)
        Features; a few thousand rows are read.
    lagtime : int
        Frames.
    parameters : dict
        How features are standardised (`network.standardised`).
    arrays : callable
        Gives the networks as they are, as plain arrays (`fitting.Design`).
    show : callable
        Takes a `Forming`.
    title : str
    epochs : int
    clock : callable
        Seconds.
    """

    def __init__(self, values: Sequence[np.ndarray], lagtime: int, parameters: dict[str, Any], arrays: Callable[[], dict[str, Any]], show: Callable[[Forming], None],
                 title: str, epochs: int, clock: Callable[[], float] = time.monotonic) -> None:
        self._arrays, self._show, self._clock, self._title, self._epochs = arrays, show, clock, title, epochs
        self._frames, rows = sample(values, lagtime, SAMPLE)
        self._rows = network.standardised(parameters, rows)
        self._next, self._before = -np.inf, np.zeros(len(rows))

    def __call__(self, epoch: int, trained: float, held_out: float) -> None:
        """After so many epochs, with these scores: show what there is, unless that was done a moment ago."""
        begun = self._clock()
        if begun < self._next:
            return
        encoder = self._arrays()["encoder"]
        outputs = network.forward(encoder, self._rows)
        if np.isfinite(outputs).all():
            states, slow = (outputs.argmax(axis=1).astype(np.int16), None) if encoder["output"] == "softmax" else (None, self._slowest(outputs))
            self._show(Forming(self._title, epoch, self._epochs, (trained, held_out), self._frames, states, slow, 0 if states is None else outputs.shape[1]))
        now = self._clock()
        self._next = now + max(PAUSE_S, (now - begun) / SHARE)

    def _slowest(self, outputs: np.ndarray) -> np.ndarray:
        """With the sign that follows the picture before."""
        found = slowest(outputs)
        self._before = -found if found @ self._before < 0 else found
        return self._before.astype(np.float32)


def sample(values: Sequence[np.ndarray], lagtime: int, most: int) -> tuple[np.ndarray, np.ndarray]:
    """Pairs of frames, evenly spread over all trajectories.

    Returns
    -------
    frames : ndarray, shape (2 n,), int32
        Running numbers, the n earlier frames first.
    rows : ndarray, shape (2 n, d)
    """
    lengths = np.array([len(x) for x in values])
    pairs = np.maximum(lengths - lagtime, 0)
    ends = np.cumsum(pairs)
    chosen = np.unique(np.linspace(0, ends[-1] - 1, min(most, int(ends[-1]))).astype(np.int64))
    trajectory = np.searchsorted(ends, chosen, side="right")
    frame = chosen - (ends - pairs)[trajectory]
    halves = [np.concatenate([np.asarray(x[frame[trajectory == i] + later]) for i, x in enumerate(values)]) for later in (0, lagtime)]
    earlier = (np.cumsum(lengths) - lengths)[trajectory] + frame
    return np.concatenate([earlier, earlier + lagtime]).astype(np.int32), np.concatenate(halves)


def slowest(outputs: np.ndarray) -> np.ndarray:
    """The combination of outputs that changes least from the earlier frames (first half of the rows) to the later ones; shape (2 n,), mean 0, variance 1.

    Zeros where no output varies.
    """
    n = len(outputs) // 2
    about = outputs.astype(np.float64) - outputs.mean(axis=0, dtype=np.float64)
    values, vectors = np.linalg.eigh(about.T @ about / len(about))
    keep = values > RANK * max(values[-1], np.finfo(float).tiny)
    if not keep.any():
        return np.zeros(len(outputs))
    white = about @ (vectors[:, keep] / np.sqrt(values[keep]))
    lagged = white[:n].T @ white[n:]
    return np.asarray(white @ np.linalg.eigh(lagged + lagged.T)[1][:, -1])
