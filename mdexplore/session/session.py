"""The state that panels share: results as they arrive, the selection, the current frame, jobs and notices.

Panels observe the traits and call back by `configure`, `select` and `show_frame`; fits run in workers.
"""
from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import traitlets as tl

from mdexplore.base.errors import UserError
from mdexplore.base.notices import Notice
from mdexplore.base.units import TimeUnit
from mdexplore.base.work.jobs import Jobs
from mdexplore.methods.method import SLOTS, Settings, ignore
from mdexplore.methods.recipe import STEPS, fill
from mdexplore.session.history import History
from mdexplore.session.selection import Group, Mode, Selection
from mdexplore.session.steps import compute
from mdexplore.session.study import Study
from mdexplore.session.tasks import MODEL_STEPS

FITS = ("features", "projection", "clustering")
BACKGROUND = ("bootstrap", "score")
N_COLORS = 8   # places in the palette of states (pictures/palette.py)


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
    selection : Selection
    current : tuple of int
        (trajectory, frame) that the structure shows.
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
    selection = tl.Instance(Selection)
    current = tl.Tuple(tl.Int(), tl.Int(), default_value=(0, 0))
    ends = tl.Any(None, allow_none=True)
    groups = tl.Tuple(default_value=())
    notices = tl.Tuple(default_value=())
    can_undo = tl.Bool(False)
    can_redo = tl.Bool(False)

    def __init__(self, study: Study, jobs: Jobs | None = None, start: bool = True) -> None:
        super().__init__(study=study, selection=Selection.empty(study.data.n_frames), current=_first_frame(study))
        self._keys: dict[str, str] = {}
        self._failed: dict[str, str] = {}
        self._asked: dict[str, Any] = {}
        self._checks: tuple[Notice, ...] = ()
        self._states: tuple[Any, np.ndarray] | None = None
        self._history = History()
        self.work = jobs or Jobs(warm=True)
        self.work.observe(self._jobs_changed, "states")
        self._collect_notices()
        if start:
            self.refresh()

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
            self._states = (coarse, np.concatenate(coarse.assignments))
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
        selection = self.selection.combine(self._mask(frames), mode, source, how)
        if selection.n == 0 and self.selection.n == 0:
            return
        self._remember()
        with self.hold_trait_notifications():
            self.selection = selection
            self._follow_selection()

    def select_state(self, state: int, *, source: str, mode: Mode = "replace") -> None:
        """Select the frames of a metastable state."""
        states = self.states
        if states is not None:
            self.select(states == state, source=source, how=f"state {state + 1}", mode=mode)

    def show_frame(self, trajectory: int, frame: int) -> None:
        """Make a frame the current one; a frame that does not exist raises `UserError`."""
        lengths = self.data.lengths
        if not (0 <= trajectory < len(lengths) and 0 <= frame < lengths[trajectory]):
            raise UserError(f"There is no frame {frame} in trajectory {trajectory}.", f"There are {len(lengths)} trajectories of up to {max(lengths)} frames.")
        self.current = (int(trajectory), int(frame))

    def configure(self, slot: str, **changes: Any) -> None:
        """Change settings of a slot; everything that is stale is computed anew.

        ``configure("kinetics", lagtime=5)`` moves the lag dial; ``configure("projection", method="vamp")`` fills the slot with another method.
        """
        self._change(self._filled(slot, changes))

    def choose_ends(self, source: Sequence[int] | None, target: Sequence[int] | None = None) -> None:
        """Choose metastable states as source and sink; the flux between them is computed. None ends the choice."""
        if source is None or target is None:
            self.ends = None
            self._put({k: v for k, v in self.results.items() if k != "flux"})
            return
        self.ends = (tuple(source), tuple(target))
        self._submit_flux()

    def add_group(self, name: str) -> None:
        """Keep the selection under a name."""
        if self.selection.n == 0:
            raise UserError("There is nothing to keep.", "No frame is selected.", "Select frames first, with the lasso or by a click on a state.")
        others = tuple(g for g in self.groups if g.name != name)
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
        self._find_stale()
        for step in FITS:
            if self._is_missing(step):
                self._submit(step)
                return
        if any(self._is_missing(step) for step in MODEL_STEPS):
            self._submit_model()
            return
        for step in BACKGROUND:
            if self._is_missing(step):
                self._submit(step, lane="background")

    def retry(self, step: str) -> None:
        """Try a step again that failed or was cancelled."""
        for name in (step, *(MODEL_STEPS if step in MODEL_STEPS else ())):
            self._failed.pop(name, None)
        self.errors = {k: v for k, v in self.errors.items() if k not in (step, *(MODEL_STEPS if step in MODEL_STEPS else ()))}
        self.refresh()

    def cancel(self, name: str) -> None:
        """Stop a running job; what it would have given stays as it was."""
        for step in MODEL_STEPS if name == "model" else (name,):
            if step in STEPS:
                self._failed[step] = self.study.key(step)
        self.work.cancel(name)

    def close(self) -> None:
        """End the workers."""
        self.work.close()

    def _is_missing(self, step: str) -> bool:
        key = self.study.key(step)
        if self._keys.get(step) == key or self._failed.get(step) == key:
            return False
        at_hand = self.study.peek(step)
        if at_hand is None:
            return True
        self._arrived({step: at_hand}, {step: key}, refresh=False)
        return False

    def _is_under_way(self, job: str, asked: Any) -> bool:
        """Whether a job runs or waits that will give just this; otherwise it is taken as asked for now."""
        state = self.work.states.get(job)
        if state is not None and state.is_active and self._asked.get(job) == asked:
            return True
        self._asked[job] = asked
        return False

    def _submit(self, step: str, lane: str = "heavy") -> None:
        from_study, key = self.study, self.study.key(step)
        if self._is_under_way(step, key):
            return

        def done(value: Any) -> None:
            found = value
            if found is None:   # it waits in the cache; features are put together from theirs
                found = compute(from_study, step, ignore) if step == "features" else from_study.peek(step)
            if found is None:
                self._fail((step,), UserError(f"The result of {step} was lost.", "The cache was emptied while it was computed.", "Try again."))
                return
            from_study.keep(step, found)
            self._arrived({step: found}, {step: key})

        self.work.submit(step, "mdexplore.session.tasks:run_step", from_study.spec(), step, lane=lane, done=done, failed=lambda error: self._fail((step,), error))

    def _submit_model(self) -> None:
        from_study = self.study
        keys = {step: from_study.key(step) for step in MODEL_STEPS}
        known = tuple(key for step, key in keys.items() if self._keys.get(step) == key)
        if self._is_under_way("model", keys):
            return

        def done(made: dict[str, Any]) -> None:
            for step, value in made.items():
                from_study.keep(step, value)
            self._arrived(made, {step: keys[step] for step in made})

        self.work.submit("model", "mdexplore.session.tasks:run_model", from_study.spec(), known, lane="live", done=done,
                         failed=lambda error: self._fail(tuple(s for s in MODEL_STEPS if self._keys.get(s) != keys[s]), error))

    def _submit_flux(self) -> None:
        if self.ends is None or "coarse" not in self.results:
            return
        source, target = self.ends
        if max(*source, *target) >= self.results["coarse"].n_states:
            self.choose_ends(None)
            return
        self.work.submit("flux", "mdexplore.session.tasks:run_flux", self.study.spec(), source, target, lane="live",
                         done=lambda flux: self._put({**self.results, "flux": flux}), failed=lambda error: self._fail(("flux",), error))

    def _submit_checks(self) -> None:
        """Ask what the results say together: guards read all frames, which would hold the page."""
        shown = tuple(step for step, key in self._keys.items() if self.study.key(step) == key)

        def done(found: tuple[Notice, ...]) -> None:
            self._checks = found
            self._collect_notices()

        self.work.submit("checks", "mdexplore.session.tasks:run_checks", self.study.spec(), shown, lane="live", done=done)

    def _arrived(self, made: dict[str, Any], keys: dict[str, str], refresh: bool = True) -> None:
        current = {step: key for step, key in keys.items() if self.study.key(step) == key}
        if "coarse" in made:
            from mdexplore.methods.coarse.colors import match_colors

            made = {**made, "coarse": match_colors(self.results.get("coarse"), made["coarse"], N_COLORS)}
        self._keys.update(current)
        with self.hold_trait_notifications():
            self.errors = {k: v for k, v in self.errors.items() if k not in made}
            self._put({**self.results, **{step: made[step] for step in current}})
            self._find_stale()
        self._collect_notices()
        if "coarse" in current and self.ends is not None:
            self._submit_flux()
        if refresh:
            self.refresh()
        self._submit_checks()

    def _fail(self, steps: tuple[str, ...], error: Exception) -> None:
        for step in steps:
            if step in STEPS:
                self._failed[step] = self.study.key(step)
        self.errors = {**self.errors, **dict.fromkeys(steps, error)}
        self._collect_notices()

    def _put(self, results: dict[str, Any]) -> None:
        self.results = results

    def _find_stale(self) -> None:
        self.stale = frozenset(step for step in self._keys if self._keys[step] != self.study.key(step))

    # -- private ----------------------------------------------------------------------------------------------------------------------------

    def _filled(self, slot: str, changes: dict[str, Any]) -> dict[str, Any]:
        if slot == "features":
            return {"features": changes["features"]}
        if slot == "study":
            return changes
        if slot not in SLOTS:
            raise UserError(f"There is no slot {slot!r}.", do=f"The slots are: {', '.join(SLOTS)}, and study for what they share.")
        filled = getattr(self.study.recipe, slot)
        if "method" in changes:
            changes = dict(changes)
            filled = fill(slot, changes.pop("method"))
        if changes and not isinstance(filled, Settings):
            raise UserError(f"{filled.title} has no settings to change here.", "It was given as an object.", "Choose a method of the list instead.")
        return {slot: filled.replace(**changes) if changes else filled}

    def _change(self, changes: dict[str, Any]) -> None:
        study = self.study.change(**changes)
        if all(study.key(step) == self.study.key(step) for step in STEPS):
            return
        self._remember()
        self._use(study)

    def _use(self, study: Study) -> None:
        outdated = [step for step in (*FITS, *BACKGROUND) if study.key(step) != self.study.key(step)]
        self.study = study
        for step in outdated:
            if self.work.states.get(step) is not None and self.work.states[step].phase in ("running", "waiting"):
                self.work.cancel(step)
        self.errors = {}
        self._failed.clear()
        self.refresh()

    def _mask(self, frames: Any) -> np.ndarray:
        n = self.data.n_frames
        if frames is None:
            return np.zeros(n, bool)
        frames = np.asarray(frames)
        if frames.dtype == bool:
            if frames.shape != (n,):
                raise UserError(f"A mask of {frames.size} frames does not fit.", f"There are {n} frames.")
            return frames
        mask = np.zeros(n, bool)
        numbers = self.data.index.numbers(frames) if frames.ndim == 2 else frames.astype(np.int64)
        if len(numbers) and (numbers.min() < 0 or numbers.max() >= n):
            raise UserError("A selected frame does not exist.", f"Frames are numbered 0 to {n - 1}.")
        mask[numbers] = True
        return mask

    def _follow_selection(self) -> None:
        """Show a frame of the selection: the current one where it belongs to it, else the one nearest to its middle."""
        numbers = self.selection.numbers
        if not len(numbers) or self.selection.mask[self.data.index.number(*self.current)]:
            return
        self.current = self.data.index.pair(self.nearest_to_middle(numbers))

    def nearest_to_middle(self, numbers: np.ndarray) -> int:
        """The running number of the frame nearest to the mean of some frames in the projection."""
        projection = self.results.get("projection")
        if projection is None:
            return int(numbers[len(numbers) // 2])
        some = numbers[:: max(len(numbers) // 20_000, 1)]   # a mean of twenty thousand is as good as of all
        pairs = self.data.index.pairs(some)
        points = np.empty((len(some), projection.dim), np.float32)
        for trajectory in np.unique(pairs[:, 0]):
            here = pairs[:, 0] == trajectory
            points[here] = projection.values[trajectory][pairs[here, 1]]
        return int(some[np.argmin(((points - points.mean(0)) ** 2).sum(1))])

    def _jobs_changed(self, change: Any) -> None:
        self.jobs = dict(self.work.states)

    def _collect_notices(self) -> None:
        found = [*self.data.report.notices]
        for step in STEPS:
            found += getattr(self.results.get(step), "notices", ())
        found += [_notice_of(step, error) for step, error in self.errors.items()]
        self.notices = tuple(dict.fromkeys([*found, *self._checks]))

    def _now(self) -> tuple[Selection, Study]:
        return self.selection, self.study

    def _remember(self) -> None:
        self._history.remember(self._now())
        self._tell_history()

    def _restore(self, then: tuple[Selection, Study] | None) -> None:
        if then is None:
            return
        selection, study = then
        if selection is not self.selection:
            with self.hold_trait_notifications():
                self.selection = selection
                self._follow_selection()
        if study is not self.study:
            self._use(study)
        self._tell_history()

    def _tell_history(self) -> None:
        self.can_undo, self.can_redo = self._history.can_undo, self._history.can_redo


def _first_frame(study: Study) -> tuple[int, int]:
    return next((i, 0) for i, n in enumerate(study.data.lengths) if n)


def _notice_of(step: str, error: Exception) -> Notice:
    if isinstance(error, UserError):
        return Notice("error", f"{error.what} {error.why}".strip(), error.do, step)
    return Notice("error", f"{step} failed: {type(error).__name__}: {error}", "Try again; the log has the details.", step)

