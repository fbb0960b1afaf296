"""A process with one thread that has imported what workers need, and forks a worker whenever it is asked.

`multiprocessing` has one too, but its children import the user's ``__main__`` again, which runs a script without a guard a second time.

Started by `launch.ForkLauncher` as ``python -P -m mdexplore.base.work.forkserver FD``, or forked from a process that is warm already: such a process calls
`lend_fork_server` before it starts any thread, and `launch` later finds the socket by the variable ``MDEXPLORE_FORKSERVER_FD`` (``"FD:PID"``, the process it
was lent to; a bare ``"FD"`` is taken as well).

The protocol, over one inherited stream socket: a byte (``w``: fork when all is imported, ``n``: fork now) with two descriptors, the socket of the new worker and
its *leash*. Any byte on a leash, or its end, kills the worker; the server writes the exit code (4 bytes) on it when the worker has ended. Once everything is
imported the server says so in a line of JSON. When the control socket ends, all workers are killed and the server ends.

Each worker has a control socket of its own, named by the same variable, so that it can ask for others to work with; these end with it, as it holds their leashes.
"""
from __future__ import annotations

import contextlib
import ctypes
import gc
import json
import os
import random
import selectors
import signal
import socket
import struct
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from typing import NoReturn

from mdexplore.base.work.preload import preload
from mdexplore.base.work.threads import single_threaded_environment

VARIABLE = "MDEXPLORE_FORKSERVER_FD"
WHEN_WARM, NOW = b"w", b"n"
NICENESS = 5   # the page and its event loop come before imports and fits
EXIT_CODE = struct.Struct("<i")


def lend_fork_server() -> None:
    """Fork a server off this process, for this process and whatever it becomes; call it before any thread is started.

    The variable ``MDEXPLORE_FORKSERVER_FD`` tells `launch` where to find it. Without `os.fork` nothing happens: a server is started when it is needed.
    """
    if sys.platform == "darwin" or not hasattr(os, "fork"):
        return
    ours, its = socket.socketpair()
    if os.fork() == 0:
        serve(its)
    its.close()
    os.environ[VARIABLE] = f"{ours.detach()}:{os.getpid()}"


def serve(control: socket.socket) -> NoReturn:
    """Be the fork server of this control socket; never returns.

    Everything else that this process has inherited is let go, its standard streams included.
    """
    status = 1
    try:
        let_go_of_files(keep={control.fileno()})
        os.nice(NICENESS)
        os.environ.update(single_threaded_environment())
        _Server(control).run()
        status = 0
    finally:
        os._exit(status)


def let_go_of_files(keep: set[int]) -> None:
    """Put the null device in the place of every open descriptor.

    They are replaced and not closed: objects made before the fork still own the numbers, and would close whatever took them next.
    """
    null = os.open(os.devnull, os.O_RDWR)
    for number in {0, 1, 2, *_open_descriptors()} - keep - {null}:
        with contextlib.suppress(OSError):
            if number <= 2 or os.fstat(number):   # the one that listed the folder is closed already, which raises
                os.dup2(null, number, inheritable=number <= 2)
    if null > 2:
        os.close(null)


def _open_descriptors() -> list[int]:
    for folder in ("/proc/self/fd", "/dev/fd"):
        with contextlib.suppress(OSError):
            return [int(name) for name in os.listdir(folder)]
    return list(range(3, 1024))


@dataclass(eq=False)
class _Leash:
    sock: socket.socket
    worker: socket.socket | None   # until it is forked
    pid: int | None = None


class _Server:
    def __init__(self, control: socket.socket) -> None:
        control.setblocking(True)
        self._control = control
        self._leashes: set[_Leash] = set()
        self._waiting: list[_Leash] = []
        self._failed: list[str] = []
        self._imports: Iterator[tuple[str, str]] | None = preload()
        self._selector = selectors.DefaultSelector()
        self._selector.register(control, selectors.EVENT_READ, control)
        self._wake, wake_end = socket.socketpair()
        self._wake.setblocking(False)
        wake_end.setblocking(False)
        self._wake_end = wake_end
        self._selector.register(self._wake, selectors.EVENT_READ)

    def run(self) -> None:
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        signal.signal(signal.SIGCHLD, lambda number, frame: None)   # a handler is needed for the wake-up
        signal.set_wakeup_fd(self._wake_end.fileno(), warn_on_full_buffer=False)
        with contextlib.suppress(EOFError):
            while True:
                self._serve_requests(wait=self._imports is None)
                if self._imports is not None:
                    self._import_next(self._imports)
        for leash in self._leashes:
            self._kill(leash)

    def _serve_requests(self, wait: bool) -> None:
        for key, _ in self._selector.select(None if wait else 0):
            if key.fileobj is self._wake:
                with contextlib.suppress(BlockingIOError):
                    self._wake.recv(4096)
                self._reap()
            elif isinstance(key.data, socket.socket):
                self._listen(key.data)
            elif key.data in self._leashes:
                self._pull(key.data)

    def _import_next(self, imports: Iterator[tuple[str, str]]) -> None:
        for _, problem in imports:
            self._failed += [problem] if problem else []
            return
        self._imports = None
        gc.collect()
        gc.freeze()   # keeps the collector from touching, and so copying, the pages that all workers share
        report = {"pid": os.getpid(), "threads": _count_threads(), "failed": self._failed}
        self._control.sendall(json.dumps(report).encode() + b"\n")
        while self._waiting:
            self._fork(self._waiting.pop(0))

    def _listen(self, control: socket.socket) -> None:
        try:
            self._accept(control)
        except EOFError:
            if control is self._control:
                raise
            self._selector.unregister(control)
            control.close()

    def _accept(self, control: socket.socket) -> None:
        try:
            kind, descriptors, _, _ = socket.recv_fds(control, 1, 2)
        except ConnectionError:
            raise EOFError from None
        if not kind:
            raise EOFError
        leash = _Leash(socket.socket(fileno=descriptors[1]), socket.socket(fileno=descriptors[0]))
        leash.sock.setblocking(False)
        self._leashes.add(leash)
        self._selector.register(leash.sock, selectors.EVENT_READ, leash)
        if kind == WHEN_WARM and self._imports is not None:
            self._waiting.append(leash)
        else:
            self._fork(leash)

    def _fork(self, leash: _Leash) -> None:
        if leash.worker is None:
            return
        server = os.getpid()
        try:
            control, its = socket.socketpair()
        except OSError:
            self._let_go(leash, None)   # too many open files
            return
        try:
            pid = os.fork()
        except OSError:
            its.close()
            control.close()
            self._let_go(leash, None)   # too many processes, or no memory
            return
        if pid == 0:
            _become_worker(leash.worker, its, server)
        its.close()
        self._selector.register(control, selectors.EVENT_READ, control)
        leash.pid = pid
        with contextlib.suppress(OSError):   # the child does the same; whoever is first
            os.setpgid(pid, pid)
        leash.worker.close()
        leash.worker = None

    def _pull(self, leash: _Leash) -> None:
        """The parent wants this worker gone, or is gone itself."""
        self._selector.unregister(leash.sock)
        if leash.pid is None:
            if leash in self._waiting:
                self._waiting.remove(leash)
            self._let_go(leash, -signal.SIGKILL)
        else:
            self._kill(leash)

    def _kill(self, leash: _Leash) -> None:
        if leash.pid is not None:   # not reaped yet, so the number is still this worker's
            for end in (os.killpg, os.kill):
                with contextlib.suppress(OSError):
                    end(leash.pid, signal.SIGKILL)

    def _reap(self) -> None:
        for leash in [leash for leash in self._leashes if leash.pid is not None]:
            pid, status = os.waitpid(leash.pid or 0, os.WNOHANG)
            if pid:
                self._let_go(leash, os.waitstatus_to_exitcode(status))

    def _let_go(self, leash: _Leash, exit_code: int | None) -> None:
        with contextlib.suppress(OSError):
            leash.sock.send(b"" if exit_code is None else EXIT_CODE.pack(exit_code))
        with contextlib.suppress(KeyError):
            self._selector.unregister(leash.sock)
        leash.sock.close()
        if leash.worker is not None:
            leash.worker.close()
        self._leashes.discard(leash)


def _become_worker(sock: socket.socket, control: socket.socket, server: int) -> NoReturn:
    try:
        signal.set_wakeup_fd(-1)
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        let_go_of_files(keep={sock.fileno(), control.fileno()})
        os.environ[VARIABLE] = f"{control.detach()}:{os.getpid()}"
        os.setpgid(0, 0)   # so that what a task has started ends with it
        _die_with(server)
        _reseed()
        sock.setblocking(True)
        from mdexplore.base.work.worker import work

        work(sock)
    finally:
        os._exit(0 if sys.exception() is None else 1)


def _die_with(parent: int) -> None:
    """Sound here because the server has one thread: the signal comes when the *thread* that forked ends."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(1, signal.SIGKILL)   # PR_SET_PDEATHSIG
    if os.getppid() != parent:
        os._exit(1)


def _reseed() -> None:
    """Without this every worker would draw the same random numbers."""
    random.seed()
    if "numpy" in sys.modules:
        sys.modules["numpy"].random.seed(None)


def _count_threads() -> int:
    try:
        return len(os.listdir("/proc/self/task"))
    except OSError:
        return -1


def main() -> NoReturn:
    """Serve the inherited socket whose number is the first argument."""
    serve(socket.socket(fileno=int(sys.argv[1])))


if __name__ == "__main__":
    main()
