"""Where the nodes of a network go: near their states on the projection, untangled, or on a circle."""
from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from mdexplore.methods.results import Clustering, Kinetics, Metastable

GAP = 84.0    # pixels between the rims of two nodes: room for an arrow and its head
TEXT, TEXT_WIDTH = 30.0, 124.0   # pixels above and below a node that its population takes, and beside it the text of a bowed arrow
STARTS, OFF, GOLDEN = 12, 45.0, 2.39996   # ways to part a few crowded nodes that are tried; pixels off their place at the start; an angle that never repeats
FEW, STARTS_OF_MANY = 8, 2   # more nodes than these take as long from fewer starts
NEAR, FAR = 14.0, 0.03   # an arrow that comes so near to a node seems to touch it; what a pixel off the projection costs, in crossings
FOOT = 22.0   # pixels at the bottom that belong to the caption


def state_centers(coarse: Metastable, clustering: Clustering, kinetics: Kinetics) -> np.ndarray | None:
    """Weighted medians of the states on the first two coordinates of the projection.

    Returns
    -------
    ndarray, shape (n_states, 2), or None
        The second column is 0 for a projection onto one coordinate; None where the three results do not belong together.
    """
    if len(coarse.microstates) != clustering.n_clusters or kinetics.n_clusters != clustering.n_clusters:
        return None
    weights = np.zeros(clustering.n_clusters)
    weights[kinetics.active] = kinetics.stationary
    plane = np.zeros((clustering.n_clusters, 2))
    plane[:, :min(2, clustering.centers.shape[1])] = clustering.centers[:, :2]
    found = np.zeros((coarse.n_states, 2))
    for k in range(coarse.n_states):
        inside = np.flatnonzero(coarse.microstates == k)
        if not len(inside):
            return None
        found[k] = [_weighted_median(plane[inside, d], weights[inside]) for d in (0, 1)]
    return found


def _weighted_median(values: np.ndarray, weights: np.ndarray) -> float:
    order = np.argsort(values)
    reached = np.cumsum(weights[order])
    return float(values[order][np.searchsorted(reached, reached[-1] / 2)])


def place_on_projection(centers: np.ndarray, radii: np.ndarray, width: float, height: float, links: Sequence[tuple[int, int]] = ()) -> np.ndarray:
    """Spread the states' centres over the figure, then push nodes apart until none touches another.

    Parameters
    ----------
    centers : ndarray, shape (n, 2)
        On the projection.
    radii : ndarray, shape (n,)
        Pixels.
    width, height : float
        Of the figure, in pixels.
    links : sequence of (int, int)
        Nodes between which arrows will go: of several ways to part crowded nodes, the one with the fewest crossings is taken.

    Returns
    -------
    ndarray, shape (n, 2)
        Pixels from the lower left corner.
    """
    low, high = _box(radii, width, height)
    least, most = centers.min(0), centers.max(0)
    share = np.where(most > least, (centers - least) / np.where(most > least, most - least, 1), 0.5)
    wanted = low + (high - low) * share
    placed = untangle(wanted, radii, width, height)
    cost = tangles(placed, radii, links) + FAR * np.hypot(*(placed - wanted).transpose(2, 0, 1)).mean(axis=1)
    chosen = placed[int(cost.argmin())]
    return chosen if not overlaps(chosen, radii) else place_on_circle(radii, width, height)


def untangle(wanted: np.ndarray, radii: np.ndarray, width: float, height: float, steps: int = 120) -> np.ndarray:
    """Push nodes apart that are nearer than the gap, pulling each gently to where it started; the same input gives the same picture.

    Returns
    -------
    ndarray, shape (m, n, 2)
        From several starts: the first where nodes are wanted, the others a way off, each node in a direction of its own.
    """
    low, high = _box(radii, width, height)
    n = len(wanted)
    tried = np.arange(STARTS if n <= FEW else STARTS_OF_MANY)
    turn = np.arange(n) * GOLDEN + tried[:, None] * np.arange(1, n + 1) * 2.0
    reach = np.where(tried > 0, OFF, 0.5)[:, None, None]   # two states at one place get a direction to part in
    start = at = np.clip(wanted + reach * np.stack([np.cos(turn), np.sin(turn)], axis=2), low, high)
    # Where the figure is too small for the wide gap, a narrower one.
    gap = min(GAP, 0.9 * np.sqrt((high - low).prod(axis=1).min() / max(n, 1)))
    wide, others = radii[:, None] + radii[None] + gap, 1 - np.eye(n)
    for step in range(steps):
        apart = at[:, :, None] - at[:, None]
        distance = np.sqrt((apart ** 2).sum(axis=3)) + np.eye(n)
        push = (apart * (np.maximum(wide - distance, 0) * others * 0.4 / distance)[..., None]).sum(axis=2)
        at = np.clip(at + push + 0.06 * (1 - step / steps) * (start - at), low, high)
    return at


def tangles(at: np.ndarray, radii: np.ndarray, links: Sequence[tuple[int, int]]) -> np.ndarray:
    """How many links cross each other, and thrice how many pass through a node, in each of several arrangements.

    Parameters
    ----------
    at : ndarray, shape (m, n, 2)
    radii : ndarray, shape (n,)
    links : sequence of (int, int)

    Returns
    -------
    ndarray, shape (m,)
    """
    pairs = sorted({(min(pair), max(pair)) for pair in links})
    if not pairs:
        return np.zeros(len(at))
    i, j = np.array(pairs).T
    start, way = at[:, i], at[:, j] - at[:, i]
    # A node is in the way where the nearest point of a link lies on it.
    towards = at[:, None] - start[:, :, None]
    along = np.clip((towards * way[:, :, None]).sum(axis=3) / np.maximum((way ** 2).sum(axis=2), 1e-9)[..., None], 0, 1)
    off = np.hypot(*np.moveaxis(towards - along[..., None] * way[:, :, None], 3, 0))
    is_end = np.eye(at.shape[1], dtype=bool)[i] | np.eye(at.shape[1], dtype=bool)[j]
    blocked = ((off < radii + NEAR) & ~is_end).sum(axis=(1, 2))

    def side(k: np.ndarray) -> np.ndarray:
        """On which side of each link a node lies, shape (m, n_links, n_links)."""
        there = at[:, None, k] - start[:, :, None]
        return np.asarray(np.sign(way[:, :, None, 0] * there[..., 1] - way[:, :, None, 1] * there[..., 0]))

    parted = side(i) * side(j) < 0     # the ends of one link lie on both sides of the other; where two links share an end, never
    return np.asarray(3 * blocked + (parted & parted.swapaxes(1, 2)).sum(axis=(1, 2)) / 2)


def place_on_circle(radii: np.ndarray, width: float, height: float, exchange: np.ndarray | None = None) -> np.ndarray:
    """An ellipse that fills the figure, neighbours in strong exchange beside each other.

    Parameters
    ----------
    exchange : ndarray, shape (n, n), optional
        How strongly states exchange, such as the flux; by default they go in their own order.
    """
    n = len(radii)
    low, high = _box(radii, width, height)
    center, half = (high.min(0) + low.max(0)) / 2, (high.min(0) - low.max(0)) / 2
    if n == 1:
        return center[None].copy()
    order = _round(exchange) if exchange is not None else list(range(n))
    # Three states stand as a triangle on its base, the most populated at the lower left; two lie side by side.
    start = np.pi if n == 2 else np.pi * 7 / 6 if n == 3 else np.pi
    turn = start + (2 if n == 3 else -2) * np.pi * np.arange(n) / n
    at = np.empty((n, 2))
    at[order] = center + half * np.column_stack([np.cos(turn), np.sin(turn)])
    return at


def _round(exchange: np.ndarray) -> list[int]:
    """Start at the first state and go on to the strongest partner that is left."""
    order, left = [0], set(range(1, len(exchange)))
    while left:
        here = order[-1]
        following = max(left, key=lambda j: (exchange[here, j] + exchange[j, here], -j))
        order.append(following)
        left.remove(following)
    return order


def overlaps(at: np.ndarray, radii: np.ndarray) -> bool:
    """Whether any two nodes touch."""
    distance = np.hypot(*(at[:, None] - at[None]).transpose(2, 0, 1))
    return bool(((distance < radii[:, None] + radii[None] + 4) & ~np.eye(len(at), dtype=bool)).any())


def _box(radii: np.ndarray, width: float, height: float) -> tuple[np.ndarray, np.ndarray]:
    """Where each node's centre may be, shape (n, 2) each: its rim and its text stay inside."""
    aside = np.maximum(radii + 16, TEXT_WIDTH / 2)   # the bow of an arrow, or half of the text on the population
    low = np.column_stack([aside, radii + TEXT + FOOT])
    high = np.column_stack([width - aside, height - radii - TEXT])
    return low, np.maximum(high, low)
