"""The way along a slow coordinate, found in a worker: steps from its low to its high end, and the real frame that stands for each."""
from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from mdexplore.base.chunked import bincount, joined, spans
from mdexplore.base.errors import UserError
from mdexplore.data.frames import FrameIndex
from mdexplore.methods.method import Progress
from mdexplore.methods.results import Arrays, Features, Projection

Steps = Literal["share", "width"]   # how the coordinate is cut: equally many frames a step, or equally wide steps
N_STEPS = 40
ROWS = 8192   # of features that are compared in one go


@dataclass(frozen=True, eq=False)
class Way:
    """Steps along a coordinate, from low to high; those without frames are left out.

    Parameters
    ----------
    name : str
    frames : ndarray, shape (n_steps, 2), int
        (trajectory, frame) that stands for each step.
    values : ndarray, shape (n_steps,)
        Mean of the coordinate over the frames of the step.
    low, high : ndarray, shape (n_steps,)
        Least and largest value of its frames.
    shares : ndarray, shape (n_steps,)
        Share of all frames; their sum is 1.
    off : ndarray, shape (n_steps,), or None
        Where a network decodes the steps: how far the features of the frame are from the decoded ones, root mean square in units of their
        spread; None where frames are the nearest to the mean of their step.
    """

    name: str
    frames: np.ndarray
    values: np.ndarray
    low: np.ndarray
    high: np.ndarray
    shares: np.ndarray
    off: np.ndarray | None = None

    def step_of(self, value: float) -> int:
        """The step that a value of the coordinate belongs to."""
        return min(int(np.searchsorted(self.high, value)), len(self.high) - 1)


def run_way(spec: dict[str, Any], column: int, steps: Steps, is_decoded: bool, *, progress: Progress) -> Way:
    """The way along a coordinate of a study, in a worker.

    Parameters
    ----------
    column : int
        Of the projection, from 0.
    steps : {"share", "width"}
    is_decoded : bool
        Frames nearest to what the network decodes, in place of those nearest to the mean.
    """
    from mdexplore.session.tasks import study_of_spec

    study = study_of_spec(spec)
    made = study.result("projection", progress)
    return find_way(made, column, steps=steps, features=study.result("features", progress) if is_decoded else None, progress=progress)


def find_way(projection: Projection, column: int, *, steps: Steps = "share", n_steps: int = N_STEPS, features: Features | None = None,
             progress: Progress = lambda done, total, text: None) -> Way:
    """Steps along a coordinate, and a frame for each.

    Parameters
    ----------
    projection : Projection
    column : int
    steps : {"share", "width"}
    n_steps : int
    features : Features, optional
        Where given, each frame is the one whose features are nearest to what the network decodes at the mean of its step.

    Raises
    ------
    UserError
        If the coordinate has the same value everywhere, or there is no decoder.
    """
    values = _column(projection.values, column)
    labels = _labels(values, _borders(values, steps, n_steps, projection.names[column]))
    n = np.bincount(labels)
    means = np.stack([bincount(lambda span: labels[span], len(labels), len(n), _column(projection.values, k)) for k in range(projection.dim)], axis=1) / n[:, None]
    low, high = np.full(len(n), np.inf), np.full(len(n), -np.inf)
    np.minimum.at(low, labels, values)
    np.maximum.at(high, labels, values)
    if features is None:
        numbers, off = _nearest_to_means(projection.values, labels, means), None
    else:
        numbers, off = nearest_to_decoded(projection.parameters, means, features.values, progress)
    frames = FrameIndex(tuple(len(x) for x in projection.values)).pairs(numbers)
    return Way(projection.names[column], frames, means[:, column], low, high, n / len(values), off)


def nearest_to_decoded(parameters: dict[str, Any], points: np.ndarray, values: Arrays, progress: Progress) -> tuple[np.ndarray, np.ndarray]:
    """Frames whose features are nearest to what an autoencoder decodes.

    Parameters
    ----------
    parameters : dict
        Of a projection with a ``decoder`` (`mdexplore.methods.deep.network`).
    points : ndarray, shape (n, dim)
        Values of all coordinates.
    values : tuple of ndarray, shape (n_frames_i, d)
        Features.

    Returns
    -------
    ndarray, shape (n,), int
        Running numbers of frames.
    ndarray, shape (n,)
        Root mean square difference of their features from the decoded ones, each in units of its spread.
    """
    from mdexplore.methods.deep import network

    if "decoder" not in parameters:
        raise UserError("This coordinate cannot be decoded.", "Its method has no decoder.", "Choose a time-lagged or a variational autoencoder, or frames nearest to the mean.")
    wanted = network.standardised(parameters, network.decode(parameters, points))
    best, numbers = np.full(len(wanted), np.inf), np.zeros(len(wanted), int)
    done, total = 0, sum(map(len, values))
    for x in values:
        for start in range(0, len(x), ROWS):
            rows = network.standardised(parameters, x[start:start + ROWS])
            apart = (rows ** 2).sum(1)[:, None] - 2 * rows @ wanted.T + (wanted ** 2).sum(1)
            nearest = apart.argmin(0)
            least = apart[nearest, range(len(wanted))]
            is_better = least < best
            best[is_better], numbers[is_better] = least[is_better], done + start + nearest[is_better]
            progress(done + start, total, "Comparing features")
        done += len(x)
    return numbers, np.sqrt(np.maximum(best, 0) / wanted.shape[1])


def _column(values: Arrays, column: int) -> np.ndarray:
    return joined(values, np.float32, lambda rows: rows[:, column])


def _borders(values: np.ndarray, steps: Steps, n_steps: int, name: str) -> np.ndarray:
    """Between the steps, increasing; shape (n_steps - 1,)."""
    low, high = float(values.min()), float(values.max())
    if not high > low:
        raise UserError(f"There is no way along {name}.", "It has the same value in every frame.", "Choose another coordinate.")
    if steps == "width":
        return np.linspace(low, high, n_steps + 1)[1:-1]
    places = (np.arange(1, n_steps) * len(values)) // n_steps
    return np.unique(np.partition(values, places)[places])


def _labels(values: np.ndarray, borders: np.ndarray) -> np.ndarray:
    """Step of each frame; steps without a frame have no number."""
    labels = np.empty(len(values), np.int16)
    for span in spans(len(values)):
        labels[span] = np.searchsorted(borders.astype(values.dtype), values[span], side="right")
    is_there = np.bincount(labels, minlength=len(borders) + 1) > 0
    return (np.cumsum(is_there) - 1).astype(np.int16)[labels]


def _nearest_to_means(values: Arrays, labels: np.ndarray, means: np.ndarray) -> np.ndarray:
    """Running number of the frame nearest to the mean of each step, among its own frames; each coordinate in units of its spread within steps."""
    apart, done = np.empty(len(labels), np.float32), 0
    spread = _spread(values, labels, means)
    for x in values:
        for span in spans(len(x)):
            rows = np.asarray(x[span])
            here = slice(done, done + len(rows))
            apart[here] = (((rows - means[labels[here]]) / spread) ** 2).sum(1)
            done += len(rows)
    least = np.full(len(means), np.inf, np.float32)
    np.minimum.at(least, labels, apart)
    found = np.flatnonzero(apart == least[labels])
    return found[np.unique(labels[found], return_index=True)[1]]


def _spread(values: Arrays, labels: np.ndarray, means: np.ndarray) -> np.ndarray:
    total, done = np.zeros(means.shape[1]), 0
    for x in values:
        for span in spans(len(x)):
            rows = np.asarray(x[span])
            total += ((rows - means[labels[done:done + len(rows)]]) ** 2).sum(0)
            done += len(rows)
    return np.sqrt(np.where(total > 0, total, 1.0) / len(labels))
