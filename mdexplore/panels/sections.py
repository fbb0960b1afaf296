"""Sections of the settings rail: what fills a slot, its form, and what keeps it from running."""
from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import ipywidgets as w

from mdexplore.base.errors import UserError
from mdexplore.methods.method import Settings, find, method_of, methods
from mdexplore.methods.recipe import PARENTS, Given
from mdexplore.panels.forms import AUTOMATIC, Form, Saying, method_menu
from mdexplore.panels.panel import WORDS
from mdexplore.panels.parts import box, escape, icon, make, markup
from mdexplore.session.session import Session

GIVEN = ""   # in a menu of methods: the object that the user has put there


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
        (self._more.remove_class if rest else self._more.add_class)("mdx-hidden")

    def block(self, sentence: str) -> None:
        """Say why the step cannot run; empty where it can."""
        self._blocked.say(sentence)

    def _unfold(self, is_open: bool) -> None:
        self._is_open = is_open
        (self._rest.remove_class if is_open else self._rest.add_class)("mdx-hidden")
        (self._more.add_class if is_open else self._more.remove_class)("mdx-open")


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
        Label of the button that applies changes; empty where each change is applied at once.
    """

    def __init__(self, session: Session, slot: str, title: str, word: str, first: tuple[str, ...], refit: str = "") -> None:
        self.slot, self.title, self.word, self.first, self.refit = slot, title, word, first, refit
        super().__init__(session)
        self._depth = 0
        self.form: Form | None = None
        self.menu: Any = None
        self._given = ""
        self._front = box([], "mdx-form")
        self.button = make(w.Button, "mdx-solid", "mdx-hidden", description=refit, tooltip="Compute anew with these settings")
        self.button.on_click(lambda button: self.apply())
        self.widget = self.assemble([self._front, self.button])
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

    def hint(self, automatic: dict[str, str]) -> None:
        if self.form is not None:
            self.form.hint(automatic)

    def draft(self) -> Any:
        """The settings as they stand in the form; raises `UserError` where a field cannot be read."""
        if not self.menu.value:
            return self.filled
        return find(self.slot, self.menu.value).settings(**(self.form.read() if self.form else {}))

    def apply(self) -> None:
        """Hand the form's settings to the session."""
        def act() -> None:
            draft = self.draft()
            if isinstance(draft, Settings):
                values = {k: v for k, v in draft.to_json().items() if k not in ("method", "slot")}
                self.session.configure(self.slot, method=self.menu.value, **values)
        if self.attempt(act):
            self.button.add_class("mdx-hidden")

    def _make_form(self, settings: Settings | None) -> None:
        if settings is None:
            self.form = None
        elif self.form is None or self.form.kind is not type(settings):
            self.form = Form(type(settings), self.session.unit, first=self.first, changed=self._changed)
        if self.form is not None and settings is not None:
            self.form.show(settings)
        front = [self.menu, *(self.form.front.children if self.form else ())]
        if list(self._front.children) != front:
            self._front.children = tuple(front)
            self.offer(self.form.rest.children if self.form else ())

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
        self.button.add_class("mdx-hidden")
        draft = self.draft()
        self.session.study.change(**{self.slot: draft})
        if draft != self.filled:
            self.button.remove_class("mdx-hidden")


class FeaturesSection(Section):
    """The list of features: by default chosen from the data; rows can be added and taken out."""

    title = "Features"

    def __init__(self, session: Session) -> None:
        super().__init__(session)
        self._depth = 0
        self._rows: list[FeatureRow] = []
        self._fronts = box([], "mdx-form")
        add = icon("plus", "Add another kind of feature")
        add.on_click(lambda button: self._add())
        self.button = make(w.Button, "mdx-solid", "mdx-hidden", description="Recompute features", tooltip="Measure every frame anew")
        self.button.on_click(lambda button: self.apply())
        self.widget = self.assemble([self._fronts, self.button], tools=[add])
        self.show()

    def show(self) -> None:
        """Show the features of the study; a draft is given up."""
        filled = self.session.study.recipe.features
        self._depth += 1
        try:
            self._rows = [FeatureRow(self, f) for f in (filled if filled is not None else (None,))]
            self._place()
        finally:
            self._depth -= 1
        self._wrong.say("")
        self.button.add_class("mdx-hidden")

    def draft(self) -> list[Any] | None:
        """Settings of all rows; None lets the data decide."""
        found = [row.draft() for row in self._rows]
        chosen = [f for f in found if f is not None]
        return chosen or None

    def apply(self) -> None:
        if self.attempt(lambda: self.session.configure("features", features=self.draft())):
            self.button.add_class("mdx-hidden")

    def changed(self) -> None:
        """A row was changed by the user."""
        if not self._depth:
            self._place()
            self.attempt(self._check)

    def remove(self, row: FeatureRow) -> None:
        self._rows = [r for r in self._rows if r is not row] or [FeatureRow(self, None)]
        self.changed()

    def _check(self) -> None:
        self.button.add_class("mdx-hidden")
        draft, filled = self.draft(), self.session.study.recipe.features
        data = self.session.data
        for settings in draft or ():
            if isinstance(settings, Settings) and method_of(settings).name != "identity" and not data.has_structures:
                raise UserError(f"{method_of(settings).title} cannot be measured.", "These data hold features without structures.", "Choose “As given”.")
        self.session.study.change(features=draft)
        if (tuple(draft) if draft else None) != filled:
            self.button.remove_class("mdx-hidden")

    def _add(self) -> None:
        self._rows.append(FeatureRow(self, next(iter(methods("features").values())).settings()))
        self.changed()

    def _place(self) -> None:
        self._fronts.children = tuple(row.front(len(self._rows) > 1) for row in self._rows)
        self.offer([widget for row in self._rows for widget in row.rest()])


class FeatureRow:
    """One kind of feature and its form."""

    def __init__(self, section: FeaturesSection, filled: Any) -> None:
        self.section, self.filled = section, filled
        is_given = isinstance(filled, Given)
        options = [(filled.title, GIVEN)] if is_given else [(AUTOMATIC, AUTOMATIC)]
        options += [(m.title, m.name) for m in methods("features").values() if not m.missing]
        value = AUTOMATIC if filled is None else GIVEN if is_given else method_of(filled).name
        self.menu = make(w.Dropdown, description="Kind", options=options, value=value, tooltip="What is measured on every frame")
        self.menu.observe(lambda change: self._chosen(), "value")
        self._remove = icon("clear", "Take this kind out")
        self._remove.on_click(lambda button: section.remove(self))
        self.form: Form | None = None
        self._make_form(filled if isinstance(filled, Settings) else None)

    def front(self, is_one_of_many: bool) -> Any:
        return box([self.menu, self._remove], "mdx-row") if is_one_of_many else self.menu

    def rest(self) -> list[Any]:
        return list(self.form.rest.children) if self.form else []

    def draft(self) -> Any:
        if self.menu.value == AUTOMATIC:
            return None
        if self.menu.value == GIVEN:
            return self.filled
        return find("features", self.menu.value).settings(**(self.form.read() if self.form else {}))

    def _chosen(self) -> None:
        chosen = methods("features").get(self.menu.value)
        self._make_form(chosen.settings() if chosen else None)
        self.section.changed()

    def _make_form(self, settings: Settings | None) -> None:
        self.form = None
        if settings is not None:
            self.form = Form(type(settings), self.section.session.unit, changed=self.section.changed)
            self.form.show(settings)


def blocker(session: Session, slot: str) -> str:
    """Why a step cannot run: an earlier one has failed. Empty where nothing stands in its way."""
    parent = PARENTS.get(slot, ())
    while parent:
        if parent[0] in session.errors:
            return f"Waits: {WORDS[parent[0]]} failed. Health says why."
        parent = PARENTS[parent[0]]
    return ""
