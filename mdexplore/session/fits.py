"""How a session gets its results: which step is missing, who computes it, and what becomes of the answer."""
from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mdexplore.base.errors import UserError
from mdexplore.base.notices import Notice
from mdexplore.base.words import listed
from mdexplore.base.work.jobs import Jobs
from mdexplore.methods.coarse.colors import match_colors
from mdexplore.methods.coarse.numbering import Ends, changes, followed, numbered, ranked, ranks
from mdexplore.methods.method import SLOTS, Settings, ignore, loading_notices, method_of
from mdexplore.methods.recipe import STEPS
from mdexplore.session.adopted import adopt
from mdexplore.session.steps import compute, failure_notice
from mdexplore.session.study import Study
from mdexplore.session.tasks import MODEL_STEPS

if TYPE_CHECKING:
    from mdexplore.methods.results import Metastable
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
        self._checks: tuple[Notice, ...] = ()
        self._background = list(BACKGROUND)
        self._held: dict[str, Any] = {}      # what is there and not yet to be shown
        self._examined = False
        self._meant: Metastable | None = None       # the states that the ends of the flux are numbers of; None for those of the study
        self._wished: tuple[str, Ends] | None = None   # ends by rank, and the key of the states they wait for
        self._moved: tuple[Notice, ...] = ()        # what became of states and ends when the states changed last

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
            self.ask_for_flux()
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
            self._fail(steps, UserError("This was stopped.", do="Retry when you want it."))

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
            self._examined, self._checks = False, ()
        if self._study.key("clustering") != before.key("clustering"):
            self.forget_flux()   # its committor belongs to other microstates
        self.refresh()

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
                self._fail((step,), UserError(f"The result of {step} was lost.", "The cache was emptied while it was computed.", "Try again."))
                return
            from_study.keep(step, found)
            self._arrived({step: found}, {step: key})

        self.jobs.submit(step, "mdexplore.session.tasks:run_step", from_study.spec(), step, lane=lane, done=done, failed=lambda error: self._fail((step,), error))

    def _submit_model(self) -> None:
        from_study = self._study
        keys = {step: from_study.key(step) for step in MODEL_STEPS}
        known = tuple(key for step, key in keys.items() if self._keys.get(step) == key)
        if self._is_under_way("model", keys):
            return

        def done(answer: tuple[dict[str, Any], str, Exception | None]) -> None:
            made, failed, error = answer
            made = adopt(from_study, made)
            if error is not None:
                self._fail(MODEL_STEPS[MODEL_STEPS.index(failed):], error)
            self._arrived(made, {step: keys[step] for step in made})

        self.jobs.submit("model", "mdexplore.session.tasks:run_model", from_study.spec(), known, lane="live", done=done,
                         failed=lambda error: self._fail(tuple(s for s in MODEL_STEPS if self._keys.get(s) != keys[s]), error))

    def ask_for_flux(self) -> None:
        """Compute the flux between the chosen ends, where there are any."""
        ends, key = self._session.ends, self._study.key("coarse")
        if ends is None or self._keys.get("coarse") != key:   # the model's arrival asks again
            return
        coarse = self._session.results["coarse"]
        if max(*ends[0], *ends[1]) >= coarse.n_states:
            self._session.choose_ends(None)
            return

        def done(flux: Any) -> None:
            if self._session.ends != ends or self._session.results["coarse"] is not coarse or self._study.key("coarse") != key:
                return   # another flux, or none, is wanted by now
            self._session.errors = {k: v for k, v in self._session.errors.items() if k != "flux"}
            self._session.results = {**self._session.results, "flux": flux}
            self.collect_notices()

        self.jobs.submit("flux", "mdexplore.session.tasks:run_flux", self._study.spec(), *ends, ranks(coarse), lane="live", done=done,
                         failed=lambda error: self._fail(("flux",), error))

    def mean_ends(self, coarse: Metastable | None) -> None:
        """Say which states the ends of the flux are numbers of; None for those that the study will have."""
        self._meant, self._wished = coarse, None

    def wish_ends(self, ends: Ends) -> None:
        """Choose ends by the rank of their states as soon as the states of the study are there: what is shown until then numbers others."""
        self._wished = self._study.key("coarse"), ends
        self._take_wished()

    def ends_by_rank(self) -> Ends | None:
        """The ends that are chosen or wished for, for a later start; None where there are none, or they are numbers of states that go."""
        ends = self._session.ends
        if self._wished is not None and self._wished[0] == self._study.key("coarse"):
            return self._wished[1]
        if ends is None or self._meant is None:
            return ends
        shown = self._states_of_study()
        return None if shown is None else ranked(ends, shown)

    def _states_of_study(self) -> Metastable | None:
        """The states that are shown, where they are those of the study."""
        return None if "coarse" in self._session.stale else self._session.results.get("coarse")

    def _take_wished(self) -> None:
        shown = self._states_of_study()
        if self._wished is not None and shown is not None and self._wished[0] == self._study.key("coarse"):
            ends = numbered(self._wished[1], shown)
            self._session.choose_ends(*ends or (None,))

    def _follow_states(self, coarse: Metastable) -> dict[str, Any]:
        """Other states are shown: take the ends of the flux along where they still exist, and say what changed; gives the results without a flux that is over."""
        shown, ends, results = self._session.results.get("coarse"), self._session.ends, self._session.results
        moved = changes(shown, coarse)
        self._moved = () if moved is None else (moved,)
        if ends is None:
            return results
        now = followed(ends, self._meant, coarse)
        self._meant = coarse
        if now == ends and (shown is None or shown.n_states == coarse.n_states):
            return results
        self._session.ends = now
        if now is None:
            names = " to ".join(listed([state + 1 for state in end]) for end in ends)
            self._moved += (Notice("info", f"The flux from state {names} is no longer shown: the states have changed, and one of these is not there any more.",
                                   "Choose a source and a sink again, or take the change back.", "flux"),)
        return {step: value for step, value in results.items() if step != "flux"}

    def forget_flux(self) -> None:
        """Take away the flux that is shown, and what was said of it."""
        self._wished = None
        self._session.errors = {k: v for k, v in self._session.errors.items() if k != "flux"}
        self._session.results = {k: v for k, v in self._session.results.items() if k != "flux"}
        self.collect_notices()

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
                         failed=lambda error: self._fail(("examine",), error))

    def _submit_checks(self) -> None:
        """Ask what the results say together: guards read all frames, which would hold the page."""
        shown = tuple(step for step, key in self._keys.items() if self._study.key(step) == key)
        order = ranks(self._session.results["coarse"]) if "coarse" in shown else ()

        def done(found: tuple[Notice, ...]) -> None:
            self._checks = found
            self.collect_notices()

        self.jobs.submit("checks", "mdexplore.session.tasks:run_checks", self._study.spec(), shown, order, lane="live", done=done)

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
            before = self._follow_states(made["coarse"]) if "coarse" in current else self._session.results
            self._session.results = {**before, **shown}
            self.mark_stale()
        self.collect_notices()
        if "coarse" in current:
            self._take_wished()
            self.ask_for_flux()
        if refresh:
            self.refresh()
        self._submit_checks()

    def _fail(self, steps: tuple[str, ...], error: Exception) -> None:
        for step in steps:
            if step in STEPS:
                self._failed[step] = self._study.key(step)
        self._session.errors = {**self._session.errors, **dict.fromkeys(steps, error)}
        self.collect_notices()

    def mark_stale(self) -> None:
        """Say which of the shown results belong to earlier settings."""
        self._session.stale = frozenset(step for step in self._keys if self._keys[step] != self._study.key(step))

    def collect_notices(self) -> None:
        """Say what the data, the results, the errors and the checks have to say."""
        found = [*loading_notices(), *self._session.data.report.notices]
        for step in STEPS:
            found += getattr(self._session.results.get(step), "notices", ())
        found += [failure_notice(step, error) for step, error in self._session.errors.items()]
        self._session.notices = tuple(dict.fromkeys([*found, *self._moved, *self._checks]))


def _steps_of(job: str) -> tuple[str, ...]:
    return MODEL_STEPS if job in (*MODEL_STEPS, "model") else (job,)
