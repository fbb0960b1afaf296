"""Windows put together, as the panel of ensembles shows them: the form, the map of overlaps, where a window is wanted, and free energies with bars."""
from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import bqplot as bq
import ipywidgets as w
import numpy as np

from mdexplore.base.words import minus
from mdexplore.panels.forms import Saying, reveal, set_text
from mdexplore.panels.parts import (
    ACCENT,
    INK,
    SURFACE,
    axis,
    box,
    escape,
    figure,
    fill,
    linear,
    make,
    markup,
    place,
    set_class,
)
from mdexplore.pictures.ensembles import Cell, WindowsPicture, windows_picture
from mdexplore.session.ensemble_jobs import FILES, WindowsFound, WindowsWanted, files_wanted, system_wanted

METHODS = (("MBAR", "MBAR"), ("TRAM, with transitions", "TRAM"))
SIDE, LARGEST, MARGIN = 240, 30, 18   # of the map, of a cell, for its numbers: pixels
FULL = 0.85                           # opacity of an overlap of 1: numbers on it are still read in both themes
HINT = "Dots: free energy against no bias{}. The mouse on a dot tells its numbers."
LINKED = " A click selects the frames of its window."
USE, TAKEN = "Use as the model", "This is the model"
TICK = 0.3                            # half the length of a line that marks an exact value, in windows


class WindowsView:
    """The form and what comes of it.

    Parameters
    ----------
    systems : sequence of (title, name)
        That can be simulated; the first is chosen.
    asked : callable
        Called when the form says something else.
    gesture : callable
        Wraps handlers (`mdexplore.panels.panel.Panel.gesture`).
    chosen : callable
        Called with the place of a window that was clicked.
    start_shown : callable
        Called when the user wants to see where another window should start.
    taken : callable
        Called when TRAM is to be the model of the page.
    """

    def __init__(self, systems: Sequence[tuple[str, str]], asked: Callable[[], None], gesture: Callable[..., Any], chosen: Callable[[int], None], start_shown: Callable[[], None], taken: Callable[[], None]) -> None:
        self._picture: WindowsPicture | None = None
        self.source = make(w.Dropdown, description="Ensembles", options=[*systems, ("from files of bias energies", FILES)], tooltip="Files of your own, or umbrella windows over a model system, simulated here")
        self.method = make(w.Dropdown, description="Method", options=METHODS, tooltip="MBAR uses weights of frames alone; TRAM also the transitions between microstates")
        self.files = _field("Files", "bias-*.npy", "One file for each trajectory, with a row a frame and a column a window: a pattern, or names with commas between them")
        self.kT = _field("kT", "in the unit of the files", "In the unit of the files, such as 2.494 for kJ/mol at 300 K; 1 where they are in kT", "1")
        self.unit = markup("kT in the unit of the files: 1 where they are in kT, 2.494 for kJ/mol at 300 K", "mdx-note")
        self.windows = _field("Windows", "1 2 3 …", "The window of each file, where file 1 is not of window 1, and so on")
        self.centers = _field("Centres", "automatic", "Centres of the umbrellas on the first coordinate, with blanks between them")
        self.stiffness = _field("Stiffness", "automatic, kT per length²", "Of the umbrellas, kT per length squared: k/2 (x - centre)²")
        self.missing = markup("Name the files of bias energies, one for each trajectory with a row a frame and a column a window.", "mdx-note")
        self.texts = {"files": self.files, "kT": self.kT, "windows": self.windows, "centers": self.centers, "stiffness": self.stiffness}
        for field in (self.source, self.method, *self.texts.values()):
            field.observe(gesture(lambda change: asked()), "value")
        self.form = box([self.source, self.method, self.files, self.kT, self.unit, self.windows, self.centers, self.stiffness, self.missing], "mdx-form")
        self.outcome = box(self._make_outcome(gesture, chosen, start_shown, taken), "mdx-outcome", "mdx-en-outcome")

    def _make_outcome(self, gesture: Callable[..., Any], chosen: Callable[[int], None], start_shown: Callable[[], None], taken: Callable[[], None]) -> list[Any]:
        self.map, self.gap = markup("", "mdx-en-map"), markup("", "mdx-note")
        self.add = make(w.Button, "mdx-quiet-button", tooltip="Simulate it too, and see what becomes of the overlap")
        self.add.on_click(gesture(lambda button: self._add()))
        self.start = make(w.Button, "mdx-quiet-button", description="Show where it should start", tooltip="The frame of these two windows that is nearest to being at home in both")
        self.start.on_click(gesture(lambda button: start_shown()))
        self.take = make(w.Button, "mdx-quiet-button", description=USE, tooltip="Timescales, test, states and fluxes follow: of the window without bias, with the weights of all frames")
        self.take.on_click(gesture(lambda button: taken()))
        self._told, self._warned = markup("", "mdx-note"), Saying("mdx-ex-warn")
        self._x, self._y = linear(min=0.5, max=1.5), linear(min=0.0, max=1.0)
        plain: dict[str, Any] = {"scales": {"x": self._x, "y": self._y}, "x": [], "y": []}
        self._bars = bq.Lines(colors=[INK], stroke_width=1.4, **plain)
        self._exact = bq.Lines(colors=[ACCENT], stroke_width=1.6, **plain)
        self.dots = bq.Scatter(colors=[INK], stroke=SURFACE, default_size=30, **plain)
        self.dots.on_hover(gesture(lambda _, event: self._on_dot(event, self._tell)))
        self.dots.on_element_click(gesture(lambda _, event: self._on_dot(event, chosen)))
        self._x_axis, self._y_axis = axis(self._x, "window", tick_format="d"), axis(self._y, "free energy / kT", vertical=True, tick_format="~g")
        self._figure = figure([self._bars, self._exact, self.dots], [self._x_axis, self._y_axis], margin=(8, 10, 40, 50))
        return [self.map, self.gap, box([self.add, self.start, self.take], "mdx-adder"), self._figure, self._told, self._warned.widget]

    def arrange(self) -> None:
        """Show the fields that belong to the source."""
        is_files = self.source.value == FILES
        for field in (self.files, self.kT, self.unit, self.windows):
            reveal(field, is_files)
        for field in (self.centers, self.stiffness):
            reveal(field, not is_files)
        reveal(self.missing, self.lacks_files)

    @property
    def lacks_files(self) -> bool:
        """Whether files are wanted that nobody has named yet."""
        return self.source.value == FILES and not self.files.value.strip()

    def wanted(self) -> WindowsWanted:
        """The question of the form; raises `UserError` where it cannot be read."""
        if self.source.value == FILES:
            return files_wanted(self.method.value, self.files.value, self.kT.value, self.windows.value)
        return system_wanted(self.source.value, self.method.value, self.centers.value, self.stiffness.value)

    def show(self, found: WindowsFound) -> None:
        """Draw what has come."""
        self._found = found
        picture = self._picture = windows_picture(found)
        if found.centers is not None and found.stiffness is not None:
            self.centers.placeholder, self.stiffness.placeholder = _automatic(found.centers), f"automatic: {found.stiffness:g} kT per length²"
        set_text(self.map, _map(picture))
        set_text(self.gap, escape(picture.gap_text))
        reveal(self.add, picture.center is not None)
        self.add.description = "" if picture.center is None else minus(f"Add a window at {picture.center:.12g}")
        reveal(self.start, found.start is not None)
        reveal(self.take, found.is_model)
        set_class(self.outcome, "mdx-en-none", not picture.energies)
        self._hint = " ".join(filter(None, [HINT.format(", with 95 % bars" if picture.bars else "") + (LINKED if found.windows is not None else ""), "Lines: exact." if picture.exact else "", picture.said])) if picture.energies else ""
        set_text(self._told, escape(self._hint))
        self._warned.say("\n".join(picture.warnings))
        self._draw(picture)

    def show_taken(self, is_taken: bool) -> None:
        """Say whether this is the model of the page."""
        self.take.disabled, self.take.description = is_taken, TAKEN if is_taken else USE

    def _draw(self, picture: WindowsPicture) -> None:
        with self._x.hold_sync(), self._y.hold_sync():
            self._x.max = picture.n + 0.5
            self._y.min, self._y.max = picture.y_range
        every = -(-picture.n // 15)
        self._x_axis.tick_values, self._y_axis.tick_values = np.arange(1, picture.n + 1, every), np.asarray(picture.y_ticks)
        fill(self._bars, [((x, low), (x, high)) for x, low, high in picture.bars])
        fill(self._exact, [((x - TICK, y), (x + TICK, y)) for x, y in picture.exact])
        place(self.dots, picture.energies)

    def _add(self) -> None:
        """Write the window that would help most beside the others."""
        if self._picture is not None and self._picture.center is not None and self._found.centers is not None:
            self.centers.value = " ".join(f"{c:.12g}" for c in sorted({*self._found.centers, self._picture.center}))

    def window_of(self, dot: int) -> int | None:
        """Which window a dot stands for."""
        if self._picture is None or not 0 <= dot < len(self._picture.energies):
            return None
        return round(self._picture.energies[dot][0]) - 1

    def _on_dot(self, event: dict[str, Any], handle: Callable[[int], None]) -> None:
        """Hand over the dot that a message names, if there is one."""
        dot = event.get("data", {}).get("index")
        if self._picture is not None and isinstance(dot, int) and 0 <= dot < len(self._picture.energies):
            handle(dot)

    def _tell(self, dot: int) -> None:
        if self._picture is not None:
            set_text(self._told, escape(self._picture.tells[dot]))


def _field(description: str, placeholder: str, tip: str, value: str = "") -> Any:
    return make(w.Text, description=description, value=value, placeholder=placeholder, continuous_update=False, tooltip=tip)


def _automatic(centers: Sequence[float]) -> str:
    """What an empty field of centres comes to: a list would not fit."""
    return minus(f"automatic: {len(centers)}, {min(centers):.2g} to {max(centers):.2g}")


def _map(picture: WindowsPicture) -> str:
    """The overlaps as a drawing; there is nothing in it that anybody named."""
    side = min(LARGEST, SIDE / picture.n)
    whole = side * picture.n
    cells = "".join(_cell(cell, side) for cell in picture.cells)
    ticks = "".join(_ticks(k + 1, (k + 0.5) * side, whole) for k in range(0, picture.n, -(-picture.n // 15)))
    return (f'<svg width="{whole + MARGIN + 2:.0f}" height="{whole + MARGIN:.0f}" viewBox="{-MARGIN:d} -1 {whole + MARGIN + 2:.1f} {whole + MARGIN:.1f}" role="img" aria-label="Overlap of windows">'
            f'<rect width="{whole:.1f}" height="{whole:.1f}" class="mdx-en-ground"/>{cells}{ticks}</svg>'
            "<span>Share of the frames of a row that could be of a column.<br>Dashed: the weakest link.</span>")


def _cell(cell: Cell, side: float) -> str:
    x, y = cell.column * side, cell.row * side
    drawn = f'<rect x="{x:.1f}" y="{y:.1f}" width="{side:.1f}" height="{side:.1f}" class="mdx-en-cell" fill-opacity="{FULL * cell.fill ** 0.5:.3f}"/>'
    if cell.text:
        drawn += f'<text x="{x + side / 2:.1f}" y="{y + side / 2 + 3.5:.1f}" class="mdx-en-number">{escape(cell.text)}</text>'
    if cell.is_gap:
        drawn += f'<rect x="{x + 1.5:.1f}" y="{y + 1.5:.1f}" width="{side - 3:.1f}" height="{side - 3:.1f}" class="mdx-en-gap"/>'
    return drawn


def _ticks(window: int, at: float, whole: float) -> str:
    return f'<text x="{at:.1f}" y="{whole + 13:.1f}" class="mdx-en-tick">{window}</text><text x="-9" y="{at + 3.5:.1f}" class="mdx-en-tick">{window}</text>'
