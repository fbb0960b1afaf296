"""Tools in the head of a plot, of which one is in use, and the switch for how a new selection meets the old one."""
from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import ipywidgets as w

from mdexplore.panels.parts import choice, icon, press

MODES = ("replace", "add", "remove", "intersect")


class Tools:
    """Buttons of which exactly one is pressed; pressing the one in use leaves it in use.

    Parameters
    ----------
    figure : bqplot.Figure
    tools : dict of str to (str, object)
        Name of the icon -> tip, and the figure's interaction while the tool is in use (None for plain clicks).
    on_change : callable, optional
        Takes the name of the tool that is now in use.
    """

    def __init__(self, figure: Any, tools: Mapping[str, tuple[str, Any]], on_change: Callable[[str], None] | None = None) -> None:
        self._figure, self._tools, self._on_change = figure, dict(tools), on_change
        self.buttons: dict[str, w.Button] = {name: icon(name, tip, f"mdx-tool-{name}") for name, (tip, _) in tools.items()}
        for name, button in self.buttons.items():
            button.on_click(lambda _, name=name: self.use(name))
        self.in_use = ""
        self.use(next(iter(tools)))

    def use(self, name: str) -> None:
        """Take a tool in hand."""
        self.in_use = name
        for other, button in self.buttons.items():
            press(button, other == name)
        if self._figure.interaction is not self._tools[name][1]:
            self._figure.interaction = self._tools[name][1]
        if self._on_change is not None:
            self._on_change(name)


def modes() -> w.Dropdown:
    """How a new selection meets the old one."""
    return choice(MODES, "replace", "What a new selection does to the one that is there", "mdx-mode")
