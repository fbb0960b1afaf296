"""What numpy does to an array of all frames in one go, done to a stretch of them after the other: its own copies stay small."""
from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np

from mdexplore.base.scratch import empty

ROWS = 1 << 21


def spans(n: int) -> Iterator[slice]:
    """Stretches that make up n rows."""
    for start in range(0, n, ROWS):
        yield slice(start, min(n, start + ROWS))


def joined(arrays: Sequence[np.ndarray], dtype: Any, convert: Callable[[np.ndarray], np.ndarray] = np.asarray) -> np.ndarray:
    """One array of several, on disk where it is large.

    Parameters
    ----------
    arrays : sequence of ndarray, shape (n_i, ...)
    dtype : dtype
    convert : callable
        Makes one number a row of some rows; by default they are taken as they are.

    Returns
    -------
    ndarray, shape (n,)
    """
    out, done = empty((sum(map(len, arrays)),), dtype), 0
    for x in arrays:
        for span in spans(len(x)):
            part = convert(x[span])
            out[done:done + len(part)] = part
            done += len(part)
    return out


def bincount(labels: Callable[[slice], np.ndarray], n: int, minlength: int, weights: np.ndarray | None = None) -> np.ndarray:
    """`numpy.bincount` of n labels, which are made stretch by stretch.

    Parameters
    ----------
    labels : callable
        Gives the labels of a slice of the rows.
    n : int
    minlength : int
        Above every label.
    weights : ndarray, shape (n,), optional
        Summed in float64 where given.
    """
    found = np.zeros(minlength, np.int64 if weights is None else np.float64)
    for span in spans(n):
        found += np.bincount(labels(span), weights=None if weights is None else weights[span], minlength=minlength)
    return found
