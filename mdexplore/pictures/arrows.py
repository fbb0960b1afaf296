"""Bent arrows between round nodes, in pixels."""
from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from mdexplore.pictures.runs import Points, points

BEND = 0.09       # how far an arrow bows out, relative to its length, so that the way back has a line of its own
CLEAR = 4.0       # pixels between an arrow and a node


@dataclass(frozen=True)
class Arrow:
    """A curve that ends at a node's rim, a triangle as its head, and the side on which it bows out (a unit vector)."""

    curve: Points
    head: Points
    outwards: tuple[float, float]


def arrow(start: tuple[float, float], end: tuple[float, float], start_radius: float, end_radius: float, width: float) -> Arrow:
    """From one node to another, bowed to the right of its direction."""
    a, b = np.asarray(start, float), np.asarray(end, float)
    length = max(float(np.hypot(*(b - a))), 1e-9)
    along = (b - a) / length
    side = np.array([along[1], -along[0]])
    middle = (a + b) / 2 + 2 * BEND * length * side
    t = np.linspace(0, 1, 120)[:, None]
    path = (1 - t) ** 2 * a + 2 * t * (1 - t) * middle + t ** 2 * b
    outside = np.flatnonzero((np.hypot(*(path - a).T) > start_radius + CLEAR) & (np.hypot(*(path - b).T) > end_radius + CLEAR))
    if len(outside) < 4:   # nodes nearly touch: the head alone shows the direction
        outside = np.arange(58, 62)
    tip = path[outside[-1]]
    # The head lies on the last stretch of the bent path, so that it neither kinks nor misses.
    body = path[outside[np.hypot(*(path[outside] - tip).T) > 6 + 2.2 * width]]
    if len(body) < 2:
        body = path[outside[:2]]
    base = body[-1]
    forward = (tip - base) / max(float(np.hypot(*(tip - base))), 1e-9)
    across = np.array([-forward[1], forward[0]]) * (3 + 1.15 * width)
    head = np.array([tip, base - across, base + across])
    thin = body[np.unique(np.linspace(0, len(body) - 1, 32).astype(int))]
    return Arrow(points(*np.round(thin, 2).T), points(*np.round(head, 2).T), (float(side[0]), float(side[1])))
