"""A slow coordinate: which features it follows and where their atoms are, and the way along it as a movie of real frames."""
from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import ipywidgets as w

from mdexplore.base.errors import UserError
from mdexplore.panels.exact_mode import ExactModePlot
from mdexplore.panels.forms import reveal, set_text
from mdexplore.panels.loading_bars import LoadingBars
from mdexplore.panels.ondemand import OnDemand
from mdexplore.panels.parts import box, escape, icon, make, markup, press
from mdexplore.panels.player import Player
from mdexplore.pictures.coordinate import (
    LoadingsPicture,
    atom_levels,
    loadings_picture,
    one_level,
    step_words,
)
from mdexplore.pictures.palette import state_css
from mdexplore.session.coordinate_jobs import N_STEPS, Way, run_way

_TASK = f"{run_way.__module__}:{run_way.__name__}"
STEPS = (("equally many frames each", "share"), ("equally wide", "width"))
MEAN, DECODED = "nearest to the mean there", "nearest to what the network decodes"
HINT = "The mouse on a bar marks its atoms in the structure; a click keeps them."
NO_ATOMS = "These features were given without atoms: there is nothing to mark in the structure."


class CoordinatePanel(OnDemand):
    """Loadings and the way along one coordinate; follows the projection and the frame that is shown."""

    name, title = "coordinate", "Coordinate"
    tip = "What a slow coordinate is made of, and a movie along it"
    needs = ("features", "projection")
    wants = ("coarse",)
    job = "coordinate"

    def build(self) -> tuple[Sequence[Any], Sequence[Any]]:
        self._way: Way | None = None
        self._made_of: LoadingsPicture | None = None
        self._kept: int | None = None   # the bar that was clicked
        return super().build()

    def fill(self) -> Sequence[Any]:
        self.coordinate = make(w.Dropdown, description="Coordinate", options=[], tooltip="A slow coordinate, or an output of a network")
        self.steps = make(w.Dropdown, description="Steps", options=STEPS, tooltip="How the way from the low to the high end is cut")
        self.shown_frame = make(w.Dropdown, description="Frames", options=[MEAN], tooltip="Which real frame stands for a step")
        self.coordinate.observe(self.gesture(lambda change: self._choose()), "value")
        for menu in (self.steps, self.shown_frame):
            menu.observe(self.gesture(lambda change: self._ask()), "value")
        self.play = icon("play", "Play along the coordinate")
        self.slider = make(w.IntSlider, "mdx-along-slider", value=0, min=0, max=N_STEPS - 1, readout=False, tooltip="From the low to the high end of the coordinate")
        self.slider.observe(self.gesture(lambda change: self._go(change["new"])), "value")
        self.player = Player(self._play_on, self._play_ended)
        self.play.on_click(self.gesture(lambda button: self._toggle_play()))
        self.session.observe(lambda change: self.player.drawn(), "drawn")
        self.here = markup("", "mdx-note")
        self.exact = ExactModePlot(self.session)
        self.bars = LoadingBars(self.gesture(self._hovered), self.gesture(self._clicked))
        self.made_of, self.told = markup("", "mdx-note"), markup(escape(HINT), "mdx-note")
        self.all_atoms = make(w.ToggleButton, "mdx-quiet-button", description="Colour all atoms", tooltip="Mark every atom by the strongest feature it takes part in")
        self.all_atoms.observe(self.gesture(lambda change: self._light(self._kept)), "value")
        return [box([self.coordinate, self.steps, self.shown_frame], "mdx-form"), box([self.play, self.slider], "mdx-along"), self.here,
                self.exact.widget, self.made_of, box([self.bars.figure], "mdx-loadings"), box([self.all_atoms, self.told], "mdx-adder", "mdx-loadings-foot")]

    # -- asking -------------------------------------------------------------------------------------------------------------------------

    def show(self) -> None:
        """List the coordinates, draw what the chosen one is made of, and ask for the way along it."""
        made = self.session.results["projection"]
        for menu, options in ((self.coordinate, list(made.names)), (self.shown_frame, [MEAN, DECODED] if "decoder" in made.parameters else [MEAN])):
            if list(menu.options) != options:
                chosen = menu.value
                menu.options = options
                menu.value = chosen if chosen in options else options[0]
        reveal(self.shown_frame, len(self.shown_frame.options) > 1)
        self._draw_loadings()
        self._ask()
        self.show_current()

    def _choose(self) -> None:
        with self.drawing():
            self._draw_loadings()
        self._ask()

    def _ask(self) -> None:
        session = self.session
        if not self.is_open or not self.is_ready or session.stale & {*self.needs} or self.coordinate.index is None:   # results are on their way
            return
        self.player.stop()
        asked = self.coordinate.index, self.steps.value, self.shown_frame.value == DECODED
        key = session.study.key("projection"), *asked
        if key != self.asker.found_key:
            self._way = None   # it belongs to other values
        self.asker.ask(key, _TASK, session.study.spec(), *asked)
        self.exact.ask(self.coordinate.index)

    def close(self) -> None:
        """With nothing marked and nothing played any more."""
        super().close()
        if self.is_filled:
            self.player.stop()
            self.exact.cancel()
            self._made_of, self.session.lit = None, ()

    # -- the way along it -----------------------------------------------------------------------------------------------------------------

    def answer(self) -> None:
        """Take up the way that has come."""
        self._way = way = self.asker.found
        with self.slider.hold_sync():
            self.slider.max = len(way.frames) - 1
        self.show_current()

    def show_current(self) -> None:
        """Put the slider where the frame lies that is shown, and say so."""
        way, session = self._way, self.session
        if not self.is_open or way is None or self.coordinate.value != way.name:
            return
        trajectory, frame = session.current
        made = session.results["projection"]
        value = float(made.values[trajectory][frame, made.names.index(way.name)])
        of_step = self.slider.value < len(way.frames) and tuple(way.frames[self.slider.value]) == session.current
        step = self.slider.value if of_step else way.step_of(value)
        if not of_step:
            self.player.stop()   # somebody else shows another frame
        self.slider.value = step
        states = session.states
        state = None if states is None else int(states[session.data.index.number(trajectory, frame)])
        chip = ""
        if state is not None:
            place = -1 if state < 0 else session.results["coarse"].colors[state]
            chip = f'<span class="mdx-along-chip" style="background:{state_css(place)}"></span>'
        head, word, said = step_words(way, step, value, state, of_step)
        set_text(self.here, chip + f"<b>{escape(head)}</b>{escape(word)}<br>{escape(said)}")

    def _go(self, step: int) -> None:
        if self._way is not None and 0 <= step < len(self._way.frames):
            trajectory, frame = self._way.frames[step]
            self.session.show_frame(int(trajectory), int(frame))

    def _toggle_play(self) -> None:
        if self.player.is_playing:
            self.player.stop()
            return
        if self._way is None or self.asker.is_waiting:
            raise UserError("There is nothing to play yet.", "The way along the coordinate is being computed.", "Wait a moment.")
        if self.slider.value >= self.slider.max:   # at the end: once more from the beginning
            self.slider.value = 0
        self.player.start()
        self.play.remove_class("mdx-i-play")
        self.play.add_class("mdx-i-pause")
        press(self.play, True)

    def _play_on(self) -> bool:
        if self.slider.value >= self.slider.max:
            return False
        self.slider.value += 1   # as if somebody had moved it
        if not self.session.drawn:   # no structure on this page whose drawing could be waited for
            self.player.drawn()
        return True

    def _play_ended(self, error: Exception | None) -> None:
        self.play.remove_class("mdx-i-pause")
        self.play.add_class("mdx-i-play")
        press(self.play, False)
        if error is not None:
            self.complain(error)

    # -- what it is made of -----------------------------------------------------------------------------------------------------------------

    def _draw_loadings(self) -> None:
        results = self.session.results
        picture = loadings_picture(results["projection"], results["features"], self.coordinate.index or 0)
        if picture is not None and picture == self._made_of:
            return   # what is marked stays so
        self._made_of, self._kept = picture, None
        self.bars.show(picture)
        has_atoms = picture is not None and picture.has_atoms
        set_text(self.made_of, escape("What it is made of is not known for this method." if picture is None else picture.note))
        set_text(self.told, escape("" if picture is None else HINT if has_atoms else NO_ATOMS))
        reveal(self.all_atoms, has_atoms)
        self._light(None)

    def _hovered(self, place: int) -> None:
        if self._kept is None:
            self._light(place)

    def _clicked(self, place: int) -> None:
        """Keep a bar's atoms marked, or let them go."""
        self._kept = None if place == self._kept else place
        self._light(self._kept)

    def _light(self, place: int | None) -> None:
        """Mark the atoms of one bar; of none, all atoms where that is wished."""
        picture, results = self._made_of, self.session.results
        if picture is None or place is None or place >= len(picture.bars):
            place = None
        self.bars.mark(place)
        if picture is not None and place is not None:
            self.session.lit = one_level(picture.bars[place].atoms)
        elif self.all_atoms.value and picture is not None:
            self.session.lit = atom_levels(results["projection"], results["features"], self.coordinate.index or 0)
        else:
            self.session.lit = ()
