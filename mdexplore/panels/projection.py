"""The projection: where all frames lie in two coordinates, to look at and to select from."""
from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import astuple
from typing import Any

import bqplot as bq
import numpy as np

from mdexplore.base import limits
from mdexplore.base.words import minus
from mdexplore.methods.deep.forming import Forming
from mdexplore.panels.exact_colors import ExactColors
from mdexplore.panels.images import exchange
from mdexplore.panels.lasso import Box, Lasso, pan_zoom
from mdexplore.panels.later import Later
from mdexplore.panels.legend import Legend
from mdexplore.panels.panel import Panel
from mdexplore.panels.parts import (
    ACCENT,
    INK,
    SURFACE,
    axis,
    box,
    choice,
    classed,
    figure,
    icon,
    linear,
    markup,
    png,
    set_class,
)
from mdexplore.panels.projection_tools import Tools, modes
from mdexplore.pictures.cells import Grid, Window
from mdexplore.pictures.coordinates import Coordinate, coordinates
from mdexplore.pictures.density import emptiest_corner, image, place_of_key, state_labels
from mdexplore.pictures.forming import sketch
from mdexplore.pictures.projection import COLORINGS, COMMITTOR, Painting, Plane, colorings, paint, plane

_ANGLE_TICKS = np.arange(-180.0, 181.0, 60.0)


class ProjectionPanel(Panel):
    """Density of all frames over two coordinates, coloured by states, microstates, density, free energy, committor, time or any coordinate,
    and by the exact answers of a model system.

    Lasso, box and click select or show frames; zooming bins the visible part anew, so what is drawn and selected stays exact. While a network
    is trained, what it makes of a sample of frames is drawn over the coordinates last shown; before there are any, over two features.
    """

    name = "projection"
    title = "Projection"
    needs = ("projection",)
    wants = ("features", "clustering", "kinetics", "coarse", "flux")

    def build(self) -> tuple[Sequence[Any], Sequence[Any]]:
        self._plane: Plane | None = None
        self._grid: Grid | None = None
        self._painting: Painting | None = None
        self._of_states: np.ndarray | None = None
        self._all: dict[str, Coordinate] = {}
        self._read: tuple[Any, ...] = ()
        self._forming: Forming | None = None
        self._before_flux: str | None = None   # colours that the committor of a flux has taken the place of
        self._wanted: dict[str, str] = {}    # what was chosen by name, to be taken up again when other features have come and gone
        self.x_scale, self.y_scale = linear(min=0.0, max=1.0), linear(min=0.0, max=1.0)
        self._build_marks()
        self.lasso = Lasso(self.cells, self.gesture(self._lassoed))
        self.box = Box(self.x_scale, self.y_scale, self.gesture(self._boxed))
        self.pan_zoom = pan_zoom(self.x_scale, self.y_scale)
        self._later = Later(lambda: self._guarded(self._show_window))
        for scale in (self.x_scale, self.y_scale):
            scale.observe(self.gesture(lambda _: self._later.call()), ["min", "max"])
        self.image.on_element_click(self.gesture(self._clicked))
        self.tools = Tools(self.figure, {
            "lasso": ("Lasso: draw a loop around frames to select them", self.lasso.selector),
            "box": ("Box: draw a rectangle around frames to select them", self.box.selector),
            "point": ("Click: show the nearest frame", None),
            "zoom": ("Zoom with the wheel, drag to move; the picture gets finer", self.pan_zoom),
        })
        self.home = icon("home", "Show everything", "mdx-tool-home")
        self.home.on_click(self.gesture(lambda _: self._go_home()))
        forget = self.gesture(lambda _: self.session.select(None, source=self.name, how="cleared"))
        self.clear = icon("clear", "Clear the selection", "mdx-tool-clear")
        self.clear.on_click(forget)
        self.mode = modes()
        self.legend = Legend(forget)
        self.key = self.legend.text
        self.session.observe(lambda _: self._training_changed(), "previews")
        self.exact = ExactColors(self.session, lambda: self._guarded(self._recolor))
        self.opener = icon("bars", "What a coordinate is made of, and a movie along it", "mdx-tool-coordinate", "mdx-hidden")   # shown by a layout that has such a panel
        return [self.mode, *self.tools.buttons.values(), self.home, self.clear, self.opener], [self.figure, self._build_choices(), self.legend.widget]

    def _build_marks(self) -> None:
        scales = {"x": self.x_scale, "y": self.y_scale}
        self.image = bq.Image(image=png(np.zeros((1, 1, 4), np.uint8)), x=[0.0, 1.0], y=[0.0, 1.0], scales=scales)
        # One transparent mark with a vertex a cell: what the lasso can catch, however many frames there are.
        self.cells = bq.Lines(x=[], y=[], scales=scales, opacities=[0], stroke_width=0)
        self.marker = bq.Scatter(x=[], y=[], scales=scales, colors=[ACCENT], stroke=SURFACE, default_size=70)
        self.labels = bq.Label(x=[], y=[], text=[], scales=scales, colors=[INK], default_size=13, font_weight="bold", align="middle", y_offset=5)
        # Left to itself, bqplot 0.12.45 keeps the whole numbers of angles for the coordinate that follows.
        self.x_axis, self.y_axis = axis(self.x_scale, tick_format="~g"), axis(self.y_scale, vertical=True, tick_format="~g")
        self.figure = figure([self.image, self.cells, self.marker, self.labels], [self.x_axis, self.y_axis], margin=(34, 14, 40, 52))

    def _build_choices(self) -> Any:
        self.x, self.y = choice(["IC 1"], None, "Horizontal axis", "mdx-x"), choice(["IC 1"], None, "Vertical axis", "mdx-y")
        self.coloring = choice(COLORINGS, "states", "What the colours show", "mdx-coloring")
        for name, draw in (("x", self._draw_all), ("y", self._draw_all), ("coloring", self._recolor)):
            self._choices()[name].observe(self.gesture(lambda change, name=name, draw=draw: self._choose(name, change["new"], draw)), "value")
        words = [classed(markup(text), "mdx-word") for text in ("x", "y", "colour")]
        return box([words[0], self.x, words[1], self.y, words[2], self.coloring], "mdx-axes")

    # -- drawing --------------------------------------------------------------------------------------------------------------------------

    def draw(self) -> None:
        """Draw what has changed: other coordinates are read anew and shown whole, everything else keeps the window."""
        results = self.session.results
        self._list_coordinates()
        self._follow_flux()
        x, y = self._all[self.x.value], self._all[self.y.value]
        features = results.get("features") if "features" in (x.source, y.source) else None
        self._lay_out(x, y, features)
        self._color()

    def _lay_out(self, x: Coordinate, y: Coordinate, features: Any) -> None:
        """Read two coordinates and show all of them, unless they are those that are there."""
        results = self.session.results
        read = (x, y, results.get("projection"), features)
        if len(read) != len(self._read) or any(a is not b and a != b for a, b in zip(read, self._read)):
            self._read, self._plane = read, plane(x, y, results)
            self.x_axis.label, self.y_axis.label = x.label, y.label
            self._show(self._plane.home)

    def _training_changed(self) -> None:
        """Draw what a network in training shows; the last good picture, or none, when it shows nothing any more."""
        before, self._forming = self._forming, self.session.previews.get("projection")
        if self._forming is before or not (self.is_ready or "features" in self.session.results):
            return
        self._draw_safely(self._draw_training)

    def _draw_training(self) -> None:
        set_class(self.widget, "mdx-preview", self._forming is not None)
        if self.is_ready:
            self._recolor()
        elif self._forming is not None:
            features = self.session.results["features"]
            found = coordinates(None, features)
            self._lay_out(found[0], found[min(1, len(found) - 1)], features)
            self._recolor()

    def show_selection(self) -> None:
        """Selected cells keep their colours, all others turn grey."""
        if self._grid is None or self._painting is None:
            return
        selection = self.session.selection
        self.legend.say_grey(selection.n > 0)
        exchange(self.image, image(self._painting.layer, self._grid, selection.mask if selection.n else None))

    def show_current(self) -> None:
        """Mark where the current frame lies, where it is in sight."""
        if self._plane is None or self._grid is None:
            return
        number = self.session.data.index.number(*self.session.current)
        x, y, w = float(self._plane.xs[number]), float(self._plane.ys[number]), self._grid.window
        in_sight = w.x0 <= x <= w.x1 and w.y0 <= y <= w.y1
        with self.marker.hold_sync():
            self.marker.x, self.marker.y = ([x], [y]) if in_sight else ([], [])

    def view(self) -> dict[str, Any]:
        """With the part that is zoomed to."""
        grid, plane = self._grid, self._plane
        zoomed = grid is not None and plane is not None and grid.window != plane.home
        return {**super().view(), **self._wanted, **({"window": astuple(grid.window)} if zoomed and grid is not None else {})}

    def take_up(self, wished: dict[str, Any]) -> None:
        """Zoom to where it was; names that are not there yet are waited for."""
        named = {name: wished[name] for name in ("x", "y", "coloring") if isinstance(wished.get(name), str)}
        self._wanted.update(named)
        if "window" not in wished or any(self._choices()[name].value != named[name] for name in ("x", "y") if name in named):
            return
        window = Window(*map(float, wished["window"]))
        if not (np.isfinite(astuple(window)).all() and window.x0 < window.x1 and window.y0 < window.y1):
            return
        with self.drawing():
            self._show(window)
            self._recolor()
            self.show_current()

    def _list_coordinates(self) -> None:
        found = coordinates(self.session.results["projection"], self.session.results.get("features"))
        names = tuple(c.name for c in found)
        self._all = {c.name: c for c in found}
        colors = (*colorings(self.session.results), *self.exact.names, *names)
        for name, options, default in (("x", names, names[0]), ("y", names, names[min(1, len(names) - 1)]), ("coloring", colors, "states")):
            chosen, wanted = self._choices()[name], self._wanted.get(name)
            if chosen.options != options:
                chosen.options = options
                chosen.value = wanted if wanted in options else default

    def _follow_flux(self) -> None:
        """Paint the committor when a flux comes, and what was painted before when it goes, unless another colour was chosen meanwhile."""
        is_chosen = self.session.ends is not None
        if is_chosen and "flux" in self.session.results and self._before_flux is None:
            self._before_flux, self.coloring.value = self.coloring.value, COMMITTOR
        elif not is_chosen and self._before_flux is not None:
            back, self._before_flux = self._before_flux, None
            if self.coloring.value == COMMITTOR and back in self.coloring.options:
                self.coloring.value = back

    def _choose(self, name: str, wanted: str, draw: Callable[[], None]) -> None:
        self._wanted[name] = wanted
        self.exact.try_again()
        self._guarded(draw)

    def _show(self, window: Window) -> None:
        """Cut a window into cells and set the axes to it."""
        if self._plane is None:
            return
        self._grid = cells = self._plane.grid(window)
        with self.x_scale.hold_sync(), self.y_scale.hold_sync():
            self.x_scale.min, self.x_scale.max = window.x0, window.x1
            self.y_scale.min, self.y_scale.max = window.y0, window.y1
        whole = window == self._plane.home
        for drawn, coordinate in ((self.x_axis, self._plane.x), (self.y_axis, self._plane.y)):
            drawn.tick_values = _ANGLE_TICKS if coordinate.period is not None and whole else None
        with self.cells.hold_sync():
            self.cells.x, self.cells.y = cells.centers[:, 0], cells.centers[:, 1]
        with self.image.hold_sync():
            self.image.x, self.image.y = [window.x0, window.x1], [window.y0, window.y1]

    def _color(self) -> None:
        """Colours, numbers of the states and the key of the cells that are there."""
        cells, session = self._grid, self.session
        if cells is None:
            return
        states, coarse = session.states, session.results.get("coarse")
        if self._forming is not None and self._plane is not None:
            self.say("preview")
            self._of_states = None
            self._painting = sketch(self._forming, self._plane, cells, states, () if coarse is None else coarse.colors)
        else:
            self.say(session.results["projection"].title)
            self._of_states = None if states is None or coarse is None else cells.count_labels(states, coarse.n_states)
            self._painting = self._paint(cells)
        labels = () if self._of_states is None else state_labels(cells, self._of_states)
        with self.labels.hold_sync():
            self.labels.x, self.labels.y = [at.x for at in labels], [at.y for at in labels]
            self.labels.text = [str(at.state + 1) for at in labels]
        self.legend.show(self._painting.layer.key, self._painting.note, place_of_key(cells) if self._painting.layer.key else emptiest_corner(cells))

    def _paint(self, cells: Grid) -> Painting:
        if self.coloring.value in self.exact.names:
            return self.exact.paint(self.coloring.value, cells)
        return paint(self.coloring.value, cells, self.session.results, self.session.data.index, self.session.unit, self._of_states)

    def _recolor(self) -> None:
        self._color()
        self.show_selection()

    def _show_window(self) -> None:
        """Bin the part that is in sight anew, after zooming or moving."""
        limits = self.x_scale.min, self.x_scale.max, self.y_scale.min, self.y_scale.max
        if self._plane is None or any(v is None or not np.isfinite(v) for v in limits) or limits[0] == limits[1] or limits[2] == limits[3]:
            return
        window = Window(*map(float, limits))
        if self._grid is not None and self._grid.window == window:
            return
        self._show(window)
        self._recolor()
        self.show_current()

    # -- gestures --------------------------------------------------------------------------------------------------------------------------

    def _go_home(self) -> None:
        self._later.cancel()
        if self._plane is None:
            return
        with self.drawing():
            self._show(self._plane.home)
            self._recolor()
            self.show_current()

    def _lassoed(self, points: np.ndarray) -> None:
        if self._grid is None or points.max() >= len(self._grid.occupied):
            return      # drawn on a picture that has just been replaced
        limits.check("points", len(points))
        chosen = self._grid.occupied[points]
        self._select(self._grid.mask(chosen), f"lasso over {len(chosen)} cell{'s' if len(chosen) > 1 else ''} of {self._names()}")

    def _names(self) -> str:
        return "" if self._plane is None else f"{self._plane.x.name} and {self._plane.y.name}"

    def _boxed(self, x0: float, x1: float, y0: float, y1: float) -> None:
        if self._plane is not None:
            self._select(self._plane.box(x0, x1, y0, y1), minus(f"box {x0:.3g} to {x1:.3g} of {self._plane.x.name}, {y0:.3g} to {y1:.3g} of {self._plane.y.name}"))

    def _select(self, mask: np.ndarray, how: str) -> None:
        if self.mode.value != "replace" or mask.any():
            self.session.select(mask, source=self.name, how=how, mode=self.mode.value)

    def _clicked(self, mark: Any, message: dict[str, Any]) -> None:
        at = message.get("data", {})
        if self.tools.in_use != "point" or self._plane is None or self._grid is None or "click_x" not in at:
            return
        number = self._plane.nearest(float(at["click_x"]), float(at["click_y"]), self._grid.window)
        self.session.show_frame(*self.session.data.index.pair(number))
