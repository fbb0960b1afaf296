"""RAVE on the model system that is shown: the coordinate and the bias of each round, on request, from the frame that is looked at."""
from __future__ import annotations

from typing import Any

import bqplot as bq
import ipywidgets as w
import numpy as np

from mdexplore.panels.forms import Saying, error_words, reveal, set_text
from mdexplore.panels.parts import ACCENT, INK, axis, box, escape, figure, linear, make, markup
from mdexplore.pictures.observables import round_ticks
from mdexplore.pictures.palette import state_css
from mdexplore.pictures.rave import RavePicture, rave_picture
from mdexplore.session.asking import Asker
from mdexplore.session.rave_jobs import N_ROUNDS, can_rave, run_rave
from mdexplore.session.session import Session

JOB = "RAVE"
_TASK = f"{run_rave.__module__}:{run_rave.__name__}"
PALEST = 0.25   # opacity of the first round
COLORS = (state_css(0), state_css(2))


class RavePlot:
    """A button, and what it asks for; there where the data come from a potential of two dimensions that can be simulated further.

    Parameters
    ----------
    session : Session

    Attributes
    ----------
    widget : ipywidgets.Box
    button : ipywidgets.Button
    weights, biases : bqplot.Lines
    """

    def __init__(self, session: Session) -> None:
        self._session, self._asker = session, Asker(session, JOB)
        self.button = make(w.Button, "mdx-quiet-button", description="Find a coordinate and its bias (RAVE)",
                           tooltip="Simulate from the frame that is looked at, find the coordinate that tells most of the future, flatten the energy along it, and again")
        self.button.on_click(lambda button: self.ask())
        self._left, self._right = self._make_weights(), self._make_biases()
        self._weights_place, self._bias_place = box([], "mdx-loop-plot", "mdx-hidden"), box([], "mdx-loop-plot", "mdx-hidden")
        self._wrong, self._told = Saying("mdx-note"), markup("", "mdx-note", "mdx-loop-told")
        self.widget = box([self.button, self._wrong.widget, self._weights_place, self._bias_place, self._told], "mdx-loop")
        reveal(self.widget, can_rave(session.data.exact))
        self._asker.observe(lambda _: self._answer(), ["found", "error", "is_waiting"])

    def _make_weights(self) -> Any:
        x, y = linear(min=1.0, max=float(N_ROUNDS)), linear(min=-1.05, max=1.05)
        # The first and the last round stand on the rims: without a clip their discs are whole.
        self.weights = bq.Lines(x=[], y=[], scales={"x": x, "y": y}, apply_clip=False, stroke_width=2, marker="circle", marker_size=36, colors=list(COLORS))
        axes = [axis(x, "round", ticks=tuple(range(1, N_ROUNDS + 1)), tick_format="d"), axis(y, "weight", vertical=True, ticks=(-1, 0, 1), tick_format="~g")]
        return figure([self.weights], axes, margin=(8, 14, 36, 46))

    def _make_biases(self) -> Any:
        self._x, self._y = linear(min=0.0, max=1.0), linear(min=-1.0, max=0.0)
        self.biases = bq.Lines(x=[], y=[], scales={"x": self._x, "y": self._y}, stroke_width=1.6, colors=[INK])
        self._axes = axis(self._x, "place along the coordinate", tick_format="~g"), axis(self._y, "bias / kT", vertical=True, tick_format="~g")
        return figure([self.biases], list(self._axes), margin=(8, 14, 40, 46))

    def ask(self) -> None:
        """Simulate from the frame that is looked at, or do nothing where it was done."""
        session, exact = self._session, self._session.data.exact
        if exact is None or not can_rave(exact) or session.data.given is None:
            return
        trajectory, frame = session.current
        start = tuple(float(v) for v in session.data.given[trajectory][frame])
        seed = session.study.recipe.seed
        self._asker.ask((exact.potential, start, seed), _TASK, exact.potential, start, seed)

    def cancel(self) -> None:
        """Give up what is being simulated."""
        self._asker.cancel()

    def show(self) -> None:
        """Follow the data."""
        reveal(self.widget, can_rave(self._session.data.exact))

    def _answer(self) -> None:
        asker, error = self._asker, self._asker.error
        self._wrong.say("Simulating …" if asker.is_waiting else "" if error is None else error_words(error))
        if asker.found is not None and not asker.is_waiting and error is None:
            self._draw(rave_picture(asker.found, self._names()))

    def _names(self) -> tuple[str, ...]:
        return tuple(self._session.data.given_names) or ("x", "y")

    def _draw(self, picture: RavePicture) -> None:
        for place, drawn in ((self._weights_place, self._left), (self._bias_place, self._right)):
            reveal(place, True)
            place.children = (drawn,)   # not earlier: a figure that is made without a size complains
        with self.weights.hold_sync():
            self.weights.x, self.weights.y = np.array(picture.rounds, float), np.array(picture.weights)
        with self._x.hold_sync(), self._y.hold_sync():
            (self._x.min, self._x.max), (self._y.min, self._y.max) = picture.x_range, picture.y_range
        for drawn, ends in zip(self._axes, (picture.x_range, picture.y_range)):
            drawn.tick_values = np.array(round_ticks(*ends, most=5))
        n = len(picture.biases)
        with self.biases.hold_sync():
            self.biases.x, self.biases.y = (np.stack([b[k] for b in picture.biases]) for k in (0, 1))
            self.biases.colors = [INK] * (n - 1) + [ACCENT]
            self.biases.opacities = [*np.linspace(PALEST, 0.8, max(n - 1, 1))[: n - 1].tolist(), 1.0]
        keys = "".join(f'<div><span class="mdx-along-chip" style="background:{escape(color)}"></span>weight of {escape(name)}<span></span></div>' for color, name in zip(COLORS, picture.names))
        rows = "".join(f"<div>{escape(what)}<span>{escape(value)}; {escape(exact)}</span></div>" for what, value, exact in picture.rows)
        set_text(self._told, f"{keys}<div>Bias: from pale to dark by round, the last in colour.<span></span></div>{escape(picture.said)}{rows}")
