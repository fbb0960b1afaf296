"""Sampling: where the next simulations should start, each start with its reason, as a list, on a map, as a selection and as files."""
from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from typing import Any

import ipywidgets as w
import numpy as np

from mdexplore.base.chunked import bincount, joined
from mdexplore.base.errors import UserError
from mdexplore.methods.coarse.numbering import ranks
from mdexplore.methods.sampling.proposals import Proposals
from mdexplore.panels.forms import Saying, reveal, set_text
from mdexplore.panels.listing import Listing
from mdexplore.panels.loop_plot import LoopPlot
from mdexplore.panels.ondemand import OnDemand
from mdexplore.panels.parts import box, escape, make, markup
from mdexplore.panels.rave_plot import RavePlot
from mdexplore.panels.small_map import SmallMap
from mdexplore.pictures.listing import Listed
from mdexplore.pictures.sampling import how, starts_picture, targets
from mdexplore.session.proposing import save_starts
from mdexplore.session.proposing_jobs import StartsWanted, run_propose, starts_wanted

_TASK = f"{run_propose.__module__}:{run_propose.__name__}"
UNCERTAINTY, LEAST, SELECTION = "uncertainty", "least-counts", "selection"
STRATEGIES = (("what lowers an error most", UNCERTAINTY), ("what was seen least", LEAST), ("the selection, evenly", SELECTION))
ALL, CHOSEN = "all frames", "the selected frames"


class SamplingPanel(OnDemand):
    """Proposed starts; follows the lag time, the states and, where they are taken from it, the selection."""

    name, title = "sampling", "Sampling"
    tip = "Where the next simulations should start, each start with its reason"
    needs = ("projection", "clustering", "kinetics", "coarse")
    job = "sampling"

    def build(self) -> tuple[Sequence[Any], Sequence[Any]]:
        self._selection = self.session.selection   # the last that was not made here: proposals about proposals would go round in a circle
        self._picture: Listed | None = None
        self._asked: tuple[Any, StartsWanted, int] | None = None   # its key comes first; frames that are selected
        self._found: Proposals | None = None
        self._seen: tuple[Any, Any, np.ndarray] | None = None
        return super().build()

    def fill(self) -> Sequence[Any]:
        self.strategy = make(w.Dropdown, description="Start from", options=STRATEGIES, tooltip="Least counts; sensitivity times uncertainty of a number of the model; or frames of your own")
        self.target = make(w.Dropdown, description="Error of", options=[("", "")], tooltip="The number of the model that is to become more certain")
        self.among = make(w.Dropdown, description="Among", options=[ALL, CHOSEN], tooltip="Which frames may be started from")
        self.count = make(w.Text, description="How many", value="10", continuous_update=False, tooltip="How many simulations are to be started")
        for field in (self.strategy, self.target, self.among, self.count):
            field.observe(self.gesture(lambda change: self._ask()), "value")
        self.summary, self._said = markup("", "mdx-note", "mdx-starts-sum"), Saying("mdx-said")
        self.list, self.map = Listing(self._show_frame, "Show this frame in all panels"), SmallMap(self._show_frame)
        self.loop, self.rave = LoopPlot(self.session), RavePlot(self.session)
        return [box([self.strategy, self.target, self.among, self.count], "mdx-form"), self.loop.widget, self.rave.widget, box([self.summary, self.map.widget, self.list.widget, self._make_export()], "mdx-starts", "mdx-outcome"), self._said.widget]

    def _make_export(self) -> Any:
        take = make(w.Button, "mdx-quiet-button", description="Select all", tooltip="Make these frames the selection")
        take.on_click(lambda button: self._attempt(self._select))
        self.path = make(w.Text, value="starts.pdb", tooltip="File name: .pdb, .xtc, .dcd or .h5; a table with the origin and the reason of each start is written beside it")
        self.save = make(w.Button, "mdx-quiet-button", description="Save starts", tooltip="Write the structures, and a table with the origin and the reason of each")
        self.save.on_click(lambda button: self._attempt(self._write))
        has_structures = self.session.data.has_structures
        for widget in (self.path, self.save):
            reveal(widget, has_structures)
        none = markup(escape("" if has_structures else "These data are features: there are no structures to save."), "mdx-note")
        reveal(none, not has_structures)
        return box([take, self.path, self.save, none], "mdx-adder", "mdx-starts-foot")

    # -- asking -------------------------------------------------------------------------------------------------------------------------

    def show(self) -> None:
        """List what there is to choose, and ask."""
        results = self.session.results
        options = targets(results["kinetics"], results["coarse"], self.session.unit)
        if tuple(self.target.options) != options:
            chosen = self.target.value
            self.target.options = options
            self.target.value = chosen if chosen in [value for _, value in options] else options[0][1]
        self.loop.show()
        self.rave.show()
        self._ask()

    def close(self) -> None:
        super().close()
        if self.is_filled:
            self.loop.cancel()
            self.rave.cancel()

    def show_selection(self) -> None:
        selection = self.session.selection
        if selection.source == self.name or selection is self._selection:
            return
        self._selection = selection
        if self.is_open and self._uses_selection:
            self._ask()

    @property
    def _uses_selection(self) -> bool:
        return self.strategy.value == SELECTION or self.among.value == CHOSEN

    def _ask(self) -> None:
        session = self.session
        reveal(self.target, self.strategy.value == UNCERTAINTY)
        reveal(self.among, self.strategy.value != SELECTION)
        if not self.is_open or not self.is_ready or session.stale & {*self.needs}:   # results are on their way
            return
        try:
            wanted = starts_wanted(self.strategy.value, self.target.value, self.count.value, self._selection if self._uses_selection else None)
        except UserError as error:
            self.asker.fail(error)
            return
        order = ranks(session.results["coarse"])
        key = session.study.key("coarse"), order, wanted
        self._asked = key, wanted, self._selection.n
        self.asker.ask(key, _TASK, session.study.spec(), wanted, order)

    # -- drawing --------------------------------------------------------------------------------------------------------------------------

    def answer(self) -> None:
        """Draw the starts that have come."""
        if self._asked is None or self._asked[0] != self.asker.found_key:
            return
        found, n_selected = self.asker.found, self._asked[2]
        self._found = found
        session, results = self.session, self.session.results
        states = session.states
        of_starts = [int(states[session.data.index.number(int(t), int(f))]) for t, f in found.frames] if states is not None else [-1] * len(found.frames)
        self._picture = picture = starts_picture(found, session.say_frame, of_starts, results["coarse"].colors, self._frames_seen(), n_selected)
        self._said.say("")
        set_text(self.summary, escape(picture.said))
        self.list.show(picture.items)
        self.map.show(results["projection"], picture.frames)
        self.show_current()

    def show_current(self) -> None:
        """Mark the start that is looked at."""
        if self.is_open and self._picture is not None:
            place = next((k for k, frame in enumerate(self._picture.frames) if frame == self.session.current), None)
            self.list.mark(place)
            self.map.mark(place)

    def _frames_seen(self) -> np.ndarray:
        """Frames of each microstate; without bias, where others are biased."""
        clustering, unbiased = self.session.results["clustering"], self.session.results["kinetics"].unbiased
        if self._seen is None or self._seen[0] is not clustering or self._seen[1] is not unbiased:
            micro = joined(clustering.dtrajs if unbiased is None else unbiased.pieces(clustering.dtrajs), np.int32)
            self._seen = clustering, unbiased, bincount(lambda span: micro[span] + 1, len(micro), clustering.n_clusters + 1)[1:]
        return self._seen[2]

    # -- gestures -------------------------------------------------------------------------------------------------------------------------

    def _show_frame(self, place: int) -> None:
        if self._picture is not None and place < len(self._picture.frames):
            self.session.show_frame(*self._picture.frames[place])

    def _select(self) -> None:
        found = self._current()
        self.session.select(np.asarray(found.frames), source=self.name, how=how(found))

    def _write(self) -> None:
        written = save_starts(self.session.study, self._current(), self.path.value.strip())
        self._said.say("Written: " + ", ".join(os.path.abspath(path) for path in written) + ".")

    def _current(self) -> Proposals:
        """The starts that are shown; raises `UserError` where others are on their way."""
        if self._found is None or self.asker.is_waiting or self.asker.error is not None or self.session.stale & {*self.needs}:
            raise UserError("There are no starts yet.", "They are being computed, or cannot be proposed as asked for.", "Wait a moment, or choose another strategy.")
        return self._found

    def _attempt(self, act: Callable[[], None]) -> None:
        """Do what the user asked for; a `UserError` stands in the panel."""
        try:
            act()
        except UserError as error:
            self._said.say(error)
