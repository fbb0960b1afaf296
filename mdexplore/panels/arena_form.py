"""The form of the method arena: features, a projection of them, and what it is judged by."""
from __future__ import annotations

from collections.abc import Callable
from typing import Any

import ipywidgets as w

from mdexplore.methods.method import find, methods
from mdexplore.panels.forms import Form, method_menu
from mdexplore.panels.parts import box, make
from mdexplore.session.candidates import feature_kinds
from mdexplore.session.session import Session

SAME = "current"   # the features of the model that is shown
COORDINATES = "coordinates"        # what is judged where there are no microstates
#: Settings in sight, by slot; the others are as they come.
IN_SIGHT = {"features": ("chi", "between", "cutoff_nm", "selection"), "projection": ("dim",), "clustering": ("n_clusters", "dmin", "n_bins")}


class CandidateForm:
    """Menus of what a candidate is made of, each with the settings that matter most.

    Parameters
    ----------
    session : Session
    attempt : callable
        Does what the user asked for, and says where it cannot be done.

    Attributes
    ----------
    widget : ipywidgets.Box
    menus : dict of str to ipywidgets.Dropdown
        By slot; the value "" fills none.
    forms : dict of str to Form
        Of the slots that are filled.
    """

    def __init__(self, session: Session, attempt: Callable[[Callable[[], None]], None]) -> None:
        self._session = session
        self.menus: dict[str, Any] = {
            "features": make(w.Dropdown, "mdx-method", description="Features", options=[(SAME, "")], tooltip="What is measured on every frame"),
            "projection": method_menu("projection", "Projection", "tica"),
            "clustering": make(w.Dropdown, "mdx-method", description="Judged by", options=[(COORDINATES, ""), *((m.title, m.name) for m in methods("clustering").values() if not m.missing)],
                               tooltip="The coordinates themselves, or microstates on them"),
        }
        self.forms: dict[str, Form] = {}
        self._places = {slot: box([], "mdx-form") for slot in self.menus}
        for slot, menu in self.menus.items():
            menu.observe(lambda change, slot=slot: attempt(lambda: self._chosen(slot)), "value")
        self._chosen("projection")
        self.widget = box([widget for slot, menu in self.menus.items() for widget in (menu, self._places[slot])], "mdx-form")
        self.show()

    def show(self) -> None:
        """Offer the features that can be measured on the data that are there."""
        menu = self.menus["features"]
        options = ((SAME, ""), *feature_kinds(self._session.data))
        if tuple(menu.options) != options:
            chosen = menu.value
            menu.options = options
            menu.value = chosen if chosen in [name for _, name in options] else ""

    def slots(self) -> dict[str, Any]:
        """What the form stands for, as `mdexplore.arena` takes a candidate; raises `UserError` for a field that cannot be read."""
        return {slot: find(slot, menu.value).settings(**self.forms[slot].read()) for slot, menu in self.menus.items() if menu.value}

    def _chosen(self, slot: str) -> None:
        self._places[slot].children = ()
        self.forms.pop(slot, None)
        name = self.menus[slot].value
        if not name:
            return
        kind = find(slot, name).settings
        form = Form(kind, self._session.unit, first=IN_SIGHT[slot])
        form.show(kind())
        self.forms[slot] = form
        self._places[slot].children = tuple(form.front.children)
