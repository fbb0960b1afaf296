"""A list of frames, each row a button; the row of the frame that is looked at is marked."""
from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

import ipywidgets as w

from mdexplore.panels.forms import reveal, set_text
from mdexplore.panels.parts import box, escape, make, markup, set_class
from mdexplore.pictures.listing import Item


class Listing:
    """Rows that are made once and filled again.

    Parameters
    ----------
    chosen : callable
        Called with the place of the row that was clicked.
    tip : str
        What a click does.
    """

    def __init__(self, chosen: Callable[[int], None], tip: str) -> None:
        self._chosen, self._tip = chosen, tip
        self.rows: list[Row] = []
        self.widget = box([], "mdx-listing")

    def show(self, items: Sequence[Item]) -> None:
        """Fill the rows."""
        for place in range(len(self.rows), len(items)):
            self.rows.append(Row(partial(self._chosen, place), self._tip))
        if len(self.widget.children) != len(self.rows):
            self.widget.children = [row.widget for row in self.rows]
        for place, row in enumerate(self.rows):
            reveal(row.widget, place < len(items))
            if place < len(items):
                row.show(items[place])

    def mark(self, place: int | None) -> None:
        """Mark one row; None marks none."""
        for k, row in enumerate(self.rows):
            set_class(row.widget, "mdx-active", k == place)


class Row:
    """What is said of one frame, over a button as large as the row."""

    def __init__(self, clicked: Callable[[], None], tip: str) -> None:
        self._text = markup("", "mdx-item-text")
        self.button = make(w.Button, "mdx-item-go", tooltip=tip)
        self.button.on_click(lambda button: clicked())
        self.widget = box([self.button, self._text], "mdx-item")

    def show(self, item: Item) -> None:
        """Fill it."""
        if self.button.description != item.title:   # what a screen reader says; the style sheet hides it
            self.button.description = item.title
        set_text(self._text, item_markup(item))


def item_markup(item: Item) -> str:
    """A row as HTML."""
    color = "mdx-outside" if item.color < 0 else f"mdx-c{item.color % 8:d}"
    bar = "" if not item.share >= 0 else f'<s><i style="width:{100 * min(item.share, 1.0):.1f}%"></i></s>'
    return (f'<em class="{color}">{item.number:d}</em><b>{escape(item.title)}</b><span>{escape(item.aside)}</span>'
            f'<p{" class=mdx-doubt" if item.is_doubtful else ""}>{escape(item.text)}</p>{bar}')
