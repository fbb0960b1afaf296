"""Health: what a reader of the numbers should know, the worst first."""
from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from mdexplore.base.notices import Notice
from mdexplore.panels.parts import box, escape, markup, panel_box
from mdexplore.session.session import Session

LEVELS = ("error", "warning", "info")
PLURALS = {"error": "errors", "warning": "warnings", "info": "notes"}


class Notices:
    """Notices by level, with what to do about each; the head counts the worst.

    Attributes
    ----------
    widget : ipywidgets.Box
        Classes ``mdx-panel mdx-panel-notices``, and ``mdx-ready`` once there was something to say.
    """

    name = "notices"
    title = "Health"

    def __init__(self, session: Session) -> None:
        self.session = session
        self._head = markup("")
        self._list = markup("", "mdx-notices")
        self.widget = panel_box([box([self._head], "mdx-sechead"), self._list], "mdx-panel", "mdx-panel-notices", "mdx-sec", "mdx-waiting")
        session.observe(self._show, ["notices", "results"])
        self._show(None)

    def _show(self, change: Any) -> None:
        notices = self.session.notices
        head, body = f"<b>{self.title}</b><i>{escape(summary(notices))}</i>", as_html(notices)
        if self._head.value != head:
            self._head.value = head
        if self._list.value != body:
            self._list.value = body
        if (notices or "chapman" in self.session.results) and "mdx-waiting" in self.widget._dom_classes:
            self.widget.remove_class("mdx-waiting")
            self.widget.add_class("mdx-ready")


def summary(notices: Sequence[Notice]) -> str:
    """``"2 warnings"``: how many there are of the worst level; empty for notes alone."""
    for level in ("error", "warning"):
        count = sum(n.level == level for n in notices)
        if count:
            return f"{count} {level if count == 1 else PLURALS[level]}"
    return ""


def as_html(notices: Sequence[Notice]) -> str:
    """A list, the worst first; every text is escaped."""
    if not notices:
        return '<div class="mdx-note">Nothing to report yet.</div>'
    ordered = sorted(notices, key=lambda n: LEVELS.index(n.level))
    return "".join(f'<div class="mdx-notice mdx-{n.level}"><span class="mdx-glyph mdx-i-{n.level}" title="{n.level}"></span>'
                   f"<div>{escape(n.text)}{f'<small>{escape(n.hint)}</small>' if n.hint else ''}</div></div>" for n in ordered)
