"""A model system under another potential, as the panel of ensembles shows it: a slider changes the potential, and its slowest timescale follows."""
from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import bqplot as bq
import ipywidgets as w
import numpy as np

from mdexplore.methods.ensembles.changes import STRENGTHS, ChangedTimescales
from mdexplore.panels.forms import Saying, set_text
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
from mdexplore.pictures.ensembles import ChangePicture, change_picture, strength_picture
from mdexplore.session.change_jobs import ChangeWanted, change_wanted

KINDS = (("scale all of it", "scale"), ("tilt it along the first coordinate", "tilt"))
N_STRENGTHS = len(STRENGTHS["scale"])
UNCHANGED = N_STRENGTHS // 2
KEY = "Line and band: reweighted paths, 95 %; all of the same walks, so that the line errs as a whole. Dashed: exact. Grey: too few paths count."


class ChangeView:
    """The form, the slider, the potential and the timescales.

    Parameters
    ----------
    systems : sequence of (title, name)
        The first is chosen.
    asked : callable
        Called when the form says something else.
    gesture : callable
        Wraps handlers (`mdexplore.panels.panel.Panel.gesture`).
    """

    def __init__(self, systems: Sequence[tuple[str, str]], asked: Callable[[], None], gesture: Callable[..., Any]) -> None:
        self._found: ChangedTimescales | None = None
        self._picture: ChangePicture | None = None
        self.system = make(w.Dropdown, description="System", options=list(systems), tooltip="A model system, simulated here with its noise: the loaded trajectories do not hold theirs")
        self.change = make(w.Dropdown, description="Change", options=KINDS, tooltip="How the potential is changed")
        self.lagtime = make(w.Text, description="Lag time", placeholder="automatic", continuous_update=False, tooltip="Frames; the longer, the fewer paths count")
        for field in (self.system, self.change, self.lagtime):
            field.observe(gesture(lambda change: asked()), "value")
        self.form = box([self.system, self.change, self.lagtime], "mdx-form")
        self.slider = make(w.IntSlider, "mdx-along-slider", value=UNCHANGED, min=0, max=N_STRENGTHS - 1, readout=False, tooltip="How much the potential is changed; in the middle it is the one that was simulated")
        self.slider.observe(gesture(lambda change: self._slid()), "value")
        self.head, self.said, self._warned, self._made_of = markup("", "mdx-en-strength"), markup("", "mdx-note", "mdx-en-said"), Saying("mdx-ex-warn"), markup("", "mdx-note")
        self.outcome = box([box([self.slider, self.head], "mdx-along"), self.said, self._warned.widget, self._make_potential(), self._make_times(), self._made_of], "mdx-outcome", "mdx-en-outcome")

    def _make_potential(self) -> bq.Figure:
        self._place, self._energy = linear(min=0.0, max=1.0), linear(min=0.0, max=1.0)
        plain: dict[str, Any] = {"scales": {"x": self._place, "y": self._energy}, "x": [], "y": []}
        self._plain = bq.Lines(colors=[INK3], stroke_width=1.2, line_style="dashed", **plain)
        self.changed = bq.Lines(colors=[INK], stroke_width=1.8, **plain)
        self._place_axis, self._energy_axis = axis(self._place, "first coordinate", tick_format="~g"), axis(self._energy, "energy / kT", vertical=True, tick_format="~g")
        return figure([self._plain, self.changed], [self._place_axis, self._energy_axis], margin=(8, 10, 40, 54))

    def _make_times(self) -> bq.Figure:
        self._x, self._y = linear(min=0.0, max=1.0), log(min=1.0, max=10.0)
        plain: dict[str, Any] = {"scales": {"x": self._x, "y": self._y}, "x": [], "y": []}
        self._lost = bq.Lines(fill="inside", close_path=True, fill_colors=["var(--mdx-unresolved)"] * 2, colors=[LINE] * 2, stroke_width=0, **plain)   # at both ends
        self._band = bq.Lines(fill="inside", close_path=True, stroke_width=0, colors=[INK], fill_colors=[INK], fill_opacities=[0.16], **plain)
        self._line = bq.Lines(colors=[INK], stroke_width=1.6, **plain)
        self._exact = bq.Lines(colors=[ACCENT], stroke_width=1.4, line_style="dashed", **plain)
        self._bar = bq.Lines(colors=[INK], stroke_width=2, **plain)
        self.known = bq.Scatter(colors=[SURFACE], stroke=ACCENT, stroke_width=1.6, default_size=64, **plain)
        self.point = bq.Scatter(colors=[INK], stroke=SURFACE, default_size=64, **plain)
        self._x_axis, self._y_axis = axis(self._x, "", tick_format="~g"), axis(self._y, "t₂ / frames", vertical=True, tick_format="~g")
        return figure([self._lost, self._band, self._exact, self._line, self._bar, self.known, self.point], [self._x_axis, self._y_axis], margin=(8, 10, 40, 54))

    def wanted(self) -> ChangeWanted:
        """The question of the form; raises `UserError` where it cannot be read."""
        return change_wanted(self.system.value, self.change.value, self.lagtime.value)

    def show(self, found: ChangedTimescales) -> None:
        """Draw what has come."""
        self._found = found
        picture = self._picture = change_picture(found)
        self.lagtime.placeholder = f"automatic: {found.lagtime} frames" if not self.lagtime.value.strip() else "automatic"
        for scale, (low, high) in ((self._x, picture.x_range), (self._y, picture.y_range), (self._place, picture.place_range), (self._energy, picture.energy_range)):
            with scale.hold_sync():
                scale.min, scale.max = low, high
        self._x_axis.label, self._x_axis.tick_values, self._y_axis.tick_values = picture.x_label, np.asarray(picture.x_ticks), np.asarray(picture.y_ticks)
        self._place_axis.tick_values, self._energy_axis.tick_values = np.asarray(picture.place_ticks), np.asarray(picture.energy_ticks)
        low, high = picture.y_range
        fill(self._lost, [((a, low), (b, low), (b, high), (a, high)) for a, b in picture.lost])
        for mark, curve in ((self._band, picture.band), (self._line, picture.line), (self._exact, picture.exact), (self._plain, picture.plain)):
            fill(mark, [curve])
        set_text(self._made_of, escape(f"{KEY} {picture.made_of}"))
        self._slid()

    def _slid(self) -> None:
        """Draw what belongs to the place of the slider: everything is known already, so it follows the hand."""
        if self._found is None or self._picture is None:
            return
        here = strength_picture(self._found, int(self.slider.value), self._picture.y_range)
        set_text(self.head, escape(here.head))
        set_text(self.said, escape(here.said))
        self._warned.say(here.warning)
        fill(self._bar, [here.bar])
        fill(self.changed, [here.changed])
        place(self.point, here.point)
        place(self.known, here.known)
