"""Intervals from draws."""
from __future__ import annotations

import numpy as np


def nan_interval(drawn: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """95 % interval over draws, of which some may lack a value.

    Parameters
    ----------
    drawn : ndarray, shape (n_draws, k)
        NaN where a draw has no such value.

    Returns
    -------
    lower, upper : ndarray, shape (k,)
        The 2.5 and 97.5 % points of what is there; NaN where less than half of the draws have a value.
    """
    lower, upper = np.full(drawn.shape[1], np.nan), np.full(drawn.shape[1], np.nan)
    for k in range(drawn.shape[1]):
        there = drawn[np.isfinite(drawn[:, k]), k]
        if len(there) and 2 * len(there) >= len(drawn):
            lower[k], upper[k] = np.percentile(there, [2.5, 97.5])
    return lower, upper
