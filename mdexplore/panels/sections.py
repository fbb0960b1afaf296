"""Sections of the settings rail: what fills a slot, its form, and what keeps it from running."""
from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import ipywidgets as w

from mdexplore.base.errors import UserError
from mdexplore.methods.method import Settings, find, method_of
from mdexplore.methods.noted import UnreadError, unread
from mdexplore.methods.recipe import PARENTS, Given
from mdexplore.panels.forms import Form, Saying, method_menu, set_text
from mdexplore.panels.later import Later
from mdexplore.panels.panel import WORDS
from mdexplore.panels.parts import box, escape, icon, make, markup, number, set_class
from mdexplore.session.session import Session
from mdexplore.session.tasks import made_settings

LONG_S = 3.0   # what takes longer is said before it is chosen
SLIDE_S = 0.3  # a slider that has stood still for so long is where it was meant to be


class Section:
    """A head with a title, a note and a "more" button, and what stands below it."""

    title = ""
    widget: Any
    _is_open = False

    def __init__(self, session: Session) -> None:
        self.session = session
        self._head = markup("")
        self._more = icon("more", f"More settings of {self.title.lower()}")
        self._more.on_click(lambda button: self._unfold(not self._is_open))
        self._rest = box([], "mdx-form", "mdx-hidden")
        self._wrong, self._blocked = Saying("mdx-form-error"), Saying("mdx-blocker")
        self.note("")

    def note(self, text: str, tip: str = "") -> None:
        """What stands at the right of the title."""
        value = f'<b>{escape(self.title)}</b><i title="{escape(tip)}">{escape(text)}</i>'
        if self._head.value != value:
            self._head.value = value

    def assemble(self, children: Sequence[Any], tools: Sequence[Any] = ()) -> w.Box:
        return box([box([self._head, *tools, self._more], "mdx-sechead"), *children, self._rest, self._wrong.widget, self._blocked.widget],
                   "mdx-sec", f"mdx-sec-{self.title.lower()}")

    def attempt(self, act: Callable[[], None]) -> bool:
        """Do what the user asked for; a `UserError` stands in the form."""
        try:
            act()
        except UserError as error:
            self._wrong.say(error)
            return False
        self._wrong.say("")
        return True

    def offer(self, rest: Sequence[Any]) -> None:
        """What the "more" button shows; without anything there is no such button."""
        self._rest.children = tuple(rest)
        set_class(self._more, "mdx-hidden", not rest)

    def block(self, sentence: str) -> None:
        """Say why the step cannot run; empty where it can."""
        self._blocked.say(sentence)

    def _unfold(self, is_open: bool) -> None:
        self._is_open = is_open
        set_class(self._rest, "mdx-hidden", not is_open)
        set_class(self._more, "mdx-open", is_open)


class SlotSection(Section):
    """A slot with one method: a menu of methods and the form of the one chosen.

    Parameters
    ----------
    slot : str
    title, word : str
        The section's title and the menu's label.
    first : tuple of str
        Settings in sight.
    refit : str
        Label of the button that applies changes; empty where each change is applied at once, as that of a slider alone always is.
    beside : Form, optional
        What stands below the form of the slot.
    """

    def __init__(self, session: Session, slot: str, title: str, word: str, first: tuple[str, ...], refit: str = "", beside: Form | None = None) -> None:
        self.slot, self.title, self.word, self.first, self.refit, self.beside = slot, title, word, first, refit, beside
        super().__init__(session)
        self._depth = 0
        self._soon = Later(self.apply, SLIDE_S)
        self.form: Form | None = None
        self.menu: Any = None
        self._given = ""
        self._front = box([], "mdx-form")
        self._said = markup("", "mdx-note")
        self._capped = ""
        self.button = make(w.Button, "mdx-solid", "mdx-hidden", description=refit, tooltip="Compute anew with these settings")
        self.button.on_click(lambda button: self.apply())
        self.widget = self.assemble([self._front, self._said, self.button])
        self.show()

    @property
    def filled(self) -> Any:
        """What fills the slot now."""
        return getattr(self.session.study.recipe, self.slot)

    def show(self) -> None:
        """Show what fills the slot; a draft is given up."""
        filled = self.filled
        given = filled.title if isinstance(filled, Given) else ""
        self._depth += 1
        try:
            name = None if given else method_of(filled).name
            if self.menu is None or self._given != given:
                self._given = given
                self.menu = method_menu(self.slot, self.word, name, given)
                self.menu.observe(lambda change: self._chosen(), "value")
            self.menu.value = "" if given else name
            self._make_form(None if given else filled)
        finally:
            self._depth -= 1
        self._wrong.say("")
        self.button.add_class("mdx-hidden")

    @property
    def reading(self) -> str:
        """Name of the job that makes settings out of files."""
        return f"settings of the {self.slot}"

    def hint(self, automatic: dict[str, str]) -> None:
        if self.form is not None:
            self.form.hint(automatic)

    def draft(self) -> Any:
        """The settings as they stand in the form; raises `UserError` where a field cannot be read."""
        if not self.menu.value:
            return self.filled
        return find(self.slot, self.menu.value).settings(**(self.form.read() if self.form else {}))

    def apply(self) -> None:
        """Hand the form's settings to the session; a worker makes those that read files."""
        self.session.work.cancel(self.reading)

        def act() -> None:
            try:
                with unread():
                    draft = self.draft()
            except UnreadError:
                self._have_read(self.menu.value, self.form.read() if self.form else {})
                return
            if isinstance(draft, Settings):
                values = {k: v for k, v in draft.to_json().items() if k not in ("method", "slot")}
                self.session.configure(self.slot, method=self.menu.value, **values)
        if self.attempt(act):
            self.button.add_class("mdx-hidden")

    def _have_read(self, name: str, values: dict[str, Any]) -> None:
        before = self.filled

        def done(made: Settings) -> None:
            if self.filled is before:   # nobody has filled the slot with something else in the meantime
                self.session.configure("study", **{self.slot: made})

        self.session.work.submit(self.reading, f"{made_settings.__module__}:{made_settings.__name__}", self.slot, name, values, done=done, failed=self._wrong.say)

    def _make_form(self, settings: Settings | None) -> None:
        if settings is None:
            self.form = None
        elif self.form is None or self.form.kind is not type(settings):
            self.form = Form(type(settings), self.session.unit, first=self.first, changed=self._changed)
        if self.form is not None and settings is not None:
            self.form.show(settings)
        self._explain(settings)
        front = [self.menu, *(self.form.front.children if self.form else ()), *(self.beside.front.children if self.beside else ())]
        if list(self._front.children) != front:   # a page makes children anew, and the one with the focus loses it
            self._front.children = tuple(front)
            self.offer([*(self.form.rest.children if self.form else ()), *(self.beside.rest.children if self.beside else ())])

    def cap(self, sentence: str) -> None:
        """Say that less came of what fills the slot than its settings ask for; empty where all did."""
        if sentence != self._capped:
            self._capped = sentence
            self._explain(self.filled if isinstance(self.filled, Settings) else None)

    def _explain(self, settings: Settings | None) -> None:
        """Say below the form what these settings give, how long they take, and what came of them."""
        said = [] if settings is None else [settings.gives, patience(settings, self.session.data.n_frames), self._capped if settings == self.filled else ""]
        set_text(self._said, "".join(f'<p class="mdx-slow">{escape(sentence)}</p>' for sentence in said if sentence))

    def _chosen(self) -> None:
        """Another method was picked: its form with the settings that both share."""
        if self._depth:
            return
        if not self.menu.value:
            self.show()
            return

        def act() -> None:
            kind = find(self.slot, self.menu.value).settings
            self._depth += 1
            try:
                self._make_form(kind())
            finally:
                self._depth -= 1
        if self.attempt(act):
            self._changed()

    def _changed(self) -> None:
        if self._depth:
            return
        if not self.refit:
            self.apply()
            return
        self.attempt(self._check)

    def _check(self) -> None:
        """Say what is wrong with a draft before it runs."""
        self._soon.cancel()
        self.button.add_class("mdx-hidden")
        draft = self.draft()
        self._explain(draft if isinstance(draft, Settings) else None)
        self.session.study.change(**{self.slot: draft})
        if self.form is not None and self.form.slides(draft, self.filled):
            self._soon.call()
        elif draft != self.filled:
            self.button.remove_class("mdx-hidden")


def patience(settings: Settings, n_frames: int) -> str:
    """How long a slow method takes with so many frames; empty where that is not worth a word."""
    seconds = settings.ms_per_frame * n_frames / 1000
    if seconds < LONG_S:
        return ""
    rounded, unit = (round(seconds / 60), "min") if seconds >= 90 else (float(f"{seconds:.1g}"), "s")
    return f"Slow: goes through all {number(n_frames)} frames many times, some {rounded:.0f} {unit}. The rest can be used meanwhile."


def blocker(session: Session, slot: str) -> str:
    """Why a step cannot run: an earlier one has failed. Empty where nothing stands in its way."""
    parent = PARENTS.get(slot, ())
    while parent:
        if parent[0] in session.errors:
            return f"Waits: {WORDS[parent[0]]} failed. Health says why."
        parent = PARENTS[parent[0]]
    return ""
