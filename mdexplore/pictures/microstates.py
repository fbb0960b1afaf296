"""Microstates as quiet colours: each cell in the colour of the microstate that most of its frames are in, and neighbours in different ones."""
from __future__ import annotations

import colorsys

import numpy as np

from mdexplore.base.chunked import joined, spans
from mdexplore.methods.results import Clustering
from mdexplore.pictures.cells import OVERFLOW, Grid

_TONES = 12       # more could not be told apart, and fewer would meet too often
_NEIGHBOURS = 16  # microstates that lie nearest, which should have other colours


def tones() -> np.ndarray:
    """The colours, far below those of metastable states in strength; shape (12, 3), float, 0 to 255."""
    # Two rows of lightness, so that tones of like hue differ in that.
    return np.array([colorsys.hls_to_rgb(k / _TONES, 0.5 if k % 2 else 0.66, 0.34) for k in range(_TONES)]) * 255


def places(clustering: Clustering) -> np.ndarray:
    """Which of the `tones` each microstate has: the one that its nearest neighbours use least, the nearer the worse.

    It rests on the centres alone, so that zooming or other axes change no colour.

    Returns
    -------
    ndarray, shape (n_clusters,), int
    """
    from scipy.spatial import cKDTree

    centers = np.asarray(clustering.centers, float)
    n = len(centers)
    if n < 2 or not np.isfinite(centers).all():
        return np.arange(n) % _TONES
    near = cKDTree(centers).query(centers, min(_NEIGHBOURS + 1, n))[1]
    found = np.full(n, -1)
    for k in range(n):
        met = np.zeros(_TONES)
        for rank, other in enumerate(near[k]):
            if found[other] >= 0:
                met[found[other]] += 1 / (1 + rank)
        met += 1e-6 * ((np.arange(_TONES) - 5 * k) % _TONES)   # free ones in turn, with a leap in hue
        found[k] = int(met.argmin())
    return found


def dominant(cells: Grid, clustering: Clustering) -> np.ndarray:
    """The microstate of most frames of each cell; -1 where a cell is empty or its frames have none; shape (n_cells,), int.

    Notes
    -----
    Pairs of cell and microstate are counted by sorting: a table of all of them would be gigabytes for thousands of microstates.
    """
    width, micro = clustering.n_clusters, joined(clustering.dtrajs, np.int32)
    keys, counts = np.zeros(0, np.int64), np.zeros(0, np.int64)
    for span in spans(len(micro)):
        inside = (micro[span] >= 0) & (cells.cell[span] != OVERFLOW)
        keys, counts = _added(keys, counts, cells.cell[span][inside].astype(np.int64) * width + micro[span][inside])
    found = np.full(OVERFLOW, -1)
    order = np.argsort(counts, kind="stable")   # of two assignments to one cell the later holds
    found[keys[order] // width] = keys[order] % width
    return found


def colors(cells: Grid, clustering: Clustering) -> tuple[np.ndarray, np.ndarray]:
    """The colour of each cell, shape (n_cells, 3), 0 to 255, and which cells have one, shape (n_cells,), bool."""
    micro = dominant(cells, clustering)
    rgb = np.zeros((OVERFLOW, 3))
    known = micro >= 0
    rgb[known] = tones()[places(clustering)[micro[known]]]
    return rgb, known


def _added(keys: np.ndarray, counts: np.ndarray, more: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Counts by key with those of further keys."""
    new, n = np.unique(more, return_counts=True)
    joint, where = np.unique(np.concatenate([keys, new]), return_inverse=True)
    return joint, np.bincount(where, np.concatenate([counts, n]), len(joint)).astype(np.int64)
