"""The nearest of some centres for every row, chunk by chunk: by faiss where it is installed, else by matrix products."""
from __future__ import annotations

import importlib.util
import math
from collections.abc import Callable, Iterator
from functools import cache

import numpy as np

CELLS = 1 << 19      # scores held at once: 2 MB in single precision, which stay in the cache
FAISS_ROWS = 1 << 16   # rows searched at once
FAISS_VALUES = 1 << 17   # fewer numbers at once, and faiss 1.15 takes a way that is ten times slower: columns of nought are put beside short rows
FAISS_COLUMNS = 16       # with more of them, matrix products are faster

Found = tuple[int, int, np.ndarray, np.ndarray, Callable[[], np.ndarray]]


@cache
def backend() -> str:
    """What searches here: ``"faiss"`` (the extra ``fast``) or ``"numpy"``."""
    return "faiss" if importlib.util.find_spec("faiss") is not None else "numpy"


def nearest(x: np.ndarray, centers: np.ndarray, by: str | None = None) -> Iterator[Found]:
    """Nearest centres, chunk by chunk.

    Parameters
    ----------
    x : ndarray or memmap, shape (n, dim)
        Finite. float32 rows are compared in single precision, about the mean of the centres; faiss knows no other.
    centers : ndarray, shape (k, dim)
    by : {"faiss", "numpy"}
        By default `backend`.

    Yields
    ------
    start, stop : int
    rows : ndarray, shape (m, dim)
        About the mean of the centres; overwritten by the next chunk.
    labels : ndarray, shape (m,), int
        The lowest index where two centres are equally near.
    distances : callable
        Gives the squared distances, shape (m,).
    """
    if (by or backend()) == "faiss" and x.dtype == np.float32 and len(x):
        rounds = math.ceil(len(x) / FAISS_ROWS)
        step = math.ceil(len(x) / rounds)
        columns = max(x.shape[1], math.ceil(FAISS_VALUES / (len(x) // rounds)))
        if columns <= max(x.shape[1], FAISS_COLUMNS):
            yield from _by_faiss(x, centers, step, columns)
            return
    yield from _by_products(x, centers)


def _by_products(x: np.ndarray, centers: np.ndarray) -> Iterator[Found]:
    """The nearest centre has the highest score x.c - |c|^2 / 2."""
    kind = np.float32 if x.dtype == np.float32 else np.float64
    shift, moved = _about_their_mean(centers)
    offset = (0.5 * (moved**2).sum(axis=1)).astype(kind)
    columns = np.ascontiguousarray(moved.T, dtype=kind)
    step = max(64, CELLS // len(centers))
    scores = np.empty((step, len(centers)), kind)
    buffer = np.empty((step, x.shape[1]), kind)
    for start in range(0, len(x), step):
        stop = min(len(x), start + step)
        rows, scored = buffer[:stop - start], scores[:stop - start]
        np.subtract(x[start:stop], shift, out=rows, casting="same_kind")
        np.matmul(rows, columns, out=scored)
        scored -= offset
        labels = scored.argmax(axis=1)

        def distances(rows: np.ndarray = rows, scored: np.ndarray = scored, labels: np.ndarray = labels) -> np.ndarray:
            return np.einsum("ij,ij->i", rows, rows) - 2 * np.take_along_axis(scored, labels[:, None], axis=1)[:, 0]

        yield start, stop, rows, labels, distances


def _by_faiss(x: np.ndarray, centers: np.ndarray, step: int, columns: int) -> Iterator[Found]:
    import faiss

    shift, moved = _about_their_mean(centers)
    dim = x.shape[1]
    places = np.zeros((len(centers), columns), np.float32)
    places[:, :dim] = moved
    index = faiss.IndexFlatL2(columns)
    index.add(places)
    buffer = np.zeros((step, columns), np.float32)
    for start in range(0, len(x), step):
        stop = min(len(x), start + step)
        wide = buffer[:stop - start]
        rows = wide[:, :dim]
        np.subtract(x[start:stop], shift, out=rows, casting="same_kind")
        before = faiss.omp_get_max_threads()
        faiss.omp_set_num_threads(1)   # it may have been loaded after the other libraries were held to one
        try:
            squares, labels = index.search(wide, 1)
        finally:
            faiss.omp_set_num_threads(before)
        yield start, stop, rows, labels[:, 0], lambda squares=squares: squares[:, 0]   # type: ignore[misc]


def _about_their_mean(centers: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    shift = np.asarray(centers, dtype=np.float64).mean(axis=0)
    return shift, np.ascontiguousarray(centers - shift)
