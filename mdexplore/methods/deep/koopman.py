"""The reversible Koopman model of fuzzy states: memberships in, populations, matrix and timescales out."""
from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

CHUNK = 65_536   # rows


@dataclass(frozen=True, eq=False)
class Koopman:
    """How memberships in fuzzy states move on in one lag time.

    Parameters
    ----------
    matrix : ndarray, shape (n, n)
        ``E[chi(x_{t + lagtime})] = matrix.T @ E[chi(x_t)]``; rows sum to 1, small negative entries are possible.
    populations : ndarray, shape (n,)
        Stationary: ``populations @ matrix == populations``.
    eigenvalues : ndarray, shape (n - 1,)
        Real, in falling order, without that of the stationary process.
    parameters : dict
        What else was found, by the names that it has among a projection's parameters.
    """

    matrix: np.ndarray
    populations: np.ndarray
    eigenvalues: np.ndarray
    parameters: dict[str, Any] = field(default_factory=dict)


def reversible_koopman(memberships: Sequence[np.ndarray], lagtime: int) -> Koopman:
    """Koopman matrix from time-symmetrised correlations of memberships.

    Parameters
    ----------
    memberships : sequence of ndarray, shape (n_frames_i, n)
        Not negative; rows sum to 1. No pair reaches from one trajectory into another.
    lagtime : int
        Frames.

    Notes
    -----
    ``K = C00^-1 C0t`` with both matrices symmetrised in time; Mardt et al. 2018, doi:10.1038/s41467-017-02388-1, and Wu and Noe 2020 for the symmetry. A state
    that is a mixture of others makes C00 singular: it is inverted on the directions that are there.
    """
    n = memberships[0].shape[1]
    instant, lagged = np.zeros((n, n)), np.zeros((n, n))
    for chi in memberships:
        for start in range(0, len(chi) - lagtime, CHUNK):
            stop = min(start + CHUNK, len(chi) - lagtime)
            x, y = np.asarray(chi[start:stop], np.float64), np.asarray(chi[start + lagtime : stop + lagtime], np.float64)
            instant += x.T @ x + y.T @ y
            lagged += x.T @ y
    populations = instant.sum(axis=1) / instant.sum()
    lagged = lagged + lagged.T
    values, vectors = np.linalg.eigh(instant)
    keep = values > 1e-10 * values[-1]
    white = vectors[:, keep] / np.sqrt(values[keep])
    eigenvalues = np.linalg.eigvalsh(white.T @ lagged @ white)[::-1]
    return Koopman(white @ white.T @ lagged, populations, eigenvalues[1:])
