"""Damage that no header shows: coordinates that cannot be."""
from __future__ import annotations

import numpy as np

LIMIT_NM = 1e4


def bad_frames(xyz: np.ndarray) -> dict[str, np.ndarray]:
    """Frames whose coordinates are not numbers, all zero (with several atoms), or beyond 10 000 nm.

    Parameters
    ----------
    xyz : ndarray, shape (n, n_atoms, 3)
        nm.

    Returns
    -------
    dict
        ``"not-numbers"``, ``"zero"`` and ``"far"``: each of shape (n,), bool.
    """
    largest = np.abs(xyz).max(axis=(1, 2), initial=0.0)   # NaN goes through the maximum
    numbers = np.isfinite(largest)
    return {"not-numbers": ~numbers, "zero": (largest == 0) & (xyz.shape[1] > 1), "far": numbers & (largest >= LIMIT_NM)}


def first_bad_frame(xyz: np.ndarray) -> tuple[int, str] | None:
    """The first frame whose coordinates cannot be, and why.

    Parameters
    ----------
    xyz : ndarray, shape (n, n_atoms, 3)
        nm.

    Returns
    -------
    (frame, text) or None
    """
    kinds = bad_frames(xyz)
    bad = np.logical_or.reduce(list(kinds.values()))
    if not bad.any():
        return None
    frame = int(bad.argmax())
    if kinds["not-numbers"][frame]:
        return frame, "Some coordinates are not numbers"
    if kinds["zero"][frame]:
        return frame, "All coordinates are 0"
    return frame, f"A coordinate is {np.abs(xyz[frame]).max():.3g} nm"
