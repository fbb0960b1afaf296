"""One of two maps of all frames: its picture with the selection in focus, a lasso, and a click on a state."""
from __future__ import annotations

from collections.abc import Callable
from typing import Any

import bqplot as bq
import numpy as np

from mdexplore.base import limits
from mdexplore.panels.images import exchange
from mdexplore.panels.lasso import Lasso
from mdexplore.panels.parts import ACCENT, INK, SURFACE, axis, box, figure, linear, png
from mdexplore.pictures.density import image
from mdexplore.pictures.sides import SidePicture


class SideMap:
    """All frames on the coordinates of one model.

    Parameters
    ----------
    menu : ipywidgets.Widget
        Stands above: which model it is.
    lassoed : callable
        Takes the frames in a loop, shape (n_frames,), bool, and in words what was done.
    clicked : callable
        Takes the running number of the frame that lies nearest to a click.

    Attributes
    ----------
    widget : ipywidgets.Box
    figure : bqplot.Figure
    lasso : Lasso
    """

    def __init__(self, menu: Any, lassoed: Callable[[np.ndarray, str], None], clicked: Callable[[int], None]) -> None:
        self._x, self._y = linear(min=0.0, max=1.0), linear(min=0.0, max=1.0)
        scales = {"x": self._x, "y": self._y}
        self.image = bq.Image(image=png(np.zeros((1, 1, 4), np.uint8)), x=[0.0, 1.0], y=[0.0, 1.0], scales=scales)
        # As in the projection: one vertex a cell is what the lasso can catch, however many frames there are.
        self.cells = bq.Lines(x=[], y=[], scales=scales, opacities=[0], stroke_width=0)
        self._here = bq.Scatter(x=[], y=[], scales=scales, colors=[ACCENT], stroke=SURFACE, default_size=56)
        self._numbers = bq.Label(x=[], y=[], text=[], scales=scales, colors=[INK], default_size=12, font_weight="bold", align="middle", y_offset=5)
        self._axes = axis(self._x, num_ticks=0), axis(self._y, vertical=True, num_ticks=0)
        self.figure = figure([self.image, self.cells, self._here, self._numbers], list(self._axes), margin=(4, 4, 20, 20))
        for drawn in self._axes:
            drawn.label_offset = "10px"
        self.lasso = Lasso(self.cells, self._lassoed)
        self.image.on_element_click(self._clicked)
        self.widget = box([menu, self.figure], "mdx-side")
        self._caught, self._hit = lassoed, clicked
        self._picture: SidePicture | None = None

    def show(self, picture: SidePicture) -> None:
        """Draw a model; the selection is drawn by `select`."""
        self._picture = picture
        window, centers = picture.cells.window, picture.cells.centers
        with self._x.hold_sync(), self._y.hold_sync():
            self._x.min, self._x.max, self._y.min, self._y.max = window.x0, window.x1, window.y0, window.y1
        with self.cells.hold_sync():
            self.cells.x, self.cells.y = centers[:, 0], centers[:, 1]
        with self.image.hold_sync():
            self.image.x, self.image.y = [window.x0, window.x1], [window.y0, window.y1]
        with self._numbers.hold_sync():
            self._numbers.x, self._numbers.y = [at.x for at in picture.labels], [at.y for at in picture.labels]
            self._numbers.text = [str(at.state + 1) for at in picture.labels]
        for drawn, coordinate in zip(self._axes, (picture.plane.x, picture.plane.y)):
            drawn.label = coordinate.label

    def select(self, mask: np.ndarray | None) -> None:
        """Put some frames into focus; None shows all colours."""
        if self._picture is not None:
            exchange(self.image, image(self._picture.layer, self._picture.cells, mask))

    def mark(self, number: int) -> None:
        """Mark a frame by its running number, where it is in sight."""
        if self._picture is None:
            return
        x, y, w = float(self._picture.plane.xs[number]), float(self._picture.plane.ys[number]), self._picture.cells.window
        in_sight = w.x0 <= x <= w.x1 and w.y0 <= y <= w.y1
        with self._here.hold_sync():
            self._here.x, self._here.y = ([x], [y]) if in_sight else ([], [])

    def use(self, tool: str) -> None:
        """Take the lasso in hand, or only clicks."""
        wanted = self.lasso.selector if tool == "lasso" else None
        if self.figure.interaction is not wanted:
            self.figure.interaction = wanted

    def _lassoed(self, points: np.ndarray) -> None:
        if self._picture is None or points.max() >= len(self._picture.cells.occupied):
            return      # drawn on a picture that has just been replaced
        limits.check("points", len(points))
        chosen, plane = self._picture.cells.occupied[points], self._picture.plane
        self._caught(self._picture.cells.mask(chosen), f"lasso over {len(chosen)} cell{'s' if len(chosen) > 1 else ''} of {plane.x.name} and {plane.y.name}")

    def _clicked(self, mark: Any, message: dict[str, Any]) -> None:
        at = message.get("data", {})
        if self._picture is not None and self.figure.interaction is None and "click_x" in at:
            self._hit(self._picture.plane.nearest(float(at["click_x"]), float(at["click_y"]), self._picture.cells.window))
