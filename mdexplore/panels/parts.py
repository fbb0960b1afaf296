"""The small parts all panels are made of: text that is safe to show, icon buttons, figures, axes and scales in the one design language."""
from __future__ import annotations

import io
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import bqplot as bq
import ipywidgets as w
import numpy as np

from mdexplore.base.escaping import escape as escape  # panels take it from here
from mdexplore.pictures.negatives import negative_labels
from mdexplore.pictures.runs import Points, even

# CSS variables of app/theme.css; bqplot's and ipywidgets' colour traits take them, so a change of theme needs no Python.
INK, INK2, INK3, LINE, ACCENT, SURFACE, EDGE = (f"var(--mdx-{name})" for name in ("ink", "ink2", "ink3", "line2", "accent", "surface", "edge"))
PROCESS = tuple(f"var(--mdx-p{k})" for k in (1, 2, 3, 4, 5))


def markup(safe_html: str, *classes: str) -> w.HTML:
    """The only place that makes an HTML widget; whatever a user named must have gone through `escape`."""
    return make(w.HTML, *classes, value=safe_html)


def make(kind: Callable[..., Any], *classes: str, **traits: Any) -> Any:
    """A widget with its classes, and with the layout and style that all share: the page is styled by its sheet, and a page of half the models is there sooner.

    Give ``layout=`` a layout of its own where one is to be written to.
    """
    known = kind.class_traits()   # type: ignore[attr-defined]
    for name, shared in (("layout", w.Layout), ("style", getattr(known.get("style"), "klass", None))):
        if shared is not None and name in known and name not in traits:
            traits[name] = _shared(shared)
    return kind(_dom_classes=classes, **traits)


_plain: dict[type, Any] = {}


def _shared(kind: type) -> Any:
    if kind not in _plain or _plain[kind].comm is None:   # none yet, or somebody closed all widgets
        _plain[kind] = kind()
        _plain[kind].observe(_refuse)
    return _plain[kind]


def _refuse(change: Any) -> None:
    """A change would show in every widget of the page at once."""
    if not change["name"].startswith(("_", "comm", "keys")):
        raise ValueError(f"the shared {type(change['owner']).__name__} is not to be written to: use a class, or make(..., layout=...)")


def classed(widget: Any, *classes: str) -> Any:
    """A widget with further CSS classes, told to the page at once."""
    widget._dom_classes = (*widget._dom_classes, *(name for name in classes if name not in widget._dom_classes))
    return widget


def box(children: Sequence[Any], *classes: str) -> w.Box:
    """A box of the page; theme.css lays it out by its classes."""
    return make(w.Box, *classes, children=list(children))


class PanelBox(w.Box):
    """The outermost box of a panel. As the last line of a cell it is shown in a frame, which brings the style sheet and a size.

    Attributes
    ----------
    frame : callable or None
        Takes this box, gives the widget to show in its place; None shows it as it is.
    """

    frame: Callable[[w.Box], w.Widget] | None = None
    _framed: w.Widget | None = None

    def _repr_mimebundle_(self, **options: Any) -> Any:
        if self.frame is None:
            return super()._repr_mimebundle_(**options)
        if self._framed is None:
            self._framed = self.frame(self)
        return self._framed._repr_mimebundle_(**options)


def panel_box(children: Sequence[Any], *classes: str) -> PanelBox:
    """The outermost box of a panel."""
    return make(PanelBox, *classes, children=list(children))


def icon(name: str, tip: str, *classes: str) -> w.Button:
    """A button with one of the icons of theme.css; the tip is also what a screen reader says."""
    return make(w.Button, "mdx-icon", f"mdx-i-{name}", *classes, description=tip, tooltip=tip)


def set_class(widget: Any, name: str, is_on: bool) -> None:
    """Give a widget a CSS class, or take it away."""
    if is_on:
        widget.add_class(name)
    else:
        widget.remove_class(name)


def press(button: Any, is_pressed: bool) -> None:
    """Show a button as pressed in or not."""
    set_class(button, "mdx-active", is_pressed)


def choice(options: Sequence[Any], value: Any = None, tip: str = "", *classes: str) -> w.Dropdown:
    """A quiet drop-down for a panel's head."""
    chosen = {} if value is None else {"value": value}
    return make(w.Dropdown, *classes, options=list(options), tooltip=tip, **chosen)


def linear(**limits: Any) -> bq.LinearScale:
    """A scale that keeps to its limits: padding of the marks would widen it."""
    return bq.LinearScale(allow_padding=False, **limits)


def log(**limits: Any) -> bq.LogScale:
    """A logarithmic scale that ends exactly at its limits."""
    return bq.LogScale(allow_padding=False, **limits)


def figure(marks: Sequence[Any], axes: Sequence[Any] = (), margin: tuple[int, int, int, int] = (8, 14, 40, 50), **options: Any) -> bq.Figure:
    """A bqplot figure that fills its panel; margins are top, right, bottom, left in pixels."""
    top, right, bottom, left = margin
    made = bq.Figure(marks=list(marks), axes=list(axes), fig_margin={"top": top, "right": right, "bottom": bottom, "left": left}, padding_x=0, padding_y=0,
                     animation_duration=0, min_aspect_ratio=0.01, max_aspect_ratio=100, **options)
    if made.has_trait("display_toolbar"):
        made.display_toolbar = False
    return made


def fill(mark: bq.Lines, curves: Sequence[Points]) -> None:
    """Give a mark its curves in one message, or none; empty curves are left out."""
    x, y = even([c for c in curves if c])
    with mark.hold_sync():
        mark.x, mark.y = x, y


def place(mark: bq.Scatter, points: Sequence[tuple[float, float]]) -> None:
    """Give a mark its points in one message, or none."""
    with mark.hold_sync():
        mark.x, mark.y = np.array([x for x, _ in points]), np.array([y for _, y in points])


def axis(scale: Any, label: str = "", *, vertical: bool = False, ticks: Sequence[float] | None = None, labels: Mapping[Any, str] | None = None, **options: Any) -> bq.Axis:
    """A quiet axis; `label` names the quantity and its unit."""
    made = bq.Axis(scale=scale, label=label, orientation="vertical" if vertical else "horizontal", grid_lines="none",
                   label_offset="38px" if vertical else "30px", **options)
    if ticks is not None:
        made.tick_values = np.asarray(ticks, float)
    if labels is not None:
        made.tick_labels = dict(labels)
    elif isinstance(scale, bq.LinearScale):
        _sign(made, scale)
    return made


def _sign(made: bq.Axis, scale: bq.LinearScale) -> None:
    """Keep minus signs in front of an axis's numbers below zero, wherever it is moved."""
    def relabel(change: Any = None) -> None:
        labels = negative_labels(scale.min, scale.max, () if made.tick_values is None else tuple(np.asarray(made.tick_values, float)))
        if labels != (made.tick_labels or {}):
            made.tick_labels = labels

    scale.observe(relabel, ["min", "max"])
    made.observe(relabel, "tick_values")
    relabel()


def png(rgba: np.ndarray, level: int = 1) -> w.Image:
    """An image widget from an array of shape (height, width, 4), uint8, first row on top."""
    return w.Image(value=png_bytes(rgba, level), format="png")


def png_bytes(rgba: np.ndarray, level: int = 1) -> bytes:
    """A picture of shape (height, width, 4), uint8, as a PNG file."""
    from PIL import Image

    buffer = io.BytesIO()
    Image.fromarray(np.ascontiguousarray(rgba)).save(buffer, "png", compress_level=level)
    return buffer.getvalue()


def number(n: int) -> str:
    """A count with thin spaces between thousands."""
    return f"{n:,}".replace(",", "\u2009")
