"""Implied timescales; a click in the plot or a drag of the line sets the lag time of the kinetics."""
from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import bqplot as bq
import ipywidgets as w
import numpy as np

from mdexplore.methods.kinetics.lagmodels import DELTA
from mdexplore.panels.panel import Panel
from mdexplore.panels.parts import (
    ACCENT,
    INK,
    INK3,
    LINE,
    PROCESS,
    SURFACE,
    axis,
    choice,
    figure,
    fill,
    log,
    png_bytes,
    set_class,
)
from mdexplore.pictures.timescales import LAG_TEXT, TimescalesPicture, nearest_lag, timescales_picture

INTERVALS = {"delta method": "95 %, delta method", "bootstrap": "95 %, over trajectories", "posterior": "95 %, posterior"}
TOUCHING = 0.085   # share of the height at which two texts would touch
GRIPS = 24   # unseen handles along the lag line, so that it can be taken anywhere


class TimescalesPanel(Panel):
    """Timescales against lag time, on logarithmic axes."""

    name, title = "timescales", "Implied timescales"
    needs = ("timescales",)
    wants = ("kinetics", "bootstrap", "posterior")
    wakes = ("study",)

    def build(self) -> tuple[Sequence[Any], Sequence[Any]]:
        self._picture: TimescalesPicture | None = None
        self._interval = choice(list(INTERVALS), tip="How the intervals are made")
        self._interval.add_class("mdx-hidden")   # a choice only once the bootstrap is there
        self._interval.observe(self.gesture(lambda _: self._choose_bars()), "value")
        return [self._interval], [self._make_figure()]

    def _make_figure(self) -> bq.Figure:
        self._x, self._y = log(min=1.0, max=10.0), log(min=1.0, max=10.0)
        scales = {"x": self._x, "y": self._y}
        plain = {"scales": scales, "x": [], "y": []}
        self._region = bq.Lines(fill="inside", close_path=True, fill_colors=["var(--mdx-unresolved)"], colors=[LINE], stroke_width=1, **plain)
        self._bars = bq.Lines(fill="inside", close_path=True, stroke_width=0, **plain)
        self._dotted = bq.Lines(stroke_width=1, line_style="dotted", **plain)
        self._solid = bq.Lines(stroke_width=2, **plain)
        self._dots = bq.Scatter(default_size=22, **plain)
        self._exact = bq.Lines(colors=[INK3], stroke_width=1, line_style="dash_dotted", **plain)
        self._line = bq.Lines(colors=[ACCENT], stroke_width=1.5, line_style="dashed", **plain)
        text = {**plain, "text": [], "font_weight": "normal", "default_size": 11}
        self._shorter = bq.Label(align="end", colors=[INK3], y_offset=-5, **text)
        self._known = bq.Label(colors=[INK3], y_offset=-4, **text)
        self._slowest = bq.Label(align="end", colors=[INK], **{**text, "font_weight": "bold", "default_size": 12})
        self._lag = bq.Label(align="start", colors=[ACCENT], x_offset=6, **text)
        # An unseen image takes clicks anywhere, and unlike a selector it says where in data units on logarithmic axes.
        blank = w.Image(value=png_bytes(np.zeros((2, 2, 4), np.uint8)), format="png")
        self._ground = bq.Image(image=blank, x=[1.0, 10.0], y=[1.0, 10.0], scales=scales)
        self._ground.on_element_click(self.gesture(lambda _, event: self._set_lag(float(event["data"]["click_x"]))))
        self._grips = bq.Scatter(colors=[ACCENT], stroke=SURFACE, default_size=140, enable_move=True, restrict_x=True, update_on_move=False, **plain)
        self._grips.on_drag(self.gesture(lambda _, event: self._dragged(float(event["point"]["x"]))))
        self._grips.on_drag_end(self.gesture(lambda _, event: self._set_lag(float(event["point"]["x"]), redraw=True)))
        self._x_axis = axis(self._x, "lag time", tick_format="~g")
        self._y_axis = axis(self._y, "timescale", vertical=True, tick_format="~g")
        # Texts lie over the lag line, which their halo parts.
        self._y_axis.label_offset = "44px"   # clear of a number of four digits
        return figure([self._region, self._bars, self._exact, self._dotted, self._solid, self._dots, self._ground, self._line, self._shorter, self._known, self._slowest, self._lag, self._grips],
                      [self._x_axis, self._y_axis], margin=(8, 14, 40, 54))

    def draw(self) -> None:
        results = self.session.results
        found = results["timescales"]
        has_others = found.interval == DELTA   # bars of other models are drawn together with their values
        bars = results.get(self._interval.value) if has_others else None
        set_class(self._interval, "mdx-hidden", "bootstrap" not in results or not has_others)
        is_coming = has_others and bars is None and self._interval.value == "posterior"
        self.say("posterior is drawn …" if is_coming else found.interval if not has_others else INTERVALS["delta method" if bars is None else self._interval.value])
        picture = timescales_picture(found, results.get("kinetics"), lagtime=self._wanted_lag(), bars=bars,
                                     exact=getattr(self.session.data.exact, "timescales", ()))
        if picture == self._picture:
            return
        self._picture = picture
        self._draw_axes(picture)
        self._draw_curves(picture)
        if picture.lag is not None:
            self._draw_lag(picture, picture.lag, picture.lag_text)
            self._draw_grips(picture, picture.lag)
        else:
            self._draw_slowest(picture, is_left=False)
            self._draw_shorter(picture, picture.x_range[1])

    def _choose_bars(self) -> None:
        if self._interval.value == "posterior":   # a minute's work: only for those who ask
            self.session.want("posterior")
        self._again()

    def _draw_axes(self, picture: TimescalesPicture) -> None:
        (x0, x1), (y0, y1) = picture.x_range, picture.y_range
        for scale, low, high in ((self._x, x0, x1), (self._y, y0, y1)):
            with scale.hold_sync():
                scale.min, scale.max = low, high
        for drawn, label, ticks in ((self._x_axis, picture.x_label, picture.x_ticks), (self._y_axis, picture.y_label, picture.y_ticks)):
            drawn.label, drawn.tick_values = label, np.asarray(ticks)
        with self._ground.hold_sync():
            self._ground.x, self._ground.y = [x0, x1], [y0, y1]
        fill(self._region, [picture.region])

    def _draw_curves(self, picture: TimescalesPicture) -> None:
        for mark, curves in ((self._bars, picture.bars), (self._dotted, picture.dotted), (self._solid, picture.solid)):
            fill(mark, [c for _, c in curves])
            mark.colors = _colors([k for k, _ in curves])
        self._bars.fill_colors = _colors([k for k, _ in picture.bars])
        self._bars.fill_opacities = [0.16] * max(len(picture.bars), 1)
        with self._dots.hold_sync():
            self._dots.x, self._dots.y = np.array([d[1] for d in picture.dots]), np.array([d[2] for d in picture.dots])
            self._dots.colors = _colors([d[0] for d in picture.dots])

    def _draw_lag(self, picture: TimescalesPicture, lag: float, text: str) -> None:
        (x0, x1), (y0, y1) = picture.x_range, picture.y_range
        with self._line.hold_sync():
            self._line.x, self._line.y = [lag, lag], [y0, y1]
        is_right = lag > x0 * (x1 / x0) ** 0.72
        with self._lag.hold_sync():
            self._lag.align, self._lag.x_offset = ("end", -11) if is_right else ("start", 11)
        _place(self._lag, text, lag, y1 * (y0 / y1) ** LAG_TEXT)
        self._draw_slowest(picture, is_left=lag > x0 * (x1 / x0) ** 0.5)
        self._draw_shorter(picture, lag if lag > x0 * (x1 / x0) ** 0.5 else x1)

    def _draw_slowest(self, picture: TimescalesPicture, is_left: bool) -> None:
        """The text on the slowest process, on the side of the plot where the lag line is not."""
        x0, x1 = picture.x_range
        self._slowest.align = "start" if is_left else "end"
        near = TOUCHING * np.log(picture.y_range[1] / picture.y_range[0])
        self._draw_exact(picture, is_left=not is_left and bool(picture.exact) and abs(np.log(picture.exact[0] / picture.slowest_y)) < near)
        _place(self._slowest, picture.slowest_text, x0 * (x1 / x0) ** (0.02 if is_left else 0.98), picture.slowest_y)

    def _draw_exact(self, picture: TimescalesPicture, is_left: bool) -> None:
        """The exact timescales of a model system as thin lines, the slowest with a word at the right, where curves have ended, unless another text stands there."""
        x0, x1 = picture.x_range
        fill(self._exact, [((x0, t), (x1, t)) for t in picture.exact])
        self._known.align = "start" if is_left else "end"
        _place(self._known, "exact" if picture.exact else "", x0 * (x1 / x0) ** (0.02 if is_left else 0.98), picture.exact[0] if picture.exact else picture.slowest_y)

    def _draw_shorter(self, picture: TimescalesPicture, right: float) -> None:
        """What the grey region means, ending at the edge of the plot or at a lag line that would cross the text."""
        (x0, x1), y0 = picture.x_range, picture.y_range[0]
        _place(self._shorter, "shorter than the lag time", right / (x1 / x0) ** 0.015, y0)

    def _draw_grips(self, picture: TimescalesPicture, lag: float) -> None:
        y0, y1 = picture.y_range
        share = np.concatenate([[0.97], np.linspace(0.02, 0.92, GRIPS - 1)])
        with self._grips.hold_sync():
            self._grips.opacities = [1.0] + [0.0] * (GRIPS - 1)
            self._grips.x, self._grips.y = np.full(GRIPS, lag), y0 * (y1 / y0) ** share

    # -- gestures ---------------------------------------------------------------------------------------------------------------------

    def _wanted_lag(self) -> int | None:
        """The lag time that was asked for, before the model of it is there; else that of the model shown."""
        wanted = self.session.study.recipe.lag_of("kinetics", self.session.unit)
        return self.session.lagtime if wanted is None else wanted

    def _frames_at(self, x: float) -> int:
        found = self.session.results["timescales"]
        return nearest_lag(x / self.session.unit.scale, found.lagtimes, max(self.session.data.lengths))

    def _dragged(self, x: float) -> None:
        """The line follows the mouse; the model follows where it arrives at another lag time."""
        frames = self._frames_at(x)
        if self._picture is None:
            return
        with self.drawing():
            self._draw_lag(self._picture, frames * self.session.unit.scale, f"lag {self.session.unit.say(frames)}")
        self._configure(frames)

    def _set_lag(self, x: float, redraw: bool = False) -> None:
        self._configure(self._frames_at(x))
        if redraw:
            self._picture = None   # the handle was left where the mouse was, which is seldom a whole frame
            self._again()

    def _configure(self, frames: int) -> None:
        if frames != self._wanted_lag():
            self.session.configure("kinetics", lagtime=frames)

    def _again(self) -> None:
        if self.is_ready:
            with self.drawing():
                self.draw()


def _place(label: bq.Label, text: str, x: float, y: float) -> None:
    with label.hold_sync():
        label.x, label.y, label.text = np.array([x]), np.array([y]), [text]


def _colors(processes: Sequence[int]) -> list[str]:
    return [PROCESS[k % len(PROCESS)] for k in processes] or [PROCESS[0]]
