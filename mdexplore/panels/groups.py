"""Groups: the metastable states and the user's named selections; a click selects the frames."""
from __future__ import annotations

from typing import Any

import ipywidgets as w
import numpy as np

from mdexplore.base.errors import UserError
from mdexplore.panels.forms import Saying
from mdexplore.panels.parts import box, classed, icon, markup, number
from mdexplore.pictures.palette import STATES
from mdexplore.session.selection import Group
from mdexplore.session.session import Session


class Groups:
    """States as chips with colour, number and frames; named groups below them; a field that keeps the selection under a name."""

    name = "groups"
    title = "Groups"

    def __init__(self, session: Session) -> None:
        self.session = session
        self._head = markup("")
        self._states, self._named = box([]), box([])
        self._name = w.Text(placeholder="name the selection", tooltip="Keep the selected frames under this name")
        self._add = icon("plus", "Keep the selection as a group")
        self._adder = box([self._name, self._add], "mdx-adder")
        self._wrong = Saying("mdx-form-error")
        self._add.on_click(lambda button: self._keep())
        self._name.on_submit(lambda widget: self._keep())
        self.widget = box([box([self._head], "mdx-sechead"), box([self._states, self._named], "mdx-chips"), self._adder, self._wrong.widget],
                          "mdx-sec", "mdx-panel-groups")
        session.observe(self._show_states, "results")
        session.observe(self._show_groups, "groups")
        session.observe(self._show_selection, "selection")
        self._shown: Any = self
        self._show_states(None)
        self._show_groups(None)
        self._show_selection(None)

    def _show_states(self, change: Any) -> None:
        coarse = self.session.results.get("coarse")
        if coarse is self._shown:
            return
        self._shown = coarse
        self._head.value = f"<b>{self.title}</b><i>{'' if coarse is None else 'frames'}</i>"
        if coarse is None:
            self._states.children = (markup('<div class="mdx-note" style="padding:0 6px">States appear with the Markov model.</div>'),)
            return
        counts = np.bincount(self.session.states + 1, minlength=coarse.n_states + 1)
        rows = [_row(f"state {k + 1}", counts[k + 1], f"mdx-c{coarse.colors[k] % len(STATES)}", lambda k=k: self.session.select_state(k, source="groups"),
                     f"Select the frames of state {k + 1}") for k in range(coarse.n_states)]
        if counts[0]:
            outside = self.session.states < 0
            rows.append(_row("outside the model", counts[0], "mdx-outside", lambda: self.session.select(outside, source="groups", how="outside the model"),
                             "Select the frames that the Markov model does not describe"))
        self._states.children = tuple(rows)

    def _show_groups(self, change: Any) -> None:
        self._named.children = tuple(self._named_row(group) for group in self.session.groups)

    def _named_row(self, group: Group) -> Any:
        row = _row(group.name, group.selection.n, f"mdx-c{group.color % len(STATES)}",
                   lambda: self.session.select(group.selection.mask, source="groups", how=f"group {group.name}"), f"Select the frames of {group.name}")
        row.children[0].add_class("mdx-named")
        remove = icon("clear", f"Forget the group {group.name}")
        remove.on_click(lambda button: self.session.remove_group(group.name))
        row.children = (*row.children, remove)
        return classed(row, "mdx-removable")

    def _show_selection(self, change: Any) -> None:
        """The field is there while there is something to keep."""
        (self._adder.remove_class if self.session.selection.n else self._adder.add_class)("mdx-hidden")
        self._wrong.say("")

    def _keep(self) -> None:
        name = self._name.value.strip() or f"group {len(self.session.groups) + 1}"
        try:
            self.session.add_group(name)
        except UserError as error:
            self._wrong.say(error)
            return
        self._wrong.say("")
        self._name.value = ""


def _row(name: str, count: int, color: str, chosen: Any, tip: str) -> w.Box:
    chip = classed(w.Button(description=name, tooltip=tip), "mdx-chip", color)
    chip.on_click(lambda button: chosen())
    return box([chip, markup(number(int(count)))], "mdx-chip-row")
