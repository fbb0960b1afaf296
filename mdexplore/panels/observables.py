"""Observables: the mean of any feature or coordinate, how it is forgotten or relaxes in time, and which processes it shows."""
from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import bqplot as bq
import ipywidgets as w
import numpy as np

from mdexplore.base.errors import UserError
from mdexplore.panels.forms import set_text
from mdexplore.panels.ondemand import OnDemand
from mdexplore.panels.parts import (
    ACCENT,
    INK,
    INK3,
    LINE,
    SURFACE,
    axis,
    box,
    escape,
    figure,
    fill,
    linear,
    log,
    make,
    markup,
    place,
)
from mdexplore.pictures.coordinates import Coordinate, coordinates
from mdexplore.pictures.observables import ObservablePicture, Stick, observable_picture
from mdexplore.session.observable_jobs import run_observable, start_of

AUTOCORRELATION, SELECTION = "autocorrelation", "relaxation from the selection"
_FROM_STATE = "relaxation from state {}"
_TASK = f"{run_observable.__module__}:{run_observable.__name__}"
HINT = "Line: the model, with its 95 % band. Circles: the trajectories. The mouse on a point tells its number."
_LEFT, _LABEL = 66, "57px"   # room for −0.005 between axis and label


class ObservablesPanel(OnDemand):
    """What the Markov model says of a quantity; follows the lag time, the model and, where it begins there, the selection."""

    name, title = "observables", "Observables"
    tip = "Mean, autocorrelation, relaxation and dynamical fingerprint of any feature or coordinate"
    needs = ("projection", "clustering", "kinetics", "coarse")
    wants = ("features",)
    job = "observable"

    def fill(self) -> Sequence[Any]:
        self._all: dict[str, Coordinate] = {}
        self._picture: ObservablePicture | None = None
        self.quantity = make(w.Dropdown, description="Quantity", options=[], tooltip="A feature, or a slow coordinate")
        self.view_of = make(w.Dropdown, description="Show", options=[AUTOCORRELATION], tooltip="How it is forgotten in equilibrium, or how its mean relaxes from a start")
        for menu in (self.quantity, self.view_of):
            menu.observe(self.gesture(lambda change: self._ask()), "value")
        self.summary, self._heading, self.told = markup("", "mdx-asked-sum"), markup("", "mdx-asked-sum"), markup(escape(HINT), "mdx-asked-told")
        return [box([self.quantity, self.view_of], "mdx-form"), self.summary, self._make_curve(), self._heading, self._make_fingerprint(), self.told]

    # -- building -----------------------------------------------------------------------------------------------------------------------

    def _make_curve(self) -> bq.Figure:
        self._time, self._value = log(min=1.0, max=10.0), linear(min=0.0, max=1.0)
        plain: dict[str, Any] = {"scales": {"x": self._time, "y": self._value}, "x": [], "y": []}
        self._region = bq.Lines(fill="inside", close_path=True, fill_colors=["var(--mdx-unresolved)"], colors=[LINE], stroke_width=0, **plain)
        self._band = bq.Lines(fill="inside", close_path=True, stroke_width=0, colors=[INK], fill_colors=[INK], fill_opacities=[0.16], **plain)
        self._level = bq.Lines(colors=[ACCENT], stroke_width=1.2, line_style="dashed", **plain)
        self._line = bq.Lines(colors=[INK], stroke_width=1.6, **plain)
        self.measured = bq.Scatter(colors=["transparent"], stroke=INK3, stroke_width=1.2, default_size=34, **plain)
        self.points = bq.Scatter(colors=[INK], stroke=SURFACE, default_size=30, **plain)
        self._mean = bq.Label(text=[], colors=[ACCENT], align="end", default_size=11, font_weight="normal", y_offset=-9, **plain)
        self.points.on_hover(self.gesture(lambda _, event: self._tell("tells", event)))
        self.measured.on_hover(self.gesture(lambda _, event: self._tell("measured_tells", event)))
        self._value_axis, self._time_axis = axis(self._value, "autocorrelation", vertical=True, tick_format="~g"), axis(self._time, "", tick_format="~g")
        self._value_axis.label_offset = _LABEL
        return figure([self._region, self._band, self._level, self._line, self.measured, self.points, self._mean], [self._time_axis, self._value_axis], margin=(8, 14, 40, _LEFT))

    def _make_fingerprint(self) -> bq.Figure:
        self._height = linear(min=0.0, max=1.0)
        plain: dict[str, Any] = {"scales": {"x": self._time, "y": self._height}, "x": [], "y": []}
        self._short = bq.Lines(fill="inside", close_path=True, fill_colors=["var(--mdx-unresolved)"], colors=[LINE], stroke_width=0, **plain)
        self._sticks = bq.Lines(colors=[INK], stroke_width=1.5, **plain)
        self._errors = bq.Lines(colors=[INK], stroke_width=5, opacities=[0.2], **plain)
        self.heads = bq.Scatter(colors=[INK], stroke=SURFACE, default_size=60, **plain)
        self._word = bq.Label(text=[], colors=[INK3], align="start", default_size=11, font_weight="normal", x_offset=4, y_offset=12, **plain)
        self.heads.on_hover(self.gesture(lambda _, event: self._tell_stick(event)))
        self._height_axis, self._scale_axis = axis(self._height, "share", vertical=True, tick_format="~g"), axis(self._time, "", tick_format="~g")
        self._height_axis.label_offset = _LABEL
        return figure([self._short, self._errors, self._sticks, self.heads, self._word], [self._scale_axis, self._height_axis], margin=(8, 14, 40, _LEFT))

    # -- asking -------------------------------------------------------------------------------------------------------------------------

    def show(self) -> None:
        """List what there is to choose, and ask."""
        results = self.session.results
        self._all = {c.name: c for c in coordinates(results["projection"], results.get("features")) if c.period is None}
        _offer(self.quantity, list(self._all))
        states = results["coarse"].n_states
        _offer(self.view_of, [AUTOCORRELATION, *(_FROM_STATE.format(k + 1) for k in range(states)), SELECTION])
        self._ask()

    def show_selection(self) -> None:
        if self.is_open and self.view_of.value == SELECTION:
            self._ask()

    def _ask(self) -> None:
        session = self.session
        coordinate = self._all.get(self.quantity.value)
        if not self.is_open or coordinate is None or session.stale & {*self.needs}:   # results are on their way
            return
        try:
            start = self._start()
        except UserError as error:
            self.asker.fail(error)
            return
        column = coordinate.columns[0]
        self.asker.ask((session.study.key("kinetics"), coordinate.source, column, start), _TASK, session.study.spec(), coordinate.source, column, start)

    def _start(self) -> tuple[int, ...] | None:
        place = self.view_of.index
        if not place:
            return None
        return start_of(self.session, None if self.view_of.value == SELECTION else place - 1)

    # -- drawing ------------------------------------------------------------------------------------------------------------------------

    def answer(self) -> None:
        """Draw what has come."""
        picture = observable_picture(self.asker.found)
        if picture == self._picture:
            return
        self._picture = picture
        set_text(self.summary, f"<b>{escape(picture.name)}</b> {escape(picture.mean_text)}<i>{escape(picture.note)}</i>")
        set_text(self.told, escape(HINT))
        self._draw_axes(picture)
        fill(self._band, [picture.band])
        fill(self._line, [picture.line])
        place(self.points, picture.line)
        place(self.measured, picture.measured)
        (x0, x1), level = picture.x_range, picture.level
        fill(self._level, [] if level is None else [((x0, level), (x1, level))])
        with self._mean.hold_sync():
            self._mean.x, self._mean.y = ([], []) if level is None else ([x1 * (x0 / x1) ** 0.02], [level])
            self._mean.text = [] if level is None else ["equilibrium"]
        self._draw_sticks(picture)

    def _draw_axes(self, picture: ObservablePicture) -> None:
        for scale, (low, high) in ((self._time, picture.x_range), (self._value, picture.y_range), (self._height, picture.height_range)):
            with scale.hold_sync():
                scale.min, scale.max = low, high
        self._time_axis.label, self._scale_axis.label = picture.x_label, picture.scale_label
        self._value_axis.label, self._height_axis.label = picture.y_label, picture.height_label
        set_text(self._heading, f"<b>Fingerprint</b><i>{escape(picture.height_note)}</i>")
        for drawn, ticks in ((self._time_axis, picture.x_ticks), (self._scale_axis, picture.x_ticks), (self._value_axis, picture.y_ticks), (self._height_axis, picture.height_ticks)):
            drawn.tick_values = np.asarray(ticks)
        left, lag = picture.x_range[0], picture.lag
        for mark, (low, high) in ((self._region, picture.y_range), (self._short, picture.height_range)):
            fill(mark, [((left, low), (lag, low), (lag, high), (left, high))])
        is_wide = lag > left * (picture.x_range[1] / left) ** 0.25   # room for the words
        with self._word.hold_sync():
            self._word.x, self._word.y, self._word.text = ([left], [picture.height_range[1]], ["below the lag time"]) if is_wide else ([], [], [])

    def _draw_sticks(self, picture: ObservablePicture) -> None:
        sticks = picture.sticks
        fill(self._sticks, [((s.x, 0.0), (s.x, s.height)) for s in sticks])
        fill(self._errors, [((s.x, s.low), (s.x, s.high)) for s in sticks if np.isfinite(s.low) and np.isfinite(s.high)])
        place(self.heads, [(s.x, s.height) for s in sticks])

    def _tell(self, which: str, event: Any) -> None:
        if self._picture is not None:
            told: tuple[str, ...] = getattr(self._picture, which)
            self._say_told(told, int(event["data"]["index"]))

    def _tell_stick(self, event: Any) -> None:
        if self._picture is not None:
            sticks: tuple[Stick, ...] = self._picture.sticks
            self._say_told(tuple(s.tells for s in sticks), int(event["data"]["index"]))

    def _say_told(self, told: tuple[str, ...], index: int) -> None:
        if 0 <= index < len(told):
            set_text(self.told, escape(told[index]))


def _offer(menu: w.Dropdown, options: list[str]) -> None:
    """Other choices; what is chosen stays where it can."""
    if list(menu.options) != options:
        chosen = menu.value
        menu.options = options
        menu.value = chosen if chosen in options else options[0]
