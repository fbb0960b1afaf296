"""The latent space of a flow: generated structures and real frames as points, with a lasso around them."""
from __future__ import annotations

from collections.abc import Callable

import bqplot as bq
import numpy as np

from mdexplore.base import limits
from mdexplore.panels.lasso import Lasso
from mdexplore.panels.parts import INK2, SURFACE, axis, box, figure, linear, set_class
from mdexplore.panels.small_map import Marks
from mdexplore.pictures.latent import LARGE, MADE, REAL, USUAL, LatentPicture, opacities


class LatentMap:
    """Where structures came from, and where real frames go.

    Parameters
    ----------
    lassoed : callable
        Takes the rows of generated structures in a loop, shape (n,), int, and of real frames, shape (m,), int; one of them may be empty, or both.

    Attributes
    ----------
    widget : ipywidgets.Box
    lasso : Lasso
    """

    def __init__(self, lassoed: Callable[[np.ndarray, np.ndarray], None]) -> None:
        self._x, self._y = linear(min=-3.0, max=3.0), linear(min=-3.0, max=3.0)
        scales = {"x": self._x, "y": self._y}
        self.real = bq.Scatter(x=[], y=[], scales=scales, stroke_width=0, default_size=int(USUAL))
        self.made = bq.Scatter(x=[], y=[], scales={**scales, "size": linear(min=0.0, max=LARGE)}, colors=[INK2], stroke=SURFACE, stroke_width=0.5, default_size=int(LARGE))
        self.marks = Marks(scales)
        # One unseen mark holds all points, so that a loop is one message.
        self.points = bq.Lines(x=[], y=[], scales=scales, opacities=[0], stroke_width=0)
        self._axes = axis(self._x, num_ticks=0), axis(self._y, vertical=True, num_ticks=0)
        self._figure = figure([self.real, self.made, *self.marks.marks, self.points], list(self._axes), margin=(2, 4, 20, 20))
        for drawn in self._axes:
            drawn.label_offset = "10px"
        self.lasso = Lasso(self.points, self._caught, lambda: lassoed(np.empty(0, np.int64), np.empty(0, np.int64)))
        self._figure.interaction = self.lasso.selector
        self.widget = box([self._figure], "mdx-small-map", "mdx-latent")
        self._lassoed = lassoed
        self._picture: LatentPicture | None = None

    def show(self, picture: LatentPicture | None) -> None:
        """Draw a plane; None hides it: what was found has no latent space."""
        set_class(self.widget, "mdx-away", picture is None)
        if picture is self._picture or picture is None:
            self._picture = picture
            return
        self._picture, window = picture, picture.window
        with self._x.hold_sync(), self._y.hold_sync():
            self._x.min, self._x.max, self._y.min, self._y.max = window.x0, window.x1, window.y0, window.y1
        for mark, at in ((self.real, picture.real), (self.made, picture.made), (self.points, np.concatenate([picture.made, picture.real]))):
            with mark.hold_sync():
                mark.x, mark.y = at[:, 0], at[:, 1]
                if mark is self.real:
                    mark.colors = list(picture.colors)
                elif mark is self.made:
                    mark.size = picture.areas
        for drawn, name in zip(self._axes, picture.names):
            drawn.label = name

    def list(self, rows: np.ndarray) -> None:
        """Mark generated structures by their place in the list, counted from 1."""
        if self._picture is not None:
            self.marks.show(self._picture.made[rows], self._picture.window)

    def light(self, made: np.ndarray | None, real: np.ndarray | None) -> None:
        """Light up what is selected, by masks over all points; None where nothing is."""
        if self._picture is not None:
            self.made.opacities, self.real.opacities = opacities(made, MADE).tolist(), opacities(real, REAL).tolist()

    def _caught(self, points: np.ndarray) -> None:
        if self._picture is None or points.max() >= len(self._picture.made) + len(self._picture.real):
            return      # drawn on a picture that has just been replaced
        limits.check("points", len(points))
        points, n = np.unique(points), len(self._picture.made)
        self._lassoed(points[points < n], points[points >= n] - n)
