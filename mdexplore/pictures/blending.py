"""Colours that blend: what is half of one state and half of another looks half way between them, and as light as they are."""
from __future__ import annotations

import weakref
from collections.abc import Callable, Sequence
from typing import TypeAlias, TypeVar

import numpy as np

from mdexplore.base.chunked import bincount, joined, spans
from mdexplore.base.scratch import empty
from mdexplore.methods.checks.passages import CORE_MEMBERSHIP
from mdexplore.methods.results import Clustering, Metastable
from mdexplore.pictures.cells import Grid

T = TypeVar("T")
Kept: TypeAlias = weakref.WeakKeyDictionary[Metastable, tuple[weakref.ref[Clustering], T]]
_between: Kept[dict[float, float]] = weakref.WeakKeyDictionary()
_fuzzy: Kept[np.ndarray] = weakref.WeakKeyDictionary()
_MOST_KEPT = 4   # pairs: two models side by side, and those before a change

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
    found = cells.totals(_reader(clustering, coarse), coarse.n_states) / np.maximum(cells.counts, 1)[:, None]
    return np.column_stack([found, np.maximum(1 - found.sum(axis=1), 0)])


def share_between(clustering: Clustering, coarse: Metastable, least: float = CORE_MEMBERSHIP) -> float:
    """Share of the frames of the model that belong to no state by `least` or more, where its core begins; 0 without any frame.

    It is remembered: a zoom, which asks anew, changes nothing about it.
    """
    known = _recall(_between, clustering, coarse, dict)
    if least not in known:
        known[least] = _share_between(clustering, coarse, least)
    return known[least]


def _share_between(clustering: Clustering, coarse: Metastable, least: float) -> float:
    if clustering.memberships is None:
        micro = joined(clustering.dtrajs, np.int32)
        frames = bincount(lambda span: micro[span] + 1, len(micro), clustering.n_clusters + 1)[1:]   # place 0 counts -1
        most = coarse.memberships.max(axis=1)
        inside, between = frames[most > 0].sum(), frames[(most > 0) & (most < least)].sum()
    else:
        inside = between = 0
        held = _of_frames(clustering, coarse)
        for span in spans(held.shape[1]):
            most = held[:, span].max(axis=0)
            inside += np.count_nonzero(most > 0)
            between += np.count_nonzero((most > 0) & (most < np.float32(least)))
    return float(between / max(inside, 1))


def _reader(clustering: Clustering, coarse: Metastable) -> Callable[[slice, int], np.ndarray]:
    """What gives the membership of some frames in a state."""
    if clustering.memberships is not None:
        held = _of_frames(clustering, coarse)
        return lambda span, state: held[state, span]
    lookup = np.append(coarse.memberships, np.zeros((1, coarse.n_states)), axis=0).T.copy()   # the last entry of a row serves -1
    micro = joined(clustering.dtrajs, np.int32)
    return lambda span, state: lookup[state][micro[span]]


def _of_frames(clustering: Clustering, coarse: Metastable) -> np.ndarray:
    """Membership of every frame of fuzzy microstates in every state, formed once; shape (n_states, n_frames), float32."""
    return _recall(_fuzzy, clustering, coarse, lambda: _form(clustering.memberships or (), coarse.memberships.astype(np.float32)))


def _form(shares: Sequence[np.ndarray], of_micro: np.ndarray) -> np.ndarray:
    held, done = empty((of_micro.shape[1], sum(map(len, shares)))), 0
    for x in shares:
        for span in spans(len(x)):
            part = x[span] @ of_micro
            held[:, done:done + len(part)] = part.T
            done += len(part)
    return held


def _recall(kept: Kept[T], clustering: Clustering, coarse: Metastable, make: Callable[[], T]) -> T:
    """What was made of these states and microstates before; as long as they live, and for a few of them."""
    known = kept.get(coarse)
    if known is not None and known[0]() is clustering:
        return known[1]
    made = make()
    while len(kept) >= _MOST_KEPT:
        kept.pop(next(iter(kept)), None)
    kept[coarse] = weakref.ref(clustering), made
    return made


def _oklab(colors: np.ndarray) -> np.ndarray:
    values = np.asarray(colors, float) / 255
    linear = np.where(values <= 0.04045, values / 12.92, ((values + 0.055) / 1.055) ** 2.4)
    return np.cbrt(linear @ _TO_CONES.T) @ _TO_LAB.T


def _srgb(lab: np.ndarray) -> np.ndarray:
    linear = np.clip((lab @ _FROM_LAB.T) ** 3 @ _FROM_CONES.T, 0, 1)
    return 255 * np.where(linear <= 0.0031308, 12.92 * linear, 1.055 * linear ** (1 / 2.4) - 0.055)
