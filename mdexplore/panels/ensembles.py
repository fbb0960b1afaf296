"""Ensembles: windows put together by MBAR or TRAM, and a model system under another potential by Girsanov reweighting."""
from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import ipywidgets as w
import numpy as np

from mdexplore.base import limits
from mdexplore.base.chunked import joined
from mdexplore.base.errors import UserError
from mdexplore.methods.ensembles.changes import ChangedTimescales
from mdexplore.panels.change_view import N_STRENGTHS, ChangeView
from mdexplore.panels.forms import reveal
from mdexplore.panels.ondemand import OnDemand
from mdexplore.panels.parts import box, make, set_class
from mdexplore.panels.windows_view import WindowsView
from mdexplore.session.change_jobs import run_change
from mdexplore.session.ensemble_jobs import FILES, WindowsFound, WindowsWanted, fills, model_wanted, run_windows
from mdexplore.session.ensemble_systems import TILTED, systems

_WINDOWS_TASK, _CHANGE_TASK = (f"{task.__module__}:{task.__name__}" for task in (run_windows, run_change))
WINDOWS, CHANGE = "windows", "change"
VIEWS = (("windows put together", WINDOWS), ("another potential, same paths", CHANGE))


class EnsemblesPanel(OnDemand):
    """Several ensembles as one. What is read from files follows the microstates and the lag time where TRAM uses them; model systems stand for themselves."""

    name, title = "ensembles", "Ensembles"
    tip = "Umbrella windows or temperatures put together by MBAR or TRAM, and timescales under another potential"
    needs = ("clustering", "kinetics")
    job = "ensembles"

    def fill(self) -> Sequence[Any]:
        there = systems(self.session.data)
        self.of = make(w.Dropdown, description="Show", options=VIEWS, tooltip="Several simulations put together, or one simulation read as if its potential were another")
        self.of.observe(self.gesture(lambda change: self.show()), "value")
        self.windows = WindowsView(there, self._ask, self.gesture, self._select, self._show_start, self._take)
        self.changing = ChangeView(sorted(there, key=lambda pair: pair[1] == TILTED), self._ask, self.gesture)   # low barriers: little becomes of them
        # What a saved file keeps are the drop-downs of the panel itself.
        self.source, self.method, self.system, self.change = self.windows.source, self.windows.method, self.changing.system, self.changing.change
        self._key: Any = None
        self._found: WindowsFound | None = None
        return [box([self.of], "mdx-form", "mdx-en-of"), self.windows.form, self.changing.form, self.windows.outcome, self.changing.outcome]

    # -- asking -------------------------------------------------------------------------------------------------------------------------

    def show(self) -> None:
        """Turn to the view that is chosen, and ask what its form says."""
        is_windows = self.of.value == WINDOWS
        for view, is_shown in ((self.windows, is_windows), (self.changing, not is_windows)):
            reveal(view.form, is_shown)
            set_class(view.outcome, "mdx-en-away", not is_shown)   # a figure without a size complains
        self._ask()

    def _ask(self) -> None:
        session = self.session
        self.windows.arrange()
        if not self.is_open or not self.is_ready or session.stale & {*self.needs}:   # results are on their way
            return
        if self.of.value == WINDOWS and self.windows.lacks_files:   # nothing is wrong: nobody has named one yet
            self._key = None
            self.asker.withdraw()
            set_class(self.windows.outcome, "mdx-en-away", True)
            return
        set_class(self.windows.outcome, "mdx-en-away", self.of.value != WINDOWS)
        try:
            question = self._question()
        except UserError as error:
            self._key = None
            self.asker.fail(error)
            return
        self._put(*question)

    def _question(self) -> tuple[Any, ...]:
        """Key, task and its arguments."""
        study = self.session.study
        if self.of.value == CHANGE:
            changed = self.changing.wanted()
            return (changed, study.recipe.seed), _CHANGE_TASK, changed, study.recipe.seed
        wanted = self.windows.wanted()
        with_bars = self._about(replace(wanted, has_bars=True))
        return with_bars if self.asker.knows(with_bars[0]) else self._about(wanted)

    def _about(self, wanted: WindowsWanted) -> tuple[Any, ...]:
        study = self.session.study
        follows = study.key("kinetics") if wanted.source == FILES and wanted.estimator == "TRAM" else study.data.key
        return (wanted, follows, study.recipe.seed), _WINDOWS_TASK, study.spec(), wanted

    def _put(self, key: Any, task: str, *args: Any) -> None:
        self._key = key
        set_class(self.windows.outcome, "mdx-en-known", isinstance(key[0], WindowsWanted) and key[0].has_bars)   # what is there stays in sight
        self.asker.ask(key, task, *args)

    # -- drawing ------------------------------------------------------------------------------------------------------------------------

    def answer(self) -> None:
        """Draw what has come."""
        found = self.asker.found
        if self.asker.found_key != self._key:
            return
        if isinstance(found, ChangedTimescales):
            self.changing.show(found)
        else:
            self._found = found
            self.windows.show(found)
            wanted = self._key[0]
            self.windows.show_taken(fills(self.session.study.recipe.kinetics, found))
            if not wanted.has_bars and found.trouble is None:   # values come at once, bars when they are there
                self._put(*self._about(replace(wanted, has_bars=True)))

    # -- gestures -----------------------------------------------------------------------------------------------------------------------

    def _select(self, dot: int) -> None:
        """Select the frames of a window."""
        window, found = self.windows.window_of(dot), self._found
        if window is None or found is None:
            return
        if found.windows is None:
            raise UserError("This window has no frames here.", "Its frames are not among the loaded trajectories.", "Load the trajectories that the energies belong to.")
        self.session.select(joined(found.windows, np.int16) == window, source=self.name, how=f"frames of window {window + 1}")

    def _show_start(self) -> None:
        if self._found is not None and self._found.start is not None:
            self.session.show_frame(*self._found.start)

    def _take(self) -> None:
        """Put TRAM into the slot of the kinetics, so that every panel follows."""
        if self._found is None or not self._found.is_model or self._key is None:
            raise UserError("The model is being computed.", do="Wait a moment.")
        # At the lag time of the answer: to choose one anew, models at many are needed first.
        self.session.configure("study", kinetics=model_wanted(self._key[0], self.windows.files.value, self._found, self.session.results["kinetics"].lagtime))

    # -- keeping ------------------------------------------------------------------------------------------------------------------------

    def view(self) -> dict[str, Any]:
        kept = super().view()
        if not self.is_filled:
            return kept
        texts = {name: field.value for name, field in self._texts().items()}
        return {**kept, **texts, "strength": self.changing.slider.value, **self._wished}

    def take_up(self, wished: dict[str, Any]) -> None:
        for name, field in self._texts().items():
            value = wished.get(name)
            if isinstance(value, str) and len(value) <= limits.limit("list" if name == "windows" else "text"):
                field.value = value
        strength = wished.get("strength")
        if type(strength) is int and 0 <= strength < N_STRENGTHS:
            self.changing.slider.value = strength

    def _texts(self) -> dict[str, Any]:
        return {**self.windows.texts, "lagtime": self.changing.lagtime}
