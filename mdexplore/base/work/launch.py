"""The parent's side of worker processes: who starts them, and the handle that talks to one and ends it."""
from __future__ import annotations

import contextlib
import json
import logging
import os
import select
import selectors
import socket
import stat
import subprocess
import sys
import threading
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Protocol

from mdexplore.base.work import forkserver
from mdexplore.base.work.messages import Channel
from mdexplore.base.work.threads import single_threaded_environment

log = logging.getLogger(__name__)


class Worker:
    """A worker process as its parent sees it.

    Attributes
    ----------
    pid : int or None
        Known once the process runs.
    is_over : bool
        The process has ended (or was lost), and all that it sent has been read.
    exit_code : int or None
        As of `subprocess`; None while it runs, or where nobody saw how it ended.
    """

    def __init__(self, sock: socket.socket, leash: socket.socket | None = None, process: subprocess.Popen | None = None) -> None:
        self._channel, self._leash, self._process = Channel(sock), leash, process
        if leash is not None:
            leash.setblocking(False)
        self.pid: int | None = process.pid if process else None
        self.is_over = False
        self.exit_code: int | None = None

    @property
    def sockets(self) -> tuple[socket.socket, ...]:
        """What to watch: when one is readable, `read` has something to do."""
        return (self._channel.sock,) if self._leash is None else (self._channel.sock, self._leash)

    def post(self, message: Any) -> None:
        """Send a job without waiting; one at a time."""
        self._channel.post(message)

    def read(self) -> list[tuple]:
        """The messages that have come since the last call; sets `is_over` at the end."""
        gone = self._is_gone()
        messages = self._channel.read(everything=gone)
        if self._channel.is_ended and not gone:
            if self._leash is None:
                gone, self.exit_code = True, _end(self._process)
            else:
                self.kill()   # it no longer listens; the leash will tell how it ended
        self.is_over = self.is_over or gone
        for message in messages:
            if message[0] == "ready":
                self.pid = message[1]
        return messages

    def _is_gone(self) -> bool:
        if self._leash is None or self.is_over:
            return self.is_over
        try:
            code = self._leash.recv(forkserver.EXIT_CODE.size)
        except BlockingIOError:
            return False
        except OSError:
            code = b""
        if code:
            (self.exit_code,) = forkserver.EXIT_CODE.unpack(code)
        return True

    def kill(self) -> None:
        """End the process at once, without waiting for it."""
        with contextlib.suppress(OSError):
            if self._leash is not None:
                self._leash.send(b"k")
            elif self._process is not None:
                self._process.kill()

    def close(self, timeout: float = 0.0) -> None:
        """Kill it, wait at most `timeout` seconds until it is gone, and give up what is left of it here."""
        self.kill()
        deadline = time.monotonic() + timeout
        while not self.is_over and wait_readable(self.sockets, max(0.0, deadline - time.monotonic())):
            self.read()
        self.is_over = True
        for sock in self.sockets:
            sock.close()
        if self._process is not None:
            threading.Thread(target=self._process.wait, daemon=True).start()   # no zombie, and no waiting here


def _end(process: subprocess.Popen | None) -> int | None:
    """How a process ended whose socket is closed already."""
    if process is None:
        return None
    try:
        return process.wait(timeout=0.2)
    except subprocess.TimeoutExpired:
        process.kill()
        return process.wait()


def wait_readable(sockets: Iterable[socket.socket], timeout: float | None) -> bool:
    """Whether one of the sockets has something to read before the time (seconds) is over."""
    if sys.platform == "win32":
        return bool(select.select(list(sockets), [], [], timeout)[0])
    with selectors.PollSelector() as selector:
        for sock in sockets:
            selector.register(sock, selectors.EVENT_READ)
        return bool(selector.select(timeout))


class Launcher(Protocol):
    """Makes workers."""

    def prepare(self) -> None:
        """Begin now what the first worker will need, without waiting."""

    def start(self, warm: bool = True) -> Worker:
        """A new worker, without waiting for it; `warm` ones have imported the methods, others are there sooner."""

    def is_warm(self) -> bool:
        """Whether the next worker is there at once, without the seconds that imports take."""

    def close(self) -> None:
        """End what was prepared."""


class ForkLauncher:
    """Asks a fork server, one for each process, which ends with that process."""

    def __init__(self) -> None:
        self._control: socket.socket | None = None
        self._process: subprocess.Popen | None = None
        self._report = b""
        self._lock = threading.Lock()

    def prepare(self) -> None:
        with self._lock:
            self._reach_server()

    def start(self, warm: bool = True) -> Worker:
        ours, its = socket.socketpair()
        leash, its_end = socket.socketpair()
        kind = forkserver.WHEN_WARM if warm else forkserver.NOW
        with its, its_end, self._lock:
            for _ in range(2):   # a server may have died since it was last used; a second one that does not answer is a reason to stop
                try:
                    socket.send_fds(self._reach_server(), [kind], [its.fileno(), its_end.fileno()])
                    break
                except OSError:
                    self._forget()
        return Worker(ours, leash)

    def is_warm(self) -> bool:
        return self.report() is not None or os.environ.get(forkserver.VARIABLE, "").endswith(f":{os.getpid()}")

    def close(self) -> None:
        with self._lock:
            self._forget()

    def report(self) -> dict[str, Any] | None:
        """What the server said when it had imported everything: its ``pid``, its number of ``threads``, which imports ``failed``. None before."""
        if self._control is not None and not self._report.endswith(b"\n"):
            with contextlib.suppress(OSError):
                self._report += self._control.recv(1 << 16, socket.MSG_DONTWAIT)
        return json.loads(self._report) if self._report.endswith(b"\n") else None

    def _reach_server(self) -> socket.socket:
        if self._control is None:
            self._control = _lent_socket() or self._start_server()
        return self._control

    def _start_server(self) -> socket.socket:
        ours, its = socket.socketpair()
        with its:
            self._process = _python("forkserver", [str(its.fileno())], pass_fds=(its.fileno(),), stdin=subprocess.DEVNULL)
        return ours

    def _forget(self) -> None:
        os.environ.pop(forkserver.VARIABLE, None)
        if self._control is not None:
            self._control.close()
        if self._process is not None:
            try:
                self._process.wait(timeout=0.2)   # it ends by itself when the socket does, unless an import holds it
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
        self._control, self._process, self._report = None, None, b""


def _lent_socket() -> socket.socket | None:
    """The control socket of a server that a warm process has forked for this one (`forkserver.lend_fork_server`)."""
    number, _, owner = os.environ.get(forkserver.VARIABLE, "").partition(":")
    if not number.isdigit() or (owner and owner != str(os.getpid())):
        return None
    try:
        if not stat.S_ISSOCK(os.fstat(int(number)).st_mode):
            return None
        sock = socket.socket(fileno=int(number))
    except OSError:
        return None
    if sock.family != socket.AF_UNIX or sock.type != socket.SOCK_STREAM:
        sock.detach()   # somebody else's
        return None
    sock.set_inheritable(False)
    return sock


class SpawnLauncher:
    """Starts every worker afresh, and one ahead of need, where forking is not sound."""

    def __init__(self) -> None:
        self._spare: Worker | None = None
        self._lock = threading.Lock()

    def prepare(self) -> None:
        with self._lock:
            if self._spare is None or self._spare.is_over:
                self._spare = self._new(warm=True)

    def start(self, warm: bool = True) -> Worker:
        if not warm:
            return self._new(warm=False)
        with self._lock:
            worker, self._spare = self._spare or self._new(warm=True), None
        return worker

    def is_warm(self) -> bool:
        return False

    def close(self) -> None:
        with self._lock:
            if self._spare is not None:
                self._spare.close(timeout=1)
            self._spare = None

    @staticmethod
    def _new(warm: bool) -> Worker:
        ours, its = socket.socketpair()
        options = ["--warm"] if warm else []
        with its:
            if sys.platform == "win32":
                process = _python("worker", ["share", *options], stdin=subprocess.PIPE, creationflags=subprocess.CREATE_NO_WINDOW)
                share = its.share(process.pid)
                process.stdin.write(len(share).to_bytes(4, "little") + share)
                process.stdin.flush()
            else:
                process = _python("worker", [str(its.fileno()), *options], stdin=subprocess.PIPE, pass_fds=(its.fileno(),))
        return Worker(ours, process=process)


def _python(module: str, arguments: list[str], **options: Any) -> subprocess.Popen:
    """Run a module of this package in a fresh interpreter that finds the same packages, but never looks into the current folder."""
    path = [p for p in sys.path if isinstance(p, str) and Path(p).is_absolute()]
    boot = f"import sys; sys.path[:] = {path!a}; from mdexplore.base.work.{module} import main; main()"
    environment = {k: v for k, v in os.environ.items() if k != forkserver.VARIABLE} | single_threaded_environment()
    return subprocess.Popen([sys.executable, "-P", "-c", boot, *arguments], env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, **options)


_launchers: dict[int, Launcher] = {}


def launcher() -> Launcher:
    """The launcher of this process; a forked copy of a process gets its own."""
    pid = os.getpid()
    if pid not in _launchers:
        import atexit

        can_fork = hasattr(os, "fork") and sys.platform != "darwin"
        _launchers[pid] = ForkLauncher() if can_fork else SpawnLauncher()
        atexit.register(_close_at_exit, pid)
    return _launchers[pid]


def _close_at_exit(pid: int) -> None:
    if pid == os.getpid():
        _launchers[pid].close()


def warm_up() -> None:
    """Start getting ready for the first worker, without waiting: a few milliseconds now save seconds later."""
    launcher().prepare()
