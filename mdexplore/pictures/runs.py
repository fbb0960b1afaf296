"""Curves with holes, cut into unbroken pieces of equal length, as one bqplot mark can draw them."""
from __future__ import annotations

from collections.abc import Sequence

import numpy as np

Points = tuple[tuple[float, float], ...]


def runs(keep: np.ndarray) -> list[slice]:
    """Unbroken stretches of True.

    Parameters
    ----------
    keep : ndarray, shape (n,), bool
    """
    edges = np.flatnonzero(np.diff(np.concatenate([[0], np.asarray(keep, bool).astype(np.int8), [0]])))
    return [slice(int(a), int(b)) for a, b in zip(edges[::2], edges[1::2])]


def pieces(x: np.ndarray, y: np.ndarray, keep: np.ndarray) -> list[Points]:
    """The unbroken pieces of a curve; a lone point makes none."""
    return [points(x[r], y[r]) for r in runs(keep) if r.stop - r.start > 1]


def bands(x: np.ndarray, low: np.ndarray, high: np.ndarray, keep: np.ndarray, widen: float = 0.03) -> list[Points]:
    """Closed polygons between two curves, for increasing `x`.

    Parameters
    ----------
    widen : float
        A lone point gets a bar of this half-width, relative to x.
    """
    made = []
    for r in runs(keep):
        at, lo, hi = x[r], low[r], high[r]
        if len(at) == 1:
            at, lo, hi = np.array([at[0] * (1 - widen), at[0] * (1 + widen)]), np.repeat(lo, 2), np.repeat(hi, 2)
        made.append(points(np.concatenate([at, at[::-1]]), np.concatenate([lo, hi[::-1]])))
    return made


def points(x: np.ndarray, y: np.ndarray) -> Points:
    """Pairs of plain numbers: comparable and hashable."""
    return tuple((float(a), float(b)) for a, b in zip(x, y))


def even(curves: Sequence[Points]) -> tuple[np.ndarray, np.ndarray]:
    """x and y of several curves as two arrays of shape (n_curves, longest), or empty.

    Shorter curves repeat their last point: NaN there would make bqplot place a hidden label at "undefined".
    """
    if not curves:
        return np.zeros(0), np.zeros(0)
    longest = max(len(c) for c in curves)
    filled = np.array([[*c, *[c[-1]] * (longest - len(c))] for c in curves], float)
    return filled[..., 0], filled[..., 1]
