"""Policies of adaptive sampling compared on the model system that is shown: error against frames, on request."""
from __future__ import annotations

from typing import Any

import bqplot as bq
import ipywidgets as w
import numpy as np

from mdexplore.panels.forms import Saying, error_words, reveal, set_text
from mdexplore.panels.parts import INK3, axis, box, escape, figure, linear, log, make, markup
from mdexplore.pictures.loop import LEAST, MOST, LoopPicture, loop_picture
from mdexplore.pictures.observables import round_ticks
from mdexplore.pictures.palette import state_css
from mdexplore.session.asking import Asker
from mdexplore.session.loop_jobs import WITHIN, can_loop, run_loop
from mdexplore.session.session import Session

JOB = "policies"
_TASK = f"{run_loop.__module__}:{run_loop.__name__}"
COLORS = {"uncertainty": state_css(0), "least-counts": state_css(2), "random": INK3, "continued": state_css(1)}
TICKS = (0.01, 0.1, 1.0)


class LoopPlot:
    """A button, and what it asks for; there where the data come from a potential that can be simulated further.

    Parameters
    ----------
    session : Session

    Attributes
    ----------
    widget : ipywidgets.Box
    button : ipywidgets.Button
    curves : bqplot.Lines
    """

    def __init__(self, session: Session) -> None:
        self._session, self._asker = session, Asker(session, JOB)
        self.button = make(w.Button, "mdx-quiet-button", description="Compare policies on this system", tooltip="Simulate it in rounds by each policy, and draw the error of the slowest timescale against the frames")
        self.button.on_click(lambda button: self.ask())
        self._x, self._y = linear(min=0.0, max=1.0), log(min=LEAST, max=MOST)
        scales: dict[str, Any] = {"x": self._x, "y": self._y}
        self.curves = bq.Lines(x=[], y=[], scales=scales, stroke_width=2)
        self._bound = bq.Lines(x=[], y=[], scales=scales, colors=[INK3], stroke_width=1, line_style="dashed")
        self._x_axis = axis(self._x, "frames simulated", tick_format="~g")
        self._figure = figure([self._bound, self.curves], [self._x_axis, axis(self._y, "error of t₂", vertical=True, ticks=TICKS, tick_format=".0%")], margin=(8, 22, 40, 52))
        self._place, self._wrong, self._told = box([], "mdx-loop-plot", "mdx-hidden"), Saying("mdx-note"), markup("", "mdx-note", "mdx-loop-told")
        self.widget = box([self.button, self._wrong.widget, self._place, self._told], "mdx-loop")
        reveal(self.widget, can_loop(session.data.exact))
        self._asker.observe(lambda _: self._answer(), ["found", "error", "is_waiting"])

    def ask(self) -> None:
        """Simulate, or do nothing where it was done."""
        exact = self._session.data.exact
        if exact is not None and can_loop(exact):
            self._asker.ask(exact.potential, _TASK, exact.potential)

    def cancel(self) -> None:
        """Give up what is being simulated."""
        self._asker.cancel()

    def show(self) -> None:
        """Follow the data."""
        reveal(self.widget, can_loop(self._session.data.exact))

    def _answer(self) -> None:
        asker, error = self._asker, self._asker.error
        self._wrong.say("Simulating …" if asker.is_waiting else "" if error is None else error_words(error))
        if asker.found is not None and not asker.is_waiting and error is None:
            self._draw(loop_picture(asker.found, self._session.unit))

    def _draw(self, picture: LoopPicture) -> None:
        reveal(self.button, False)
        reveal(self._place, True)
        self._place.children = (self._figure,)   # not earlier: a figure that is made without a size complains
        frames = np.array(picture.frames, float)
        self._x.max, self._x_axis.tick_values = float(frames[-1]), np.array(round_ticks(0.0, frames[-1], most=5))
        with self.curves.hold_sync():
            self.curves.x, self.curves.y = frames, np.array([curve.errors for curve in picture.curves])
            self.curves.colors = [COLORS[curve.policy] for curve in picture.curves]
        with self._bound.hold_sync():
            self._bound.x, self._bound.y = [0.0, frames[-1]], [WITHIN, WITHIN]
        rows = "".join(f'<div><span class="mdx-along-chip" style="background:{COLORS[c.policy]}"></span>{escape(c.words)}{"<b>" if c.is_best else "<span>"}{escape(c.within)}{"</b>" if c.is_best else "</span>"}</div>'
                       for c in picture.curves)
        set_text(self._told, f"{escape(picture.said)}{rows}")
