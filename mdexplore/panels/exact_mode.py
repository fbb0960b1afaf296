"""A coordinate over the exact eigenfunction that it follows, on model systems: two curves along the position, or a number in a plane."""
from __future__ import annotations

from typing import Any

import bqplot as bq
import numpy as np

from mdexplore.panels.forms import Saying, error_words, reveal
from mdexplore.panels.parts import ACCENT, INK, axis, box, figure, linear
from mdexplore.pictures.exact import exact_mode_words
from mdexplore.pictures.observables import round_ticks
from mdexplore.session.asking import Asker
from mdexplore.session.exact_mode_jobs import ExactMode, run_exact_mode
from mdexplore.session.session import Session

JOB = "exact coordinate"
_TASK = f"{run_exact_mode.__module__}:{run_exact_mode.__name__}"


class ExactModePlot:
    """Shown where the data have exact eigenfunctions.

    Parameters
    ----------
    session : Session

    Attributes
    ----------
    widget : ipywidgets.Box
    exact, found : bqplot.Lines
        The exact eigenfunction, and the coordinate over it.
    """

    def __init__(self, session: Session) -> None:
        self._session, self._asker = session, Asker(session, JOB)
        self._x, self._y = linear(min=0.0, max=1.0), linear(min=-1.0, max=1.0)
        scales: dict[str, Any] = {"x": self._x, "y": self._y}
        self.exact = bq.Lines(x=[], y=[], scales=scales, colors=[ACCENT], stroke_width=4, opacities=[0.45])
        self.found = bq.Lines(x=[], y=[], scales=scales, colors=[INK], stroke_width=1.5)
        self._x_axis, self._y_axis = axis(self._x, "position", tick_format="~g"), axis(self._y, vertical=True, tick_format="~g")
        self._figure = figure([self.exact, self.found], [self._x_axis, self._y_axis], margin=(8, 8, 40, 46))
        self._place, self._said = box([], "mdx-exact-plot", "mdx-hidden"), Saying("mdx-note")
        self.widget = box([self._said.widget, self._place], "mdx-exact-mode")
        self._asker.observe(lambda _: self._answer(), ["found", "error"])

    @property
    def is_offered(self) -> bool:
        """Whether there is something exact to compare with."""
        exact = self._session.data.exact
        return exact is not None and bool(exact.potential) and bool(exact.timescales)

    def ask(self, column: int) -> None:
        """Compare another coordinate, from 0."""
        reveal(self.widget, self.is_offered)
        if not self.is_offered:
            return
        session = self._session
        self._asker.ask((session.study.key("projection"), column), _TASK, session.study.spec(), column)

    def cancel(self) -> None:
        """Give up what is being asked."""
        self._asker.cancel()

    def _answer(self) -> None:
        found, error = self._asker.found, self._asker.error
        if error is not None:
            reveal(self._place, False)
            self._said.say(error_words(error))
        elif found is not None:
            self._draw(found)

    def _draw(self, found: ExactMode) -> None:
        self._said.say(exact_mode_words(found, self._session.unit))
        reveal(self._place, len(found.positions) > 0)
        if not len(found.positions):
            return
        self._place.children = (self._figure,)   # not earlier: a figure that is made without a size complains
        both = np.concatenate([found.values, found.exact])
        room = 0.06 * float(np.ptp(both) or 1.0)
        for scale, low, high in ((self._x, found.grid[0], found.grid[-1]), (self._y, both.min() - room, both.max() + room)):
            with scale.hold_sync():
                scale.min, scale.max = float(low), float(high)
        for mark, x, y in ((self.exact, found.grid, found.exact), (self.found, found.positions, found.values)):
            with mark.hold_sync():
                mark.x, mark.y = x, y
        self._x_axis.tick_values = np.array(round_ticks(self._x.min, self._x.max))   # the page's own would touch each other
        self._y_axis.label, self._y_axis.tick_values = found.name, np.array(round_ticks(self._y.min, self._y.max, most=5))
