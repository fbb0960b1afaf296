"""What runs in a worker process: take a job, compute, answer, and wait for the next, with all module-level caches kept warm.

Messages to a worker: ``("job", id, Surroundings, task, wants_progress, pickled (args, kwargs))``, and while it works ``("stop", id)``. Messages from it: ``("ready", pid)``,
``("progress", id, done, total, text)``, ``("preview", id, pickled value)``, ``("done", id, pickled value)``, ``("failed", id, Failure)``, ``("log", logger, level, text)``.

A fork server makes workers by forking. Where that is not sound (macOS, Windows) ``python -P -m mdexplore.base.work.worker FD`` is one: it takes its
socket's number (on Windows the word ``share`` and the socket over its standard input), and ends when its standard input does.
"""
from __future__ import annotations

import importlib
import logging
import os
import pickle
import signal
import socket
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from mdexplore.base.errors import UserError
from mdexplore.base.work.caps import hold_this_process
from mdexplore.base.work.failures import Failure
from mdexplore.base.work.messages import is_readable, pack, receive, wait_writable
from mdexplore.base.work.threads import stay_single_threaded

_RATE, _BURST = 10.0, 10   # progress messages a second, and how many may come at once
_OWN_MODULE = "Put classes and functions that are handed to mdexplore into a module of their own; those of a notebook or script stay behind."
_ALSO_HANDED_OVER = ("HOME", "XDG_CACHE_HOME", "TMPDIR")


@dataclass(frozen=True)
class Surroundings:
    """What a job finds around it: the parent's variables, folder and import path at the time it was submitted."""

    environment: dict[str, str]
    folder: str | None
    path: list[str]
    niceness: int = 0

    @staticmethod
    def here(niceness: int = 0) -> Surroundings:
        try:
            folder = os.getcwd()
        except FileNotFoundError:
            folder = None
        return Surroundings({k: v for k, v in os.environ.items() if _is_handed_over(k)}, folder, [p for p in sys.path if isinstance(p, str)], niceness)

    def enter(self) -> None:
        for name in [n for n in os.environ if _is_handed_over(n) and n not in self.environment]:
            del os.environ[name]
        os.environ.update(self.environment)
        if self.folder is not None:
            try:
                os.chdir(self.folder)
            except OSError:
                logging.getLogger(__name__).warning("the folder %s cannot be entered", self.folder)
        if sys.path != self.path:
            sys.path[:] = self.path
            importlib.invalidate_caches()
        if self.niceness and hasattr(os, "nice"):
            os.nice(max(0, self.niceness - os.nice(0)))


def _is_handed_over(name: str) -> bool:
    return name in _ALSO_HANDED_OVER or (name.startswith("MDEXPLORE_") and name != "MDEXPLORE_FORKSERVER_FD")


def job_message(job: int, task: str, args: tuple, kwargs: dict[str, Any], *, wants_progress: bool = True, niceness: int = 0) -> tuple:
    """The message that asks a worker for a task, with the surroundings of this moment; raises `UserError` where it cannot be pickled."""
    try:
        arguments = pickle.dumps((args, kwargs), protocol=pickle.HIGHEST_PROTOCOL)
    except Exception as error:   # whatever an argument's own pickling raises
        raise UserError("A worker process cannot be given this.", f"{error}.", _OWN_MODULE) from error
    return "job", job, Surroundings.here(niceness), task, wants_progress, arguments


def unpacked(answer: bytes) -> tuple[Any, Exception | None]:
    """The value that a worker sent, or the error of an answer that cannot be unpickled."""
    try:
        return pickle.loads(answer), None
    except Exception as problem:   # whatever the unpickling of an answer raises
        return None, Failure.of(problem).exception()


class Progress:
    """The ``progress(done, total, text)`` of a task: a few may come in a burst, then ten a second; the last is never lost."""

    def __init__(self, sock: socket.socket, job: int) -> None:
        self._sock, self._job = sock, job
        self._allowance, self._then = float(_BURST), time.monotonic()
        self._unsent: tuple[int, int, str] | None = None
        self._is_stopped = False

    def __call__(self, done: int, total: int, text: str = "") -> None:
        self._unsent = (int(done), int(total), str(text))
        now = time.monotonic()
        self._allowance = min(_BURST, self._allowance + _RATE * (now - self._then))
        self._then = now
        if self._allowance >= 1 and wait_writable(self._sock, 0):   # a parent that does not listen must not hold up the work
            self._allowance -= 1
            self.flush()

    def preview(self, value: Any) -> None:
        """Show the parent what there is so far: some tens of kB, now and then. Dropped where the parent has yet to read what came before."""
        if wait_writable(self._sock, 0):
            self._sock.sendall(pack(("preview", self._job, pickle.dumps(value, protocol=pickle.HIGHEST_PROTOCOL))))

    def is_stopped(self) -> bool:
        """Whether the parent has asked to end early with what there is; a task that can do so looks now and then."""
        while not self._is_stopped and is_readable(self._sock):
            kind, job, *_ = receive(self._sock)
            self._is_stopped = kind == "stop" and job == self._job
        return self._is_stopped

    def flush(self) -> None:
        if self._unsent is not None:
            self._sock.sendall(pack(("progress", self._job, *self._unsent)))
            self._unsent = None


class _SendLog(logging.Handler):
    """Hands warnings to the parent's log: a worker has no screen."""

    def __init__(self, sock: socket.socket) -> None:
        super().__init__(logging.WARNING)
        self._sock = sock

    def emit(self, record: logging.LogRecord) -> None:
        self._sock.sendall(pack(("log", record.name, record.levelno, self.format(record))))


def work(sock: socket.socket) -> None:
    """Answer jobs until the other end closes the socket.

    Parameters
    ----------
    sock : socket
        Blocking, private to parent and worker.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)   # Ctrl-C reaches the whole group; the parent decides what it means
    logging.getLogger().addHandler(_SendLog(sock))
    logging.raiseExceptions = False
    try:
        sock.sendall(pack(("ready", os.getpid())))
        while True:
            kind, job, *rest = receive(sock)
            if kind == "stop":   # it came too late: that job has ended
                continue
            progress = Progress(sock, job)
            answer = _answer(job, progress, *rest)
            progress.flush()
            sock.sendall(answer)
    except (EOFError, ConnectionError):
        return


def _answer(job: int, progress: Progress, surroundings: Surroundings, task: str, wants_progress: bool, arguments: bytes) -> bytes:
    """The one place that catches everything: whatever a task raises becomes a message."""
    try:
        surroundings.enter()
        hold_this_process()
        stay_single_threaded()
        function = find(task)
        args, kwargs = _unpickled(arguments)
        if wants_progress:
            kwargs["progress"] = progress
        return pack(("done", job, pickle.dumps(function(*args, **kwargs), protocol=pickle.HIGHEST_PROTOCOL)))
    except BaseException as error:
        return pack(("failed", job, Failure.of(error)))


def find(task: str) -> Callable[..., Any]:
    """The function that ``"package.module:function"`` names."""
    module, _, name = task.partition(":")
    function = importlib.import_module(module)
    for part in name.split("."):
        function = getattr(function, part)
    return function   # type: ignore[return-value]


def _unpickled(arguments: bytes) -> Any:
    try:
        return pickle.loads(arguments)
    except (AttributeError, ImportError) as error:
        raise UserError("A worker process cannot read what it was given.", f"{error}.", _OWN_MODULE) from error


def main() -> None:
    """Be a worker that was started afresh, not forked."""
    given = sys.argv[1]
    if given == "share":
        size = int.from_bytes(sys.stdin.buffer.read(4), "little")
        sock = socket.fromshare(sys.stdin.buffer.read(size))   # type: ignore[attr-defined]
    else:
        sock = socket.socket(fileno=int(given))
    sock.setblocking(True)
    threading.Thread(target=_end_with_parent, daemon=True).start()
    stay_single_threaded()
    if "--warm" in sys.argv[2:]:
        from mdexplore.base.work.preload import preload

        for _ in preload():
            pass
    work(sock)
    os._exit(0)   # what a task has left behind (threads, pools) must not keep the process


def _end_with_parent() -> None:
    while os.read(0, 1):
        pass
    os._exit(1)


if __name__ == "__main__":
    main()
