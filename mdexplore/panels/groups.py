"""Groups: the metastable states and the user's named selections; a click selects the frames."""
from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import ipywidgets as w
import numpy as np

from mdexplore.base.chunked import spans
from mdexplore.base.errors import UserError
from mdexplore.panels.forms import Saying, reveal, set_text
from mdexplore.panels.parts import box, classed, icon, make, markup, number, panel_box
from mdexplore.pictures.palette import STATES
from mdexplore.session.selection import Group
from mdexplore.session.session import Session

GROUP_COLORS = 4   # of their own in theme.css: a group is no state
OUTSIDE = -1   # frames that the model does not describe


class Groups:
    """States as chips with colour, number and frames; named groups below them; a field that keeps the selection under a name."""

    name = "groups"
    title = "Groups"

    def __init__(self, session: Session) -> None:
        self.session = session
        self._head = markup("")
        self._states, self._named = box([]), box([])
        self._note = markup("States appear with the Markov model.", "mdx-note")
        self._name = make(w.Text, placeholder="name the selection", tooltip="Keep the selected frames under this name")
        self._add = icon("plus", "Keep the selection as a group")
        self._adder = box([self._name, self._add], "mdx-adder")
        self._wrong = Saying("mdx-form-error")
        self._add.on_click(lambda button: self._keep())
        self._name.on_submit(lambda widget: self._keep())
        self.widget = panel_box([box([self._head], "mdx-sechead"), self._note, box([self._states, self._named], "mdx-chips"), self._adder, self._wrong.widget],
                          "mdx-sec", "mdx-panel-groups")
        session.observe(self._show_states, "results")
        session.observe(self._show_groups, "groups")
        session.observe(self._show_selection, "selection")
        self._shown: Any = self
        self._rows: list[StateRow] = []
        self._show_states(None)
        self._show_groups(None)
        self._show_selection(None)

    def _show_states(self, change: Any) -> None:
        coarse = self.session.results.get("coarse")
        if coarse is self._shown:
            return
        self._shown = coarse
        set_text(self._head, f"<b>{self.title}</b><i>{'' if coarse is None else 'frames'}</i>")
        reveal(self._note, coarse is None)
        rows: list[tuple[int, int, int]] = []   # state, frames, place in the palette
        states = self.session.states
        if coarse is not None and states is not None:
            counts = {k: sum(int(np.count_nonzero(states[span] == k)) for span in spans(len(states))) for k in (*range(coarse.n_states), OUTSIDE)}   # few values: quicker than a bincount
            rows = [(k, counts[k], coarse.colors[k] % len(STATES)) for k in range(coarse.n_states)]
            rows += [(OUTSIDE, counts[OUTSIDE], OUTSIDE)] if counts[OUTSIDE] else []
        self._place(rows)

    def _place(self, rows: list[tuple[int, int, int]]) -> None:
        """Fill the rows that are there, add what is missing, hide the rest; a moving lag dial changes texts alone."""
        for place in range(len(self._rows), len(rows)):
            self._rows.append(StateRow(partial(self._choose, place)))
            self._states.children = (*self._states.children, self._rows[place].widget)
        for place, row in enumerate(self._rows):
            reveal(row.widget, place < len(rows))
            if place < len(rows):
                row.show(*rows[place])

    def _choose(self, place: int) -> None:
        state = self._rows[place].state
        if state == OUTSIDE and self.session.states is not None:
            self.session.select(self.session.states < 0, source=self.name, how="outside the model")
        elif state != OUTSIDE:
            self.session.select_state(state, source=self.name)

    def _show_groups(self, change: Any) -> None:
        self._named.children = tuple(self._named_row(group) for group in self.session.groups)

    def _named_row(self, group: Group) -> Any:
        row = _row(group.name, group.selection.n, f"mdx-g{group.color % GROUP_COLORS}",
                   lambda: self.session.select(group.selection.mask, source="groups", how=f"group {group.name}"), f"Select the frames of {group.name}")
        row.children[0].add_class("mdx-named")
        remove = icon("clear", f"Forget the group {group.name}")
        remove.on_click(lambda button: self.session.remove_group(group.name))
        row.children = (*row.children, remove)
        return classed(row, "mdx-removable")

    def _show_selection(self, change: Any) -> None:
        """The field is there while there is something to keep."""
        reveal(self._adder, self.session.selection.n > 0)
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


class StateRow:
    """A state as a button with its colour, and its number of frames over it."""

    def __init__(self, chosen: Callable[[], None]) -> None:
        self.state, self._color = OUTSIDE, "mdx-outside"
        self.widget = _row("", 0, self._color, chosen, "")

    def show(self, state: int, count: int, color: int) -> None:
        chip, text = self.widget.children
        self.state = state
        chip.description = "outside the model" if state == OUTSIDE else f"state {state + 1}"
        chip.tooltip = f"Select the frames {chip.description if state == OUTSIDE else f'of {chip.description}'}"
        set_text(text, number(count))
        name = "mdx-outside" if color == OUTSIDE else f"mdx-c{color}"
        if name != self._color:
            chip.remove_class(self._color)
            chip.add_class(name)
            self._color = name


def _row(name: str, count: int, color: str, chosen: Any, tip: str) -> w.Box:
    chip = make(w.Button, "mdx-chip", color, description=name, tooltip=tip)
    chip.on_click(lambda button: chosen())
    return box([chip, markup(number(int(count)))], "mdx-chip-row")
