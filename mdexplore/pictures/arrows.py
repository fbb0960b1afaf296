"""Bent arrows between round nodes, and free places for their labels; all in pixels."""
from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from mdexplore.pictures.runs import Points, points

Disc = tuple[float, float, float]          # x, y, radius
Box = tuple[float, float, float, float]    # x, y of the centre, width, height

BEND = 0.12       # how far an arrow bows out, relative to its length, so that the way back has a line of its own
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


def free_label(drawn: Arrow, text: str, nodes: list[Disc], taken: list[Box], others: np.ndarray, size: tuple[float, float], most: float = np.inf) -> tuple[float, float] | None:
    """A place beside the arrow where the text meets no node and no other text; the place is added to `taken`.

    Parameters
    ----------
    nodes : list of (x, y, radius)
    taken : list of (x, y, width, height)
        Boxes of the texts placed so far, by their centres.
    others : ndarray, shape (n, 2)
        Points of all other arrows.
    size : (width, height)
        Of the figure; the text stays inside.
    most : float
        How many pixels the text may overlap with others; None is returned where it overlaps more everywhere.
    """
    width, height = 6.2 * len(text), 13.0
    best, least = np.asarray(drawn.curve[len(drawn.curve) // 2]), np.inf
    for away in (1.0, 1.7, -1.0, 0.4):
        for share in (0.5, 0.4, 0.6, 0.3, 0.7, 0.22, 0.78):
            at = np.asarray(drawn.curve[int(share * (len(drawn.curve) - 1))]) + np.asarray(drawn.outwards) * away * (8 + abs(drawn.outwards[0]) * width / 2)
            at = np.clip(at, (width / 2, height / 2), (size[0] - width / 2, size[1] - height / 2))
            cost = crowding(at, width, height, nodes, taken) + 0.5 * crossed(at, width, height, np.asarray(drawn.curve)) + 0.3 * crossed(at, width, height, others)
            if cost < least:
                best, least = at, cost
            if least == 0:
                break
        if least == 0:
            break
    if least > most:
        return None
    place = (float(best[0]), float(best[1]))
    taken.append((*place, width, height))
    return place


def crossed(at: np.ndarray, width: float, height: float, path: np.ndarray) -> int:
    """How many points of a path lie in a box."""
    return int((np.abs(path - at) < (width / 2, height / 2)).all(axis=1).sum()) if len(path) else 0


def crowding(at: np.ndarray, width: float, height: float, nodes: list[Disc], taken: list[Box]) -> float:
    """How much a box overlaps with nodes and texts, in pixels; 0 where it is free."""
    cost = 0.0
    for x, y, radius in nodes:
        beside = np.hypot(max(abs(at[0] - x) - width / 2, 0), max(abs(at[1] - y) - height / 2, 0))
        cost += max(radius + 3 - beside, 0)
    for x, y, w, h in taken:
        over_x, over_y = (width + w) / 2 - abs(at[0] - x), (height + h) / 2 - abs(at[1] - y)
        cost += min(over_x, over_y) if over_x > 0 and over_y > 0 else 0
    return cost
