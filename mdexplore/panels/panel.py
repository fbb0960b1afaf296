"""What all panels have in common: a head, a body, waiting politely, showing what went wrong, and drawing without an echo."""
from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import ipywidgets as w

from mdexplore.base.errors import UserError
from mdexplore.panels.forms import error_words
from mdexplore.panels.later import Burst
from mdexplore.panels.parts import box, escape, make, markup, panel_box, set_class
from mdexplore.session.session import Session

log = logging.getLogger(__name__)


class Panel:
    """A view of a session.

    A subclass names what it needs, builds its widgets once, and draws. Everything a gesture does goes through
    `Session.select`, `Session.show_frame`, `Session.choose_ends` or `Session.configure`.

    Parameters
    ----------
    session : Session

    Attributes
    ----------
    widget : ipywidgets.Box
        Show it alone, or in a layout; its classes are ``mdx-panel``, ``mdx-panel-<name>`` and ``mdx-waiting`` or ``mdx-ready``.
    """

    name = ""
    title = ""
    needs: tuple[str, ...] = ()    # results without which there is nothing to draw
    wants: tuple[str, ...] = ()    # results that are drawn where they are there
    wakes: tuple[str, ...] = ()    # further traits of the session that call `draw`, such as "groups"

    def __init__(self, session: Session) -> None:
        self.session = session
        self._depth = 0
        self._shown: dict[str, Any] = {}
        self._wished: dict[str, Any] = {}
        self._current_waits = False
        self._selected = Burst(self._selection_changed)   # a lasso or a brush may send hundreds of selections in a second
        self._head = markup("", "mdx-title")
        self._waiting = markup("", "mdx-wait")
        self._strip = markup("", "mdx-strip-text")
        self._retry = make(w.Button, "mdx-quiet-button", description="Retry")
        self._strip_box = box([self._strip, self._retry], "mdx-strip", "mdx-hidden")
        self._retry.on_click(self._try_again)
        tools, body = self.build()
        self.body = box([*body, self._waiting, self._strip_box], "mdx-body")
        self._bar = box([self._head, *tools], "mdx-head")
        self.widget = panel_box([self._bar, self.body], "mdx-panel", f"mdx-panel-{self.name}", "mdx-waiting")
        self.say("")
        session.observe(self._results_changed, ["results", "errors", "stale", "jobs", *self.wakes])
        session.observe(lambda _: self._selected.call(), "selection")
        session.observe(lambda _: self._current_changed(), "current")
        self._results_changed(None)

    # -- for subclasses ---------------------------------------------------------------------------------------------------------------

    def build(self) -> tuple[Sequence[Any], Sequence[Any]]:
        """The tools in the head and the children of the body; called once."""
        raise NotImplementedError

    def draw(self) -> None:
        """Draw the results (`self.session.results`); called when one that is needed or wanted has changed."""
        raise NotImplementedError

    def show_selection(self) -> None:
        """Draw the selection over what is there."""

    def show_current(self) -> None:
        """Mark the current frame."""

    def view(self) -> dict[str, Any]:
        """How the panel is set, as plain values by name: its drop-downs, and the tool in use. A saved file keeps it; `restore` takes it."""
        tools = getattr(self, "tools", None)
        plain = {name: chosen.value for name, chosen in self._choices().items() if isinstance(chosen.value, (str, int, float, bool))}
        return {**plain, **({} if tools is None else {"tool": tools.in_use})}

    def restore(self, view: Mapping[str, Any]) -> None:
        """Set the panel as it was; what only a result brings is set when it is drawn. Names and values that there are not are passed over."""
        self._wished = dict(view)
        self._take_tool()
        self._take_up()

    def take_up(self, wished: dict[str, Any]) -> None:
        """Set what is no drop-down as `view` said it; called once, after the first drawing. What cannot be has to be passed over."""

    def say(self, subtitle: str) -> None:
        """Set the subtitle; keep it below 25 characters. The text is escaped here."""
        self._head.value = f"<b>{escape(self.title)}</b><i>{escape(subtitle)}</i>"

    @contextmanager
    def drawing(self) -> Iterator[None]:
        """While the panel itself writes to its widgets, its gesture handlers stay quiet."""
        self._depth += 1
        try:
            yield
        finally:
            self._depth -= 1

    def gesture(self, handler: Callable[..., None]) -> Callable[..., None]:
        """Wrap a handler of the user's gestures: silent while drawing; a `UserError` is shown in the strip."""
        def on(*args: Any) -> None:
            if self._depth:
                return
            try:
                handler(*args)
            except UserError as error:
                self.complain(error)
        return on

    def complain(self, error: Exception | None, retry: bool = False) -> None:
        """Show an error in the panel's strip; None takes it away."""
        set_class(self._strip_box, "mdx-hidden", error is None)
        set_class(self._retry, "mdx-hidden", not retry)
        if error is not None:
            self._strip.value = escape(error_words(error))

    # -- private ------------------------------------------------------------------------------------------------------------------------

    def _try_again(self, _: Any) -> None:
        for step in (*self.needs, *self.wants):
            if step in self.session.errors:
                self.session.retry(step)

    @property
    def is_behind(self) -> bool:
        """Whether the last selection is yet to be drawn."""
        return self._selected.is_waiting

    @property
    def is_ready(self) -> bool:
        return all(step in self.session.results for step in self.needs)

    def _results_changed(self, change: Any) -> None:
        steps = [s for s in (*self.needs, *self.wants) if s in self.session.errors]
        self.complain(self.session.errors[steps[0]] if steps else None, retry=True)
        set_class(self.widget, "mdx-stale", bool(self.session.stale & {*self.needs}))
        if not self.is_ready:
            self._wait()
            return
        now = {s: self.session.results.get(s) for s in (*self.needs, *self.wants)}
        is_new = any(now[s] is not self._shown.get(s, self) for s in now)
        if not is_new and self._shown and not (change is not None and change.name in self.wakes):
            return
        self._shown = now
        self._guarded(self._draw_all)
        self._take_up()

    def _selection_changed(self) -> None:
        self._guarded(self.show_selection)
        if self._current_waits:
            self._current_waits = False
            self._guarded(self.show_current)

    def _current_changed(self) -> None:
        self._current_waits = self._selected.is_waiting   # a frame that comes with a selection is drawn with it
        if not self._current_waits:
            self._guarded(self.show_current)

    def _choices(self) -> dict[str, w.Dropdown]:
        return {name.lstrip("_"): widget for name, widget in vars(self).items() if isinstance(widget, w.Dropdown)}

    def _take_tool(self) -> None:
        tools = getattr(self, "tools", None)
        if tools is not None and self._wished.get("tool") in list(tools.buttons):
            tools.use(self._wished["tool"])

    def _take_up(self) -> None:
        if not self._wished or not self._shown:
            return
        wished, self._wished = self._wished, {}
        for name, chosen in self._choices().items():
            if name in wished and any(type(o) is type(wished[name]) and o == wished[name] for o in chosen._options_values):
                chosen.value = wished[name]
        try:
            self.take_up(wished)
        except (TypeError, ValueError, KeyError, IndexError):   # out of a file: nothing that is worth a word
            log.info("panel %s could not be set as it was", self.name)

    def _draw_all(self) -> None:
        self._selected.cancel()
        self._current_waits = False
        self.draw()
        self.show_selection()
        self.show_current()
        if "mdx-waiting" in self.widget._dom_classes:
            self._waiting.add_class("mdx-hidden")
            self.widget.remove_class("mdx-waiting")
            self.widget.add_class("mdx-ready")

    def _guarded(self, drawn: Callable[[], None]) -> None:
        """Draw where there is what is needed."""
        if self.is_ready:
            self._draw_safely(drawn)

    def _draw_safely(self, drawn: Callable[[], None]) -> None:
        """The one place of a panel that catches everything: a panel that cannot draw says so and leaves the others alone."""
        try:
            with self.drawing():
                drawn()
        except Exception as error:
            log.exception("panel %s could not draw", self.name)
            self.complain(error)

    def _wait(self) -> None:
        missing = [s for s in self.needs if s not in self.session.results]
        if any(s in self.session.errors for s in missing):
            self._waiting.value = ""
            return
        text = f"Waiting for {WORDS.get(missing[0], missing[0])}"
        running = [job for job in self.session.jobs.values() if job.phase == "running"]
        doing = escape(f"{WORDS.get(running[0].name, running[0].name)} {running[0].text}".strip()) if running else ""
        value = f"{escape(text)} …<br><small>{doing}</small>" if doing else f"{escape(text)} …"
        if self._waiting.value != value:
            self._waiting.value = value


WORDS = {"features": "features", "projection": "the projection", "clustering": "microstates", "timescales": "timescales", "kinetics": "the Markov model",
         "coarse": "metastable states", "chapman": "the Chapman–Kolmogorov test", "bootstrap": "the bootstrap", "posterior": "the posterior", "model": "the Markov model", "score": "the cross-validated score",
         "flux": "reactive flux", "examine": "every frame", "checks": "the checks"}
