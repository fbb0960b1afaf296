"""Nearest centre of every row, and the k-means that is built on it; long arrays are gone through piece by piece."""
from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from mdexplore.base.numerics.nearest import backend, nearest
from mdexplore.base.work import pieces

PIECE_PRODUCTS = 400_000_000   # rows times centres of a piece: half a second or more
TRIALS = 3                     # candidates for each starting centre; more cost as much as they save


def assign_all(arrays: Sequence[np.ndarray], centers: np.ndarray, *, tick: Callable[[int], None] | None = None) -> list[np.ndarray]:
    """Index of the nearest centre of each row of several arrays, by the executor of the block we are in (`mdexplore.base.work.pieces`).

    Parameters
    ----------
    arrays : sequence of ndarray, shape (n_i, dim)
    centers : ndarray, shape (k, dim)
    tick : callable
        Called with the number of rows done.

    Returns
    -------
    list of ndarray, shape (n_i,), int32
    """
    return pieces.rows(assign, arrays, _rows_of_a_piece(centers), centers, backend(), dtype=np.int32, tick=tick)


def assign(x: np.ndarray, centers: np.ndarray, by: str | None = None, *, tick: Callable[[int], None] | None = None) -> np.ndarray:
    """Index of the nearest centre (Euclidean) of each row; the lowest index where two are equally near.

    Parameters
    ----------
    x : ndarray or memmap, shape (n, dim)
        Finite. float32 rows are compared in single precision, about the mean of the centres.
    centers : ndarray, shape (k, dim)
    by : {"faiss", "numpy"}
        What searches; by default the faster one that is installed.
    tick : callable
        Called with the number of rows done after each chunk.

    Returns
    -------
    ndarray, shape (n,), int32
    """
    labels = np.empty(len(x), np.int32)
    for start, stop, _, found, _ in nearest(x, centers, by):
        labels[start:stop] = found
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
    columns = np.ascontiguousarray(x.T)

    def squares(row: int) -> np.ndarray:
        # Differences, not products: a row that is a centre already must have a distance of exactly nought.
        found = columns - x[row][:, None]
        found *= found
        return found.sum(axis=0)

    chosen = [int(rng.integers(len(x)))]
    nearest = squares(chosen[0])
    while len(chosen) < k and nearest.any():
        cumulative = np.cumsum(nearest)
        candidates = np.minimum(np.searchsorted(cumulative, rng.random(TRIALS) * cumulative[-1], side="right"), len(x) - 1)
        distances = np.stack([np.minimum(nearest, squares(c)) for c in candidates])
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


Round = tuple[np.ndarray, np.ndarray, float, np.ndarray]


def _round(arrays: Sequence[np.ndarray], centers: np.ndarray) -> Round:
    """Sums and numbers of the rows nearest to each centre, the inertia, and rows that are far from every centre, farthest first."""
    shift = centers.mean(axis=0)
    found = pieces.sums(partial_sums, arrays, _rows_of_a_piece(centers), centers, backend())
    counts = np.sum([f[1] for f in found], axis=0)
    far = np.concatenate([f[3] for f in found])
    rows = far[np.argsort(-far[:, 0], kind="stable"), 1:] + shift
    return np.sum([f[0] for f in found], axis=0) + counts[:, None] * shift, counts, max(sum(f[2] for f in found), 0.0), rows


def partial_sums(parts: Sequence[np.ndarray], centers: np.ndarray, by: str | None = None, *, tick: Callable[[int], None] | None = None) -> Round:
    """What one piece adds to a round of k-means.

    Parameters
    ----------
    parts : sequence of ndarray, shape (n_i, dim)
    centers : ndarray, shape (k, dim)
    by : str
        As in `assign`.

    Returns
    -------
    sums : ndarray, shape (k, dim)
        Of the rows nearest to each centre, about the mean of the centres.
    counts : ndarray, shape (k,)
    inertia : float
    far : ndarray, shape (<= k, 1 + dim)
        The farthest row of each chunk, about the mean of the centres, behind its squared distance.
    """
    k, dim = centers.shape
    sums, counts, inertia = np.zeros((k, dim)), np.zeros(k), 0.0
    far: list[np.ndarray] = []
    for x in parts:
        for _, stop, rows, labels, distances in nearest(x, centers, by):
            counts += np.bincount(labels, minlength=k)
            for j in range(dim):
                sums[:, j] += np.bincount(labels, weights=rows[:, j], minlength=k)
            squares = distances()
            inertia += float(squares.sum(dtype=np.float64))
            worst = int(squares.argmax())
            far.append(np.append(squares[worst], rows[worst]).astype(np.float64))
            if tick is not None:
                tick(stop)
    far.sort(key=lambda found: -found[0])
    return sums, counts, inertia, np.array(far[:k]).reshape(-1, 1 + dim)


def _rows_of_a_piece(centers: np.ndarray) -> int:
    return max(1, PIECE_PRODUCTS // max(len(centers), 1))
