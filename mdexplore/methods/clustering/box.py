"""Boxes: microstates on a regular grid over the first coordinates."""
from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from mdexplore.base import limits
from mdexplore.base.errors import UserError
from mdexplore.base.notices import Notice
from mdexplore.base.words import count_of
from mdexplore.methods.clustering.kmeans import CENTRES, FRAMES_PER_CENTRE
from mdexplore.methods.method import Progress, Settings, ignore, method, setting
from mdexplore.methods.results import Arrays, Clustering, Projection


@dataclass(frozen=True)
class Box(Settings):
    """A grid between the least and the largest value of each coordinate."""

    n_boxes: int | None = setting(None, low=1, high=20_000, help="Boxes along each coordinate; about 200 in all where not given, fewer for few frames.")
    dim: int | None = setting(None, low=1, high=10, help="Coordinates that are divided, the slowest first; two where not given.")


@method("clustering", settings=Box, needs="projection", source="doi:10.1063/1.3565032", name="box", title="Boxes")
def box(settings: Box, projection: Projection, *, seed: int = 0, progress: Progress = ignore) -> Clustering:
    """Boxes that hold frames, numbered along the grid; ``seed`` is not used.

    Parameters
    ----------
    settings : Box
    projection : Projection
    seed : int
    progress : callable

    Returns
    -------
    Clustering
        ``centers`` are the middles of the boxes; in coordinates that are not divided, the mean of the frames in the box. Every frame
        is in its box, which need not have the nearest middle where coordinates are left undivided.

    Raises
    ------
    UserError
        If there would be too many boxes.
    """
    arrays = projection.values
    dim = min(settings.dim or 2, projection.dim)
    per = settings.n_boxes or _per_coordinate(sum(map(len, arrays)), dim)
    if per**dim > 1 << 62:
        raise UserError(f"{per} boxes along each of {dim} coordinates are too many.", do="Choose fewer boxes, or fewer coordinates.")
    low, high = (edge([edge(x[:, :dim], axis=0) for x in arrays], axis=0).astype(float) for edge in (np.min, np.max))
    width = np.where(high > low, (high - low) / per, 1.0)
    places = [_place(np.asarray(x), low, width, per) for x in arrays]
    used = np.unique(np.concatenate([np.unique(p) for p in places]))
    limits.check("clusters", len(used))
    dtrajs = tuple(np.searchsorted(used, p).astype(np.int32) for p in places)
    centers = _means(arrays, dtrajs, len(used))
    grid = np.stack(np.unravel_index(used, (per,) * dim), axis=1)
    centers[:, :dim] = low + (grid + 0.5) * width
    progress(1, 1, "Boxes")
    said = Notice("info", f"{count_of(len(used), 'box holds', 'boxes hold')} frames, of {per**dim}: {per} along {'the first coordinate' if dim == 1 else f'each of {dim} coordinates'}.", where="clustering")
    return Clustering(centers=centers, dtrajs=dtrajs, notices=(said,))


def _per_coordinate(n_frames: int, dim: int) -> int:
    return max(2, int(min(CENTRES, max(2, n_frames // FRAMES_PER_CENTRE)) ** (1 / dim) + 1e-9))


def _place(x: np.ndarray, low: np.ndarray, width: np.ndarray, per: int) -> np.ndarray:
    """Number of the box of each frame on the whole grid, the first coordinate counting most."""
    steps = np.clip(((x[:, : len(low)] - low) / width).astype(np.int64), 0, per - 1)
    found = np.zeros(len(x), np.int64)
    for j in range(len(low)):
        found = found * per + steps[:, j]
    return found


def _means(arrays: Arrays, dtrajs: Arrays, n: int) -> np.ndarray:
    sums, counts = np.zeros((n, arrays[0].shape[1])), np.zeros(n)
    for x, d in zip(arrays, dtrajs):
        counts += np.bincount(d, minlength=n)
        for j in range(sums.shape[1]):
            sums[:, j] += np.bincount(d, weights=x[:, j], minlength=n)
    return sums / counts[:, None]
