"""A slider below the text field of a number that may lie decades away from its automatic value."""
from __future__ import annotations

import math
from typing import Any

import ipywidgets as w

from mdexplore.base.errors import UserError
from mdexplore.base.typed import number_in
from mdexplore.panels.parts import box, make, set_class

STEP = 0.02          # powers of ten
REACH = 74 * STEP    # the same, above and below the automatic value: whole steps, so that it lies on one


class LogSlider:
    """Moves the number in a text field on a logarithmic scale; the text stays what is read.

    Parameters
    ----------
    text : ipywidgets.Text
        An empty one is the automatic value.
    low, high : float
        Ends of the scale until the automatic value is known, and beyond which it never goes.
    tip : str

    Attributes
    ----------
    widget : ipywidgets.Box
        Text, slider, and a button that goes back to the automatic value.
    """

    widget: w.Box

    def __init__(self, text: Any, low: float, high: float, tip: str = "") -> None:
        self._text, self._low, self._high = text, low, high
        self._automatic: float | None = None
        self._depth = 0
        self.bar = make(w.FloatLogSlider, "mdx-slider", value=math.sqrt(low * high), min=math.log10(low), max=math.log10(high), step=STEP, readout=False, tooltip=tip)
        self.back = make(w.Button, "mdx-link", "mdx-hidden", tooltip="Go back to the value that the data suggest")
        self.back.on_click(lambda button: setattr(text, "value", ""))
        self.widget = box([text, box([self.bar, self.back], "mdx-slide")], "mdx-slid")
        self.bar.observe(lambda change: self._slid(), "value")
        text.observe(lambda change: self._follow(), "value")

    def say_automatic(self, value: float) -> None:
        """What an empty text comes to: the middle of the scale, and said beside it."""
        if value == self._automatic or not self._low <= value <= self._high:
            return
        self._automatic = value
        self.back.description = f"automatic: {value:.2g}"
        self._follow()

    def _slid(self) -> None:
        given = _number(self._text.value)
        shown = self._automatic if given is None else given
        # A page puts the slider on the nearest step and tells that as if somebody had moved it.
        is_moved = shown is None or abs(math.log10(self.bar.value / shown)) > 0.505 * STEP
        if not self._depth and is_moved:
            self._text.value = f"{self.bar.value:.2g}"

    def _follow(self) -> None:
        """Put the slider where the text is."""
        given = _number(self._text.value)
        value = self._automatic if given is None else min(max(given, self._low), self._high)
        set_class(self.back, "mdx-hidden", given is None or self._automatic is None)
        if value is None:
            return
        low, high = self._ends(value)
        self._depth += 1
        try:
            with self.bar.hold_sync():
                self.bar.min, self.bar.max = min(self.bar.min, low), max(self.bar.max, high)   # no value may lie outside meanwhile
                self.bar.value = value
                self.bar.min, self.bar.max = low, high
        finally:
            self._depth -= 1

    def _ends(self, value: float) -> tuple[float, float]:
        """Powers of ten at which the scale ends: around the automatic value, and stretched to another one."""
        ends = math.log10(self._low), math.log10(self._high)
        if self._automatic is None:
            return ends
        middle, at = math.log10(self._automatic), math.log10(value)
        return max(ends[0], min(middle - REACH, at)), min(ends[1], max(middle + REACH, at))


def _number(text: str) -> float | None:
    try:
        found = number_in(text, "Number")
    except UserError:   # the form says it
        return None
    return found if found > 0 and math.isfinite(found) else None
