"""Calls shared out over the cores of this machine: worker processes beside the one that asks, from when they are worth starting."""
from __future__ import annotations

import itertools
import logging
import os
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from mdexplore.base import room
from mdexplore.base.work import launch
from mdexplore.base.work.cores import cores
from mdexplore.base.work.failures import died
from mdexplore.base.work.worker import job_message, unpacked

log = logging.getLogger(__name__)

# A worker takes 0.1 s where a fork server is warm, and 6 s of processor time where there is none yet. The bundled examples take 0.4 s.
WORTH_S = 5.0              # of work that others could take; less is done here
COLD_S = 10.0              # more, where a server must be started first
LOOK_S = 0.25              # of work from which its pace is known
WORKER_BYTES = 64 << 20    # that a worker has of its own, besides what a call takes
Tick = Callable[[int], None]


@dataclass(frozen=True)
class Work:
    """Calls that do not depend on each other.

    Parameters
    ----------
    function : callable
        At module level; a worker calls ``function(*call, **shared())``, with ``progress=`` as well where it `tells`.
    calls : sequence of tuple
    sizes : sequence of int
        Rows or frames of each call.
    shared : callable
        Gives arguments that are the same for all calls; asked for once, when workers are there.
    here : callable
        ``here(number, tick)`` does one call in this process; ``tick(n)`` says how much of its size is done.
    subject : str
        What is computed, as the user knows it.
    needs : int
        Bytes that a call takes at its peak.
    tells : bool
        The function takes ``progress(done, total, text)``.
    """

    function: Callable[..., Any]
    calls: Sequence[tuple[Any, ...]]
    sizes: Sequence[int]
    shared: Callable[[], dict[str, Any]]
    here: Callable[[int, Tick], Any]
    subject: str
    needs: int
    tells: bool = False


@dataclass(eq=False)
class _Member:
    worker: launch.Worker
    at: int | None = None   # the number of the call that it does

    @property
    def is_ready(self) -> bool:
        return self.worker.pid is not None


class Crew:
    """The workers of one step. None is there at first: work begins in this process, whose pace tells whether it is worth starting some.

    This process goes on until they are ready, and then waits for them, so that never more processes compute than there are cores.
    """

    def __init__(self) -> None:
        self._members: list[_Member] = []
        self._most: int | None = None   # how many may compute, once somebody has asked
        self._needs = 0                 # bytes that a call of theirs takes
        self._is_aside = False          # this process leaves all calls to the others
        self._jobs = itertools.count(1)

    def run(self, work: Work, tick: Tick | None = None) -> Iterator[tuple[int, Any]]:
        """Do all calls; yields (number of the call, its result) as they are done, in any order.

        Parameters
        ----------
        work : Work
        tick : callable, optional
            Called with how much of all sizes is done.

        Raises
        ------
        UserError
            As raised by a call; a `WorkerDied` where a worker was killed.
        WorkerFailure
            For any other exception in a worker.
        """
        shift = _Shift(work, tick or nobody)
        self._make_room(work)
        try:
            while shift.is_open:
                if shift.waiting and not self._are_others_there():
                    self._do_here(shift)
                else:
                    self._complete(shift)
                    self._hear(shift, None)
                yield from shift.taken()
        finally:
            if shift.is_open:   # they are at something that nobody waits for
                self.close()

    def close(self) -> None:
        """End all workers."""
        for member in self._members:
            member.worker.close()
        self._members.clear()
        self._is_aside = False

    def _make_room(self, work: Work) -> None:
        """Fewer workers, where each call takes more than those that they were started for."""
        if self._most is None or work.needs <= self._needs:
            return
        self._most, self._needs = min(self._most, max(_most(work), 1)), work.needs
        for member in self._members[self._most:]:
            member.worker.close()
        del self._members[self._most:]

    def _are_others_there(self) -> bool:
        self._is_aside = bool(self._members) and (self._is_aside or all(member.is_ready for member in self._members))
        return self._is_aside

    def _do_here(self, shift: _Shift) -> None:
        number = shift.waiting.popleft()

        def told(n: int) -> None:
            shift.tell(number, n)
            self._look_round(shift)

        shift.finish(number, shift.work.here(number, told))
        self._look_round(shift)

    def _look_round(self, shift: _Shift) -> None:
        """Amid what is done here: start workers where they are worth it, and keep busy those that are there."""
        if self._members:
            self._hear(shift, 0.0)
        elif self._most is None and (left := shift.left_s()) > WORTH_S and (launch.launcher().is_warm() or left > WORTH_S + COLD_S):
            self._most, self._needs = _most(shift.work), shift.work.needs
            shift.longest_first()
            self._start(min(self._most - 1, len(shift.waiting)))

    def _complete(self, shift: _Shift) -> None:
        """One more worker, in the place of this process, which waits from now on."""
        self._start(min((self._most or 1) - len(self._members), len(shift.waiting)))

    def _start(self, n: int) -> None:
        self._members += [_Member(launch.launcher().start()) for _ in range(n)]

    def _hear(self, shift: _Shift, timeout: float | None) -> None:
        """Take what workers have sent, after waiting for something, and give them what comes next."""
        for member in self._members:
            self._give(shift, member)
        if self._members and launch.wait_readable([s for member in self._members for s in member.worker.sockets], timeout):
            for member in list(self._members):
                for message in member.worker.read():
                    _take(shift, member, message)
                if member.worker.is_over:
                    self._lose(shift, member)
                else:
                    self._give(shift, member)

    def _give(self, shift: _Shift, member: _Member) -> None:
        if member.is_ready and member.at is None and shift.waiting:
            member.at = shift.waiting.popleft()
            member.worker.post(shift.message(next(self._jobs), member.at))

    def _lose(self, shift: _Shift, member: _Member) -> None:
        if member.at is not None:
            raise died(shift.work.subject, member.worker.exit_code)
        # It had nothing yet: where the system allows no more processes, there are fewer, or this one alone.
        log.warning("a worker could not be started for %s", shift.work.subject)
        member.worker.close()
        self._members.remove(member)
        self._most = len(self._members) + (not self._is_aside)


@dataclass(eq=False)
class _Shift:
    """How far one `Work` has come."""

    work: Work
    tick: Tick
    waiting: deque[int] = field(init=False)
    _done: int = 0
    _told: dict[int, int] = field(default_factory=dict)   # of the calls that are under way
    _taken: list[tuple[int, Any]] = field(default_factory=list)
    _n_open: int = field(init=False)
    _begun: tuple[float, int] | None = None
    _shared: dict[str, Any] | None = None

    def __post_init__(self) -> None:
        self.waiting = deque(range(len(self.work.calls)))
        self._n_open = len(self.work.calls)

    @property
    def is_open(self) -> bool:
        return self._n_open > 0

    def tell(self, number: int, n: int) -> None:
        self._told[number] = n
        self.tick(self._done + sum(self._told.values()))

    def finish(self, number: int, value: Any) -> None:
        self._told.pop(number, None)
        self._done += self.work.sizes[number]
        self._n_open -= 1
        self._taken.append((number, value))
        self.tick(self._done + sum(self._told.values()))

    def taken(self) -> Iterator[tuple[int, Any]]:
        """What has been finished since the last call."""
        while self._taken:
            yield self._taken.pop(0)

    def left_s(self) -> float:
        """Processor time that what waits would take here, seconds; 0 while nobody knows."""
        now = time.process_time(), self._done + sum(self._told.values())
        if self._begun is None:   # what comes first also imports what it needs, and says nothing of the rest
            self._begun = now
        spent, done = now[0] - self._begun[0], now[1] - self._begun[1]
        if spent < LOOK_S or done <= 0:
            return 0.0
        return spent / done * sum(self.work.sizes[k] for k in self.waiting)

    def longest_first(self) -> None:
        """So that at the end nobody waits long for the last."""
        self.waiting = deque(sorted(self.waiting, key=lambda k: -self.work.sizes[k]))

    def message(self, job: int, number: int) -> tuple:
        """What asks a worker for a call."""
        if self._shared is None:
            self._shared = self.work.shared()
        function = self.work.function
        niceness = os.nice(0) if hasattr(os, "nice") else 0
        return job_message(job, f"{function.__module__}:{function.__qualname__}", self.work.calls[number], self._shared, wants_progress=self.work.tells, niceness=niceness)


def nobody(done: int) -> None:
    """Nobody wants to know."""


def _take(shift: _Shift, member: _Member, message: tuple) -> None:
    kind, *rest = message
    if kind == "log":
        logging.getLogger(rest[0]).log(rest[1], "%s", rest[2])
    elif kind == "failed":
        raise rest[1].exception()
    elif kind == "progress" and member.at is not None:
        shift.tell(member.at, rest[1])
    elif kind == "done" and member.at is not None:
        value, error = unpacked(rest[1])
        if error is not None:
            raise error
        number, member.at = member.at, None
        shift.finish(number, value)


def _most(work: Work) -> int:
    """How many workers there may be: as many as there are cores, and as fit into half of the memory that is free."""
    free = room.free_bytes()
    return cores() if free is None else min(cores(), free // (2 * (WORKER_BYTES + work.needs)))
