"""The structure panel: the current frame, played and stepped through the selection, with representative frames laid over it."""
from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from mdexplore.base.errors import UserError
from mdexplore.panels.nglview import Viewer
from mdexplore.panels.panel import Panel
from mdexplore.panels.parts import choice, classed, escape, icon, markup, number, press, set_class
from mdexplore.panels.player import Player
from mdexplore.pictures.palette import ACCENT, state_css, state_hex
from mdexplore.pictures.structure import COLORS, copy_atoms, fit_atoms, layers, look_at, representatives, superposed
from mdexplore.session.beside import Beside

COUNTS, USUAL = (5, 10, 24, 50), 24   # representatives to choose from
COPIES = max(COUNTS)   # the viewer holds so many at any time
COPY = "#8b95a3"       # colour of a copy where colours are not states
MOST_PLAYED = 400     # a longer way is played in strides: nobody watches an hour
MOST_COMPARED = 5000  # frames among which representatives are sought


class Structure(Panel):
    """Shows `session.current`, before any result is there."""

    name, title = "structure", "Structure"
    wants = ("coarse",)

    def build(self) -> tuple[Sequence[Any], Sequence[Any]]:
        self._color_shown = ""
        self._shown_set: tuple[Any, int] | None = None   # what is superposed: token, count
        self._has_view = False
        self._laid = np.zeros(0, int)     # running numbers of the frames that the copies show
        self._beside: Beside | None = None   # the structure that is laid over the frame
        data = self.session.data
        if not data.has_structures or data.topology is None:
            return [], [_reason("No structures", "This data was loaded from arrays of features. Load trajectory files with their topology to see structures.")]
        try:
            self._prepare()
        except UserError as error:
            return [], [_reason(error.what, f"{error.why} {error.do}")]
        return self._tools(), [self._viewer.widget, self._caption, self._count]

    def _prepare(self) -> None:
        topology = self.session.data.topology
        self._molecule, self._fit, self._copy_atoms = look_at(topology), fit_atoms(topology), copy_atoms(topology)
        self._read_from, self._reference = self.session.data, self._read(*self.session.current)
        self.session.observe(lambda change: self._study_changed(), "study")
        self.session.observe(lambda change: self._guarded(self._lay_beside), "beside")
        self.session.observe(lambda change: self._viewer.mark(self.session.lit), "lit")
        self._viewer = Viewer(topology, self._reference, self._copy_atoms)
        self._has_view = True
        self._player = Player(self._play_on, self._play_ended)
        self._viewer.on_drawn(self._drawn)
        self._viewer.mark(self.session.lit)
        self._caption = markup("", "mdx-cap")

    def _tools(self) -> list[Any]:
        self._play = icon("play", "Play the selection, or the trajectory where nothing is selected")
        self._stack = icon("stack", "Superpose representative frames of the selection, or of the state shown")
        back, forth, center = icon("step-back", "One frame back"), icon("step-forward", "One frame on"), icon("center", "Centre")
        self._style = choice(self._molecule.styles, self._molecule.default_style, "Representation")
        self._color = choice(list(COLORS), "residue" if self._molecule.default_style == "cartoon" else "element", "Colour")
        self._count = choice([(f"{n} frames", n) for n in COUNTS], USUAL, "How many representatives are superposed", "mdx-count", "mdx-hidden")
        self._count.observe(self.gesture(lambda _: self._lay_over()), "value")
        self._is_stacked = False
        self._play.on_click(self.gesture(lambda _: self._toggle_play()))
        back.on_click(self.gesture(lambda _: self._step(-1)))
        forth.on_click(self.gesture(lambda _: self._step(1)))
        self._stack.on_click(self.gesture(lambda _: self._toggle_stack()))
        center.on_click(self.gesture(lambda _: self._viewer.center()))
        for chosen in (self._style, self._color):
            chosen.observe(self.gesture(lambda _: self._represent()), "value")
        self._represent()
        self._viewer.center()
        return [self._play, back, forth, self._stack, center, self._style, self._color]

    # -- drawing ----------------------------------------------------------------------------------------------------------------------

    def draw(self) -> None:
        """A new set of states changes the caption's chip and the state colours; `show_current` draws the first two."""
        self._color_copies()

    def show_current(self) -> None:
        if not self._has_view:
            return
        trajectory, frame = self.session.current
        if self.session.data is not self._read_from:   # the same frames, loaded otherwise
            self._read_from, self._reference = self.session.data, self._read(trajectory, frame)
        self._viewer.show(self._placed(trajectory, frame))
        if self._color.value == "state" and self._state_color() != self._color_shown:
            self._color_shown = self._state_color()
            self._viewer.recolor(self._color_shown)
        self._lay_beside()
        self._caption.value = self._say()
        if self._is_stacked and not self.session.selection.n:
            self._lay_over()

    def _drawn(self) -> None:
        self._player.drawn()
        self.session.drawn += 1

    def _study_changed(self) -> None:
        if self.session.data is not self._read_from:
            self._guarded(self.show_current)

    def show_selection(self) -> None:
        if self._has_view and self._is_stacked:
            self._lay_over()

    def view(self) -> dict[str, Any]:
        """With the camera, and whether frames are superposed."""
        return {**super().view(), **({"camera": tuple(self._viewer.camera), "superposed": self._is_stacked} if self._has_view else {})}

    def take_up(self, wished: dict[str, Any]) -> None:
        """Look from where one looked."""
        if not self._has_view:
            return
        self._viewer.look_from(wished.get("camera", ()))
        if wished.get("superposed") is True and not self._is_stacked:
            self.gesture(lambda: self._toggle_stack())()

    def _say(self) -> str:
        chip, state = "", self._state()
        if state is not None:
            place = -1 if state < 0 else self.session.results["coarse"].colors[state]
            word = "outside the model" if state < 0 else f"state {state + 1}"
            chip = f'<span style="display:inline-block;width:9px;height:9px;border-radius:2px;margin-right:5px;background:{state_css(place)}"></span>{word}&ensp;'
        further = ", ".join(filter(None, ["a generated structure laid over it" if self._beside else "", self._said_of_copies(), self._said_of_play()]))
        return chip + escape(self.session.say_frame(*self.session.current)) + (f"<br>{escape(further)}" if further else "")

    def _state(self) -> int | None:
        states = self.session.states
        return None if states is None else int(states[self.session.data.index.number(*self.session.current)])

    def _state_color(self) -> str:
        return self._color_of(self._state())

    def _color_of(self, state: int | None) -> str:
        return state_hex(-1 if state is None or state < 0 else self.session.results["coarse"].colors[state])

    def _copy_colors(self) -> list[str]:
        """The state of each copy where colours are states, else one grey that leaves the molecule in front."""
        states = self.session.states
        if self._color.value != "state" or states is None:
            return [COPY] * len(self._laid)
        return [self._color_of(int(states[number])) for number in self._laid]

    def _color_copies(self) -> None:
        if self._has_view and len(self._laid):
            self._viewer.recolor_copies(self._copy_colors())

    def _represent(self) -> None:
        self._color_shown = self._state_color()
        self._viewer.represent(layers(self._molecule, self._style.value), COLORS[self._color.value] or self._color_shown)
        self._color_copies()

    def _read(self, trajectory: int, frame: int) -> np.ndarray:
        """Positions in Angstrom."""
        return 10.0 * np.asarray(self.session.data.coordinates(trajectory, frame), np.float32)

    def _placed(self, trajectory: int, frame: int) -> np.ndarray:
        """The same, turned so that frames do not jump."""
        return superposed(self._read(trajectory, frame), self._reference, self._fit)

    # -- moving -----------------------------------------------------------------------------------------------------------------------

    def _way(self) -> np.ndarray:
        """Running numbers of the frames that are stepped through, increasing."""
        if self.session.selection.n:
            return self.session.selection.numbers
        index, trajectory = self.session.data.index, self.session.current[0]
        return np.arange(index.starts[trajectory], index.starts[trajectory + 1])

    def _step(self, by: int) -> None:
        way = self._way()
        here = self.session.data.index.number(*self.session.current)
        place = int(np.searchsorted(way, here))
        is_on_it = place < len(way) and way[place] == here
        following = place + by if is_on_it or by < 0 else place + by - 1
        self.session.show_frame(*self.session.data.index.pair(int(way[following % len(way)])))

    def _toggle_play(self) -> None:
        if self._player.is_playing:
            self._player.stop()
            return
        way = self._way()
        if len(way) < 2:
            raise UserError("There is only one frame to play.", "", "Select more frames, or clear the selection.")
        self._player.start()
        self._play.remove_class("mdx-i-play")
        self._play.add_class("mdx-i-pause")
        press(self._play, True)
        self._caption.value = self._say()

    def _play_on(self) -> bool:
        way = self._way()
        if len(way) > 1:
            self._step(_stride(way))
        return len(way) > 1

    def _said_of_play(self) -> str:
        stride = _stride(self._way()) if self._player.is_playing else 1
        return f"playing one frame in {number(stride)}" if stride > 1 else ""

    def _play_ended(self, error: Exception | None) -> None:
        self._play.remove_class("mdx-i-pause")
        self._play.add_class("mdx-i-play")
        press(self._play, False)
        self._caption.value = self._say()
        if error is not None:
            self.complain(error)

    # -- superposing ------------------------------------------------------------------------------------------------------------------

    def _lay_beside(self) -> None:
        """Lay the structure that belongs to the frame over it, in place of representatives; take it away with another frame."""
        beside = self.session.beside
        if beside is not None and beside.frame != self.session.current:
            beside = None
        if beside is self._beside:
            return
        if beside is not None and self._is_stacked:
            self._toggle_stack()
        self._beside, self._laid = beside, np.zeros(0, int)
        if beside is None:
            self._viewer.hide_copies()
        else:
            laid = superposed(10.0 * np.asarray(beside.xyz_nm), self._placed(*beside.frame), np.arange(len(beside.xyz_nm)))[self._copy_atoms]
            self._viewer.show_copies(np.repeat(laid[None], COPIES, axis=0), [ACCENT], is_bold=True)
        self._caption.value = self._say()

    def _toggle_stack(self) -> None:
        if not self._is_stacked and self._beside is not None:
            self.session.beside = None
        self._is_stacked = not self._is_stacked
        press(self._stack, self._is_stacked)
        set_class(self._count, "mdx-hidden", not self._is_stacked)
        if self._is_stacked:
            self._lay_over()
        else:
            self._shown_set = None
            self._viewer.hide_copies()
        self._caption.value = self._say()

    def _lay_over(self) -> None:
        """Superpose representatives of the selection, or of the current frame's state, or of all."""
        if not self._is_stacked:
            return
        token: Any = (self.session.selection, self.session.results.get("coarse"), None if self.session.selection.n else self._state(), self._count.value)
        if self._shown_set is not None and all(a is b or a == b for a, b in zip(token, self._shown_set[0])):
            return
        numbers = self._crowd()
        chosen = numbers[representatives(self._points(numbers), self._count.value)]
        pairs = self.session.data.index.pairs(chosen)
        laid = [self._placed(int(t), int(f))[self._copy_atoms] for t, f in pairs]
        self._shown_set = (token, len(laid))
        self._laid = np.asarray(chosen, int)
        # Copies without a colour are not drawn; they have to be somewhere.
        self._viewer.show_copies(np.array([*laid, *[laid[-1]] * (COPIES - len(laid))]), self._copy_colors())
        self._caption.value = self._say()

    def _crowd(self) -> np.ndarray:
        """Frames that are to be represented, at most some thousands, evenly taken."""
        numbers = self.session.selection.numbers
        state = self._state()
        if not len(numbers):
            numbers = np.arange(self.session.data.n_frames) if state is None else np.flatnonzero(self.session.states == state)
        return numbers[:: max(-(-len(numbers) // MOST_COMPARED), 1)]

    def _points(self, numbers: np.ndarray) -> np.ndarray:
        """The frames on the projection; their place in time before there is one."""
        projection = self.session.results.get("projection")
        if projection is None:
            return numbers[:, None].astype(float)
        pairs = self.session.data.index.pairs(numbers)
        found = np.empty((len(numbers), projection.dim))
        for trajectory in np.unique(pairs[:, 0]):
            here = pairs[:, 0] == trajectory
            found[here] = projection.values[trajectory][pairs[here, 1]]
        return found

    def _said_of_copies(self) -> str:
        if not self._is_stacked or self._shown_set is None:
            return ""
        (selection, _, state, _), count = self._shown_set
        whole = "the selection" if selection.n else f"state {state + 1}" if state is not None and state >= 0 else "all frames"
        return f"{count} frame{'' if count == 1 else 's'} of {whole} superposed"


def _stride(way: np.ndarray) -> int:
    return max(len(way) // MOST_PLAYED, 1)


def _reason(what: str, why: str) -> Any:
    return classed(markup(f"{escape(what)}<br><small>{escape(why)}</small>"), "mdx-wait")
