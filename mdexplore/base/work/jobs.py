"""Named tasks in worker processes beside an event loop: progress, cancel, and only the latest answer counts."""
from __future__ import annotations

import asyncio
import functools
import itertools
import logging
import os
import re
import time
import weakref
from collections.abc import Callable
from dataclasses import replace
from typing import Any, Literal

import traitlets

from mdexplore.base.work import launch
from mdexplore.base.work.endings import end_all, idle_s
from mdexplore.base.work.failures import WorkerFailure, died
from mdexplore.base.work.lanes import BACKGROUND_NICENESS, LANES, Job, JobState, Lane
from mdexplore.base.work.watch import Watch
from mdexplore.base.work.worker import job_message, unpacked

log = logging.getLogger(__name__)
_TASK = re.compile(r"[\w.]+:[\w.]+")


class Jobs(traitlets.HasTraits):
    """Runs tasks in one worker process a lane; use it from one thread, that of the event loop.

    Answers, progress and changes of `states` come on the loop's thread. Without a running loop nothing comes until `wait` is called.

    Parameters
    ----------
    loop : asyncio.AbstractEventLoop, optional
        The loop to listen on; the running one at each call where not given.
    warm : bool
        Ask for the first worker now, without waiting, so that it is there when it is needed.
    launcher : Launcher, optional
        Who starts workers; that of this process where not given.

    Raises
    ------
    UserError
        If ``MDEXPLORE_IDLE_S`` is no number of seconds.
    """

    states = traitlets.Dict(help="JobState by name; replaced, never changed in place.")
    previews = traitlets.Dict(help="The last that a running job showed of what it makes, by name; gone when it no longer runs. Replaced, never changed in place.")

    def __init__(self, loop: asyncio.AbstractEventLoop | None = None, *, warm: bool = True, launcher: launch.Launcher | None = None) -> None:
        super().__init__()
        self._given_loop = loop
        self._loop: asyncio.AbstractEventLoop | None = None
        self._launcher = launcher or launch.launcher()
        self._lanes = {name: Lane(name) for name in LANES}
        self._generations = itertools.count(1)
        self._workers: set[launch.Worker] = set()
        self._idle: list[asyncio.Future] = []
        self._is_closed = False
        self._idle_s = idle_s()
        self._end = weakref.finalize(self, end_all, self._workers, os.getpid())   # also when the interpreter ends
        if warm:
            self._listen_on_running_loop()
            self._worker_of(self._lanes["heavy"])
            self._let_rest(self._lanes["heavy"])

    def submit(self, name: str, task: str, *args: Any, lane: str = "heavy", done: Callable[[Any], None] | None = None,
               failed: Callable[[Exception], None] | None = None, supersede: Literal["replace", "queue"] = "replace", **kwargs: Any) -> int:
        """Run ``task(*args, **kwargs, progress=...)`` in a worker; returns at once.

        Parameters
        ----------
        name : str
            What the job is for, such as ``"projection"``.
        task : str
            ``"package.module:function"``. Arguments and answer are pickled: hand over keys and file names, not large arrays.
        lane : {"live", "heavy", "background"}
            Jobs of a lane run one after the other; lanes run side by side.
        done, failed : callable
            Called with the value, or with a `UserError` or `WorkerFailure`, before `states` says so. Neither is called for a job that was replaced or cancelled.
        supersede : {"replace", "queue"}
            "replace": earlier jobs of this name give way; one that runs is killed, but in the lane "live", where jobs are short, it
            ends unheard and its caches stay warm. "queue": they come first.

        Returns
        -------
        int
            The generation of the request, increasing.

        Raises
        ------
        UserError
            If an argument cannot be pickled.
        ValueError
            For a task, lane or supersede that does not exist, or after `close`.
        """
        if self._is_closed:
            raise ValueError("these jobs are closed")
        if not _TASK.fullmatch(task) or lane not in LANES or supersede not in ("replace", "queue"):
            raise ValueError(f"not a task, lane or way to supersede: {task!r}, {lane!r}, {supersede!r}")
        generation = next(self._generations)
        message = job_message(generation, task, args, kwargs, niceness=BACKGROUND_NICENESS if lane == "background" else 0)
        self._listen_on_running_loop()
        if supersede == "replace":
            self._drop(name, spare_live=True)
        if not any(place.answers(name) for place in self._lanes.values()):   # behind one that runs, that one is shown
            self._say(JobState(name, generation, "waiting", lane=lane))
        self._lanes[lane].waiting.append(Job(name, generation, lane, message, done, failed))
        self._continue()
        return generation

    def cancel(self, name: str) -> bool:
        """Drop the jobs of this name, killing the worker of one that runs; whether there was any."""
        found = self._drop(name, spare_live=False)
        state = self.states.get(name)
        if state is not None and state.is_active:
            self._say(replace(state, phase="cancelled"))
        self._continue()
        return found

    def end_early(self, name: str) -> bool:
        """Ask a running job to end with what it has; whether it was asked now.

        False where no job of this name runs, where it has not yet told any progress, and where it was asked before. Whether a task listens is its own
        affair: its ``progress`` has ``is_stopped()``.
        """
        for lane in self._lanes.values():
            job = lane.running
            if job is not None and lane.worker is not None and lane.answers(name) and job.has_told and not job.is_asked_to_end:
                job.is_asked_to_end = True
                lane.worker.post(("stop", job.generation))
                return True
        return False

    @property
    def is_busy(self) -> bool:
        return any(lane.is_busy for lane in self._lanes.values())

    def wait(self, timeout: float | None = None) -> bool:
        """Handle answers here and now until no job is left, for scripts and tests without an event loop; False where `timeout` seconds were not enough."""
        deadline = None if timeout is None else time.monotonic() + timeout
        while self.is_busy:
            left = None if deadline is None else deadline - time.monotonic()
            busy = [lane for lane in self._lanes.values() if lane.worker is not None]
            if (left is not None and left <= 0) or not launch.wait_readable([s for lane in busy for s in lane.worker.sockets], left):   # type: ignore[union-attr]
                return False
            for lane in busy:
                self._hear(lane)
        return True

    async def idle(self) -> None:
        """Wait, beside everything else the loop does, until no job is left."""
        self._listen_on_running_loop()
        while self.is_busy:
            self._idle.append(asyncio.get_running_loop().create_future())
            await self._idle[-1]

    def close(self) -> None:
        """End all workers and drop all jobs; the answers of none are delivered any more."""
        self._is_closed = True
        for lane in self._lanes.values():
            lane.waiting.clear()
            lane.running = None
            self._part(lane, timeout=1.0)
        self.states = {name: replace(state, phase="cancelled") if state.is_active else state for name, state in self.states.items()}
        self.previews = {}
        self._end()
        self._wake_idle()

    def _drop(self, name: str, spare_live: bool) -> bool:
        found = False
        for lane in self._lanes.values():
            found |= lane.drop_waiting(name)
            job = lane.running
            if job is not None and job.name == name:
                found |= not job.is_dropped
                job.is_dropped = True
                if not (spare_live and lane.name == "live"):
                    lane.running = None
                    self._part(lane)
        return found

    def _continue(self) -> None:
        """Give every free lane its next job, and tell those who wait for all to be done."""
        for lane in self._lanes.values():
            if lane.running is None and lane.waiting:
                job = lane.running = lane.waiting.popleft()
                self._worker_of(lane).post(job.message)
                self._say(JobState(job.name, job.generation, "running", lane=job.lane))
        if not self.is_busy:
            self._wake_idle()

    def _wake_idle(self) -> None:
        waiters, self._idle = self._idle, []
        for future in waiters:
            if not future.done():
                future.set_result(None)

    def _say(self, state: JobState) -> None:
        earlier = self.states.get(state.name)
        self.states = {**self.states, state.name: state}
        if state.name in self.previews and (state.phase != "running" or earlier is None or earlier.generation != state.generation):
            self.previews = {name: shown for name, shown in self.previews.items() if name != state.name}

    # Workers and what they send

    def _worker_of(self, lane: Lane) -> launch.Worker:
        if lane.worker is None:
            lane.worker = self._launcher.start()
            self._workers.add(lane.worker)
            self._watch(lane)
        return lane.worker

    def _part(self, lane: Lane, timeout: float = 0.0) -> None:
        """Kill the worker of a lane; the next job gets a new one."""
        lane.stop_watches()
        if lane.worker is not None:
            lane.worker.close(timeout)
            self._workers.discard(lane.worker)
            lane.worker = None

    def _let_rest(self, lane: Lane) -> None:
        """End the worker of a lane, should there be no work for it for a while."""
        if self._loop is None or self._loop.is_closed() or lane.worker is None or lane.is_busy:
            return
        lane.n_rests += 1
        self._loop.call_later(self._idle_s, self._end_idle, lane, lane.n_rests)

    def _end_idle(self, lane: Lane, rest: int) -> None:
        if lane.n_rests == rest and not lane.is_busy:
            self._part(lane)

    def _listen_on_running_loop(self) -> None:
        loop = self._given_loop
        if loop is None:
            try:
                loop = asyncio.get_running_loop()
            except RuntimeError:   # a plain script: `wait` will listen
                return
        if loop is not self._loop:
            self._loop = loop
            for lane in self._lanes.values():
                self._watch(lane)

    def _watch(self, lane: Lane) -> None:
        lane.stop_watches()
        loop = self._loop
        if lane.worker is not None and loop is not None and not loop.is_closed():
            lane.watches = [Watch(loop, sock, functools.partial(self._hear, lane)) for sock in lane.worker.sockets]

    def _hear(self, lane: Lane) -> None:
        worker = lane.worker
        if worker is None:
            return
        for message in worker.read():
            if lane.worker is not worker:   # a callback has ended it
                return
            self._take(lane, message)
        if worker.is_over and lane.worker is worker:
            self._part(lane)
            if lane.running is not None:
                self._finish(lane, died(lane.running.name, worker.exit_code))

    def _take(self, lane: Lane, message: tuple) -> None:
        kind, *rest = message
        if kind == "ready":
            self._launcher.prepare()
        elif kind == "log":
            name, level, text = rest
            logging.getLogger(name).log(level, "%s", text)
        elif lane.running is not None and rest[0] == lane.running.generation:
            if kind == "progress":
                self._report_progress(lane.running, *rest[1:])
            elif kind == "preview":
                self._show_preview(lane.running, rest[1])
            elif kind == "done":
                self._finish(lane, None, rest[1])
            else:
                self._finish(lane, rest[1].exception())

    def _report_progress(self, job: Job, done: int, total: int, text: str) -> None:
        job.has_told = True
        if not job.is_dropped:
            self._say(JobState(job.name, job.generation, "running", done, total, text, lane=job.lane))

    def _show_preview(self, job: Job, shown: bytes) -> None:
        if not job.is_dropped:
            value, error = unpacked(shown)
            if error is None:
                self.previews = {**self.previews, job.name: value}
            else:
                log.error("a preview of %s cannot be read: %s", job.name, error)

    def _finish(self, lane: Lane, error: Exception | None, answer: bytes = b"") -> None:
        job, lane.running = lane.running, None
        try:
            if job is not None and not job.is_dropped:
                self._deliver(job, error, answer)
        finally:   # a callback that fails must not stop the others
            self._continue()
            self._let_rest(lane)

    def _deliver(self, job: Job, error: Exception | None, answer: bytes) -> None:
        value, error = (None, error) if error is not None else unpacked(answer)
        if isinstance(error, WorkerFailure):
            log.error("%s failed: %s\n%s", job.name, error, error.traceback)
        try:
            job.tell(value, error)
        finally:
            state = self.states[job.name]
            if state.generation == job.generation and not job.is_dropped:   # the callback may have asked for the next one, or cancelled
                self._say(replace(state, phase="done" if error is None else "failed", error=error))
