"""A child process that judges one hurt file after another, a line each, watched by its parent: where it dies or hangs, that is the outcome."""
from __future__ import annotations

import os
import select
import subprocess
import sys

HANG_S = 10.0
START_S = 60.0   # imports and the sound file


def child(module: str, arguments: list[str], environment: dict[str, str]) -> subprocess.Popen:
    """``python -m MODULE ARGUMENTS`` with its standard output in a pipe."""
    return subprocess.Popen([sys.executable, "-W", "ignore", "-m", module, *arguments], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env=environment)


def read_all(module: str, arguments: list[str], environment: dict[str, str]) -> list[str]:
    """Outcomes until the child ends; the last is a crash or a hang where it did not end well.

    Raises
    ------
    RuntimeError
        If the child ended before its line ``ready``: then no file is to blame.
    """
    outcomes: list[str] = []
    buffer, is_ready = b"", False
    with child(module, arguments, environment) as running:
        assert running.stdout is not None
        limit = START_S
        while True:
            if not select.select([running.stdout], [], [], limit)[0]:
                running.kill()
                return [*outcomes, "HANG"]
            data = os.read(running.stdout.fileno(), 1 << 16)
            if not data:
                break
            buffer += data
            *lines, buffer = buffer.split(b"\n")
            is_ready |= b"ready" in lines
            outcomes += [line.decode() for line in lines if line != b"ready"]
            limit = HANG_S
    if not is_ready:
        raise RuntimeError(f"{module} did not start: exit code {running.returncode}")
    return [*outcomes, f"CRASH {running.returncode}"] if running.returncode else outcomes
