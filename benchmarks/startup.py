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
from typing import Any
from urllib.parse import urlsplit, urlunsplit

from benchmarks.timing import HEAD, Table, Times, row, summary
from scripts.demo_server import CHROMIUM, FLAGS, PANELS

PATIENCE_S = 120
FIRST, ALL = "first panel", "all panels"


def run(rounds: int = 3) -> list[Table]:
    """Processor time of ``import mdexplore``; wall time from the command to what a browser gets."""
    table = Table("Start", HEAD)
    imports = {"import mdexplore": "import mdexplore", "import mdexplore, open an example": "import mdexplore as m; m.example('alanine-dipeptide')"}
    for name, code in imports.items():
        table.rows.append(row(name, summary([_import(code) for _ in range(rounds)])))
    from playwright.sync_api import sync_playwright

    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        starts = [_start(browser) for _ in range(rounds)]
        browser.close()
    for name in starts[0]:
        walls = sorted(start[name] for start in starts)
        table.rows.append([name, "", row("", Times(walls[len(walls) // 2], 0, (walls[0], walls[-1])))[2], row("", Times(0, 0, (walls[0], walls[-1])))[3]])
    table.notes.append("Panels are those that Chromium shows at 1440 x 900, without a screen and with pictures made in software on the same processor; the goals are 6 s to the first panel, 8 s to all, and 4 s for a second page.")
    return [table]


def _import(code: str) -> tuple[float, float]:
    before = os.times()
    wall = time.perf_counter()
    subprocess.run([sys.executable, "-c", code], check=True)
    after = os.times()
    return time.perf_counter() - wall, after.children_user + after.children_system - before.children_user - before.children_system


def _start(browser: Any) -> dict[str, float]:
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
            found.update({f"command to {name}": at - began for name, at in _panels(browser, address).items()})
            again = time.perf_counter()
            found.update({f"a second page, {name}": at - again for name, at in _panels(browser, address).items()})
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


def _panels(browser: Any, address: str) -> dict[str, float]:
    """When the first panel was ready, and when all were."""
    page = browser.new_context(viewport={"width": 1440, "height": 900}).new_page()
    page.set_default_timeout(1000 * PATIENCE_S)
    page.goto(address, wait_until="commit")
    page.wait_for_selector(", ".join(f".mdx-panel-{name}.mdx-ready" for name in PANELS))
    found = {FIRST: time.perf_counter()}
    for name in PANELS:
        page.wait_for_selector(f".mdx-panel-{name}.mdx-ready")
    found[ALL] = time.perf_counter()
    page.context.close()
    return found


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
