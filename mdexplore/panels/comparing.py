"""Two methods of the arena side by side: all frames on the coordinates of both, coloured by the states of each, with the selection of the page."""
from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any

import ipywidgets as w
import numpy as np

from mdexplore.base.errors import UserError
from mdexplore.panels.forms import set_text
from mdexplore.panels.ondemand import OnDemand
from mdexplore.panels.parts import box, escape, make, markup, number
from mdexplore.panels.projection_tools import Tools
from mdexplore.panels.side import SideMap
from mdexplore.pictures.palette import state_css
from mdexplore.pictures.sides import Shared, as_on_page, said, shared, side_picture
from mdexplore.session.arena_jobs import ArenaJobs
from mdexplore.session.session import Session
from mdexplore.session.sides import Sides, arrived, run_sides

_TASK = f"{run_sides.__module__}:{run_sides.__name__}"


class ComparingPanel(OnDemand):
    """Two maps; a lasso or a click on a state in either selects for the whole page, and every selection shows in both.

    Parameters
    ----------
    session : Session
    jobs : ArenaJobs
        Whose candidates they are, and which two.
    """

    name, title = "comparing", "Side by side"
    tip = "Two methods of the arena side by side"
    wants = ("coarse",)
    job = "side by side"

    def __init__(self, session: Session, jobs: ArenaJobs) -> None:
        self.jobs = jobs
        super().__init__(session)

    def build(self) -> tuple[Sequence[Any], Sequence[Any]]:
        self._key: Any = None                            # of what was asked last
        self._data = ""                                  # key of the data it was asked of
        self._sides: tuple[Any, str, Sides] | None = None   # the answer, with its key and that of its data
        self._drawn: Sides | None = None                 # the same, with the numbers of the page's states
        self.jobs.observe(lambda change: self._guarded(self.draw), ["pair", "rows", "candidates"])
        return super().build()

    def fill(self) -> Sequence[Any]:
        self.menus = tuple(make(w.Dropdown, "mdx-side-menu", options=[], tooltip=tip) for tip in ("The method on the left", "The method on the right"))
        for menu in self.menus:
            menu.observe(self.gesture(lambda change: self.jobs.choose(*(m.value for m in self.menus))), "value")
        self.maps = tuple(SideMap(menu, self.gesture(partial(self._lassoed, k)), self.gesture(partial(self._clicked, k))) for k, menu in enumerate(self.menus))
        self.tools = Tools(self.maps[0].figure, {
            "lasso": ("Lasso: draw a loop around frames in either map to select them", self.maps[0].lasso.selector),
            "point": ("Click: select the state that is there, as this method has it", None),
        }, self.maps[1].use)
        self.summary, self.table = markup("", "mdx-note"), markup("", "mdx-side-states")
        self.select = make(w.Button, "mdx-quiet-button", description="Select where they disagree", tooltip="Frames that the metastable states of the two put elsewhere")
        self.select.on_click(self.gesture(lambda _: self._select_difference()))
        return [box([box([side.widget for side in self.maps], "mdx-sides"), self.summary, self.table, self.select], "mdx-outcome")]

    def head_tools(self) -> Sequence[Any]:
        return list(self.tools.buttons.values())

    # -- asking -------------------------------------------------------------------------------------------------------------------------

    def show(self) -> None:
        """Ask for the two that are chosen, with the Markov model as the page has it."""
        names, pair, session = self.jobs.comparable, self.jobs.pair, self.session
        for menu, name in zip(self.menus, pair):
            if list(menu.options) != names:
                menu.options = names
            menu.value = menu.tooltip = name   # a long name is cut
        try:
            if len(pair) < 2:
                raise UserError("There are no two methods yet.", f"Two that the method arena has judged stand here side by side; it has judged {len(names) or 'none'}.", "Open Method arena in the rail, and judge two there.")
            if pair[0] == pair[1]:
                raise UserError("A model agrees with itself.", do="Choose two methods.")
            if session.stale:   # results are on their way
                return
            a, b = (self.jobs.study(name) for name in pair)
            key = a.key("coarse"), b.key("coarse")
        except UserError as error:
            self._key = None
            self.asker.fail(error)
            return
        if self._sides is not None and self._sides[0] == key == self._key:
            self._draw_sides()   # the page's states may have other colours
            return
        self._key, self._data = key, session.data.key
        self.asker.ask(key, _TASK, a.spec(), b.spec())

    # -- drawing --------------------------------------------------------------------------------------------------------------------------

    def answer(self) -> None:
        """Draw the two that have come."""
        if self.asker.found_key != self._key or (self._sides is not None and self._sides[0] == self._key):
            return
        found = arrived(self.asker.found)
        if found is None:
            self.asker.withdraw()
            raise UserError("What was found is not there any more.", "The cache was emptied meanwhile.", "Close this panel and open it again.")
        self._sides = self._key, self._data, found
        self._draw_sides()
        self.show_selection()
        self.show_current()

    def _draw_sides(self) -> None:
        found = self._shown_sides()
        if found is None:
            return
        found, colors = as_on_page(found, self.session.states, self.session.results.get("coarse"))
        self._drawn = found
        for drawn, side in zip(self.maps, (found.a, found.b)):
            drawn.show(side_picture(side, found.n_states, colors))
        set_text(self.summary, escape(said(found)))
        set_text(self.table, states_markup(shared(found, colors)))
        self.select.disabled = not found.differ.any()

    def _shown_sides(self) -> Sides | None:
        """What is drawn, where it is of the data that are there."""
        return self._sides[2] if self._sides is not None and self._sides[1] == self.session.data.key else None

    def show_selection(self) -> None:
        if self.is_open and self._shown_sides() is not None:
            selection = self.session.selection
            for drawn in self.maps:
                drawn.select(selection.mask if selection.n else None)

    def show_current(self) -> None:
        if self.is_open and self._shown_sides() is not None:
            for drawn in self.maps:
                drawn.mark(self.session.data.index.number(*self.session.current))

    # -- gestures -------------------------------------------------------------------------------------------------------------------------

    def _lassoed(self, k: int, mask: np.ndarray, how: str) -> None:
        if self._shown_sides() is not None and mask.any():
            self.session.select(mask, source=self.name, how=f"{how}, {self.menus[k].value}")

    def _clicked(self, k: int, frame: int) -> None:
        """The state of the frame as this method has it; a frame outside its model, or without states, is shown."""
        if self._shown_sides() is None or self._drawn is None:
            return
        states = (self._drawn.a, self._drawn.b)[k].states
        if states is not None and states[frame] >= 0:
            self.session.select(np.asarray(states == states[frame]), source=self.name, how=f"state {states[frame] + 1} of {self.menus[k].value}")
        else:
            self.session.show_frame(*self.session.data.index.pair(frame))

    def _select_difference(self) -> None:
        found = self._shown_sides()
        if found is not None:
            self.session.select(found.differ, source=self.name, how=f"where {self.menus[0].value} and {self.menus[1].value} disagree")


def states_markup(rows: Sequence[Shared]) -> str:
    """A line a state as HTML: its frames in the one and in the other, and how much of them is the same."""
    if not rows:
        return ""
    lines = ""
    for row in rows:
        lines += f'<em style="--c:{escape(state_css(row.color))}">{escape(str(row.state + 1))}</em><span>{escape(number(row.n_first))}</span><span>{escape(number(row.n_second))}</span>'
        lines += f"<b>{100 * row.share:.3g} %</b>"
    return f"<div><i>state</i><i>frames, left</i><i>right</i><i>shared</i>{lines}</div>"
