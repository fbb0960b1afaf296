"""A place beside the rail for panels that are opened on demand, one at a time; the others make room."""
from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from types import MappingProxyType
from typing import Any

import ipywidgets as w

from mdexplore.panels.forms import reveal
from mdexplore.panels.ondemand import OnDemand
from mdexplore.panels.parts import box, make, press


class Drawer:
    """A line of the rail with a button for each panel, and the place where the one that is open stands.

    Parameters
    ----------
    panels : sequence of OnDemand
    elsewhere : mapping of str to ipywidgets.Button
        Buttons that stand in other places than the line, by the name of the panel that they open.

    Attributes
    ----------
    widget : ipywidgets.Box
        The line, for the rail.
    switch : ipywidgets.Dropdown
        Stands over the title of the panel that is open, and opens another in its place: the rail may be folded.
    place : ipywidgets.Box
        Hidden while nothing is open; theme.css gives it a width and makes the grid narrower.
    changed : callable
        Called when another panel is open, or none.
    """

    def __init__(self, panels: Sequence[OnDemand], elsewhere: Mapping[str, w.Button] = MappingProxyType({})) -> None:
        self.panels = {panel.name: panel for panel in panels}
        in_line = {name: make(w.Button, "mdx-opener", description=panel.title, tooltip=panel.tip) for name, panel in self.panels.items() if name not in elsewhere}
        self.buttons = {**in_line, **elsewhere}
        for name, panel in self.panels.items():
            self.buttons[name].on_click(lambda button, name=name: self.toggle(name))
            panel.closed = partial(self._show, None)
        self.widget = box(list(in_line.values()), "mdx-sec", "mdx-openers")
        self.switch = make(w.Dropdown, "mdx-switch", options=[(panel.title, name) for name, panel in self.panels.items()], tooltip="Open another panel here")
        self.switch.observe(lambda change: self._switched(), "value")
        self.place = box([self.switch] if len(self.panels) > 1 else [], "mdx-drawer", "mdx-hidden")
        self.shown: str | None = None
        self.changed: Callable[[], None] = lambda: None

    def toggle(self, name: str) -> None:
        """Open a panel in place of the one that is open, or close it."""
        if self.shown == name:
            self.panels[name].close()
            self._show(None)
            return
        if self.shown is not None:
            self.panels[self.shown].close()
        panel = self.panels[name]
        self._show(name)   # first the place: a plot that is made without one has no size
        if panel.widget not in self.place.children:
            self.place.children = (*self.place.children, panel.widget)
        panel.open()

    def _switched(self) -> None:
        if self.shown is not None and self.switch.value != self.shown:
            self.toggle(self.switch.value)

    def _show(self, name: str | None) -> None:
        self.shown = name
        if name is not None:
            self.switch.value = name
        for other, panel in self.panels.items():
            press(self.buttons[other], other == name)
            if panel.widget in self.place.children:
                reveal(panel.widget, other == name)
        reveal(self.place, name is not None)
        self.changed()

    def view(self) -> dict[str, Any]:
        """Which panel is open, as a saved file holds it."""
        return {"open": self.shown or ""}

    def restore(self, view: Mapping[str, Any]) -> None:
        """Open the panel that was open; one that there is not is passed over."""
        name = view.get("open")
        if isinstance(name, str) and name in self.panels and name != self.shown:
            self.toggle(name)
        elif name == "" and self.shown is not None:
            self.toggle(self.shown)
