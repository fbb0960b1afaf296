"""A question that a panel puts to a worker: one at a time, the latest counts, and what was answered already is at hand."""
from __future__ import annotations

from typing import Any

import traitlets as tl

from mdexplore.base.errors import UserError
from mdexplore.session.session import Session

KEPT = 8   # answers; a model of a thousand microstates has some megabytes


class Asker(tl.HasTraits):
    """Puts questions to a worker.

    Parameters
    ----------
    session : Session
    job : str
        Name of the job, as people read it.

    Attributes
    ----------
    found : object or None
        The latest answer; an earlier one stays until the next comes.
    error : Exception or None
        Why the last question has no answer.
    found_key : hashable
        Of the question that `found` answers.
    is_waiting : bool
    """

    found = tl.Any(None, allow_none=True)
    error = tl.Any(None, allow_none=True)
    is_waiting = tl.Bool(False)

    def __init__(self, session: Session, job: str) -> None:
        super().__init__()
        self.session, self.job = session, job
        self._key: Any = None
        self.found_key: Any = None
        self._known: dict[Any, Any] = {}
        session.observe(lambda change: self._take_note_of_jobs(), "jobs")

    def ask(self, key: Any, task: str, *args: Any) -> None:
        """Ask, unless this very question was asked last; an earlier one is given up.

        Parameters
        ----------
        key : hashable
            The same for the same question.
        task : str
            ``"package.module:function"``, called in a worker with `args` and ``progress=``.
        """
        if key == self._key and self.error is None:
            return
        self._key = key
        if key in self._known:
            self.cancel(keep_key=True)
            self._answer(key)
            return

        def done(value: Any) -> None:
            self._known = {**dict(list(self._known.items())[1 - KEPT:]), key: value}
            if self._key == key:
                self._answer(key)

        def failed(error: Exception) -> None:
            if self._key == key:
                self._tell(self.found, error)

        # The lane of fits: it is free once a page is there, and a question of seconds must not keep the lag dial waiting.
        self.session.work.submit(self.job, task, *args, lane="heavy", done=done, failed=failed)
        with self.hold_trait_notifications():
            self.error, self.is_waiting = None, True

    def fail(self, error: UserError) -> None:
        """Say why there is nothing to ask."""
        self.cancel()
        self._tell(self.found, error)

    def knows(self, key: Any) -> bool:
        """Whether a question was answered already, or is being asked."""
        return key in self._known or (self.is_waiting and key == self._key)

    def forget(self, key: Any, error: UserError) -> None:
        """An answer can no longer be used: say why; the same question is put anew once `error` is taken away."""
        self._known = {k: value for k, value in self._known.items() if k != key}
        self.cancel()
        self._key = self.found_key = None
        self._tell(None, error)

    def withdraw(self) -> None:
        """Give up what is being asked, and an error that belongs to an earlier question; what was found stays."""
        self.cancel()
        self._key = None
        self._tell(self.found, None)

    def cancel(self, keep_key: bool = False) -> None:
        """Give up what is being asked."""
        if not keep_key and self.is_waiting:
            self._key = None
        was_waiting, self.is_waiting = self.is_waiting, False
        if was_waiting:
            self.session.work.cancel(self.job)

    def _answer(self, key: Any) -> None:
        self.found_key = key
        self._tell(self._known[key], None)

    def _tell(self, found: Any, error: Exception | None) -> None:
        with self.hold_trait_notifications():
            self.found, self.error, self.is_waiting = found, error, False

    def _take_note_of_jobs(self) -> None:
        """It was stopped in the list of jobs."""
        if self.is_waiting and getattr(self.session.work.states.get(self.job), "phase", "") == "cancelled":
            self._tell(self.found, UserError("This was stopped.", do="Retry when you want it."))
