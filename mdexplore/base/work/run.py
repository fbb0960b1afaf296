"""One task in a throw-away process: whatever it does to that process, the caller lives on."""
from __future__ import annotations

import logging
import pickle
import time
from collections.abc import Callable
from typing import Any

from mdexplore.base.errors import UserError
from mdexplore.base.work import launch
from mdexplore.base.work.failures import died
from mdexplore.base.work.worker import job_message


def run_in_child(task: str, /, *args: Any, timeout: float | None = None, progress: Callable[[int, int, str], None] | None = None, **kwargs: Any) -> Any:
    """Run a task in a process of its own and wait for its value; for reading files that nobody has checked.

    Parameters
    ----------
    task : str
        ``"package.module:function"``. Arguments and value are pickled; large arrays go through files.
    timeout : float, optional
        Seconds after which the process is killed.
    progress : callable, optional
        Called here as ``progress(done, total, text)``; only where it is given the task gets a `progress` argument, too.

    Raises
    ------
    UserError
        As raised by the task; a `WorkerDied` where its process crashed or was killed; where it took longer than `timeout`.
    WorkerFailure
        For any other exception in the task.
    """
    message = job_message(0, task, args, kwargs, wants_progress=progress is not None)
    worker = launch.launcher().start(warm=False)
    try:
        worker.post(message)
        return _answer(worker, task, timeout, progress)
    finally:
        worker.close()


def _answer(worker: launch.Worker, task: str, timeout: float | None, progress: Callable[[int, int, str], None] | None) -> Any:
    deadline = None if timeout is None else time.monotonic() + timeout
    while not worker.is_over:
        left = None if deadline is None else max(0.0, deadline - time.monotonic())
        if not launch.wait_readable(worker.sockets, left):
            raise UserError(f"{_words(task)} took longer than {timeout:g} s and was stopped.", "", "Try again with less data, or allow more time.")
        for kind, *rest in worker.read():
            if kind == "done":
                return pickle.loads(rest[1])
            if kind == "failed":
                raise rest[1].exception()
            if kind == "progress" and progress is not None:
                progress(*rest[1:])
            elif kind == "log":
                logging.getLogger(rest[0]).log(rest[1], "%s", rest[2])
    raise died(_words(task), worker.exit_code)


def _words(task: str) -> str:
    return "'" + task.rpartition(":")[2].strip("_").replace("_", " ") + "'"
