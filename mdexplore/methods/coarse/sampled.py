"""Intervals of populations and passage times from posterior samples of the transition matrix."""
from __future__ import annotations

import numpy as np

from mdexplore.base.numerics.errors import hitting_times
from mdexplore.base.numerics.spectrum import stationary_distribution

Interval = tuple[np.ndarray, np.ndarray]


def sampled_intervals(samples: np.ndarray, sets: np.ndarray) -> tuple[Interval, Interval]:
    """95 % intervals over posterior samples.

    Parameters
    ----------
    samples : ndarray, shape (n_samples, n, n)
        Transition matrices.
    sets : ndarray, shape (n, m)
        Indicator of each set.

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
    both = np.percentile(populations, [2.5, 97.5], axis=0), np.percentile(mfpt, [2.5, 97.5], axis=0)
    return (both[0][0], both[0][1]), (both[1][0], both[1][1])
