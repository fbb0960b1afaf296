"""A small map of all frames with numbered marks; a click on a mark means its row."""
from __future__ import annotations

from collections.abc import Callable
from typing import Any

import bqplot as bq
import numpy as np

from mdexplore.methods.results import Projection
from mdexplore.panels.forms import reveal
from mdexplore.panels.images import exchange
from mdexplore.panels.parts import ACCENT, INK, SURFACE, axis, box, figure, linear, png
from mdexplore.pictures import small_map as pictures
from mdexplore.pictures.cells import Window

HEADROOM = 0.12   # for numbers over the highest marks: what leaves the axes is cut off


class Marks:
    """Numbered marks of the rows of a list, with a ring around the one that is looked at.

    Parameters
    ----------
    scales : dict
        Of x and y.
    """

    def __init__(self, scales: dict[str, Any]) -> None:
        self.rows = bq.Scatter(x=[], y=[], scales=scales, colors=[INK], stroke=SURFACE, default_size=42)
        self.here = bq.Scatter(x=[], y=[], scales=scales, colors=[ACCENT], stroke=SURFACE, default_size=64)
        self.numbers = bq.Label(x=[], y=[], text=[], scales=scales, colors=[INK], default_size=11, font_weight="bold", align="middle", y_offset=-6)
        self.marks = (self.rows, self.here, self.numbers)
        self._places = np.zeros((0, 2))

    def __len__(self) -> int:
        return len(self._places)

    def show(self, places: np.ndarray, window: Window) -> None:
        """Draw marks at places, shape (n, 2), numbered from 1 where the number can be read."""
        self._places = places
        # The first is drawn last: of frames that lie on each other it is the one that counts.
        with self.rows.hold_sync():
            self.rows.x, self.rows.y = places[::-1, 0], places[::-1, 1]
        free = pictures.numbered(places, window)
        with self.numbers.hold_sync():
            self.numbers.x, self.numbers.y = places[free, 0], places[free, 1]
            self.numbers.text = [str(k + 1) for k in free]

    def mark(self, place: int | None) -> None:
        """Ring the mark of one row; None rings none."""
        at = self._places[:0] if place is None else self._places[place:place + 1]
        with self.here.hold_sync():
            self.here.x, self.here.y = at[:, 0], at[:, 1]


class SmallMap:
    """Where the frames of a list lie on the first two coordinates.

    Parameters
    ----------
    chosen : callable
        Called with the place in the list of a mark that was clicked.
    """

    def __init__(self, chosen: Callable[[int], None]) -> None:
        self._x, self._y = linear(min=0.0, max=1.0), linear(min=0.0, max=1.0)
        scales = {"x": self._x, "y": self._y}
        self._image = bq.Image(image=png(np.zeros((1, 1, 4), np.uint8)), x=[0.0, 1.0], y=[0.0, 1.0], scales=scales)
        self._listed = Marks(scales)
        self.marks = self._listed.rows
        self.marks.on_element_click(lambda mark, event: self._clicked(event))
        self._axes = axis(self._x, num_ticks=0), axis(self._y, vertical=True, num_ticks=0)
        self._figure = figure([self._image, *self._listed.marks], list(self._axes), margin=(2, 4, 20, 20))
        for drawn in self._axes:
            drawn.label_offset = "10px"
        self.widget = box([self._figure], "mdx-small-map")   # a figure that is made without a size complains
        self._chosen = chosen
        self._projection: Projection | None = None
        self._window: Window | None = None

    def show(self, projection: Projection, frames: tuple[tuple[int, int], ...]) -> None:
        """Draw the map, where it is another one, and mark frames by their place in the list, counted from 1."""
        if projection is not self._projection:
            self._projection = projection
            drawn = pictures.small_map(projection)
            self._window = None if drawn is None else drawn.window
            reveal(self.widget, drawn is not None)
            if drawn is not None:
                self._draw(drawn)
        if self._window is None:
            return
        self._listed.show(pictures.places(projection, frames), self._window)

    def mark(self, place: int | None) -> None:
        """Ring the mark of one row; None rings none."""
        self._listed.mark(place)

    def _draw(self, drawn: pictures.SmallMap) -> None:
        window = drawn.window
        with self._x.hold_sync(), self._y.hold_sync():
            self._x.min, self._x.max, self._y.min, self._y.max = window.x0, window.x1, window.y0, window.y1 + HEADROOM * window.height
        with self._image.hold_sync():
            self._image.x, self._image.y = [window.x0, window.x1], [window.y0, window.y1]
        exchange(self._image, drawn.rgba)
        for on, name in zip(self._axes, drawn.names):
            on.label = name

    def _clicked(self, event: dict[str, Any]) -> None:
        index = event.get("data", {}).get("index")
        if isinstance(index, int) and 0 <= index < len(self._listed):
            self._chosen(len(self._listed) - 1 - index)
