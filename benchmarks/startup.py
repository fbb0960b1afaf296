"""From nothing to something: the import, and the command up to its address, its skeleton and its first panels."""
from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import tempfile
import time
import urllib.request

from benchmarks.timing import HEAD, Table, Times, row, summary

PATIENCE_S = 120


def run(rounds: int = 3) -> list[Table]:
    """Processor time of ``import mdexplore``; wall time from the command to what a browser gets."""
    table = Table("Start", HEAD)
    imports = {"import mdexplore": "import mdexplore", "import mdexplore, open an example": "import mdexplore as m; m.example('alanine-dipeptide')"}
    for name, code in imports.items():
        table.rows.append(row(name, summary([_import(code) for _ in range(rounds)])))
    starts = [_start() for _ in range(rounds)]
    for name in starts[0]:
        walls = sorted(start[name] for start in starts)
        table.rows.append([name, "", row("", Times(walls[len(walls) // 2], 0, (walls[0], walls[-1])))[2], row("", Times(0, 0, (walls[0], walls[-1])))[3]])
    table.notes.append("The page is asked for as a browser would, without running its scripts; the whole page is there when the server has run it to the last cell.")
    return [table]


def _import(code: str) -> tuple[float, float]:
    before = os.times()
    wall = time.perf_counter()
    subprocess.run([sys.executable, "-c", code], check=True)
    after = os.times()
    return time.perf_counter() - wall, after.children_user + after.children_system - before.children_user - before.children_system


def _start() -> dict[str, float]:
    """Seconds from the command to its address, to the first bytes of the page, and to all of it."""
    with tempfile.TemporaryDirectory() as cache, tempfile.TemporaryFile("w+") as said:
        began = time.perf_counter()
        process = subprocess.Popen([sys.executable, "-m", "mdexplore", "demo", "--no-browser"], stdout=said, stderr=subprocess.STDOUT,
                                   env={**os.environ, "MDEXPLORE_CACHE": cache}, start_new_session=True)
        try:
            address = _address(said, process)
            found = {"command to address": time.perf_counter() - began}
            with urllib.request.urlopen(address, timeout=PATIENCE_S) as page:
                page.read(64)
                found["command to first bytes of the page"] = time.perf_counter() - began
                page.read()
            found["command to the whole page"] = time.perf_counter() - began
            with urllib.request.urlopen(address, timeout=PATIENCE_S) as page:
                again = time.perf_counter()
                page.read()
            found["a second page"] = time.perf_counter() - again
            return found
        finally:
            process.send_signal(signal.SIGINT)
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:
                process.kill()


def _address(said: object, process: subprocess.Popen) -> str:
    end = time.monotonic() + PATIENCE_S
    while time.monotonic() < end and process.poll() is None:
        said.seek(0)   # type: ignore[attr-defined]
        found = re.search(r"http://\S+", said.read())   # type: ignore[attr-defined]
        if found:
            return found.group()
        time.sleep(0.005)
    raise RuntimeError("the command printed no address")
