"""The frame of a network: what part of the plane is stretched over a panel of any size, and the pixels round it that keep their size."""
from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from mdexplore.pictures.labelling import Curve, Disc

if TYPE_CHECKING:
    from mdexplore.pictures.network import NetworkPicture

SLACK = 3.0    # pixels: letters are counted, not measured, and have a halo


@dataclass(frozen=True)
class Frame:
    """Discs and texts keep their size in pixels, the places between them are stretched: so the outermost places touch a margin that has room for them.

    Parameters
    ----------
    x0, x1, y0, y1 : float
        Ends of the scales.
    left, right, bottom, top : int
        Margins in pixels.
    """

    x0: float
    x1: float
    y0: float
    y1: float
    left: int
    right: int
    bottom: int
    top: int


def frame(picture: NetworkPicture, size: tuple[float, float]) -> Frame:
    """The frame in which nothing is cut, however small or large the panel is.

    A thing at y that reaches e pixels up lies ``top + s (y1 - y)`` pixels below the rim where s pixels are a unit: inside for every s if y <= y1 and e <= top.

    Parameters
    ----------
    picture : NetworkPicture
    size : (width, height)
        At which a unit is one pixel, where that can be.
    """
    things = _things(picture)
    at, low, high = things[:, :2], np.ceil(things[:, 2:4].max(0) + SLACK), np.ceil(things[:, 4:].max(0) + SLACK)
    first, last = np.minimum(at.min(0), low), np.maximum(at.max(0), np.asarray(size) - high)
    (left, bottom), (right, top) = low.astype(int), high.astype(int)
    return Frame(float(first[0]), float(last[0]), float(first[1]), float(last[1]), int(left), int(right), int(bottom), int(top))


def _things(picture: NetworkPicture) -> np.ndarray:
    """Place of each disc, text and arrow, and how many pixels it reaches to the left, down, right and up; shape (n, 6)."""
    found = []
    for n in picture.nodes:
        width, height = Disc(n.x, n.y, n.radius, n.text, n.small).box
        across, up = n.text_x - n.x, n.text_y - n.y
        reach = (width / 2 - across, height / 2 - up, width / 2 + across, height / 2 + up)
        found.append((n.x, n.y, *(max(n.radius, r) for r in reach)))
    for e in picture.edges:
        width, height = Curve(e.curve, e.head, e.outwards, e.label).box
        found += [(e.label_x, e.label_y, width / 2, height / 2, width / 2, height / 2)] if e.label else []
        found += [(x, y, e.width, e.width, e.width, e.width) for x, y in (*e.curve, *e.head)]
    return np.array(found, float)
