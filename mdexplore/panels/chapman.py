"""The Chapman-Kolmogorov test: a small pane for each pair of states, prediction against estimate."""
from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import bqplot as bq
import ipywidgets as w
import numpy as np

from mdexplore.panels.panel import Panel
from mdexplore.panels.parts import (
    ACCENT,
    INK,
    INK2,
    INK3,
    LINE,
    SURFACE,
    axis,
    figure,
    fill,
    linear,
    markup,
    png_bytes,
    set_class,
)
from mdexplore.pictures.chapman import FOOT, MOST_STATES, TITLE, ChapmanPicture, Pane, chapman_picture
from mdexplore.pictures.palette import state_css

OUT_OF_FOUR = -12   # pixels
NOTHING = "There is one state: whatever the model, all frames stay in it, and prediction and data cannot differ. Choose two or more states to test the model."
BELOW = 0.2   # room under the lowest row for the lag times


class Chapman(Panel):
    """All panes in one figure."""

    name, title = "chapman", "Chapman–Kolmogorov"
    needs = ("chapman",)
    wants = ("coarse",)

    def build(self) -> tuple[Sequence[Any], Sequence[Any]]:
        self._picture: ChapmanPicture | None = None
        self._colors: tuple[int, ...] = ()
        self._x, self._y = linear(min=0.0, max=1.0), linear(min=-BELOW, max=1.0)
        scales = {"x": self._x, "y": self._y}
        plain = {"scales": scales, "x": [], "y": []}
        self._frames = bq.Lines(colors=[LINE], stroke_width=1, **plain)
        self._bands = bq.Lines(fill="inside", close_path=True, stroke_width=0, **plain)
        self._models = bq.Lines(stroke_width=1.6, **plain)
        self._data = bq.Scatter(colors=[SURFACE], stroke=INK, default_size=14, **plain)
        self._worst = bq.Lines(colors=[ACCENT], stroke_width=1.2, line_style="dashed", close_path=True, **plain)
        text = {**plain, "text": [], "font_weight": "normal", "apply_clip": False}   # in a low panel the lowest texts stand below the plot
        self._limits = bq.Label(align="end", colors=[INK3], default_size=10, x_offset=-3, **text)
        self._titles = bq.Label(align="middle", colors=[INK2], default_size=11, **text)
        self._firsts, self._lasts = (bq.Label(align=side, colors=[INK3], default_size=10, y_offset=12, **text) for side in ("start", "end"))
        self._x_axis, self._y_axis = (axis(scale, color="transparent") for scale in (self._x, self._y))
        self._y_axis.orientation, self._y_axis.label = "vertical", "probability"
        self._x_axis.label_offset, self._y_axis.label_offset = "12px", "8px"   # theme.css hides the ticks: each pane has its own numbers
        # An unseen image takes the clicks of all panes and says where they were.
        self._ground = bq.Image(image=w.Image(value=png_bytes(np.zeros((2, 2, 4), np.uint8)), format="png"), x=[0.0, 1.0], y=[0.0, 1.0], scales=scales)
        self._ground.on_element_click(self.gesture(lambda _, event: self._click(float(event["data"]["click_x"]), float(event["data"]["click_y"]))))
        marks = [self._frames, self._bands, self._models, self._data, self._worst, self._limits, self._titles, self._firsts, self._lasts, self._ground]
        self._nothing = markup(NOTHING, "mdx-wait", "mdx-hidden")
        key = markup('<span class="mdx-fact" style="font-size:11px">— model&ensp;○ data</span>')
        return [key], [figure(marks, [self._x_axis, self._y_axis], margin=(2, 8, 22, 20)), self._nothing]

    def draw(self) -> None:
        found, coarse = self.session.results["chapman"], self.session.results.get("coarse")
        n = found.predicted.shape[1]
        colors = coarse.colors if coarse is not None and coarse.n_states == n else tuple(range(n))
        picture = chapman_picture(found)
        self.say(picture.subtitle)
        self._head.tooltip = found.verdict
        set_class(self.widget, "mdx-nothing", n < 2)
        set_class(self._nothing, "mdx-hidden", n >= 2)
        if (picture, colors) == (self._picture, self._colors):
            return
        self._picture, self._colors = picture, colors
        self._draw_scales(picture)
        self._draw_curves(picture.panes)
        self._draw_texts(picture)
        fill(self._worst, [] if picture.worst is None else [picture.panes[picture.worst].outline])

    def _draw_scales(self, picture: ChapmanPicture) -> None:
        self._x.max, self._y.max = float(picture.columns), float(picture.rows)
        self._y.min = -BELOW * picture.rows / 3
        with self._ground.hold_sync():
            self._ground.x, self._ground.y = [0.0, float(picture.columns)], [0.0, float(picture.rows)]

    def _draw_curves(self, panes: Sequence[Pane]) -> None:
        fill(self._frames, [p.frame for p in panes])
        for mark, pieces in ((self._bands, [(p.source, c) for p in panes for c in p.band]), (self._models, [(p.source, c) for p in panes for c in p.model])):
            fill(mark, [c for _, c in pieces])
            mark.colors = [state_css(self._colors[k]) for k, _ in pieces] or [INK]
        self._bands.fill_colors = self._bands.colors
        self._bands.fill_opacities = [0.2] * max(len(self._bands.colors), 1)
        dots = np.array([d for p in panes for d in p.data]).reshape(-1, 2)
        with self._data.hold_sync():
            self._data.x, self._data.y = dots[:, 0], dots[:, 1]

    def _draw_texts(self, picture: ChapmanPicture) -> None:
        panes = picture.panes
        _write(self._limits, [corner for p in panes for corner in p.frame[:2]], [t for p in panes for t in (p.high, p.low)])
        _write(self._titles, [((p.frame[1][0] + p.frame[2][0]) / 2, p.frame[0][1] + (TITLE + FOOT) / 2) for p in panes], [p.title for p in panes])
        self._titles.default_size = 11 if picture.columns < MOST_STATES else 10   # rows of four are closer to each other
        self._x_axis.label = picture.x_label
        self._firsts.x_offset = OUT_OF_FOUR if picture.columns >= MOST_STATES else 0   # narrow panes: the first number keeps off the last
        for label, corner, number in ((self._firsts, 1, picture.x_ends[0]), (self._lasts, 2, picture.x_ends[1])):
            lowest = [p.frame[corner] for p in panes if p.row == picture.rows - 1]
            _write(label, lowest, [number] * len(lowest))

    def _click(self, x: float, y: float) -> None:
        pane = None if self._picture is None else self._picture.pane_at(x, y)
        states = self.session.states
        if pane is None or states is None:
            return
        i, j = pane.source, pane.target
        how = f"state {i + 1}" if i == j else f"states {min(i, j) + 1} and {max(i, j) + 1}"
        self.session.select((states == i) | (states == j), source="chapman", how=how)


def _write(label: bq.Label, places: Sequence[tuple[float, float]], text: Sequence[str]) -> None:
    at = np.array(places, float).reshape(-1, 2)
    with label.hold_sync():
        label.x, label.y, label.text = at[:, 0], at[:, 1], list(text)
