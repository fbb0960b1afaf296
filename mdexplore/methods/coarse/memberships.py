"""Fuzzy memberships of microstates in metastable sets: PCCA+ on the eigenvectors we already have."""
from __future__ import annotations

import numpy as np

WELL_SEARCHED = 10      # sets up to which the search runs to its end
STEPS_BEYOND = 4000     # beyond, its cost grows with the fourth power; every step is a valid answer, crisper than the one before


def memberships(right: np.ndarray, stationary: np.ndarray, crispest: bool = True) -> np.ndarray:
    """PCCA+ memberships from the slowest right eigenvectors of a connected, reversible model.

    Parameters
    ----------
    right : ndarray, shape (n, m)
        The first column is the stationary mode, m is the number of sets.
    stationary : ndarray, shape (n,)
    crispest : bool
        False stops at the inner simplex: less crisp, but each set is sure of its corner, while the crispest memberships can leave
        a set that is nowhere the largest.

    Returns
    -------
    ndarray, shape (n, m)
        Not negative; rows sum to 1. The same as deeptime's ``pcca``, which finds the eigenvectors anew each time.

    Notes
    -----
    Inner simplex, then the rotation that makes the sets crispest; Röblitz and Weber 2013, doi:10.1007/s11634-013-0134-6.
    """
    n, m = right.shape
    if m == 1:
        return np.ones((n, 1))
    vectors, turned = rotation(right, stationary, crispest)
    found = np.clip(vectors @ turned, 0.0, 1.0)
    return found / found.sum(axis=1, keepdims=True)


def rotation(right: np.ndarray, stationary: np.ndarray, crispest: bool = True) -> tuple[np.ndarray, np.ndarray]:
    """Eigenvectors of unit variance, the first of ones, and the rotation that makes memberships of them; shapes (n, m) and (m, m), m > 1."""
    vectors = right / np.sqrt((stationary[:, None] * right ** 2).sum(axis=0))
    vectors[:, 0] = 1.0
    turned = _inner_simplex(vectors)
    return vectors, _crispest(vectors, turned) if crispest else turned


def _inner_simplex(vectors: np.ndarray) -> np.ndarray:
    """Rotation that sends the m outermost states to the corners of a simplex."""
    m = vectors.shape[1]
    corners = [int(np.argmax(np.linalg.norm(vectors, axis=1)))]
    left = vectors - vectors[corners[0]]
    for _ in range(1, m):
        distance = np.linalg.norm(left, axis=1)
        distance[corners] = -1.0
        corners.append(int(np.argmax(distance)))
        axis = left[corners[-1]] / max(distance[corners[-1]], 1e-300)
        left = left - np.outer(left @ axis, axis)
    return np.linalg.pinv(vectors[corners])


def _crispest(vectors: np.ndarray, rotation: np.ndarray) -> np.ndarray:
    """Maximise the crispness over rotations that keep all memberships non-negative."""
    from scipy.optimize import fmin

    slow = np.ascontiguousarray(vectors[:, 1:])
    m = vectors.shape[1]
    # The largest of a linear function over all states is taken at a corner of their convex hull.
    slow = slow[_hull(slow)]

    def filled(inner: np.ndarray) -> np.ndarray:
        full = np.empty((m, m))
        full[1:, 1:] = inner.reshape(m - 1, m - 1)
        full[1:, 0] = -full[1:, 1:].sum(axis=1)
        full[0] = -(slow @ full[1:]).min(axis=0)
        return full / full[0].sum()

    def fuzziness(inner: np.ndarray) -> float:
        full = filled(inner)
        return -float((full * full / full[0]).sum())

    steps = None if m <= WELL_SEARCHED else STEPS_BEYOND
    return filled(fmin(fuzziness, rotation[1:, 1:].ravel(), maxfun=steps, disp=False))


def _hull(points: np.ndarray) -> np.ndarray:
    """Numbers of the points that can be extreme in some direction; all of them where there is no proper hull."""
    from scipy.spatial import ConvexHull, QhullError

    n, d = points.shape
    if d == 1:
        return np.array([int(points.argmin()), int(points.argmax())])
    if n <= d + 2 or d > 4:
        return np.arange(n)
    try:
        return ConvexHull(points).vertices
    except QhullError:   # flat or doubled points
        return np.arange(n)
