"""The page's first word to Python: results that came before it could listen are shown then.

A page that is opened on a running kernel asks for the state of all widgets and then makes them, 600 of them in a second or more. A widget that is
made or changed in between is lost to the page. So panels draw nothing until the page says that it is there; the work goes on meanwhile.
"""
from __future__ import annotations

import asyncio
import contextlib

import ipywidgets as w
import traitlets as tl

from mdexplore.panels.parts import box, markup

PATIENCE_S = 30.0   # a page whose scripts are blocked never speaks
_PIXEL = "data:image/gif;base64,R0lGODlhAQABAAAAACwAAAAAAQABAAA="
# A picture that has loaded is in the page; it presses the unseen button as soon as that is there too.
_HELLO = ("(function hello(left) {{ var button = document.querySelector('.{name} button');"
          " if (button) button.click(); else if (left) setTimeout(hello, 50, left - 1) }})(400)")


class FirstContact:
    """Keeps the observers of a session waiting until the page has said that it is there.

    Parameters
    ----------
    session : Session
        It goes on to take results; who observes it hears of them at the first contact.

    Attributes
    ----------
    widget : ipywidgets.Box
        Unseen; has to be shown with the panels.
    """

    def __init__(self, session: tl.HasTraits) -> None:
        self._held = contextlib.ExitStack()
        self._held.enter_context(session.hold_trait_notifications())
        self._button = w.Button()
        self._button.on_click(lambda button: self.release())
        name = f"mdx-hello-{self._button.model_id}"
        self.widget = box([self._button, markup(f'<img src="{_PIXEL}" onload="{_HELLO.format(name=name)}">')], name, "mdx-css")
        with contextlib.suppress(RuntimeError):   # a script without a loop
            asyncio.get_running_loop().call_later(PATIENCE_S, self.release)

    def release(self) -> None:
        """Tell what has waited; later changes are told at once."""
        self._held.close()
