"""Generation: frames and structures that the product can make from the study, each beside its nearest real frame with its scores."""
from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import ipywidgets as w
import numpy as np

from mdexplore.base.errors import UserError
from mdexplore.methods.coarse.numbering import ranks
from mdexplore.panels.forms import Saying, reveal, set_text
from mdexplore.panels.listing import Listing
from mdexplore.panels.ondemand import OnDemand
from mdexplore.panels.parts import box, escape, make, markup, set_class
from mdexplore.panels.small_map import SmallMap
from mdexplore.pictures.generation import WAYS, WORDS, generation_picture, how
from mdexplore.pictures.listing import Listed
from mdexplore.session.generating import BOLTZMANN, FLOW, LANDING, Generation, why_not
from mdexplore.session.generating_jobs import GenerationWanted, generation_wanted, run_generate

_TASK = f"{run_generate.__module__}:{run_generate.__name__}"
ALL, CHOSEN = -1, -2   # beside the states, in the menu
GENERATE, STOP = "Generate", "Stop"


class GenerationPanel(OnDemand):
    """Generated frames. What takes a moment follows the lag time and the states; what has to be trained begins by a button."""

    name, title = "generation", "Generation"
    tip = "New frames and structures, each beside its nearest real frame"
    needs = ("projection", "clustering", "kinetics", "coarse")
    wants = ("features",)
    job = "generation"

    def fill(self) -> Sequence[Any]:
        self._found: Generation | None = None
        self._picture: Listed | None = None
        self._key: Any = None      # of what the form stands for
        self._pressed_for: Any = None   # of what the button was pressed for
        self.way = make(w.Dropdown, description="Generate", options=WAYS, tooltip="How frames are generated")
        self.of = make(w.Dropdown, description="From", options=[("", 0)], tooltip="The state that is landed from, or the frames that are learned")
        self.count = make(w.Text, description="How many", value="10", continuous_update=False, tooltip="How many frames are shown")
        self.way.observe(self.gesture(lambda change: self.show()), "value")
        for field in (self.of, self.count):
            field.observe(self.gesture(lambda change: self._ask()), "value")
        self._words, self.summary, self._said = markup("", "mdx-note"), markup("", "mdx-note"), Saying("mdx-said")
        self.go = make(w.Button, "mdx-solid", description=GENERATE, tooltip="Train and generate in the background")
        self.go.on_click(self.gesture(lambda button: self._go()))
        take = make(w.Button, "mdx-quiet-button", description="Select the real frames", tooltip="Make the nearest real frames the selection")
        take.on_click(self.gesture(lambda button: self._select()))
        self.list, self.map = Listing(self._show_frame, "Show the nearest real frame, with the generated structure over it"), SmallMap(self._show_frame)
        self._outcome = box([self.summary, self.map.widget, self.list.widget, box([take], "mdx-adder", "mdx-starts-foot")], "mdx-outcome")
        return [box([self.way, self.of, self.count], "mdx-form"), self._words, self.go, self._outcome, self._said.widget]

    # -- asking -------------------------------------------------------------------------------------------------------------------------

    def show(self) -> None:
        """List what there is to choose, and ask for what takes no training."""
        n, way = self.session.results["coarse"].n_states, self.way.value
        states = [(f"state {k + 1}", k) for k in range(n)]
        # States come first: a page that has not heard of other options yet speaks of a place in the list.
        options = tuple([*states, ("all frames", ALL), ("the selected frames", CHOSEN)] if way == FLOW else states)
        if tuple(self.of.options) != options:
            chosen = self.of.value
            self.of.options = options
            self.of.value = chosen if chosen in [value for _, value in options] else options[0][1]
        reveal(self.of, way != BOLTZMANN)
        self._ask()

    def show_selection(self) -> None:
        if self.is_open and self.way.value == FLOW and self.of.value == CHOSEN:
            self._ask()

    def _ask(self, is_wanted: bool = False) -> None:
        """Ask, where it is wanted, takes a moment, or was answered before; what is being made goes on only while it is what the form says."""
        session, way = self.session, self.way.value
        reason = why_not(session.data, way)
        set_text(self._words, escape(WORDS[way] if reason is None else reason))
        reveal(self.go, way != LANDING and reason is None)
        set_class(self._content, "mdx-impossible", reason is not None)
        if not self.is_open or not self.is_ready or session.stale & {*self.needs}:   # results are on their way
            return
        if reason is not None:
            self._turn_to(None)
            return
        try:
            wanted = self._wanted()
        except UserError as error:
            self._key = None
            self.asker.fail(error)
            return
        order = ranks(session.results["coarse"])
        key = self._depends_on(), order, wanted
        self._pressed_for = key if is_wanted else self._pressed_for
        is_going_on = key == self._pressed_for and self.asker.error is None   # the model came back to what it was
        if is_wanted or way == LANDING or is_going_on or self.asker.knows(key):
            self._key = key
            self.asker.ask(key, _TASK, session.study.spec(), wanted, order)
        else:
            self._turn_to(key)
        self._show_progress()

    def _turn_to(self, key: Any) -> None:
        """The form says something else: give up what is being made."""
        if key != self._key:
            self._key = key
            self.asker.withdraw()

    def _again(self) -> None:
        self._guarded(lambda: self._ask(is_wanted=True))

    def _wanted(self) -> GenerationWanted:
        of = self.of.value
        return generation_wanted(self.session.data, self.way.value, self.count.value, of if of >= 0 else None, self.session.selection if of == CHOSEN else None)

    def _depends_on(self) -> tuple[str, int]:
        """What it is made from, as a key, and the seed. The generator of a model system knows nothing of the states; that of a molecule begins with frames drawn by their weight in the model."""
        study = self.session.study
        knows_points_alone = self.way.value == BOLTZMANN and not study.data.has_structures
        return study.data.key if knows_points_alone else study.key("coarse"), study.recipe.seed

    def _go(self) -> None:
        if self.asker.is_waiting:
            self._pressed_for = None
            self.asker.withdraw()
        else:
            self._ask(is_wanted=True)

    # -- drawing --------------------------------------------------------------------------------------------------------------------------

    def answer(self) -> None:
        """Draw what has come."""
        if self.asker.found is self._found:
            return
        self._found = found = self.asker.found
        session, results = self.session, self.session.results
        states = [-1 if session.states is None else int(session.states[session.data.index.number(int(t), int(f))]) for t, f in found.frames]
        self._picture = generation_picture(found, session.say_frame, states, results["coarse"].colors, session.data.topology)
        self._said.say("")
        set_text(self.summary, escape(self._picture.said))
        self.list.show(self._picture.items)
        self.map.show(results["projection"], self._picture.frames)
        self.show_current()

    def show_current(self) -> None:
        """Mark the row that is looked at."""
        if not self.is_open or self._picture is None or self._found is None:
            return
        beside = self.session.beside
        rows = [k for k, frame in enumerate(self._picture.frames) if frame == self.session.current]
        if self._found.xyz_nm is not None and beside is not None:   # several may have the same nearest frame
            rows = [k for k in rows if self._found.xyz_nm[k] is beside.xyz_nm or np.array_equal(self._found.xyz_nm[k], beside.xyz_nm)]
        self.list.mark(rows[0] if rows else None)
        self.map.mark(rows[0] if rows else None)

    def _show_progress(self) -> None:
        super()._show_progress()
        if self.is_open:
            self.go.description = STOP if self.asker.is_waiting else GENERATE
            # What is there answers another question than the form puts now.
            set_class(self._content, "mdx-outdated", self.asker.found_key != self._key)

    # -- gestures -------------------------------------------------------------------------------------------------------------------------

    def _show_frame(self, place: int) -> None:
        if self._picture is None or self._found is None or place >= len(self._picture.frames):
            return
        xyz = self._found.xyz_nm
        self.session.show_frame(*self._picture.frames[place], beside=None if xyz is None else xyz[place])
        self.show_current()

    def _select(self) -> None:
        if self._found is None or self.asker.found_key != self._key:
            self._said.say(UserError("There is nothing to select yet.", "What the form asks for has not been generated.", "Press Generate."))
            return
        self._said.say("")
        self.session.select(self._found.frames, source=self.name, how=how(self._found))
