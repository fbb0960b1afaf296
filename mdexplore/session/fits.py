"""How a session gets its results: which step is missing, who computes it, and what becomes of the answer."""
from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mdexplore.base.errors import UserError
from mdexplore.base.notices import Notice
from mdexplore.base.work.jobs import Jobs
from mdexplore.methods.coarse.colors import match_colors
from mdexplore.methods.coarse.numbering import ranks
from mdexplore.methods.method import SLOTS, Settings, ignore, loading_notices, method_of
from mdexplore.methods.recipe import STEPS
from mdexplore.session.adopted import adopt
from mdexplore.session.flux_jobs import FluxJobs
from mdexplore.session.handed import Handed
from mdexplore.session.steps import compute, failure_notice
from mdexplore.session.study import Study
from mdexplore.session.tasks import MODEL_STEPS

if TYPE_CHECKING:
    from mdexplore.session.session import Session

FITS = ("features", "projection", "clustering")
BACKGROUND = ("bootstrap", "score")


class Fits:
    """Asks workers for the steps that a session lacks, one after the other, and puts the answers where panels see them.

    Parameters
    ----------
    session : Session
    jobs : Jobs
    """

    def __init__(self, session: Session, jobs: Jobs) -> None:
        self._session, self.jobs = session, jobs
        self._keys: dict[str, str] = {}      # what each shown result was made from
        self._failed: dict[str, str] = {}    # what is not asked for again until something changes
        self._asked: dict[str, Any] = {}     # what each job under way will give
        self._checks: tuple[tuple[str, ...], tuple[Notice, ...]] = ((), ())   # keys of the results that were looked at, and what was found
        self._background = list(BACKGROUND)
        self._held: dict[str, Any] = {}      # what is there and not yet to be shown
        self._handed = Handed()
        self._examined = False
        self.flux = FluxJobs(session, self)

    @property
    def _study(self) -> Study:
        return self._session.study

    def refresh(self) -> None:
        """Show what is at hand, and ask for the next step that is missing; each answer asks for the one after it."""
        self.mark_stale()
        found = {step: self._study.peek(step) for step in (*FITS, *MODEL_STEPS, *self._background) if not self._is_had(step)}
        missing = [step for step, value in found.items() if value is None]
        fit, model = next((s for s in FITS if s in missing), None), [s for s in MODEL_STEPS if s in missing]
        if fit or model:   # the steps of the model come together
            found = {step: value for step, value in found.items() if step not in MODEL_STEPS}
        at_hand = {step: value for step, value in found.items() if value is not None}
        if at_hand:
            self._arrived(at_hand, {step: self._study.key(step) for step in at_hand}, refresh=False)
        if fit:
            self._submit(fit)
        elif model:
            self._submit_model()
        else:
            for step in self._background:
                if step in missing:
                    self._submit(step, lane="background")
            self._examine()

    def want(self, step: str) -> None:
        """Compute a step in the background that is not computed by itself, now and after every change."""
        if step not in self._background:
            self._background.append(step)
            self.refresh()

    def retry(self, step: str) -> None:
        """Try a step again that failed or was stopped."""
        if step == "flux":
            self.flux.ask()
            return
        names = _steps_of(step)
        for name in names:
            self._failed.pop(name, None)
        self._session.errors = {k: v for k, v in self._session.errors.items() if k not in names}
        self.refresh()

    def cancel(self, name: str) -> None:
        """Stop a running job; what it would have given stays as it was, with an offer to try again.

        A method that can end early is asked to first, and gives the best it has; it is ended for good when stopped again.
        """
        if self._can_end_early(name) and self.jobs.end_early(name):
            return
        self.jobs.cancel(name)
        steps = tuple(s for s in _steps_of(name) if s in STEPS and self._keys.get(s) != self._study.key(s))
        if steps:
            self.fail(steps, UserError("This was stopped.", do="Retry when you want it."))

    def _can_end_early(self, name: str) -> bool:
        filled = getattr(self._study.recipe, name, None) if name in SLOTS else None
        return isinstance(filled, Settings) and method_of(filled).ends_early

    def start_over(self, before: Study) -> None:
        """The study has been replaced: give up what it made pointless, forget what failed, and go on."""
        for step in (*FITS, *self._background):
            state = self.jobs.states.get(step)
            if state is not None and state.is_active and self._study.key(step) != before.key(step):
                self.jobs.cancel(step)
        self._session.errors = {}
        self._failed.clear()
        if self._study.data.key != before.data.key:
            self.jobs.cancel("examine")
            self._examined = False
        if self._study.key("clustering") != before.key("clustering"):
            self.flux.forget()   # its committor belongs to other microstates
        self.refresh()
        if not self._session.stale:   # nothing will arrive that has it said
            self.collect_notices()

    def _is_had(self, step: str) -> bool:
        """Whether a step is shown already, or has failed and is not to be asked for again."""
        key = self._study.key(step)
        return self._keys.get(step) == key or self._failed.get(step) == key

    def _is_under_way(self, job: str, asked: Any) -> bool:
        """Whether a job runs or waits that will give just this; otherwise it is taken as asked for now."""
        state = self.jobs.states.get(job)
        if state is not None and state.is_active and self._asked.get(job) == asked:
            return True
        self._asked[job] = asked
        return False

    def _submit(self, step: str, lane: str = "heavy") -> None:
        from_study, key = self._study, self._study.key(step)
        if self._is_under_way(step, key):
            return

        def done(value: Any) -> None:
            found = value
            if found is None:   # it waits in the cache; features are put together from theirs
                found = compute(from_study, step, ignore) if step == "features" else from_study.peek(step)
            if found is None:
                self.fail((step,), UserError(f"The result of {step} was lost.", "The cache was emptied while it was computed.", "Try again."))
                return
            from_study.keep(step, found)
            self._arrived({step: found}, {step: key})

        self.jobs.submit(step, "mdexplore.session.tasks:run_step", from_study.spec(), step, lane=lane, done=done, failed=lambda error: self.fail((step,), error))

    def _submit_model(self) -> None:
        from_study = self._study
        keys = {step: from_study.key(step) for step in MODEL_STEPS}
        known = tuple(key for step, key in keys.items() if self._keys.get(step) == key)
        if self._is_under_way("model", keys):
            return

        def fail(steps: tuple[str, ...], error: Exception) -> None:
            still = tuple(step for step in steps if self._study.key(step) == keys[step])   # the study may have gone back to what is at hand, which asks for nothing
            if still:
                self.fail(still, error)

        def done(answer: tuple[dict[str, Any], str, Exception | None]) -> None:
            made, failed, error = answer
            made = adopt(from_study, made)
            if error is not None:
                fail(MODEL_STEPS[MODEL_STEPS.index(failed):], error)
            self._arrived(made, {step: keys[step] for step in made})

        self.jobs.submit("model", "mdexplore.session.tasks:run_model", from_study.spec(), known, lane="live", done=done,
                         failed=lambda error: fail(tuple(s for s in MODEL_STEPS if self._keys.get(s) != keys[s]), error))

    def _examine(self) -> None:
        """Look at every frame once, when the page has all else: damage and oddities that no header tells."""
        data = self._session.data
        if data.report.is_examined or not data.has_structures or self._examined:
            return
        self._examined = True

        def done(report: Any) -> None:
            data.report = report
            self.collect_notices()

        self.jobs.submit("examine", "mdexplore.data.examination:examine_spec", data.spec(), lane="background", done=done,
                         failed=lambda error: self.fail(("examine",), error))

    def _submit_checks(self) -> None:
        """Ask what the results say together: guards read all frames, which would hold the page."""
        shown = tuple(step for step, key in self._keys.items() if self._study.key(step) == key)
        keys = tuple(self._keys[step] for step in shown)
        order = ranks(self._session.results["coarse"]) if "coarse" in shown else ()

        def done(found: tuple[Notice, ...]) -> None:
            self._checks = keys, found
            self.collect_notices()

        handed = self._handed.entries(self._study, {step: self._session.results[step] for step in shown if step in self._session.results})
        self.jobs.submit("checks", "mdexplore.session.tasks:run_checks", self._study.spec(), shown, order, handed, lane="live", done=done)

    def _arrived(self, made: dict[str, Any], keys: dict[str, str], refresh: bool = True) -> None:
        current = {step: key for step, key in keys.items() if self._study.key(step) == key}
        if "coarse" in current:
            made = {**made, "coarse": match_colors(self._session.results.get("coarse"), made["coarse"])}
            self._study.keep("coarse", made["coarse"])
        self._keys.update(current)
        shown = {**self._held, **{step: made[step] for step in current}}
        # New microstates wait for their model: the one that is shown speaks of other microstates.
        self._held = {s: shown.pop(s) for s in ("clustering",) if s in shown and "kinetics" not in shown and "kinetics" in self._session.results}
        with self._session.hold_trait_notifications():
            self._session.errors = {k: v for k, v in self._session.errors.items() if k not in made}
            before = self.flux.follow_states(made["coarse"]) if "coarse" in current else self._session.results
            self._session.results = {**before, **shown}
            self.mark_stale()
        self.collect_notices()
        if "coarse" in current:
            self.flux.take_wished()
            self.flux.ask()
        if refresh:
            self.refresh()
        self._submit_checks()

    def fail(self, steps: tuple[str, ...], error: Exception) -> None:
        """Show that steps have no result; they are not asked for again until something changes."""
        for step in steps:
            if step in STEPS:
                self._failed[step] = self._study.key(step)
        self._session.errors = {**self._session.errors, **dict.fromkeys(steps, error)}
        self.collect_notices()

    def mark_stale(self) -> None:
        """Say which of the shown results belong to earlier settings."""
        self._session.stale = frozenset(step for step in self._keys if self._keys[step] != self._study.key(step))

    def collect_notices(self) -> None:
        """Say what the data, the results, the errors and the checks have to say of the settings in use: nothing of what earlier ones gave."""
        stale, found = self._session.stale, [*loading_notices(), *self._session.data.report.notices]
        for step in STEPS:
            if step not in stale:
                found += getattr(self._session.results.get(step), "notices", ())
        found += [failure_notice(step, error) for step, error in self._session.errors.items()]
        found += self.flux.moved if "coarse" not in stale else ()
        keys, checks = self._checks
        found += checks if {*keys} <= {self._study.key(step) for step in self._keys} else ()
        self._session.notices = tuple({notice.text: notice for notice in reversed(found)}.values())[::-1]


def _steps_of(job: str) -> tuple[str, ...]:
    return MODEL_STEPS if job in (*MODEL_STEPS, "model") else (job,)
