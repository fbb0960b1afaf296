"""The page's first word to Python: what changed before it could listen is sent again.

A page that is opened on a running kernel asks for the state of all widgets and then makes them, 600 of them in a second or more. A result that
arrives in between changes widgets that the page does not know yet, and the change is lost. So changes are noted until the page says that it is there.
"""
from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import ipywidgets as w
import traitlets as tl

from mdexplore.panels.parts import box, markup

_PIXEL = "data:image/gif;base64,R0lGODlhAQABAAAAACwAAAAAAQABAAA="
# A picture that has loaded is in the page; it presses the unseen button as soon as that is there too.
_HELLO = ("(function hello(left) {{ var button = document.querySelector('.{name} button');"
          " if (button) button.click(); else if (left) setTimeout(hello, 50, left - 1) }})(400)")


class FirstContact:
    """Notes what changes in a tree of widgets until the page has said that it is there, then sends it again.

    Parameters
    ----------
    root : ipywidgets.Widget
        It and every widget that can be reached from it are watched.

    Attributes
    ----------
    widget : ipywidgets.Box
        Unseen; has to be shown with the tree.
    """

    def __init__(self, root: w.Widget) -> None:
        self._changed: dict[w.Widget, set[str]] = {}
        self._watched = list(reachable(root))
        self._button = w.Button()
        self._button.on_click(lambda button: self._heard())
        name = f"mdx-hello-{self._button.model_id}"
        self.widget = box([self._button, markup(f'<img src="{_PIXEL}" onload="{_HELLO.format(name=name)}">')], name, "mdx-css")
        for widget in self._watched:
            widget.observe(self._note, tl.All)

    def _note(self, change: Any) -> None:
        if change.name in change.owner.keys:
            self._changed.setdefault(change.owner, set()).add(change.name)

    def _heard(self) -> None:
        for widget in self._watched:
            widget.unobserve(self._note, tl.All)
        changed, self._changed, self._watched = self._changed, {}, []
        for widget, names in changed.items():
            widget.send_state(names)


def reachable(root: w.Widget) -> Iterator[w.Widget]:
    """A widget and all widgets that its synced traits hold, each once."""
    seen, waiting = {root}, [root]
    while waiting:
        widget = waiting.pop()
        yield widget
        for name in widget.keys:
            for found in _widgets_in(getattr(widget, name)):
                if found not in seen:
                    seen.add(found)
                    waiting.append(found)


def _widgets_in(value: Any) -> Iterator[w.Widget]:
    if isinstance(value, w.Widget):
        yield value
    elif isinstance(value, (list, tuple)):
        for part in value:
            yield from _widgets_in(part)
    elif isinstance(value, dict):
        yield from _widgets_in(list(value.values()))
