"""What is known about a job, and a lane: one worker process, the job it runs, and the jobs that wait for it."""
from __future__ import annotations

from collections import deque
from collections.abc import Callable
from contextvars import Context, copy_context
from dataclasses import dataclass, field
from typing import Any, Literal

from mdexplore.base.work.launch import Worker
from mdexplore.base.work.watch import Watch

LANES = ("live", "heavy", "background")
BACKGROUND_NICENESS = 10   # what nobody waits for gives way to what somebody does
Phase = Literal["idle", "waiting", "running", "done", "failed", "cancelled"]


@dataclass(frozen=True)
class JobState:
    """What is known about the jobs of one name.

    Parameters
    ----------
    name : str
    generation : int
        The number that `Jobs.submit` gave for this request.
    phase : {"idle", "waiting", "running", "done", "failed", "cancelled"}
    done, total : int
        Progress; `total` is 0 until the task has said it.
    text : str
        What the task says it is doing.
    error : Exception or None
        A `UserError`, or a `WorkerFailure` for a defect, where the phase is ``"failed"``.
    lane : str
    """

    name: str
    generation: int = 0
    phase: Phase = "idle"
    done: int = 0
    total: int = 0
    text: str = ""
    error: Exception | None = None
    lane: str = ""

    @property
    def is_active(self) -> bool:
        return self.phase in ("waiting", "running")


@dataclass(eq=False)
class Job:
    """One request; `is_dropped` once nobody wants its answer."""

    name: str
    generation: int
    lane: str
    message: tuple
    done: Callable[[Any], None] | None
    failed: Callable[[Exception], None] | None
    is_dropped: bool = False
    has_told: bool = False   # some progress: its message has been read, and another one can follow
    is_asked_to_end: bool = False
    # What a callback prints belongs under the notebook cell that asked, not under the one that happened to start the worker.
    context: Context = field(default_factory=copy_context)

    def tell(self, value: Any, error: Exception | None) -> None:
        """Call back who asked, with the value or with the error."""
        if error is None and self.done is not None:
            self.context.run(self.done, value)
        elif error is not None and self.failed is not None:
            self.context.run(self.failed, error)


@dataclass(eq=False)
class Lane:
    """Jobs of a lane run one after the other, in order."""

    name: str
    waiting: deque[Job] = field(default_factory=deque)
    running: Job | None = None
    worker: Worker | None = None
    watches: list[Watch] = field(default_factory=list)
    n_rests: int = 0   # how often it ran out of work

    @property
    def is_busy(self) -> bool:
        return self.running is not None or bool(self.waiting)

    def drop_waiting(self, name: str) -> bool:
        """Forget the waiting jobs of this name; whether there were any."""
        kept = [job for job in self.waiting if job.name != name]
        found = len(kept) < len(self.waiting)
        self.waiting = deque(kept)
        return found

    def answers(self, name: str) -> bool:
        """Whether a job of this name runs here whose answer is wanted."""
        return self.running is not None and self.running.name == name and not self.running.is_dropped

    def stop_watches(self) -> None:
        """No more calls for the present worker."""
        for watch in self.watches:
            watch.stop()
        self.watches = []
