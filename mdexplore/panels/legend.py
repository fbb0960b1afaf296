"""The key of a plot's colours: what they show, what is grey and why, and the way back to all colours."""
from __future__ import annotations

from collections.abc import Callable
from typing import Any

import ipywidgets as w

from mdexplore.base.words import minus
from mdexplore.panels.parts import box, escape, make, markup, set_class
from mdexplore.pictures.colormaps import Key


class Legend:
    """Stands in a corner of a plot, or above it where every corner is needed.

    Parameters
    ----------
    on_clear : callable
        Called with the button when all colours are asked for.

    Attributes
    ----------
    widget : ipywidgets.Box
    text : ipywidgets.HTML
        Label, bar, numbers and note.
    clear : ipywidgets.Button
    """

    widget: w.Box

    def __init__(self, on_clear: Callable[[Any], None]) -> None:
        self.text = markup("")
        self.clear = make(w.Button, "mdx-link", description="clear", tooltip="Clear the selection: show all colours")
        self.clear.on_click(on_clear)
        self._has_bar = False
        self._grey = box([markup("grey: outside the selection"), self.clear], "mdx-key-grey", "mdx-hidden")
        self.widget = box([self.text, self._grey], "mdx-key", "mdx-corner-ne")

    def show(self, key: Key | None, note: str, place: str) -> None:
        """Say what the colours show.

        Parameters
        ----------
        key : Key or None
        note : str
            Escaped here.
        place : str
            As `mdexplore.pictures.density.place_of_key` says it.
        """
        self.text.value, self._has_bar = _html(key, note), key is not None
        corner = f"mdx-corner-{place}"
        if corner not in self.widget._dom_classes:
            self.widget._dom_classes = ("mdx-key", corner)

    def say_grey(self, is_selected: bool) -> None:
        """Where colours are numbers, grey is not among them: a selection that takes the colours away says so."""
        set_class(self._grey, "mdx-hidden", not (is_selected and self._has_bar))


def _html(key: Key | None, note: str) -> str:
    """Label, bar, numbers, and the note below."""
    parts = []
    if key is not None:
        bar = f"<s style=\"background:linear-gradient(to right,{','.join(key.colors)})\"></s>"
        parts.append(f"<div>{escape(key.label)}</div><div><em>{escape(minus(f'{key.low:.3g}'))}</em>{bar}<em>{escape(minus(f'{key.high:.3g}'))}</em></div>")
    if note:
        parts.append(f"<div class=\"mdx-key-note\">{escape(note)}</div>")
    return "".join(parts)
