"""The time trace: states of all trajectories as a ribbon, and one coordinate of the current trajectory against time."""
from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import bqplot as bq
import numpy as np

from mdexplore.base.words import minus
from mdexplore.panels.images import exchange
from mdexplore.panels.lasso import Range
from mdexplore.panels.panel import Panel
from mdexplore.panels.parts import ACCENT, EDGE, INK2, INK3, axis, box, choice, figure, icon, linear, png, set_class
from mdexplore.panels.projection_tools import Tools, modes
from mdexplore.pictures.coordinates import Coordinate, coordinates, values
from mdexplore.pictures.palette import state_css
from mdexplore.pictures.trace import Places, Ribbon, envelope, places, ribbon, ribbon_image, runs

# Heights in the figure, from 0 (bottom) to 1: ribbon above, selected frames between, curve below.
_TOP, _BOTTOM, _RUG = 1.0, 0.625, 0.6   # in the lowest panel the menu ends right below the rug
_HIGH, _LOW, _DOT = 0.44, 0.03, 0.004   # the menu of coordinates stands above the curve (theme.css)
_LINE = 0.04                          # a line of small text
_MARGIN = 0.135                       # of the width, left of time zero, for the numbers
_HELP = ("Above: the states of all trajectories, one row each, in the colour of the most frequent state, paler where states are mixed. "
         "Below: the current trajectory, least and greatest value in each pixel column. Click to show a frame.")


class TracePanel(Panel):
    """A coordinate or feature against time; clicks show a frame, a range selects frames of the current trajectory."""

    name = "trace"
    title = "Time trace"
    needs = ("projection",)
    wants = ("features", "coarse")

    def build(self) -> tuple[Sequence[Any], Sequence[Any]]:
        self._all: dict[str, Coordinate] = {}
        self._limits: dict[Coordinate, tuple[float, float]] = {}
        self._projection: Any = None
        self._ribbon: Ribbon | None = None
        self._trajectory, self._is_chosen = -1, False
        self._places: Places = places(self.session.data.lengths)
        self.duration = self._places.longest * self.session.unit.scale
        self._build_marks()
        self.range = Range(self.x_scale, self.gesture(self._ranged))
        self.mode = modes()
        self.tools = Tools(self.figure, {
            "point": ("Click: show the frame under the pointer", None),
            "range": ("Range: drag over a stretch of time to select its frames", self.range.selector),
        }, on_change=lambda tool: set_class(self.mode, "mdx-hidden", tool != "range"))
        self.before, self.after = icon("left", "Previous trajectory", "mdx-tool-before"), icon("right", "Next trajectory", "mdx-tool-after")
        self.before.on_click(self.gesture(lambda _: self._step(-1)))
        self.after.on_click(self.gesture(lambda _: self._step(1)))
        self.coordinate = choice(["IC 1"], None, "What is drawn against time", "mdx-y")
        self.coordinate.observe(self.gesture(lambda _: self._chose()), "value")
        self._head.tooltip = _HELP
        return [self.before, self.after, *self.tools.buttons.values(), self.mode], [self.figure, box([self.coordinate], "mdx-over-curve")]

    def _build_marks(self) -> None:
        unit, width = self.session.unit, self.duration
        self.x_scale, y_scale = linear(min=-_MARGIN * width, max=width), linear(min=0.0, max=1.02)   # room for the label of the first row
        scales = {"x": self.x_scale, "y": y_scale}
        clear = np.zeros((1, 1, 4), np.uint8)
        self.ribbon = bq.Image(image=png(clear), x=[0.0, width], y=[_BOTTOM, _TOP], scales=scales, pixelated=True)
        self.path = bq.Lines(x=[], y=[], scales=scales, colors=[EDGE], stroke_width=1, opacities=[0.45])
        self.bars = bq.Lines(x=[], y=[], scales=scales, stroke_width=1.3)
        self.rug = bq.Lines(x=[], y=[], scales=scales, colors=[ACCENT], stroke_width=4)
        self.now = bq.Lines(x=[0.0, 0.0], y=[0.0, _HIGH + 0.02], scales=scales, colors=[ACCENT], stroke_width=1.5)
        self.row = bq.Label(x=[0.0], y=[_TOP], text=[""], scales=scales, colors=[ACCENT], default_size=11, font_weight="bold", align="end", x_offset=-3, apply_clip=False)
        small = {"scales": scales, "default_size": 11, "font_weight": "normal", "align": "end", "x_offset": -6}
        small["apply_clip"] = False   # the number of a thin row, and in a low panel that of the lower end, stand on the edge of the plot
        self.rows = bq.Label(x=[], y=[], text=[], colors=[INK3], **small)
        small["y_offset"] = 4
        self.ends = bq.Label(x=[], y=[], text=[], colors=[INK3], **small)
        self.name_label = bq.Label(x=[], y=[], text=[], colors=[INK2], **small)
        # Nothing to see, but above everything: lines would swallow clicks that fall on them.
        self.pad = bq.Image(image=png(clear), x=[0.0, width], y=[0.0, _TOP], scales=scales)
        self.pad.on_element_click(self.gesture(self._clicked))
        time = axis(self.x_scale, f"time / {unit.name}", ticks=_ticks(width).tolist(), tick_format="~g")
        marks = [self.ribbon, self.path, self.bars, self.rug, self.now, self.row, self.rows, self.ends, self.name_label, self.pad]
        self.figure = figure(marks, [time], margin=(9, 22, 40, 12))   # right: half of the last number of the axis

    # -- drawing --------------------------------------------------------------------------------------------------------------------------

    def draw(self) -> None:
        """Draw what has changed; ribbon, curve and markers follow."""
        self._list_coordinates()
        projection = self.session.results["projection"]
        if projection is not self._projection:
            self._projection = projection
            self._limits.clear()
        coarse = self.session.results.get("coarse")
        self._ribbon = ribbon(self._places, self.session.states, () if coarse is None else coarse.colors)
        self._trajectory = -1             # the curve is drawn anew by show_current

    def show_selection(self) -> None:
        """Selected frames: in colour on the ribbon, as a rug over the curve."""
        selection = self.session.selection
        if self._ribbon is None:
            return
        mask = selection.mask if selection.n else None
        exchange(self.ribbon, _with_gaps(ribbon_image(self._ribbon, mask)))
        self._draw_rug(mask)

    def show_current(self) -> None:
        """The current frame as a line, its trajectory by a mark at its row."""
        trajectory, frame = self.session.current
        if trajectory != self._trajectory:
            self._trajectory = trajectory
            self._draw_curve()
            selection = self.session.selection
            self._draw_rug(selection.mask if selection.n else None)
        time = frame * self.session.unit.scale
        self.now.x = [time, time]

    def _list_coordinates(self) -> None:
        found = coordinates(self.session.results["projection"], self.session.results.get("features"))
        names = tuple(c.name for c in found)
        if self.coordinate.options == names:
            return
        self._all = {c.name: c for c in found}
        angle = next((c.name for c in found if c.period is not None), names[0])
        keep = self.coordinate.value if self._is_chosen and self.coordinate.value in names else angle
        self.coordinate.options = names
        self.coordinate.value = keep

    def _label_rows(self, trajectory: int) -> None:
        """Numbers of the first and last row, where they do not touch that of the current one."""
        n = self._places.n_trajectories
        height, thick = (_TOP - _BOTTOM) / n, _thickness(self._places.n_rows)
        middle = 0.5 * thick / (thick + 1) if thick else 0.5
        ends = [i for i in {0, n - 1} if abs(i - trajectory) * height > _LINE]
        with self.rows.hold_sync():
            self.rows.x, self.rows.y = [0.0] * len(ends), [_TOP - (i + middle) * height for i in ends]
            self.rows.text = [str(i) for i in ends]
        with self.row.hold_sync():
            self.row.y, self.row.text = [_TOP - (trajectory + middle) * height], [f"{trajectory} ▸"]

    def _draw_curve(self) -> None:
        session, trajectory = self.session, self.session.current[0]
        coordinate = self._all[self.coordinate.value]
        curve = values(coordinate, session.results["projection"], session.results.get("features"), trajectory)
        states, coarse = session.states, session.results.get("coarse")
        if states is not None and coarse is not None:
            states = session.data.index.split(states)[trajectory]
        colors = () if coarse is None else coarse.colors
        low, high = self._range_of(coordinate, curve)
        found = envelope(curve, states, len(colors), period=coordinate.period)
        time = session.unit.scale

        def place(v: np.ndarray) -> np.ndarray:
            return _LOW + (_HIGH - _LOW) / (high - low) * (v - low)

        with self.path.hold_sync():
            # A coordinate that winds round would draw a line across the panel at every turn.
            self.path.x, self.path.y = ([], []) if coordinate.period else (found.path_frame * time, place(np.nan_to_num(found.path, nan=low)))
        with self.bars.hold_sync():
            css = [*(state_css(c) for c in colors), state_css(-1) if colors else "var(--mdx-p2)"]
            turning = np.flatnonzero(np.isfinite(found.upper_low).any(axis=1))
            low_ends, high_ends = np.concatenate([found.low, found.upper_low[turning]]), np.concatenate([found.high, found.upper_high[turning]])
            self.bars.colors = [*css, *(css[k] for k in turning)]
            self.bars.x, self.bars.y = _bars(found.frame * time, place(low_ends) - _DOT, place(high_ends) + _DOT)
        self._label_curve(coordinate, low, high, trajectory)

    def _label_curve(self, coordinate: Coordinate, low: float, high: float, trajectory: int) -> None:
        unit = coordinate.unit if coordinate.period else ""
        with self.ends.hold_sync():
            self.ends.x, self.ends.y = [0.0, 0.0], [_LOW, _HIGH]
            self.ends.text = [_say(v, unit) for v in (low, high)]
        with self.name_label.hold_sync():
            self.name_label.x, self.name_label.y = [0.0], [(_LOW + _HIGH) / 2]
            self.name_label.text = [_short(coordinate)]
        self._label_rows(trajectory)
        self.say(f"trajectory {trajectory}")

    def _range_of(self, coordinate: Coordinate, curve: np.ndarray) -> tuple[float, float]:
        """Ends of the vertical axis: of all trajectories where that is cheap, else of those seen so far, so that they can be compared."""
        if coordinate.period is not None:
            return -coordinate.period / 2, coordinate.period / 2
        if coordinate.source == "projection" and coordinate not in self._limits:
            curve = values(coordinate, self.session.results["projection"], None)
        finite = curve[np.isfinite(curve)]
        if len(finite):
            low, high = float(finite.min()), float(finite.max())
            seen = self._limits.get(coordinate, (low, high))
            self._limits[coordinate] = (min(low, seen[0]), max(high, seen[1]))
        low, high = self._limits.get(coordinate, (0.0, 1.0))
        return (low, high) if high > low else (low - 0.5, high + 0.5)

    def _draw_rug(self, mask: np.ndarray | None) -> None:
        x, y = np.zeros(0), np.zeros(0)
        if mask is not None:
            found = runs(self.session.data.index.split(mask)[self.session.current[0]]) * self.session.unit.scale
            if len(found):
                x = found[:, [0, 1, 1]].ravel()
                y = np.tile([_RUG, _RUG, np.nan], len(found))
                y[-1] = _RUG              # bqplot hangs a hidden label on the last vertex: it must be finite
        with self.rug.hold_sync():
            self.rug.x, self.rug.y = x, y

    # -- gestures --------------------------------------------------------------------------------------------------------------------------

    def _chose(self) -> None:
        self._is_chosen = True
        self._guarded(self._draw_curve)

    def _clicked(self, mark: Any, message: dict[str, Any]) -> None:
        at = message.get("data", {})
        if self.tools.in_use != "point" or "click_x" not in at:
            return
        x, y = float(at["click_x"]), float(at["click_y"])
        on_ribbon = y >= _BOTTOM
        trajectory = self._places.trajectory((_TOP - y) / (_TOP - _BOTTOM)) if on_ribbon else self.session.current[0]
        self._show(trajectory, round(x / self.session.unit.scale))

    def _step(self, by: int) -> None:
        trajectory, frame = self.session.current
        n, lengths = len(self.session.data.lengths), self.session.data.lengths
        wanted = (trajectory + by) % n
        while lengths[wanted] == 0:
            wanted = (wanted + by) % n
        self._show(wanted, frame)

    def _show(self, trajectory: int, frame: int) -> None:
        length = self.session.data.lengths[trajectory]
        if length:
            self.session.show_frame(trajectory, min(max(frame, 0), length - 1))

    def _ranged(self, x0: float, x1: float) -> None:
        session = self.session
        trajectory, scale = session.current[0], session.unit.scale
        length = session.data.lengths[trajectory]
        first, last = max(int(np.ceil(x0 / scale)), 0), min(int(np.floor(x1 / scale)), length - 1)
        if first > last:
            return
        mask = np.zeros(session.data.n_frames, bool)
        start = session.data.index.number(trajectory, 0)
        mask[start + first:start + last + 1] = True
        unit = session.unit.name
        session.select(mask, source=self.name, how=f"{first * scale:.4g} to {last * scale:.4g} {unit} of trajectory {trajectory}", mode=self.mode.value)


def _bars(time: np.ndarray, low: np.ndarray, high: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """A vertical stroke for each column and row, NaN between; shapes (n_rows, 3 * n_columns + 1)."""
    x = np.tile(np.append(np.repeat(time, 3), time[-1]), (len(low), 1))
    y = np.stack([low, high, np.full(low.shape, np.nan)], axis=2).reshape(len(low), -1)
    # bqplot hangs a hidden label on the last vertex, which must be finite; after a NaN it draws no line.
    return x, np.pad(y, ((0, 0), (0, 1)), constant_values=(_LOW + _HIGH) / 2)


def _thickness(n_rows: int) -> int:
    """How many times as thick as the gap below it a row is; 0 where there is no room for gaps."""
    return 0 if n_rows > 48 else 3 if n_rows > 8 else 12


def _with_gaps(rows: np.ndarray) -> np.ndarray:
    n, thick = len(rows), _thickness(len(rows))
    if not thick:
        return rows
    spaced = np.zeros((n, thick + 1, *rows.shape[1:]), np.uint8)
    spaced[:, :thick] = rows[:, None]
    return spaced.reshape(n * (thick + 1), *rows.shape[1:])


def _say(value: float, unit: str) -> str:
    """At most six characters where that is possible: there is no more room beside the axis."""
    digits = f"{value:.3g}" if unit else f"{value:.2g}"
    return minus(f"{digits}{unit}")


def _short(coordinate: Coordinate) -> str:
    """What fits beside the axis; the drop-down has the full name."""
    name = coordinate.name.split(" ")[0] if coordinate.period else coordinate.name
    return name if len(name) <= 6 else coordinate.unit or "value"


def _ticks(duration: float) -> np.ndarray:
    """Four to eight round numbers from 0."""
    rough = duration / 5
    power = 10.0 ** np.floor(np.log10(rough))
    step = next(m * power for m in (1, 2, 5, 10) if m * power >= rough * 0.999)
    return np.arange(0, duration + step * 1e-6, step)
