"""The small plot of the arena: number of microstates against held-out score; a click on a number takes it."""
from __future__ import annotations

from collections.abc import Callable
from typing import Any

import bqplot as bq
import numpy as np

from mdexplore.panels.forms import Saying, reveal
from mdexplore.panels.parts import ACCENT, INK, INK3, SURFACE, axis, box, figure, linear, log
from mdexplore.pictures.observables import round_ticks
from mdexplore.pictures.sweep import SweepPicture


class SweepPlot:
    """Mean over the folds with a standard deviation to each side; the model that is shown is marked.

    Parameters
    ----------
    chosen : callable
        Called with the name of the candidate whose point was clicked.

    Attributes
    ----------
    widget : ipywidgets.Box
        Hidden while there is no series.
    dots : bqplot.Scatter
    """

    def __init__(self, chosen: Callable[[str], None]) -> None:
        self._chosen = chosen
        self._picture: SweepPicture | None = None
        self._x, self._y = log(min=10.0, max=1000.0), linear(min=0.0, max=1.0)
        scales = {"x": self._x, "y": self._y}
        self._bars = bq.Lines(x=[], y=[], scales=scales, colors=[INK3], stroke_width=2, opacities=[0.6])
        self._line = bq.Lines(x=[], y=[], scales=scales, colors=[INK3], stroke_width=1)
        self.dots = bq.Scatter(x=[], y=[], scales=scales, colors=[INK], stroke=SURFACE, default_size=70)
        self.dots.on_element_click(lambda mark, event: self._clicked(event))
        self._x_axis, self._y_axis = axis(self._x, "microstates", tick_format="d"), axis(self._y, vertical=True, tick_format="~g")
        self._figure = figure([self._line, self._bars, self.dots], [self._x_axis, self._y_axis], margin=(8, 8, 40, 52))
        self._said = Saying("mdx-note")
        self._place = box([], "mdx-sweep-plot")
        self.widget = box([self._place, self._said.widget], "mdx-sweep", "mdx-hidden")

    def show(self, picture: SweepPicture | None) -> None:
        """Draw a series; None hides the plot."""
        reveal(self.widget, picture is not None)
        if picture is None or picture == self._picture:
            return
        self._picture = picture
        self._place.children = (self._figure,)   # not earlier: a figure that is made without a size complains
        for scale, (low, high) in ((self._x, picture.x_range), (self._y, picture.y_range)):
            with scale.hold_sync():
                scale.min, scale.max = low, high
        self._x_axis.tick_values, self._y_axis.tick_values = np.array(picture.ticks, float), np.array(round_ticks(*picture.y_range, most=5))
        self._y_axis.label = picture.label
        numbers, means = np.array([p.n for p in picture.points], float), np.array([p.mean for p in picture.points])
        with self._bars.hold_sync():
            self._bars.x = np.repeat(numbers[:, None], 2, axis=1)
            self._bars.y = np.array([[p.low, p.high] for p in picture.points])
        for mark in (self._line, self.dots):
            with mark.hold_sync():
                mark.x, mark.y = numbers, means
        self.dots.colors = [ACCENT if k == picture.current else INK for k in range(len(numbers))]
        self._said.say(picture.said)

    def _clicked(self, event: dict[str, Any]) -> None:
        index = event.get("data", {}).get("index")
        if self._picture is not None and isinstance(index, int) and 0 <= index < len(self._picture.points):
            self._chosen(self._picture.points[index].name)
