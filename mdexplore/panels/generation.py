"""Generation: frames and structures that the product can make from the study, each beside its nearest real frame with its scores, and the latent space they come from."""
from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import ipywidgets as w
import numpy as np

from mdexplore.base.errors import UserError
from mdexplore.base.words import minus
from mdexplore.methods.coarse.numbering import ranks
from mdexplore.panels.forms import Saying, reveal, set_text
from mdexplore.panels.latent_map import LatentMap
from mdexplore.panels.listing import Listing
from mdexplore.panels.ondemand import OnDemand
from mdexplore.panels.parts import box, escape, make, markup, set_class
from mdexplore.panels.small_map import SmallMap
from mdexplore.pictures import latent as latents
from mdexplore.pictures.generation import WAYS, WORDS, generation_picture, how
from mdexplore.pictures.listing import Listed
from mdexplore.session.generating import BOLTZMANN, FLOW, LANDING, Generation, Measured, why_not
from mdexplore.session.generating_jobs import GenerationWanted, generation_wanted, run_generate
from mdexplore.session.selection import Selection

_TASK = f"{run_generate.__module__}:{run_generate.__name__}"
ALL, CHOSEN = -1, -2   # beside the states, in the menu
GENERATE, STOP = "Generate", "Stop"
AGED = "What is shown below was made before: for other settings, or from another model. Press Generate for what is there now."


@dataclass(frozen=True, eq=False)
class Loop:
    """What a loop held, by rows of `Latent.made` and of `Latent.frames`, and what was selected when it was drawn."""

    selection: Selection
    made: np.ndarray
    real: np.ndarray


class GenerationPanel(OnDemand):
    """Generated frames. What takes a moment follows the lag time and the states; what has to be trained begins by a button."""

    name, title = "generation", "Generation"
    tip = "New frames and structures, each beside its nearest real frame"
    needs = ("projection", "clustering", "kinetics", "coarse")
    wants = ("features",)
    job = "generation"

    def fill(self) -> Sequence[Any]:
        self._found: Generation | None = None
        self._listed: Generation | None = None   # what the list shows of it
        self._loop: Loop | None = None           # the last that was drawn
        self._drawn: tuple[Any, ...] = ()        # what the page was drawn from
        self._picture: Listed | None = None
        self._key: Any = None      # of what the form stands for
        self._pressed_for: Any = None   # of what the button was pressed for
        self.way = make(w.Dropdown, description="Generate", options=WAYS, tooltip="How frames are generated")
        self.of = make(w.Dropdown, description="From", options=[("", 0)], tooltip="The state that is landed from, or the frames that are learned")
        self.count = make(w.Text, description="How many", value="10", continuous_update=False, tooltip="How many frames are shown")
        self.way.observe(self.gesture(lambda change: self.show()), "value")
        for field in (self.of, self.count):
            field.observe(self.gesture(lambda change: self._ask()), "value")
        self._aged = markup("", "mdx-note", "mdx-aged")
        self._words, self.summary, self._said = markup("", "mdx-note", "mdx-way-said"), markup("", "mdx-note"), Saying("mdx-said")
        self.measured, self.caption, self.held = markup("", "mdx-measured"), markup("", "mdx-note", "mdx-latent-said"), Saying("mdx-note", "mdx-held")
        self.go = make(w.Button, "mdx-solid", description=GENERATE, tooltip="Train and generate in the background")
        self.go.on_click(self.gesture(lambda button: self._go()))
        take = make(w.Button, "mdx-quiet-button", description="Select the real frames", tooltip="Make the real frames nearest to what is listed the selection")
        take.on_click(self.gesture(lambda button: self._select()))
        self.back = make(w.Button, "mdx-quiet-button", "mdx-hidden", description="First list", tooltip="List again what was listed before the loop")
        self.back.on_click(self.gesture(lambda button: self._forget_loop()))
        self.list, self.map = Listing(self._show_frame, "Show the nearest real frame, with the generated structure over it"), SmallMap(self._show_frame)
        self.latent = LatentMap(self.gesture(self._lassoed))
        self._outcome = box([self.measured, self.summary, box([self.latent.widget, self.map.widget], "mdx-pair"), self.caption, self.held.widget, self.list.widget,
                             box([take, self.back], "mdx-adder", "mdx-starts-foot")], "mdx-outcome")
        return [box([self.way, self.of, self.count], "mdx-form"), self._words, self.go, self._aged, self._outcome, self._said.widget]

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
        self._draw_found()   # states may have other numbers and colours

    def show_selection(self) -> None:
        """Light up what is selected; the list is that of the last loop as long as the selection is."""
        if self.is_open and self.way.value == FLOW and self.of.value == CHOSEN:
            self._ask()
        elif self.is_open and self.is_ready:
            self._take_state()
        if self.is_open and self._found is not None:
            self._list()
            self._light()

    def _take_state(self) -> None:
        """A state that was selected, in the network or elsewhere, is the one to begin from; what has been trained for another one stays."""
        selection, states = self.session.selection, self.session.states
        state = None if states is None or selection.source == self.name else selection.state_in(states)
        is_free = self.way.value == LANDING or (self.way.value == FLOW and self._found is None)
        if is_free and state is not None and state != self.of.value:
            self.of.value = state
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
        self._found, self._loop = self.asker.found, None
        self._said.say("")
        self._draw_found()

    def _draw_found(self) -> None:
        """Draw what is there, in the states of the page."""
        found, results = self._found, self.session.results
        drawn = found, results["coarse"], results["projection"]
        if found is None or (self._drawn and all(a is b for a, b in zip(drawn, self._drawn))):
            return
        self._drawn, self._listed = drawn, None
        set_text(self.measured, measured_markup(found.measured))
        set_text(self.summary, escape(minus(" ".join(found.said))))
        plane = None if found.latent is None else latents.latent_picture(found.latent, self._states(found.latent.frames).tolist(), results["coarse"].colors)
        self.latent.show(plane)
        set_text(self.caption, "" if plane is None else f"<b>Latent space</b> {escape(plane.said)}")
        reveal(self.caption, plane is not None)
        self._list()
        self._light()

    def _states(self, frames: np.ndarray) -> np.ndarray:
        states = self.session.states
        return np.full(len(frames), -1) if states is None else np.asarray(states[self.session.data.index.numbers(frames)], int)

    @property
    def _held(self) -> Loop | None:
        """The last loop, while what was selected then is."""
        return self._loop if self._loop is not None and self._loop.selection is self.session.selection else None

    def _list(self) -> None:
        """List the structures in the loop, or those that come first."""
        found, loop = self._found, self._held
        if found is None:
            return
        if loop is None or found.latent is None:
            listed, rows = found, np.arange(len(found.frames))
        else:
            made = found.latent.made
            rows = latents.listed_first(loop.made, made.weights)[:latents.LISTED]
            listed = made.rows(rows)
        self.held.say("" if found.latent is None else latents.LASSO if loop is None else latents.told(len(loop.made), len(loop.real), found.latent))
        reveal(self.back, loop is not None)
        if listed is self._listed:
            return
        session, results = self.session, self.session.results
        self._listed = listed
        self._picture = generation_picture(listed, session.say_frame, self._states(listed.frames).tolist(), results["coarse"].colors, session.data.topology)
        self.list.show(self._picture.items)
        self.map.show(results["projection"], self._picture.frames)
        self.latent.list(rows)
        self.show_current()

    def _light(self) -> None:
        """Light up points of the latent space whose frames, or nearest frames, are selected, and all structures in the loop."""
        latent, selection, loop = None if self._found is None else self._found.latent, self.session.selection, self._held
        if latent is None:
            return
        if not selection.n and loop is None:
            self.latent.light(None, None)
            return
        mask, numbers = selection.mask, self.session.data.index.numbers
        made, real = mask[numbers(latent.made.frames)], mask[numbers(latent.frames)]
        if loop is not None:
            made[loop.made] = True
        self.latent.light(made, real)

    def show_current(self) -> None:
        """Mark the row that is looked at."""
        if not self.is_open or self._picture is None or self._listed is None:
            return
        beside, xyz = self.session.beside, self._listed.xyz_nm
        rows = [k for k, frame in enumerate(self._picture.frames) if frame == self.session.current]
        if xyz is not None and beside is not None:   # several may have the same nearest frame
            rows = [k for k in rows if xyz[k] is beside.xyz_nm or np.array_equal(xyz[k], beside.xyz_nm)]
        for shown in (self.list, self.map, self.latent.marks):
            shown.mark(rows[0] if rows else None)

    def _show_progress(self) -> None:
        super()._show_progress()
        if self.is_open:
            self.go.description = STOP if self.asker.is_waiting else GENERATE
            # What is there answers another question than the form puts now.
            is_old = self.asker.found_key != self._key
            set_class(self._content, "mdx-outdated", is_old)
            set_text(self._aged, escape(AGED) if is_old and self._found is not None and not self.asker.is_waiting else "")

    # -- gestures -------------------------------------------------------------------------------------------------------------------------

    def _show_frame(self, place: int) -> None:
        if self._picture is None or self._listed is None or place >= len(self._picture.frames):
            return
        xyz = self._listed.xyz_nm
        self.session.show_frame(*self._picture.frames[place], beside=None if xyz is None else xyz[place])
        self.show_current()

    def _lassoed(self, made: np.ndarray, real: np.ndarray) -> None:
        """Select the real frames in a loop, and list the structures in it; a loop around nothing changes nothing."""
        latent = None if self._found is None else self._found.latent
        if latent is None:
            return
        if not len(made) and not len(real):
            self.held.say(latents.told(0, 0, latent))
            return
        if len(real):
            self.session.select(latent.frames[real], source=self.name, how=latents.how(len(real), latent))
        self._loop = Loop(self.session.selection, made, real)
        self._list()
        self._light()

    def _forget_loop(self) -> None:
        self._loop = None
        self._list()
        self._light()

    def _select(self) -> None:
        if self._found is None or self.asker.found_key != self._key:
            self._said.say(UserError("There is nothing to select yet.", "What the form asks for has not been generated.", "Press Generate."))
            return
        self._said.say("")
        loop, latent = self._held, self._found.latent
        taken = self._found if loop is None or latent is None else latent.made.rows(loop.made)
        self.session.select(taken.frames, source=self.name, how=how(taken))
        if loop is not None:   # the list stays
            self._loop = replace(loop, selection=self.session.selection)
            self._list()


def measured_markup(rows: Sequence[Measured]) -> str:
    """A line a number as HTML."""
    lines = "".join(f"<i>{escape(row.name)}</i><span>{f'<b>{escape(minus(row.value))}</b> ' if row.value else ''}{escape(minus(row.text))}</span>" for row in rows)
    return f"<div>{lines}</div>" if lines else ""
