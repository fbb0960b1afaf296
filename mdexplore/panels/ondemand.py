"""Panels that are made, and compute, only while somebody looks: what is asked in the background, what has come, and what went wrong."""
from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import ipywidgets as w

from mdexplore.panels.forms import Saying, reveal
from mdexplore.panels.jobs_line import percent
from mdexplore.panels.panel import Panel
from mdexplore.panels.parts import box, icon, make, set_class
from mdexplore.session.asking import Asker


class OnDemand(Panel):
    """A panel that is opened from the rail.

    A subclass gives the widgets of `fill`, asks by `asker` in `show`, and draws what has come in `answer`.

    Attributes
    ----------
    is_open : bool
    asker : Asker
    closed : callable
        Called when the user has closed it.
    """

    tip = ""   # what the button says that opens it
    job = ""   # name of what runs, as people read it

    def build(self) -> tuple[Sequence[Any], Sequence[Any]]:
        self.is_open = False
        self.closed: Callable[[], None] = lambda: None
        self.asker = Asker(self.session, self.job)
        self.asker.observe(lambda change: self._heard())
        self.session.observe(lambda change: self._show_progress(), "jobs")
        self.session.observe(lambda change: self._model_moved(), "stale")
        self._close = icon("close", f"Close {self.title.lower()}", "mdx-shut")
        self._close.on_click(lambda button: self._shut())
        self._wrong = Saying("mdx-form-error")
        self._repeat = make(w.Button, "mdx-quiet-button", "mdx-hidden", description="Retry")
        self._repeat.on_click(lambda button: self._again())
        self._content = box([], "mdx-asked", "mdx-unanswered")
        return [self._close], [self._content]

    # -- for subclasses ---------------------------------------------------------------------------------------------------------------

    def fill(self) -> Sequence[Any]:
        """The widgets of the body; called when the panel is first opened."""
        raise NotImplementedError

    def head_tools(self) -> Sequence[Any]:
        """What stands in the head beside the button that closes it, of widgets that `fill` has made."""
        return ()

    def show(self) -> None:
        """Results have come, or the panel was opened: show them, and ask for what follows from them."""
        raise NotImplementedError

    def answer(self) -> None:
        """Draw ``self.asker.found``; called when there is something new."""
        raise NotImplementedError

    @property
    def is_filled(self) -> bool:
        """Whether it was ever opened."""
        return bool(self._content.children)

    # -- opening ------------------------------------------------------------------------------------------------------------------------

    def open(self) -> None:
        """Make what is inside, once, and show what is there."""
        if not self.is_filled:
            with self.drawing():
                self._content.children = (*self.fill(), box([self._wrong.widget, self._repeat], "mdx-asked-wrong"))
                self._bar.children = (self._head, *self.head_tools(), self._close)
                self._take_tool()
        self.is_open = True
        self._shown = {}
        self._results_changed(None)

    def close(self) -> None:
        """Stop computing; what was found stays."""
        self.is_open = False
        self.asker.cancel()

    def draw(self) -> None:
        if self.is_open:
            self.show()

    def view(self) -> dict[str, Any]:
        """As of every panel; of one that is yet to be opened, or to be drawn, what it will be."""
        return {**super().view(), **self._wished}

    # -- private --------------------------------------------------------------------------------------------------------------------------

    def _shut(self) -> None:
        self.close()
        self.closed()

    def _again(self) -> None:
        self._guarded(self.show)

    def _heard(self) -> None:
        if self.is_open and self.asker.found is not None:
            self._guarded(self.answer)
            self._content.remove_class("mdx-unanswered")   # axes without data stay out of sight
        self._show_progress()

    def _model_moved(self) -> None:
        """What is asked of a model that is on its way out would only keep its successor waiting; one that comes back is asked again."""
        if self.is_open and self.session.stale & {*self.needs}:
            self.asker.cancel()
        elif self.is_open and not self.asker.is_waiting:
            self._guarded(self.show)

    def _show_progress(self) -> None:
        if not self.is_open:
            return
        asker, state = self.asker, self.session.jobs.get(self.job)
        share = percent(state) if asker.is_waiting and state is not None and state.phase == "running" else None
        self.say("" if not asker.is_waiting else "computing …" if share is None else f"computing {share} %")
        self._wrong.say(asker.error or "")
        reveal(self._repeat, asker.error is not None)
        set_class(self._content, "mdx-asking", asker.is_waiting)
        set_class(self._content, "mdx-failed", asker.error is not None)

    def _take_up(self) -> None:
        if self.is_open:   # its menus are not there before
            super()._take_up()
