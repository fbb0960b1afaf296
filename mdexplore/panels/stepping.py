"""Minus and plus beside the text field of a small whole number that may be automatic."""
from __future__ import annotations

from typing import Any

import ipywidgets as w

from mdexplore.panels.parts import box, make, set_class


class Stepper:
    """Moves a small whole number by one; the text stays what is read, and takes numbers beyond the ends.

    Parameters
    ----------
    text : ipywidgets.Text
        An empty one is the automatic value.
    low, high : int
        Where the buttons end.
    title : str
        What is counted, for the tips.

    Attributes
    ----------
    widget : ipywidgets.Box
        The text, both buttons, and one that goes back to the automatic value, in a line.
    """

    widget: w.Box

    def __init__(self, text: Any, low: int, high: int, title: str) -> None:
        self._text, self._low, self._high, self._most = text, low, high, high
        self._automatic: int | None = None
        self.less = make(w.Button, "mdx-step", description="\u2212", tooltip=f"{title}: one fewer", disabled=True)
        self.more = make(w.Button, "mdx-step", description="+", tooltip=f"{title}: one more", disabled=True)
        self.back = make(w.Button, "mdx-link", "mdx-unseen", description="auto", tooltip="Go back to the number that the data suggest")
        self.less.on_click(lambda button: self._step(-1))
        self.more.on_click(lambda button: self._step(1))
        self.back.on_click(lambda button: setattr(text, "value", ""))
        self.widget = box([text, self.less, self.more, self.back], "mdx-stepped")
        text.observe(lambda change: self._follow(), "value")

    def say_automatic(self, value: float) -> None:
        """What an empty text comes to: the steps begin there."""
        self._automatic = int(value)
        self._follow()

    def say_most(self, most: int) -> None:
        """The largest number that can be had."""
        self._most = most
        self._follow()

    @property
    def _value(self) -> int | None:
        text = self._text.value.strip()
        if not text:
            return self._automatic
        return int(text) if text.isascii() and text.isdigit() and len(text) < 6 else None

    def _step(self, by: int) -> None:
        value = self._value
        if value is not None and self._can(value, by):   # a page may press what is greyed out
            self._text.value = str(value + by)

    def _can(self, value: int, by: int) -> bool:
        return value > self._low if by < 0 else value < min(self._high, self._most)

    def _follow(self) -> None:
        value = self._value
        set_class(self.back, "mdx-unseen", not self._text.value.strip())
        for button, by in ((self.less, -1), (self.more, 1)):
            is_off = value is None or not self._can(value, by)
            if button.disabled != is_off:
                button.disabled = is_off
