"""Free places for the texts of a network: each where it meets no node, no arrow and no other text, tried again until none finds a better one."""
from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from mdexplore.pictures.runs import Points

SWEEPS = 3            # a text that was placed early may move once the others stand
STEP, CELL = 4.0, 2   # pixels between the points of an arrow that are looked at, and of the squares they are counted in
NODE_GAP = 2.0        # from a node's rim to its text, above and below
NODE_WIDTH, LINE = 7.2, 14.0           # of a letter of 12 px, bold; of a line of text
SMALL_WIDTH, EDGE_WIDTH = 5.6, 6.3     # of letters of 10 and 11 px
ON_ARROW, ON_TEXT, ON_DISC, BESIDE = 0.6, 2.0, 3.0, 0.02   # cost of a step of an arrow under a text; of a pixel on a text, on a node, off the best place
ASIDE = np.array([0.0, 0.25, -0.25, 0.5, -0.5])            # of a text's width, above and below a node
SHARES = np.array([0.5, 0.43, 0.57, 0.36, 0.64, 0.28, 0.72, 0.2, 0.8])   # of the way along an arrow
AWAY = np.array([1.0, -1.0, 1.5, -1.5])                    # of the least distance from an arrow; its inner side is negative
LOW = 0.42            # a low panel, as beside an open drawer, brings the places so near to each other, while discs and letters keep their size
LOW_COUNTS = 0.5      # what lies on others in a low panel counts less than in one of the size the picture is made for


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
    """Where the texts of nodes and arrows go: free in a panel of this size, and as free as can be in a low one.

    Parameters
    ----------
    discs : sequence of Disc
    curves : sequence of Curve
    size : (width, height)
        Of the figure, in pixels; no text leaves it.
    most : float
        How much a text of an arrow may cost in a panel of this size: one that lies on others everywhere is left out.

    Returns
    -------
    node_places : list of (x, y)
        Middle of each node's text, pixels.
    edge_places : list of (x, y) or None
        Of each arrow's text.
    """
    said = [c for c in curves if c.text]
    boxes = np.array([d.box for d in discs] + [c.box for c in said], float).reshape(-1, 2)
    tried, beside = _tried(discs, said, size[1] / 2)
    if not len(boxes):
        return [], [None for _ in curves]
    half = np.minimum(boxes / 2, np.asarray(size) / 2)[:, None]
    tried = np.clip(tried, half, np.asarray(size) - half)
    # The text of a node keeps its distance in pixels; that of an arrow goes with the arrow.
    anchors = tried.copy()
    anchors[:len(discs)] = np.array([(d.x, d.y) for d in discs]).reshape(-1, 1, 2)
    views = np.stack([tried, tried - anchors * (0, 1 - LOW)])
    fixed = np.stack([BESIDE * beside + _met(discs, curves, size, tried, boxes), LOW_COUNTS * _met(*_lowered(discs, curves, size), views[1], boxes)])
    chosen, total = _settled(views, boxes, fixed)
    found: list[Place] = [(float(x), float(y)) for x, y in tried[np.arange(len(tried)), chosen]]
    edges = iter([place if cost <= most else None for place, cost in zip(found[len(discs):], total[len(discs):])])
    return found[:len(discs)], [next(edges) if c.text else None for c in curves]


def _lowered(discs: Sequence[Disc], curves: Sequence[Curve], size: tuple[float, float]) -> tuple[list[Disc], list[Curve], tuple[float, float]]:
    """The same in a low panel."""
    def lower(points: Points) -> Points:
        return tuple((x, LOW * y) for x, y in points)

    return [replace(d, y=LOW * d.y) for d in discs], [replace(c, way=lower(c.way), head=lower(c.head)) for c in curves], (size[0], LOW * size[1])


def _met(discs: Sequence[Disc], curves: Sequence[Curve], size: tuple[float, float], places: np.ndarray, boxes: np.ndarray) -> np.ndarray:
    """What it costs that texts lie on arrows and nodes, shape of `places` without its last axis."""
    return ON_ARROW * _under(_inked(curves, size), places, boxes[:, None]) + ON_DISC * _on_discs(places, boxes[:, None], discs)


def _settled(views: np.ndarray, boxes: np.ndarray, fixed: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The place of each text, shape (n_texts,), and what it costs there in the first view. Only texts that lie on others, or gave way to one, are looked at again.

    `views` has shape (2, n_texts, n_places, 2), `fixed` the same without its last axis.
    """
    every = np.arange(views.shape[1])
    weights = np.array([1.0, LOW_COUNTS])
    room = (boxes[:, None] + boxes[None]) / 2 + (4, 1)    # two texts that are nearer than this meet
    room[every, every] = 0
    alone = fixed.sum(axis=0)
    best = alone.argmin(axis=1)
    chosen = best.copy()
    here = views[:, every, chosen]
    over = _overlap(here[:, :, None], here[:, None], room)      # (2, n_texts, n_texts)
    for _ in range(SWEEPS):
        restless = np.flatnonzero((over.sum(axis=(0, 2)) > 0) | (chosen != best))
        moved = False
        for k in restless:
            at = views[:, every, chosen]
            there = _overlap(views[:, k, :, None], at[:, None], room[k])     # (2, n_places, n_texts)
            place = int((alone[k] + weights @ there.sum(axis=2)).argmin())
            moved |= place != chosen[k]
            chosen[k], over[:, k], over[:, :, k] = place, there[:, place], there[:, place]
        if not moved:
            break
    return chosen, fixed[0, every, chosen] + over[0].sum(axis=1)


def _tried(discs: Sequence[Disc], curves: Sequence[Curve], middle: float) -> tuple[np.ndarray, np.ndarray]:
    """Places to try for every text, shape (n_texts, n_places, 2), and how far each is from the usual one; a text with fewer repeats its first."""
    made = [_beside_disc(d, middle) for d in discs] + [_along(c) for c in curves]
    most = max((len(beside) for _, beside in made), default=0)
    tried, away = np.zeros((len(made), most, 2)), np.zeros((len(made), most))
    for k, (places, beside) in enumerate(made):
        tried[k], away[k] = places[0], beside[0]
        tried[k, :len(places)], away[k, :len(beside)] = places, beside
    return tried, away


def _beside_disc(disc: Disc, middle: float) -> tuple[np.ndarray, np.ndarray]:
    """Above and below, there also moved aside, right and left."""
    width, height = disc.box
    up, out = disc.radius + NODE_GAP + height / 2, disc.radius + 5 + width / 2
    aside = np.repeat(ASIDE, 2) * width
    first = 1 if disc.y >= middle else -1   # away from the middle of the figure
    offsets = np.column_stack([aside, np.tile([first * up, -first * up], len(ASIDE))])
    beside = np.abs(aside) + np.tile([0.0, 4.0], len(ASIDE))
    offsets = np.vstack([offsets, [(out, 0.0), (-out, 0.0)]])
    return offsets + np.array([disc.x, disc.y]), np.append(beside, [60.0, 60.0])


def _along(curve: Curve) -> tuple[np.ndarray, np.ndarray]:
    """On both sides of an arrow, from its middle outwards."""
    width, _ = curve.box
    way, out = np.asarray(curve.way), np.asarray(curve.outwards)
    reach = 7 + abs(out[0]) * width / 2 + abs(out[1]) * 3
    places = way[(SHARES * (len(way) - 1)).astype(int)][:, None] + out * (AWAY * reach)[:, None]
    beside = 60 * np.abs(SHARES - 0.5)[:, None] + 24 * (np.abs(AWAY) - 1) + 2 * (AWAY < 0)
    return places.reshape(-1, 2), beside.ravel()


def _inked(curves: Sequence[Curve], size: tuple[float, float]) -> np.ndarray:
    """Steps of arrows and heads left of and below each square of the figure, cumulated: what lies under any box is four look-ups."""
    width, height = int(size[0] / CELL) + 1, int(size[1] / CELL) + 1
    lines = [np.asarray(line) for c in curves for line in (c.way, (*c.head, c.head[0]))]
    if not lines:
        return np.zeros((width + 1, height + 1))
    start, end = np.concatenate([line[:-1] for line in lines]), np.concatenate([line[1:] for line in lines])
    length = np.hypot(*(end - start).T)
    parts = np.ceil(length / STEP).astype(int) + 1
    # A text must not slip between two points: every stretch is cut into parts no longer than a step.
    number = np.arange(parts.sum()) - np.repeat(parts.cumsum() - parts, parts)
    share = (number + 0.5) / np.repeat(parts, parts)
    at = np.repeat(start, parts, axis=0) + share[:, None] * np.repeat(end - start, parts, axis=0)
    weight = np.repeat(length / parts / STEP, parts)
    inside = ((at >= 0) & (at < size)).all(axis=1)
    square = (at[inside] / CELL).astype(int)
    there = np.bincount(square[:, 0] * height + square[:, 1], weights=weight[inside], minlength=width * height).reshape(width, height)
    found = np.zeros((width + 1, height + 1))
    found[1:, 1:] = there.cumsum(0).cumsum(1)
    return found


def _under(inked: np.ndarray, places: np.ndarray, box: np.ndarray) -> np.ndarray:
    """Steps of arrows under texts, shape of `places` without its last axis."""
    most = np.array(inked.shape) - 1
    low = np.clip((places - box / 2 - 2) / CELL, 0, most).astype(int)
    high = np.clip((places + box / 2 + 2) / CELL + 1, 0, most).astype(int)
    (x0, y0), (x1, y1) = np.moveaxis(low, -1, 0), np.moveaxis(high, -1, 0)
    return np.asarray(inked[x1, y1] - inked[x0, y1] - inked[x1, y0] + inked[x0, y0])


def _on_discs(places: np.ndarray, box: np.ndarray, discs: Sequence[Disc]) -> np.ndarray:
    """Pixels by which texts lie on nodes, shape of `places` without its last axis."""
    cost = np.zeros(places.shape[:-1])
    for disc in discs:
        out = np.maximum(np.abs(places - (disc.x, disc.y)) - box / 2, 0)
        cost += np.maximum(disc.radius + 1 - np.hypot(out[..., 0], out[..., 1]), 0)
    return cost


def _overlap(places: np.ndarray, others: np.ndarray, room: np.ndarray) -> np.ndarray:
    """What it costs that texts lie on others; the three broadcast, their last axis is (x, y)."""
    apart = np.abs(places - others)
    return np.asarray(ON_TEXT * np.maximum(np.minimum(room[..., 0] - apart[..., 0], room[..., 1] - apart[..., 1]), 0))
