"""Intervals from draws."""
from __future__ import annotations

import numpy as np


def nan_interval(drawn: np.ndarray, widening: float = 1.0) -> tuple[np.ndarray, np.ndarray]:
    """95 % interval over draws, of which some may lack a value.

    Parameters
    ----------
    drawn : ndarray, shape (n_draws, k)
        NaN where a draw has no such value.
    widening : float
        How much wider the intervals of positive values are to be than the draws (`widened`).

    Returns
    -------
    lower, upper : ndarray, shape (k,)
        The 2.5 and 97.5 % points of what is there; NaN where less than half of the draws have a value.
    """
    lower, upper = np.full(drawn.shape[1], np.nan), np.full(drawn.shape[1], np.nan)
    for k in range(drawn.shape[1]):
        there = drawn[np.isfinite(drawn[:, k]), k]
        if len(there) and 2 * len(there) >= len(drawn):
            low, middle, high = np.percentile(there, [2.5, 50, 97.5])
            lower[k], upper[k] = widened(middle, low, high, widening)
    return lower, upper


def widened(middle: np.ndarray, lower: np.ndarray, upper: np.ndarray, factor: float) -> tuple[np.ndarray, np.ndarray]:
    """Intervals of positive values, made wider by a factor about a value inside, on the scale of logarithms; others stay as they are."""
    if factor == 1:
        return lower, upper
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        is_positive = (middle > 0) & (lower > 0)
        return (np.where(is_positive, middle * (lower / middle) ** factor, lower), np.where(is_positive, middle * (upper / middle) ** factor, upper))
