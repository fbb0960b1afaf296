"""Nearest centre of every row by chunked matrix products, and the k-means that is built on it."""
from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

import numpy as np

CELLS = 1 << 19   # scores held at once: 2 MB in single precision, which stay in the cache
TRIALS = 3         # candidates for each starting centre; more cost as much as they save


def assign(x: np.ndarray, centers: np.ndarray, *, tick: Callable[[int], None] | None = None) -> np.ndarray:
    """Index of the nearest centre (Euclidean) of each row; the lowest index where two are equally near.

    Parameters
    ----------
    x : ndarray or memmap, shape (n, dim)
        Finite. float32 rows are compared in single precision, about the mean of the centres.
    centers : ndarray, shape (k, dim)
    tick : callable
        Called with the number of rows done after each chunk.

    Returns
    -------
    ndarray, shape (n,), int32
    """
    labels = np.empty(len(x), np.int32)
    for start, stop, _, scores in _scores(x, centers):
        labels[start:stop] = scores.argmax(axis=1)
        if tick is not None:
            tick(stop)
    return labels


def seed_centers(x: np.ndarray, k: int, rng: np.random.Generator) -> np.ndarray:
    """Well spread rows to start k-means from (greedy k-means++).

    Parameters
    ----------
    x : ndarray, shape (n, dim)
    k : int
    rng : Generator

    Returns
    -------
    ndarray, shape (<= k, dim), float64
        Fewer than k where x has fewer distinct rows.

    Notes
    -----
    Arthur and Vassilvitskii 2007; of a few candidates the one that lowers the inertia most is kept.
    """
    x = np.asarray(x, dtype=np.float64)
    chosen = [int(rng.integers(len(x)))]
    nearest = ((x - x[chosen[0]]) ** 2).sum(axis=1)
    while len(chosen) < k and nearest.any():
        cumulative = np.cumsum(nearest)
        candidates = np.minimum(np.searchsorted(cumulative, rng.random(TRIALS) * cumulative[-1], side="right"), len(x) - 1)
        # Differences, not products: a row that is a centre already must have a distance of exactly nought.
        distances = np.stack([np.minimum(nearest, ((x - x[c]) ** 2).sum(axis=1)) for c in candidates])
        best = int(distances.sum(axis=1).argmin())
        if distances[best].sum() == nearest.sum():   # the last rounding errors, no new row
            best = int(np.argmax(nearest[candidates]))
        chosen.append(int(candidates[best]))
        nearest = distances[best]
    return x[chosen]


def lloyd(arrays: Sequence[np.ndarray], centers: np.ndarray, *, max_iter: int, tolerance: float = 5e-4,
          tick: Callable[[int], None] | None = None) -> tuple[np.ndarray, float]:
    """Lloyd's k-means iterations.

    Parameters
    ----------
    arrays : sequence of ndarray, shape (n_i, dim)
    centers : ndarray, shape (k, dim)
        Where to start.
    max_iter : int
    tolerance : float
        Stops when an iteration lowers the inertia by less than this part of it.
    tick : callable
        Called with the number of iterations done.

    Returns
    -------
    centers : ndarray, shape (k, dim), float64
        A centre that lost all its rows is put on a row that is far from every centre.
    inertia : float
        Sum of squared distances to the nearest of the centres before the last update.
    """
    centers = np.array(centers, dtype=np.float64)
    inertia = previous = np.inf
    for iteration in range(max_iter):
        sums, counts, inertia, far = _round(arrays, centers)
        full = counts > 0
        centers[full] = sums[full] / counts[full, None]
        for lost, row in zip(np.flatnonzero(~full), far):
            centers[lost] = row
        if tick is not None:
            tick(iteration + 1)
        if full.all() and previous - inertia <= tolerance * inertia:
            break
        previous = inertia
    return centers, float(inertia)


def _round(arrays: Sequence[np.ndarray], centers: np.ndarray) -> tuple[np.ndarray, np.ndarray, float, list[np.ndarray]]:
    """Sums and numbers of the rows nearest to each centre, the inertia, and the farthest row of each chunk, farthest first."""
    k, dim = centers.shape
    shift = centers.mean(axis=0)
    sums, counts, inertia = np.zeros((k, dim)), np.zeros(k), 0.0
    far: list[tuple[float, np.ndarray]] = []
    for x in arrays:
        for _, _, rows, scores in _scores(x, centers):
            labels = scores.argmax(axis=1)
            counts += np.bincount(labels, minlength=k)
            for j in range(dim):
                sums[:, j] += np.bincount(labels, weights=rows[:, j], minlength=k)
            distances = np.einsum("ij,ij->i", rows, rows) - 2 * np.take_along_axis(scores, labels[:, None], axis=1)[:, 0]
            inertia += float(distances.sum(dtype=np.float64))
            worst = int(distances.argmax())
            far.append((float(distances[worst]), rows[worst] + shift))
    far.sort(key=lambda found: -found[0])
    return sums + counts[:, None] * shift, counts, max(inertia, 0.0), [row for _, row in far]


def _scores(x: np.ndarray, centers: np.ndarray) -> Iterator[tuple[int, int, np.ndarray, np.ndarray]]:
    """Chunks (start, stop, rows about the centres' mean, scores); the nearest centre has the highest score x.c - |c|^2 / 2."""
    kind = np.float32 if x.dtype == np.float32 else np.float64
    shift = np.asarray(centers, dtype=np.float64).mean(axis=0)
    moved = np.ascontiguousarray(centers - shift)
    offset = (0.5 * (moved**2).sum(axis=1)).astype(kind)
    columns = np.ascontiguousarray(moved.T, dtype=kind)
    step = max(64, CELLS // len(centers))
    scores = np.empty((step, len(centers)), kind)
    rows = np.empty((step, x.shape[1]), kind)
    for start in range(0, len(x), step):
        stop = min(len(x), start + step)
        m = stop - start
        np.subtract(x[start:stop], shift, out=rows[:m], casting="same_kind")
        np.matmul(rows[:m], columns, out=scores[:m])
        scores[:m] -= offset
        yield start, stop, rows[:m], scores[:m]
