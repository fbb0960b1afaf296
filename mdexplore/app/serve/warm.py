"""The warm process as the server sees it; standard library only, so that it can be started before anything heavy is imported."""
from __future__ import annotations

import json
import os
import select
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

# `-P` keeps the current folder out, and the path is the parent's, already cleaned.
BOOT = "import sys, json; sys.path[:] = json.loads(sys.argv[1]); from mdexplore.app.serve.zygote import main; main(int(sys.argv[2]), sys.argv[3])"
ONE_THREAD = {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}


class WarmProcess:
    """A process that imports everything and forks a kernel whenever asked.

    Parameters
    ----------
    folder : Path
        Private folder of this server (connection files lie in it); the warm process removes it when the server is gone, however it went.
    lock : int
        Descriptor that says that the folder is in use; the warm process holds it too.
    """

    current: WarmProcess | None = None

    def __init__(self, folder: Path, lock: int) -> None:
        ours, theirs = socket.socketpair()
        self._sock, self._stream = ours, ours.makefile("rwb")
        self._lock = threading.Lock()
        self._greeting: dict[str, Any] | None = None
        with theirs:
            self.process = subprocess.Popen(
                [sys.executable, "-P", "-c", BOOT, json.dumps(sys.path), str(theirs.fileno()), str(folder)],
                pass_fds=[theirs.fileno(), lock], env={**os.environ, **ONE_THREAD}, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
        WarmProcess.current = self

    @staticmethod
    def can_run() -> bool:
        """Whether this system forks; elsewhere kernels are started in the ordinary way."""
        return sys.platform == "linux"

    def is_running(self) -> bool:
        return self.process.poll() is None

    def fork(self, argv: Sequence[str], env: Mapping[str, str], cwd: str) -> ForkedKernel:
        """A new kernel; blocks until the imports are done.

        Raises
        ------
        OSError
            If the warm process has ended.
        """
        with self._lock:
            if self._greeting is None:
                self._greeting = self._read()
            self._stream.write(json.dumps({"argv": list(argv), "env": dict(env), "cwd": cwd}).encode() + b"\n")
            self._stream.flush()
            return ForkedKernel(self._read()["pid"])

    def _read(self) -> dict[str, Any]:
        line = self._stream.readline()
        if not line:
            raise OSError("the warm process has ended")
        return json.loads(line)

    def close(self) -> None:
        """End the warm process, and with it every kernel it forked."""
        WarmProcess.current = None
        try:
            self._sock.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass
        try:
            self.process.wait(5)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


class ForkedKernel:
    """As much of `subprocess.Popen` as jupyter_client asks for, of a process that is not our child."""

    stdin = stdout = stderr = None

    def __init__(self, pid: int) -> None:
        self.pid = pid
        self.returncode: int | None = None
        self._fd: int | None = None
        try:
            self._fd = os.pidfd_open(pid)
        except ProcessLookupError:
            self.returncode = -signal.SIGKILL

    def poll(self) -> int | None:
        """None while it runs."""
        if self._fd is not None and select.select([self._fd], [], [], 0)[0]:
            self._close()
        return self.returncode

    def wait(self, timeout: float | None = None) -> int | None:
        if self._fd is not None:
            select.select([self._fd], [], [], timeout)
        return self.poll()

    def send_signal(self, number: int) -> None:
        if self._fd is not None and self.poll() is None:
            try:
                signal.pidfd_send_signal(self._fd, number)
            except ProcessLookupError:
                self._close()

    def kill(self) -> None:
        self.send_signal(signal.SIGKILL)

    def terminate(self) -> None:
        self.send_signal(signal.SIGTERM)

    def _close(self) -> None:
        self.returncode = -signal.SIGKILL
        if self._fd is not None:
            os.close(self._fd)
            self._fd = None
