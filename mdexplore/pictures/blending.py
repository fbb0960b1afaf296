"""Colours that blend: what is half of one state and half of another looks half way between them, and as light as they are."""
from __future__ import annotations

import numpy as np

from mdexplore.base.chunked import joined, spans
from mdexplore.methods.checks.passages import CORE_MEMBERSHIP
from mdexplore.methods.results import Clustering, Metastable
from mdexplore.pictures.cells import Grid

# OKLab: B. Ottosson 2020, https://bottosson.github.io/posts/oklab. Means of sRGB values would be too dark and too dull in the middle.
_TO_CONES = np.array([[0.4122214708, 0.5363325363, 0.0514459929], [0.2119034982, 0.6806995451, 0.1073969566], [0.0883024619, 0.2817188376, 0.6299787005]])
_TO_LAB = np.array([[0.2104542553, 0.7936177850, -0.0040720468], [1.9779984951, -2.4285922050, 0.4505937099], [0.0259040371, 0.7827717662, -0.8086757660]])
_FROM_LAB, _FROM_CONES = np.linalg.inv(_TO_LAB), np.linalg.inv(_TO_CONES)


def blend(shares: np.ndarray, colors: np.ndarray) -> np.ndarray:
    """Colours mixed by shares, in OKLab, where equal steps look equal.

    Parameters
    ----------
    shares : ndarray, shape (n, k)
        Not negative, each row with sum 1.
    colors : ndarray, shape (k, 3), 0 to 255
        sRGB.

    Returns
    -------
    ndarray, shape (n, 3), float, 0 to 255
    """
    return _srgb(shares @ _oklab(colors))


def cell_memberships(cells: Grid, clustering: Clustering, coarse: Metastable) -> np.ndarray:
    """Mean membership of the frames of each cell in each state.

    Returns
    -------
    ndarray, shape (n_cells, n_states + 1)
        Rows sum to 1; the last column is what belongs to no state, as frames outside the model do, and all of an empty cell.
    """
    n = np.maximum(cells.counts, 1)
    found = np.stack([cells.total(_memberships(clustering, coarse, k)) / n for k in range(coarse.n_states)], axis=1)
    return np.column_stack([found, np.maximum(1 - found.sum(axis=1), 0)])


def share_between(clustering: Clustering, coarse: Metastable, least: float = CORE_MEMBERSHIP) -> float:
    """Share of the frames of the model that belong to no state by `least` or more, where its core begins; 0 without any frame."""
    between = inside = 0
    for micro, fuzzy in zip(clustering.dtrajs, clustering.memberships or (None,) * len(clustering.dtrajs)):
        for span in spans(len(micro)):
            held = np.append(coarse.memberships, np.zeros((1, coarse.n_states)), 0)[micro[span]] if fuzzy is None else fuzzy[span] @ coarse.memberships
            most = held.max(axis=1)
            inside += int((most > 0).sum())
            between += int(((most > 0) & (most < least)).sum())
    return between / max(inside, 1)


def _memberships(clustering: Clustering, coarse: Metastable, state: int) -> np.ndarray:
    """Membership of every frame in one state; shape (n_frames,), float32."""
    of_micro = coarse.memberships[:, state]
    if clustering.memberships is not None:
        return joined(clustering.memberships, np.float32, lambda shares: shares @ of_micro)
    lookup = np.append(of_micro, 0.0)   # the last entry serves -1
    return joined(clustering.dtrajs, np.float32, lambda states: lookup[states])


def _oklab(colors: np.ndarray) -> np.ndarray:
    values = np.asarray(colors, float) / 255
    linear = np.where(values <= 0.04045, values / 12.92, ((values + 0.055) / 1.055) ** 2.4)
    return np.cbrt(linear @ _TO_CONES.T) @ _TO_LAB.T


def _srgb(lab: np.ndarray) -> np.ndarray:
    linear = np.clip((lab @ _FROM_LAB.T) ** 3 @ _FROM_CONES.T, 0, 1)
    return 255 * np.where(linear <= 0.0031308, 12.92 * linear, 1.055 * linear ** (1 / 2.4) - 0.055)
