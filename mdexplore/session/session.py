"""The state that panels share: results as they arrive, the selection, the current frame, jobs and notices.

Panels observe the traits and call back by `configure`, `select` and `show_frame`; fits run in workers.
"""
from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Any

import numpy as np
import traitlets as tl

from mdexplore.base import limits
from mdexplore.base.chunked import joined
from mdexplore.base.errors import UserError
from mdexplore.base.units import TimeUnit
from mdexplore.base.words import count_of
from mdexplore.base.work.jobs import Jobs
from mdexplore.data.mending import mended
from mdexplore.methods.recipe import STEPS
from mdexplore.session.beside import Beside
from mdexplore.session.changes import filled
from mdexplore.session.fits import Fits
from mdexplore.session.history import History
from mdexplore.session.selection import Group, Mode, Selection, mask_of, nearest_to_middle
from mdexplore.session.study import Study

SAME_GESTURE_S = 1.0   # changes of one setting that follow each other faster are one step of undo


class Session(tl.HasTraits):
    """Everything a page of panels knows.

    Parameters
    ----------
    study : Study
    jobs : Jobs, optional
        Where work runs; made where not given.
    start : bool
        Begin computing at once.

    Attributes
    ----------
    study : Study
        The study that is being shown; replaced when a setting changes.
    results : dict of str to result
        The latest result of each step (``features projection clustering timescales kinetics coarse chapman bootstrap score flux``); replaced, never changed in place.
    stale : frozenset of str
        Steps whose shown result belongs to earlier settings.
    errors : dict of str to Exception
        Why a step has no result.
    jobs : dict of str to JobState
        What runs, waits or has ended.
    previews : dict of str to object
        What running jobs show of what they make (a network in training: `mdexplore.methods.deep.forming.Forming`); gone when they end.
    selection : Selection
    current : tuple of int
        (trajectory, frame) that the structure shows.
    beside : Beside or None
        A structure that belongs to the current frame and is laid over it.
    lit : tuple of tuple of int
        Atoms that the structure marks, in levels from faint to strong; empty for none.
    drawn : int
        How many frames the page has drawn in 3D: who plays frames waits for it.
    ends : tuple of (tuple of int, tuple of int), or None
        Metastable states chosen as source and sink of the flux.
    groups : tuple of Group
    notices : tuple of Notice
    """

    study = tl.Instance(Study)
    results = tl.Dict()
    stale = tl.Instance(frozenset, args=())
    errors = tl.Dict()
    jobs = tl.Dict()
    previews = tl.Dict()
    selection = tl.Instance(Selection)
    current = tl.Tuple(tl.Int(), tl.Int(), default_value=(0, 0))
    beside = tl.Any(None, allow_none=True)
    lit = tl.Tuple(default_value=())
    drawn = tl.Int(0)
    ends = tl.Any(None, allow_none=True)
    groups = tl.Tuple(default_value=())
    notices = tl.Tuple(default_value=())
    can_undo = tl.Bool(False)
    can_redo = tl.Bool(False)

    def __init__(self, study: Study, jobs: Jobs | None = None, start: bool = True) -> None:
        super().__init__(study=study, selection=Selection.empty(study.data.n_frames), current=_first_frame(study))
        self._states: tuple[Any, np.ndarray] | None = None
        self._history = History()
        self._last_change = ("", float("-inf"))
        self.work = jobs or Jobs(warm=True)
        self.work.observe(self._follow_jobs, "states")
        self.work.observe(self._follow_previews, "previews")
        self.fits = Fits(self, self.work)
        self.fits.collect_notices()
        if start:
            self.fits.refresh()

    # -- reading ----------------------------------------------------------------------------------------------------------------------

    @property
    def data(self) -> Any:
        return self.study.data

    @property
    def unit(self) -> TimeUnit:
        return self.study.data.unit

    @property
    def lagtime(self) -> int | None:
        """Lag time of the kinetics that is shown, frames; None before there is one."""
        return self.results["kinetics"].lagtime if "kinetics" in self.results else None

    @property
    def states(self) -> np.ndarray | None:
        """Metastable state of every frame by running number, -1 outside the model; shape (n_frames,); None before there is one."""
        coarse = self.results.get("coarse")
        if coarse is None:
            return None
        if self._states is None or self._states[0] is not coarse:
            self._states = (coarse, joined(coarse.assignments, coarse.assignments[0].dtype))
        return self._states[1]

    def say_frame(self, trajectory: int, frame: int) -> str:
        """``"trajectory 3, frame 812, 16.24 ns"``."""
        times = self.data.times_ns(trajectory)
        time = "" if times is None else f", {times[frame]:.6g} ns"
        return f"trajectory {trajectory}, frame {frame}{time}"

    # -- the calls back ---------------------------------------------------------------------------------------------------------------

    def select(self, frames: np.ndarray | Sequence[int] | None, *, source: str, how: str, mode: Mode = "replace") -> None:
        """Make a set of frames the selection, or add, remove or intersect it.

        Parameters
        ----------
        frames : bool mask of shape (n_frames,), running frame numbers, or None for nothing
        source, how : str
            Who asks, and in words what was done.
        """
        selection = self.selection.combine(mask_of(frames, self.data.index), mode, source, how)
        if selection.n == 0 and self.selection.n == 0:
            return
        self._last_change = ("", float("-inf"))
        self._remember()
        with self.hold_trait_notifications():
            self.selection = selection
            self._follow_selection()

    def select_state(self, state: int, *, source: str, mode: Mode = "replace") -> None:
        """Select the frames of a metastable state."""
        states = self.states
        if states is not None:
            self.select(states == state, source=source, how=f"state {state + 1}", mode=mode)

    def show_frame(self, trajectory: int, frame: int, beside: np.ndarray | None = None) -> None:
        """Make a frame the current one, with a structure in nm laid over it where one is given; a frame that does not exist raises `UserError`."""
        lengths = self.data.lengths
        if not (0 <= trajectory < len(lengths) and 0 <= frame < lengths[trajectory]):
            raise UserError(f"There is no frame {frame} in trajectory {trajectory}.", f"There {'is' if len(lengths) == 1 else 'are'} {count_of(len(lengths), 'trajectory', 'trajectories')} of up to {count_of(max(lengths), 'frame')}.")
        with self.hold_trait_notifications():
            self.current = (int(trajectory), int(frame))
            self.beside = None if beside is None else Beside(self.current, beside)

    def configure(self, slot: str, **changes: Any) -> None:
        """Change settings of a slot; everything that is stale is computed anew.

        ``configure("kinetics", lagtime=5)`` moves the lag time of the kinetics alone, as a click on a lag time does; ``configure("projection", method="vamp")`` fills the slot with another method;
        ``configure("data", make_whole=True)`` reads the same frames with molecules put together across the box.
        """
        study = self.study.on(mended(self.data, **changes)) if slot == "data" else self.study.change(**filled(self.study.recipe, slot, changes))
        self.use(study, f"{slot} {sorted(changes)}")

    def use(self, study: Study, what: str) -> None:
        """Go on with another study of the same frames; one step of undo goes back.

        Parameters
        ----------
        study : Study
        what : str
            What was done: the same a second time, within a second, is the same step of undo.
        """
        if all(study.key(step) == self.study.key(step) for step in STEPS):
            return
        then, now = self._last_change, (what, time.monotonic())
        if then[0] != what or now[1] - then[1] > SAME_GESTURE_S:
            self._remember()
        self._last_change = now
        self._use(study)

    def choose_ends(self, source: Sequence[int] | None, target: Sequence[int] | None = None) -> None:
        """Choose metastable states as source and sink; the flux between them is computed. None ends the choice."""
        if source is None or target is None:
            self.ends = None
            self.fits.flux.forget()
            return
        self.ends = (tuple(source), tuple(target))
        self.fits.flux.mean_ends(self.results.get("coarse"))
        self.fits.flux.ask()

    def add_group(self, name: str) -> None:
        """Keep the selection under a name."""
        if self.selection.n == 0:
            raise UserError("There is nothing to keep.", "No frame is selected.", "Select frames first, with the lasso or by a click on a state.")
        limits.check("text", len(name), "A name")
        others = tuple(g for g in self.groups if g.name != name)
        limits.check("groups", len(others) + 1)
        taken = {g.color for g in others}
        color = next(c for c in range(len(others) + 1) if c not in taken)
        self.groups = (*others, Group(name, self.selection, color))

    def remove_group(self, name: str) -> None:
        self.groups = tuple(g for g in self.groups if g.name != name)

    def undo(self) -> None:
        """Take back the last change of the selection or of a setting."""
        self._restore(self._history.back(self._now()))

    def redo(self) -> None:
        self._restore(self._history.forth(self._now()))

    # -- computing ------------------------------------------------------------------------------------------------------------------------

    def refresh(self) -> None:
        """Ask for the next step that is missing; each answer asks for the one after it."""
        self.fits.refresh()

    def want(self, step: str) -> None:
        """Ask for a step that is not computed by itself, such as ``"posterior"``; it runs in the background."""
        self.fits.want(step)

    def retry(self, step: str) -> None:
        """Try a step again that failed or was cancelled."""
        self.fits.retry(step)

    def cancel(self, name: str) -> None:
        """Stop a running job; what it would have given stays as it was."""
        self.fits.cancel(name)

    def close(self) -> None:
        """End the workers."""
        self.work.close()

    # -- private ----------------------------------------------------------------------------------------------------------------------------

    def _use(self, study: Study) -> None:
        with self.hold_trait_notifications():   # nobody may take what is shown for results of the new study
            before, self.study = self.study, study
            self.fits.mark_stale()
        self.fits.start_over(before)

    def _follow_selection(self) -> None:
        """Show a frame of the selection: the current one where it belongs to it, else the one nearest to its middle."""
        numbers = self.selection.numbers
        if not len(numbers) or self.selection.mask[self.data.index.number(*self.current)]:
            return
        self.current = self.data.index.pair(self.nearest_to_middle(numbers))

    def nearest_to_middle(self, numbers: np.ndarray) -> int:
        """The running number of the frame nearest to the mean of some frames in the projection."""
        return nearest_to_middle(self.results.get("projection"), self.data.index, numbers)

    def _follow_jobs(self, change: Any) -> None:
        self.jobs = dict(self.work.states)

    def _follow_previews(self, change: Any) -> None:
        self.previews = dict(self.work.previews)

    def _now(self) -> tuple[Selection, Study, Any]:
        return self.selection, self.study, self.ends

    def _remember(self) -> None:
        self._history.remember(self._now())
        self._tell_history()

    def _restore(self, then: tuple[Selection, Study, Any] | None) -> None:
        if then is None:
            return
        self._last_change = ("", float("-inf"))
        selection, study, ends = then
        if selection is not self.selection:
            with self.hold_trait_notifications():
                self.selection = selection
                self._follow_selection()
        if study is not self.study:
            self.ends = ends   # a change of the selection leaves the flux alone
            self.fits.flux.mean_ends(study.peek("coarse"))
            self._use(study)
        self._tell_history()

    def _tell_history(self) -> None:
        self.can_undo, self.can_redo = self._history.can_undo, self._history.can_redo


def _first_frame(study: Study) -> tuple[int, int]:
    return next((i, 0) for i, n in enumerate(study.data.lengths) if n)
