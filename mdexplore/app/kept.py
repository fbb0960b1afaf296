"""Keeps the session of a page as it goes, says when it did, and offers what was kept when the page is opened again."""
from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import ipywidgets as w

from mdexplore.base.errors import UserError
from mdexplore.base.words import listed
from mdexplore.panels.forms import Saying, reveal, set_text
from mdexplore.panels.parts import box, escape, icon, make, markup
from mdexplore.session import autosave
from mdexplore.session.session import Session

DELAY_S = 4.0   # after a change: a gesture that is still going on is not written piece by piece
WATCHED = ("study", "selection", "groups", "current", "ends")


class KeptSession:
    """Writes what would be lost, a few seconds after each change.

    Parameters
    ----------
    session : Session
    panels : callable
        Gives what the panels say of themselves, for `mdexplore.session.autosave.keep`.
    restored : callable
        Called with the view after a restore, for the panels; gives the names of those that could not be set as they were.

    Attributes
    ----------
    widget : ipywidgets.Box
        The offer, where something was kept; and unseen, in ``.mdx-saved``, when the session was last kept (``data-when``: in seconds since 1970): the page says it when its kernel is gone.
    """

    _offer: w.Box

    def __init__(self, session: Session, panels: Callable[[], Mapping[str, dict[str, Any]]] = dict, restored: Callable[[Any], Sequence[str]] = lambda view: ()) -> None:
        self.session, self._panels, self._restored = session, panels, restored
        self._timer: asyncio.TimerHandle | None = None
        self.found = autosave.find(session.data)
        self._mark = markup("", "mdx-css")
        self._text, self._wrong = markup(""), Saying("mdx-form-error")
        take, leave = make(w.Button, "mdx-quiet-button", "mdx-restore", description="Restore"), icon("close", "Begin anew", "mdx-leave")
        take.on_click(lambda button: self.restore())
        leave.on_click(lambda button: reveal(self._offer, False))
        self._offer = box([self._text, take, leave, self._wrong.widget], "mdx-offer")
        reveal(self._offer, self.found is not None)
        if self.found is not None:
            set_text(self._text, escape(f"Your session of {clock(self.found.when)} was kept."))
            self._say_when(self.found.when)
        self.widget = box([self._offer, self._mark], "mdx-kept")
        session.observe(lambda change: self.changed(), WATCHED)

    def changed(self) -> None:
        """Something is to be kept, soon."""
        if self._timer is None:
            with contextlib.suppress(RuntimeError):   # a script without a loop keeps nothing
                self._timer = asyncio.get_running_loop().call_later(DELAY_S, self.keep)

    def keep(self) -> None:
        """Write the session now, and say when."""
        self._timer = None
        when = autosave.keep(self.session, self._panels())
        if when is not None:
            self._say_when(when)

    def _say_when(self, when: float) -> None:
        set_text(self._mark, f'<span class="mdx-saved" data-when="{when:.3f}">{escape(clock(when))}</span>')

    def restore(self) -> None:
        """Take up what was kept."""
        if self.found is None:
            return
        try:
            autosave.restore(self.session, self.found)
        except UserError as error:
            self._wrong.say(error)
            return
        left = self._restored(self.found.view)
        reveal(self._offer, bool(left))
        if left:
            self._wrong.say(UserError(f"Not everything could be restored: {listed(left)}.", "What was kept of them cannot be used here.", "Set them anew; all else is as it was."))


def clock(when: float) -> str:
    """``"14:32"``, with the day where it is another one."""
    then, now = time.localtime(when), time.localtime()
    return time.strftime("%H:%M" if then[:3] == now[:3] else "%d %b, %H:%M", then)
