"""Free places for the texts of a network: each where it meets no node, no arrow and no other text, tried again until none finds a better one."""
from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from mdexplore.pictures.runs import Points

SWEEPS = 3            # a text that was placed early may move once the others stand
STEP = 4.0            # pixels between the points of an arrow that are looked at
NODE_GAP = 2.0        # from a node's rim to its text, above and below
NODE_WIDTH, LINE = 7.2, 14.0           # of a letter of 12 px, bold; of a line of text
SMALL_WIDTH, EDGE_WIDTH = 5.6, 6.3     # of letters of 10 and 11 px
ON_ARROW, BESIDE = 0.6, 0.02           # cost of a point of an arrow under a text; of a pixel off the best place


@dataclass(frozen=True)
class Disc:
    """A node: the middle, the radius, its text, and the small text below that. All in pixels."""

    x: float
    y: float
    radius: float
    text: str
    small: str = ""

    @property
    def box(self) -> tuple[float, float]:
        """Width and height of its text."""
        return max(NODE_WIDTH * len(self.text), SMALL_WIDTH * len(self.small)), LINE * (2 if self.small else 1)


@dataclass(frozen=True)
class Curve:
    """An arrow: its way and head, the side on which it bows out, and its text (empty for none)."""

    way: Points
    head: Points
    outwards: tuple[float, float]
    text: str

    @property
    def box(self) -> tuple[float, float]:
        """Width and height of its text."""
        return EDGE_WIDTH * len(self.text), LINE - 1


Place = tuple[float, float]


def place_texts(discs: Sequence[Disc], curves: Sequence[Curve], size: tuple[float, float], most: float = np.inf) -> tuple[list[Place], list[Place | None]]:
    """Where the texts of nodes and arrows go.

    Parameters
    ----------
    discs : sequence of Disc
    curves : sequence of Curve
    size : (width, height)
        Of the figure, in pixels; no text leaves it.
    most : float
        How much a text of an arrow may cost: one that lies on others everywhere is left out.

    Returns
    -------
    node_places : list of (x, y)
        Middle of each node's text, pixels.
    edge_places : list of (x, y) or None
        Of each arrow's text.
    """
    tried = [_beside_disc(d, size) for d in discs] + [_along(c, size) for c in curves if c.text]
    boxes = np.array([d.box for d in discs] + [c.box for c in curves if c.text]).reshape(-1, 2)
    inked = _inked(curves, size)
    fixed = [ON_ARROW * _under(inked, places, box) + _on_discs(places, box, discs) + BESIDE * beside for (places, beside), box in zip(tried, boxes)]
    chosen = [int(cost.argmin()) for cost in fixed]
    total = np.zeros(len(tried))
    for _ in range(SWEEPS):
        for k in range(len(tried)):
            others = np.array([tried[j][0][chosen[j]] for j in range(len(tried)) if j != k]).reshape(-1, 2)
            cost = fixed[k] + _overlap(tried[k][0], boxes[k], others, np.delete(boxes, k, axis=0))
            chosen[k] = int(cost.argmin())
            total[k] = cost[chosen[k]]
    found: list[Place] = [(float(x), float(y)) for x, y in (tried[k][0][chosen[k]] for k in range(len(tried)))]
    edges = iter([place if cost <= most else None for place, cost in zip(found[len(discs):], total[len(discs):])])
    return found[:len(discs)], [next(edges) if c.text else None for c in curves]


def _beside_disc(disc: Disc, size: tuple[float, float]) -> tuple[np.ndarray, np.ndarray]:
    """Above and below, there also moved aside, right and left; and how far each is from the usual place."""
    width, height = disc.box
    up, out = disc.radius + NODE_GAP + height / 2, disc.radius + 5 + width / 2
    aside = np.array([0.0, 0.25, -0.25, 0.5, -0.5]) * width
    offsets = [(dx, sign * up) for dx in aside for sign in ((1, -1) if disc.y >= size[1] / 2 else (-1, 1))] + [(out, 0.0), (-out, 0.0)]
    beside = [abs(dx) + 4 * (k % 2) for k, (dx, _) in enumerate(offsets[:-2])] + [60.0, 60.0]
    return _inside(np.array(offsets) + np.array([disc.x, disc.y]), (width, height), size), np.array(beside)


def _along(curve: Curve, size: tuple[float, float]) -> tuple[np.ndarray, np.ndarray]:
    """On both sides of an arrow, from its middle outwards; and how far each is from the middle of the outer side."""
    width, height = curve.box
    way, out = np.asarray(curve.way), np.asarray(curve.outwards)
    reach = 7 + abs(out[0]) * width / 2 + abs(out[1]) * 3
    places, beside = [], []
    for share in (0.5, 0.44, 0.56, 0.38, 0.62, 0.32, 0.68, 0.26, 0.74, 0.2, 0.8):
        for away in (1.0, -1.0, 1.5, -1.5):
            places.append(way[int(share * (len(way) - 1))] + out * away * reach)
            beside.append(60 * abs(share - 0.5) + 12 * (abs(away) - 1) * 2 + (2 if away < 0 else 0))
    return _inside(np.array(places), (width, height), size), np.array(beside)


def _inside(at: np.ndarray, box: tuple[float, float], size: tuple[float, float]) -> np.ndarray:
    half = np.asarray(box) / 2
    return np.clip(at, np.minimum(half, np.asarray(size) / 2), np.maximum(np.asarray(size) - half, np.asarray(size) / 2))


def _dense(curve: Curve) -> np.ndarray:
    """Points along an arrow and its head, about `STEP` apart: a text must not slip between two of them."""
    found = []
    for line in (curve.way, (*curve.head, curve.head[0])):
        at = np.asarray(line)
        length = np.concatenate([[0.0], np.cumsum(np.hypot(*np.diff(at, axis=0).T))])
        steps = np.linspace(0, length[-1], max(int(length[-1] / STEP) + 1, 2))
        found.append(np.column_stack([np.interp(steps, length, at[:, 0]), np.interp(steps, length, at[:, 1])]))
    return np.concatenate(found)


def _inked(curves: Sequence[Curve], size: tuple[float, float]) -> np.ndarray:
    """Points of arrows left of and below each pixel, cumulated: what lies under any box is four look-ups."""
    width, height = int(size[0]) + 1, int(size[1]) + 1
    points = np.concatenate([np.zeros((0, 2)), *(_dense(c) for c in curves)])
    points = points[((points >= 0) & (points < size)).all(axis=1)].astype(int)
    there = np.bincount(points[:, 0] * height + points[:, 1], minlength=width * height).reshape(width, height)
    return np.pad(there.cumsum(0).cumsum(1), ((1, 0), (1, 0)))


def _under(inked: np.ndarray, places: np.ndarray, box: np.ndarray) -> np.ndarray:
    """Points of arrows under a text; shape (n_places,)."""
    most = np.array(inked.shape) - 1
    x0, y0 = np.clip(places - box / 2 - 2, 0, most).astype(int).T
    x1, y1 = np.clip(places + box / 2 + 3, 0, most).astype(int).T
    return inked[x1, y1] - inked[x0, y1] - inked[x1, y0] + inked[x0, y0]


def _on_discs(places: np.ndarray, box: np.ndarray, discs: Sequence[Disc]) -> np.ndarray:
    """Pixels by which a text lies on nodes; shape (n_places,)."""
    cost = np.zeros(len(places))
    for disc in discs:
        out = np.maximum(np.abs(places - (disc.x, disc.y)) - box / 2, 0)
        cost += 3 * np.maximum(disc.radius + 1 - np.hypot(*out.T), 0)
    return cost


def _overlap(places: np.ndarray, box: np.ndarray, others: np.ndarray, sizes: np.ndarray) -> np.ndarray:
    """Pixels by which a text lies on others; shape (n_places,)."""
    if not len(others):
        return np.zeros(len(places))
    over = (box + sizes) / 2 + (4, 1) - np.abs(places[:, None] - others[None])
    return np.where((over > 0).all(axis=2), over.min(axis=2) * 2, 0).sum(axis=1)
