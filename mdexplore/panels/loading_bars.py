"""Bars of the features that a coordinate has most to do with; the mouse over one, or a click on it, points at its atoms."""
from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import bqplot as bq
import numpy as np

from mdexplore.panels.parts import INK, INK3, LINE, figure, linear
from mdexplore.pictures.coordinate import Bar, LoadingsPicture
from mdexplore.pictures.palette import STATES

UP, DOWN = STATES[0], STATES[1]   # of numbers above and below zero
FEWEST_ROWS = 8                   # a chart of fewer bars leaves room at its foot: they would be as thick as a thumb
OVER = -13                         # pixels from the middle of a bar to its texts: they clear bars of every chart, from 20 px a row up to those of the fewest


class LoadingBars:
    """A chart of horizontal bars, the name of the feature over each and its number at the right.

    Parameters
    ----------
    hovered, clicked : callable
        Called with the place of a bar, from 0 at the top.

    Attributes
    ----------
    figure : bqplot.Figure
    rows : bqplot.Bars
        What feels the mouse: as long as the chart and without gaps.
    """

    def __init__(self, hovered: Callable[[int], None], clicked: Callable[[int], None]) -> None:
        self._place, self._length = bq.OrdinalScale(domain=[0]), linear(min=0.0, max=1.0)
        across = {"x": self._place, "y": self._length}
        self.bars = bq.Bars(x=[], y=[], scales=across, orientation="horizontal", colors=[UP], color_mode="no_group", padding=0.78, stroke="transparent")
        self.rows = bq.Bars(x=[], y=[], base=0.0, scales=across, orientation="horizontal", colors=[INK], opacities=[0.0], opacity_mode="no_group", padding=0.0, stroke="transparent")
        along = {"x": self._length, "y": self._place}
        plain: dict[str, Any] = {"x": [], "y": [], "text": [], "scales": along, "default_size": 11, "font_weight": "normal", "y_offset": OVER}
        self.names, self.numbers = bq.Label(colors=[INK], align="start", **plain), bq.Label(colors=[INK3], align="end", **plain)
        self.zero = bq.Lines(x=[], y=[], colors=[LINE], stroke_width=1, scales={"x": self._length, "y": linear(min=0.0, max=1.0)})
        self.rows.on_hover(lambda _, event: hovered(int(event["data"]["index"])))
        self.rows.on_element_click(lambda _, event: clicked(int(event["data"]["index"])))
        self.figure = figure([self.zero, self.bars, self.names, self.numbers, self.rows], margin=(4, 8, 4, 8))
        self._colors: list[str] = []

    def show(self, picture: LoadingsPicture | None) -> None:
        """Draw the bars; None draws nothing."""
        bars: Sequence[Bar] = () if picture is None else picture.bars
        low, high = (0.0, 1.0) if picture is None else picture.reach
        places = list(range(len(bars)))
        self._place.domain = list(range(max(len(bars), FEWEST_ROWS)))[::-1]   # the first on top
        with self._length.hold_sync():
            self._length.min, self._length.max = low, high
        with self.bars.hold_sync():
            self.bars.x, self.bars.y, self.bars.colors = places, np.array([b.value for b in bars]), [DOWN if b.value < 0 else UP for b in bars] or [UP]
        with self.rows.hold_sync():
            self.rows.base = low
            self.rows.x, self.rows.y = places, np.full(len(bars), high)
        for label, at, texts in ((self.names, low, [b.name for b in bars]), (self.numbers, high, [b.text for b in bars])):
            with label.hold_sync():
                label.x, label.y, label.text = np.full(len(bars), at), places, texts
        with self.zero.hold_sync():
            self.zero.x, self.zero.y = [0.0, 0.0], [1.0, 1.0 - len(bars) / len(self._place.domain)]
        self.mark(None)

    def mark(self, place: int | None) -> None:
        """Tint one row; None tints none."""
        self.rows.opacities = [0.08 if k == place else 0.0 for k in range(len(self.rows.x))] or [0.0]
