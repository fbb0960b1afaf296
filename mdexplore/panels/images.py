"""Exchanging the picture of a bqplot Image without leaving widgets behind."""
from __future__ import annotations

from typing import Any

import numpy as np

from mdexplore.panels.parts import png


def exchange(mark: Any, rgba: np.ndarray) -> None:
    """Show another picture.

    Parameters
    ----------
    mark : bqplot.Image
    rgba : ndarray, shape (height, width, 4), uint8
        First row on top.

    Notes
    -----
    bqplot 0.12.45 does not notice when the bytes of its image widget change, only when it gets another widget; without closing the old one, and
    the layout that comes with it, kernel and page would grow with every gesture.
    """
    shown = mark.image
    mark.image = png(rgba)
    shown.layout.close()
    shown.close()
