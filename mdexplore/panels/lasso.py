"""The gestures of bqplot on a figure, each as one call with numbers in data units; the only place that touches its selectors.

bqplot keeps a lasso's polygon in pixels and adds the next one to it, so every gesture is wiped off the page as soon as it has been read.
"""
from __future__ import annotations

from collections.abc import Callable
from typing import Any

import bqplot as bq
import numpy as np
from bqplot import interacts


class Lasso:
    """A freehand loop around the vertices of a mark.

    Parameters
    ----------
    mark : bqplot.Lines or bqplot.Scatter
    on_points : callable
        Takes the indices of the vertices inside, shape (n,), int; not called for an empty loop.
    on_nothing : callable, optional
        Called for a loop around nothing.
    """

    def __init__(self, mark: Any, on_points: Callable[[np.ndarray], None], on_nothing: Callable[[], None] = lambda: None) -> None:
        self._mark, self._on_points, self._on_nothing = mark, on_points, on_nothing
        self._expects_answer = False
        self.selector = interacts.LassoSelector(marks=[mark])
        mark.observe(self._selected, "selected")

    def _selected(self, change: Any) -> None:
        points = change["new"]
        if points is None:
            return
        if len(points):
            self._expects_answer = True
            self.selector.reset()
            found = self._sound(points)
            if len(found):
                self._on_points(found)
        elif self._expects_answer:
            # The page answers a reset with an empty list; forget it here, so that a loop around nothing is told apart from it.
            self._expects_answer = False
            self._mark.selected = None
        else:
            self.selector.reset()       # a loop around nothing: wipe it off
            self._on_nothing()

    def _sound(self, points: Any) -> np.ndarray:
        """What a page has sent as indices, held to those that exist."""
        found = np.asarray(points).ravel()
        if found.dtype.kind not in "iu":
            return np.empty(0, np.int64)
        return found[(found >= 0) & (found < len(self._mark.x))].astype(np.int64)


class Box:
    """A rectangle.

    Parameters
    ----------
    x, y : bqplot scale
    on_box : callable
        Takes x0, x1, y0, y1, increasing.
    """

    def __init__(self, x: Any, y: Any, on_box: Callable[[float, float, float, float], None]) -> None:
        self._on_box = on_box
        self.selector = interacts.BrushSelector(x_scale=x, y_scale=y, color="#b5257a")
        self.selector.observe(self._brushed, ["brushing", "selected_x", "selected_y"])

    def _brushed(self, change: Any) -> None:
        brush = self.selector
        if brush.brushing or not _is_span(brush.selected_x) or not _is_span(brush.selected_y):
            return
        (x0, x1), (y0, y1) = sorted(map(float, brush.selected_x)), sorted(map(float, brush.selected_y))
        brush.selected_x = brush.selected_y = None
        brush.reset()
        self._on_box(x0, x1, y0, y1)


class Range:
    """An interval of the horizontal axis.

    Parameters
    ----------
    x : bqplot scale
    on_range : callable
        Takes x0, x1, increasing.
    """

    def __init__(self, x: Any, on_range: Callable[[float, float], None]) -> None:
        self._on_range = on_range
        self.selector = interacts.BrushIntervalSelector(scale=x, color="#b5257a")
        self.selector.observe(self._brushed, ["brushing", "selected"])

    def _brushed(self, change: Any) -> None:
        brush = self.selector
        if brush.brushing or not _is_span(brush.selected):
            return
        x0, x1 = sorted(map(float, brush.selected))
        brush.selected = None
        brush.reset()
        self._on_range(x0, x1)


def pan_zoom(x: Any, y: Any) -> Any:
    """Drag to pan, wheel to zoom; the scales' limits follow."""
    return bq.PanZoom(scales={"x": [x], "y": [y]})


def _is_span(selected: Any) -> bool:
    return selected is not None and len(selected) == 2 and selected[0] != selected[1]
