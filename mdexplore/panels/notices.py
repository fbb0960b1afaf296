"""Health: what a reader of the numbers should know, the worst first, with a button where one can mend it."""
from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any

import ipywidgets as w

from mdexplore.base.errors import UserError
from mdexplore.base.notices import Notice
from mdexplore.base.words import minus
from mdexplore.panels.forms import Saying, reveal, set_text
from mdexplore.panels.parts import box, escape, icon, make, markup, panel_box, set_class
from mdexplore.session.session import Session

LEVELS = ("error", "warning", "info")
PLURALS = {"error": "errors", "warning": "warnings", "info": "notes"}
NOTHING = '<div class="mdx-note">Nothing to report yet.</div>'


class Notices:
    """Notices by level, with what to do about each; the head counts the worst.

    Attributes
    ----------
    widget : ipywidgets.Box
        Classes ``mdx-panel mdx-panel-notices``, and ``mdx-ready`` once there was something to say.
    """

    name = "notices"
    title = "Health"
    widget: w.Box

    def __init__(self, session: Session) -> None:
        self.session = session
        self._head = markup("")
        self._nothing = markup(NOTHING)
        self._rows: list[Row] = []
        self._list = box([self._nothing], "mdx-notices")
        self._wrong = Saying("mdx-form-error")
        self._all = icon("more", "All of Health at once", "mdx-all-or-some")
        self._all.on_click(lambda button: self._unfold("mdx-all" not in self.widget._dom_classes))
        self.widget = panel_box([box([self._head, self._all], "mdx-sechead"), self._wrong.widget, self._list], "mdx-panel", "mdx-panel-notices", "mdx-sec", "mdx-waiting")
        session.observe(self._show, ["notices", "results"])
        self._show(None)

    def _show(self, change: Any) -> None:
        notices = sorted(self.session.notices, key=lambda n: LEVELS.index(n.level))
        set_text(self._head, f"<b>{self.title}</b><i>{escape(summary(notices))}</i>")
        reveal(self._nothing, not notices)
        for place in range(len(self._rows), len(notices)):
            self._rows.append(Row(partial(self._mend, place)))
        if len(self._list.children) <= len(self._rows):
            self._list.children = (self._nothing, *(row.widget for row in self._rows))
        for place, row in enumerate(self._rows):
            row.show(notices[place] if place < len(notices) else None)
        if (notices or "chapman" in self.session.results) and "mdx-waiting" in self.widget._dom_classes:
            self.widget.remove_class("mdx-waiting")
            self.widget.add_class("mdx-ready")

    def _unfold(self, is_all: bool) -> None:
        """Show all of it, so that the rail scrolls, or what fits below the others."""
        set_class(self.widget, "mdx-all", is_all)
        set_class(self._all, "mdx-open", is_all)

    def _mend(self, place: int, button: Any = None) -> None:
        notice = self._rows[place].notice
        if notice is None or notice.mend is None:
            return
        try:
            self.session.configure(notice.mend.slot, **notice.mend.changes)
            self._wrong.say("")
        except UserError as error:
            self._wrong.say(error)


class Row:
    """A notice in its place; rows stay when there are fewer notices, for widgets that come and go disturb the page."""

    def __init__(self, mend: Any) -> None:
        self.notice: Notice | None = None
        self.text = markup("")
        self.button = make(w.Button, "mdx-quiet-button", "mdx-mend", "mdx-hidden")
        self.button.on_click(mend)
        self.widget = box([self.text, self.button], "mdx-notice-row", "mdx-hidden")

    def show(self, notice: Notice | None) -> None:
        """Show a notice; None hides the row."""
        if notice == self.notice:
            return
        self.notice = notice
        reveal(self.widget, notice is not None)
        if notice is None:
            set_text(self.text, "")   # who reads the page's text finds no sentence of an earlier model
            return
        set_text(self.text, as_html(notice))
        reveal(self.button, notice.mend is not None)
        if notice.mend is not None:
            self.button.description = self.button.tooltip = notice.mend.label


def summary(notices: Sequence[Notice]) -> str:
    """``"2 warnings"``: how many there are of the worst level; empty for notes alone."""
    for level in ("error", "warning"):
        count = sum(n.level == level for n in notices)
        if count:
            return f"{count} {level if count == 1 else PLURALS[level]}"
    return ""


def as_html(notice: Notice) -> str:
    """A notice with the sign of its level; every text is escaped."""
    hint = f"<small>{escape(minus(notice.hint))}</small>" if notice.hint else ""
    return (f'<div class="mdx-notice mdx-{notice.level}"><span class="mdx-glyph mdx-i-{notice.level}" title="{notice.level}"></span>'
            f"<div>{escape(minus(notice.text))}{hint}</div></div>")
