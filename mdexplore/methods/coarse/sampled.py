"""Intervals of populations and passage times from posterior samples of the transition matrix."""
from __future__ import annotations

import numpy as np

from mdexplore.base.numerics.errors import hitting_times
from mdexplore.base.numerics.spectrum import stationary_distribution
from mdexplore.methods.checks.intervals import widened

TINY = 1e-300
Interval = tuple[np.ndarray, np.ndarray]


def sampled_intervals(samples: np.ndarray, sets: np.ndarray, widening: float = 1.0) -> tuple[Interval, Interval]:
    """95 % intervals over posterior samples.

    Parameters
    ----------
    samples : ndarray, shape (n_samples, n, n)
        Transition matrices.
    sets : ndarray, shape (n, m)
        Indicator of each set.
    widening : float
        How much wider the intervals are to be than the samples, on the scales of odds and of logarithms.

    Returns
    -------
    populations : lower, upper, each of shape (m,)
    mfpt : lower, upper, each of shape (m, m)
        Steps, from row to column.
    """
    m = sets.shape[1]
    populations, mfpt = np.empty((len(samples), m)), np.zeros((len(samples), m, m))
    for i, matrix in enumerate(np.asarray(samples)):
        stationary = stationary_distribution(matrix)
        populations[i] = stationary @ sets
        starts = stationary[:, None] * sets / populations[i]
        for b in range(m if m > 1 else 0):
            mfpt[i, :, b] = starts.T @ hitting_times(matrix, sets[:, b] > 0)[0]
    odds = populations / np.maximum(1 - populations, TINY)
    shares, times = (widened(middle, low, high, widening) for low, middle, high in (np.percentile(drawn, [2.5, 50, 97.5], axis=0) for drawn in (odds, mfpt)))
    return (shares[0] / (1 + shares[0]), shares[1] / (1 + shares[1])), times
