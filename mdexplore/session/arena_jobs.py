"""The arena of a session: candidates judged one after the other in the background, rows as they come, a click that makes one of them the current model."""
from __future__ import annotations

from dataclasses import asdict
from typing import Any

import numpy as np
import traitlets as tl

from mdexplore.base.errors import UserError
from mdexplore.methods.method import Lag, Progress
from mdexplore.session.arena import Arena, ArenaRow, Rules, assembled, judge, rules_of, study_of
from mdexplore.session.arena_kept import Judging, KeptArena, kept_arena, taken_up
from mdexplore.session.candidates import Candidate, candidates_of
from mdexplore.session.disagreement import Disagreement
from mdexplore.session.selection import Mode
from mdexplore.session.selection import unpacked as unpacked_mask
from mdexplore.session.session import Session
from mdexplore.session.study import Study
from mdexplore.session.sweeps import swept

JOB = "arena"


class ArenaJobs(tl.HasTraits):
    """Candidates and rows that panels share.

    Parameters
    ----------
    session : Session

    Attributes
    ----------
    candidates : tuple of Candidate
    rows : dict of str to ArenaRow
        Those that are judged, by name; replaced, never changed in place.
    stopped : frozenset of str
        Candidates that were stopped before they had a row.
    rules : Rules or None
        What is the same for all; None before the first is judged.
    found : Disagreement or None
        The last one that was asked for.
    error : Exception or None
        Why the last disagreement could not be found.
    pair : tuple of str
        The two that are looked at side by side; empty while there are no two with scores.
    told : str
        What of a kept arena could not be taken up, and why.
    """

    candidates = tl.Tuple(default_value=())
    rows = tl.Dict()
    stopped = tl.Instance(frozenset, args=())
    rules = tl.Any(None, allow_none=True)
    found = tl.Any(None, allow_none=True)
    error = tl.Any(None, allow_none=True)
    pair = tl.Tuple(default_value=())
    told = tl.Unicode("")

    def __init__(self, session: Session) -> None:
        super().__init__()
        self.session = session
        self._base: Study = session.study   # rows are of its data
        self._wanted: dict[str, Any] = {}   # as the user gave the rules
        session.observe(lambda change: self._study_changed(), "study")
        session.observe(lambda change: self._take_note_of_jobs(), "jobs")
        self.observe(lambda change: self._pair_up(), ["rows", "candidates"])

    # -- asking -------------------------------------------------------------------------------------------------------------------------

    def add(self, *given: Any, **named: Any) -> tuple[str, ...]:
        """Take in candidates (see `mdexplore.arena`) and judge them; gives their names.

        Raises
        ------
        UserError
            If one cannot be understood, or the data do not allow the split.
        """
        taken = [c.name for c in self.candidates]
        made = candidates_of(self.session.study, named or given, taken)
        rules = self.rules or rules_of(self.session.study, (*self.candidates, *made), **self._wanted)
        with self.hold_trait_notifications():
            self.rules = rules
            self.candidates = (*self.candidates, *made)
        for candidate in made:
            self._submit(candidate)
        return tuple(c.name for c in made)

    def sweep(self) -> tuple[str, ...]:
        """Judge the current model with fewer and with more microstates (`mdexplore.session.sweeps`); what stands there already is not judged again."""
        there = [(c.features, c.projection, c.clustering) for c in self.candidates]
        study = self.session.study
        wanted = {name: one for name, one in swept(study).items() if (study.recipe.features, one["projection"], one["clustering"]) not in there}
        return self.add(**wanted) if wanted else ()

    def judge_by(self, *, lagtime: Lag = None, folds: int = 5, n_processes: int | None = None) -> None:
        """Other rules for all; every row is made anew. None takes what `mdexplore.arena` takes then."""
        wanted = asdict(Judging(lagtime, n_processes, folds))
        rules = rules_of(self.session.study, self.candidates, **wanted)
        self._wanted = wanted
        if rules == self.rules:
            return
        with self.hold_trait_notifications():
            self.rules, self.rows, self.stopped = rules, {}, frozenset()
        for candidate in self.candidates:
            self._submit(candidate)

    def remove(self, name: str) -> None:
        """Take a candidate out of the arena."""
        self.session.work.cancel(job_of(name))
        with self.hold_trait_notifications():
            self.candidates = tuple(c for c in self.candidates if c.name != name)
            self.rows = {k: row for k, row in self.rows.items() if k != name}
            self.stopped -= {name}
            if not self.candidates:
                self.rules = None

    def cancel(self) -> None:
        """Stop what runs and waits; finished rows stay."""
        for name in self.waiting:
            self.session.work.cancel(job_of(name))
        self._take_note_of_jobs()

    def again(self, name: str) -> None:
        """Judge a candidate once more that failed or was stopped."""
        self.rows = {k: row for k, row in self.rows.items() if k != name}
        self._submit(self._candidate(name))

    def use(self, name: str) -> None:
        """Make a candidate the session's current model, as one change that undo takes back."""
        study = self.study(name)
        recipe = study.recipe
        self.session.configure("study", features=recipe.features, projection=recipe.projection, clustering=recipe.clustering)

    def choose(self, a: str, b: str) -> None:
        """Which two are looked at; one that has no scores is passed over."""
        if {a, b} <= {*self.comparable}:
            self.pair = (a, b)

    def compare(self, a: str, b: str, mode: Mode = "replace") -> None:
        """Find the frames on which two candidates disagree, and make them the selection."""
        if a == b:
            raise UserError("A model agrees with itself.", do="Choose two candidates.")
        base = self._base
        with self.hold_trait_notifications():
            self.found = self.error = None

        def done(answer: tuple[bytes, Any]) -> None:
            if self._base.data.key != base.data.key:
                return
            found = unpacked(answer, base)
            with self.hold_trait_notifications():
                self.found, self.error = found, None
            self.session.select(found.mask, source=JOB, how=f"where {a} and {b} disagree", mode=mode)

        def failed(error: Exception) -> None:
            self.error = error

        self.session.work.submit(f"{JOB}: disagreement", "mdexplore.session.arena_jobs:run_disagreement", self.study(a).spec(), self.study(b).spec(),
                                 lane="background", done=done, failed=failed)

    # -- keeping ------------------------------------------------------------------------------------------------------------------------

    def kept(self) -> KeptArena:
        """Candidates, rows and rules as a saved file holds them."""
        return kept_arena(self._base, self.candidates, self.rows, self.rules, self._wanted)

    def take_up(self, kept: KeptArena) -> None:
        """Make the arena what it was. Rows for other data, another split or another seed are dropped, which `told` says; what was not judged yet waits for `again`."""
        self.cancel()
        self._base = self.session.study
        with self.hold_trait_notifications():
            self.candidates, self.rows, self.told = taken_up(kept, self._base)
            self.stopped = frozenset(c.name for c in self.candidates if c.name not in self.rows)
            self.rules, self._wanted, self.found = kept.rules if self.candidates else None, dict(kept.wanted), None

    # -- reading ------------------------------------------------------------------------------------------------------------------------

    @property
    def wanted(self) -> dict[str, Any]:
        """The rules as the user gave them: ``lagtime, folds, n_processes``; empty where nobody did."""
        return dict(self._wanted)

    @property
    def waiting(self) -> list[str]:
        """Candidates that are being judged or wait for it."""
        return [c.name for c in self.candidates if c.name not in self.rows and c.name not in self.stopped]

    @property
    def comparable(self) -> list[str]:
        """Candidates with scores."""
        return [c.name for c in self.candidates if c.name in self.rows and self.rows[c.name].scores is not None]

    @property
    def result(self) -> Arena | None:
        """All rows that are there; None before the first."""
        rows = [self.rows[c.name] for c in self.candidates if c.name in self.rows]
        return assembled(self._base, rows, self.rules) if rows else None

    def study(self, name: str) -> Study:
        """The study that a candidate stands for, with the Markov model as the session has it; raises `UserError` where there cannot be one."""
        return study_of(self.session.study, self._candidate(name), self.rules)

    def is_current(self, name: str) -> bool:
        """Whether a candidate is the model that the session shows."""
        candidate = self._candidate(name)
        try:
            own = self.study(name)
        except UserError:   # such as a lag time beyond the data: its row says so
            return False
        step = "clustering" if candidate.has_clustering else "projection"
        return own.key(step) == self.session.study.key(step)

    @property
    def current(self) -> frozenset[str]:
        """The candidates that are the model that the session shows: those judged with its microstates, and only where there is none such its coordinates by themselves."""
        found = [c for c in self.candidates if self.is_current(c.name)]
        closest = [c for c in found if c.has_clustering]
        return frozenset(c.name for c in closest or found)

    # -- private --------------------------------------------------------------------------------------------------------------------------

    def _candidate(self, name: str) -> Candidate:
        for candidate in self.candidates:
            if candidate.name == name:
                return candidate
        raise UserError(f"There is no candidate {name!r}.", do="Choose one of the arena.")

    def _pair_up(self) -> None:
        """Keep who is there of the two, and fill up: the first and the last that are judged."""
        names = self.comparable
        if len(names) < 2:
            self.pair = ()
            return
        a, b = self.pair or (names[0], names[-1])
        a = a if a in names else next(n for n in names if n != b)
        self.pair = (a, b if b in names else next(n for n in reversed(names) if n != a))

    def _submit(self, candidate: Candidate) -> None:
        rules, base, name = self.rules, self._base, candidate.name
        self.stopped -= {name}

        def arrived(row: ArenaRow) -> None:
            if self.rules == rules and self._base.data.key == base.data.key and any(c is candidate for c in self.candidates):
                self.rows = {**self.rows, name: row}

        self.session.work.submit(job_of(name), "mdexplore.session.arena_jobs:run_candidate", base.spec(), candidate, rules, lane="background",
                                 done=lambda row: arrived(ArenaRow(candidate, row.scores, row.error)),
                                 failed=lambda error: arrived(ArenaRow(candidate, None, str(error))))

    def _take_note_of_jobs(self) -> None:
        """A job that was stopped, here or in the list of jobs, leaves its candidate without a row."""
        states = self.session.work.states
        ended = {name for name in self.waiting if getattr(states.get(job_of(name)), "phase", "") == "cancelled"}
        if ended - self.stopped:
            self.stopped |= ended

    def _study_changed(self) -> None:
        """Other data: the rows are no longer true."""
        study = self.session.study
        if study.data.key == self._base.data.key:
            return
        self.cancel()
        self._base = study
        with self.hold_trait_notifications():
            self.candidates, self.rows, self.stopped, self.rules, self.found, self.told = (), {}, frozenset(), None, None, ""


def job_of(name: str) -> str:
    """The name of the job that judges a candidate."""
    return f"{JOB}: {name}"


def run_candidate(spec: dict[str, Any], candidate: Candidate, rules: Rules, *, progress: Progress) -> ArenaRow:
    """The row of a candidate, in a worker."""
    from mdexplore.session.tasks import study_of_spec

    return judge(study_of_spec(spec), candidate, rules, progress)


def run_disagreement(a: dict[str, Any], b: dict[str, Any], *, progress: Progress) -> tuple[bytes, Any]:
    """Where two studies disagree, in a worker: bits of the mask, and overlap, match and number of compared frames."""
    from mdexplore.session.disagreement import disagreement
    from mdexplore.session.tasks import study_of_spec

    found = disagreement(study_of_spec(a), study_of_spec(b), progress)
    return np.packbits(found.mask).tobytes(), (found.overlap, found.match, found.n_compared)


def unpacked(answer: tuple[bytes, Any], study: Study) -> Disagreement:
    """The answer of `run_disagreement` as it was found."""
    mask = unpacked_mask(answer[0], study.data.n_frames)
    overlap, match, n_compared = answer[1]
    return Disagreement(mask, study.data.index.pairs(np.flatnonzero(mask)), overlap, match, n_compared)
