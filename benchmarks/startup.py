"""From nothing to something: the import, and the command up to its address, its skeleton and its first panels."""
from __future__ import annotations

import contextlib
import os
import re
import signal
import subprocess
import sys
import tempfile
import time
import urllib.request
from urllib.parse import urlsplit, urlunsplit

from benchmarks.timing import HEAD, Table, Times, row, summary

PATIENCE_S = 120
PANELS = "application/vnd.jupyter.widget-view+json"   # the app, for the browser to draw


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
    table.notes.append("Pages are asked for as a browser does, without running their scripts: what a browser needs to draw comes on top.")
    return [table]


def _import(code: str) -> tuple[float, float]:
    before = os.times()
    wall = time.perf_counter()
    subprocess.run([sys.executable, "-c", code], check=True)
    after = os.times()
    return time.perf_counter() - wall, after.children_user + after.children_system - before.children_user - before.children_system


def _start() -> dict[str, float]:
    """Seconds from the command to its address, its skeleton and its panels, and to those of a second visitor."""
    with tempfile.TemporaryDirectory() as cache, tempfile.TemporaryFile("w+") as said:
        began = time.perf_counter()
        process = subprocess.Popen([sys.executable, "-m", "mdexplore", "demo", "--no-browser"], stdout=said, stderr=subprocess.STDOUT,
                                   env={**os.environ, "MDEXPLORE_CACHE": cache}, start_new_session=True)
        try:
            address = _address(said, process)
            found = {"command to address": time.perf_counter() - began}
            _page(address)
            found["command to skeleton"] = time.perf_counter() - began
            _wait_until_ready(address)
            found["command to a server that runs pages"] = time.perf_counter() - began
            _page_with_panels(address)
            found["command to a page with its panels"] = time.perf_counter() - began
            again = time.perf_counter()
            _page_with_panels(address)
            found["a second page with its panels"] = time.perf_counter() - again
            return found
        finally:
            process.send_signal(signal.SIGINT)
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:
                process.kill()


def _page(address: str) -> str:
    """All of the page, for a visitor whom the server has not seen before."""
    visitor = urllib.request.build_opener(urllib.request.HTTPCookieProcessor())
    with visitor.open(address, timeout=PATIENCE_S) as page:
        return page.read().decode("utf-8", "replace")


def _page_with_panels(address: str) -> None:
    if PANELS not in _page(address):
        raise RuntimeError("the page came without panels")


def _wait_until_ready(address: str) -> None:
    """Ask as the skeleton does, until the server has taken over."""
    parts, end = urlsplit(address), time.monotonic() + PATIENCE_S
    ready = urlunsplit(parts._replace(path=f"{parts.path.rstrip('/')}/mdx/ready"))
    while time.monotonic() < end:
        with contextlib.suppress(OSError), urllib.request.urlopen(ready, timeout=PATIENCE_S) as answer:   # a connection may be closed while the server takes over
            if answer.status == 204:
                return
        time.sleep(0.05)
    raise RuntimeError("the server did not become ready")


def _address(said: object, process: subprocess.Popen) -> str:
    end = time.monotonic() + PATIENCE_S
    while time.monotonic() < end and process.poll() is None:
        said.seek(0)   # type: ignore[attr-defined]
        found = re.search(r"http://\S+", said.read())   # type: ignore[attr-defined]
        if found:
            return found.group()
        time.sleep(0.005)
    raise RuntimeError("the command printed no address")
