"""Where the nodes of a network go: near their states on the projection, untangled, or on a circle."""
from __future__ import annotations

import numpy as np

from mdexplore.methods.results import Clustering, Kinetics, Metastable

GAP = 84.0    # pixels between the rims of two nodes: room for an arrow and its head
TEXT, TEXT_WIDTH = 30.0, 124.0   # pixels above and below a node that its population takes, and beside it the text of a bowed arrow
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


def place_on_projection(centers: np.ndarray, radii: np.ndarray, width: float, height: float) -> np.ndarray:
    """Spread the states' centres over the figure, then push nodes apart until none touches another.

    Parameters
    ----------
    centers : ndarray, shape (n, 2)
        On the projection.
    radii : ndarray, shape (n,)
        Pixels.
    width, height : float
        Of the figure, in pixels.

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
    return placed if not overlaps(placed, radii) else place_on_circle(radii, width, height)


def untangle(wanted: np.ndarray, radii: np.ndarray, width: float, height: float, steps: int = 400) -> np.ndarray:
    """Push nodes apart that are nearer than the gap, pulling each gently to where it is wanted; the same input gives the same picture."""
    low, high = _box(radii, width, height)
    n = len(wanted)
    turn = np.arange(n) * 2.39996
    at = np.clip(wanted + 0.5 * np.column_stack([np.cos(turn), np.sin(turn)]), low, high)   # two states at one place get a direction to part in
    # Where the figure is too small for the wide gap, a narrower one.
    gap = min(GAP, 0.9 * np.sqrt((high - low).prod(axis=1).min() / max(n, 1)))
    for step in range(steps):
        apart = at[:, None] - at[None]
        distance = np.hypot(apart[..., 0], apart[..., 1]) + np.eye(n)
        short = np.maximum(radii[:, None] + radii[None] + gap - distance, 0) * (1 - np.eye(n))
        push = (apart / distance[..., None] * (short * 0.4)[..., None]).sum(1)
        pull = 0.04 * (1 - step / steps) * (wanted - at)
        at = np.clip(at + push + pull, low, high)
    return at


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
