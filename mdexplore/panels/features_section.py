"""The features section of the settings rail: a list of kinds of features, each with a menu and a form."""
from __future__ import annotations

from typing import Any

import ipywidgets as w

from mdexplore.base.errors import UserError
from mdexplore.methods.method import Settings, find, method_of, methods
from mdexplore.methods.recipe import Given
from mdexplore.panels.forms import AUTOMATIC, Form
from mdexplore.panels.parts import box, icon, make
from mdexplore.panels.sections import Section
from mdexplore.session.session import Session

GIVEN = ""   # in a menu of methods: the object that the user has put there


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
