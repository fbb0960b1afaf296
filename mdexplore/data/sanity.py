"""Damage that no header shows: coordinates that cannot be."""
from __future__ import annotations

import numpy as np

LIMIT_NM = 1e4


def first_bad_frame(xyz: np.ndarray) -> tuple[int, str] | None:
    """The first frame whose coordinates are not numbers, beyond 10 000 nm, or (with several atoms) all zero.

    Parameters
    ----------
    xyz : ndarray, shape (n, n_atoms, 3)
        nm.

    Returns
    -------
    (frame, text) or None
    """
    largest = np.abs(xyz).max(axis=(1, 2), initial=0.0)   # NaN goes through the maximum
    bad = ~(largest < LIMIT_NM)
    if xyz.shape[1] > 1:
        bad |= largest == 0
    if not bad.any():
        return None
    frame = int(bad.argmax())
    if not np.isfinite(largest[frame]):
        return frame, "Some coordinates are not numbers"
    if largest[frame] == 0:
        return frame, "All coordinates are 0"
    return frame, f"A coordinate is {largest[frame]:.3g} nm"
