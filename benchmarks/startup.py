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

from benchmarks.goals import Goal, at_most
from benchmarks.timing import HEAD, Table, ms, row, summary
from scripts.demo_server import CHROMIUM, FLAGS, PANELS

PATIENCE_S = 120
FIRST, ALL = "first panel", "all panels"
BROWSER, SERVER = "a second page, processor time of the browser", "a second page, processor time of the server and its kernel"
ALONE = f"one more page when nothing else runs, {ALL}"
IDLE_S = 0.1   # of processor time in a second
LATE = ("deeptime", "torch")   # not before an estimator is used
LARGE = (*LATE, "mdtraj", "matplotlib", "scipy", "bqplot", "nglview")
GOAL_IMPORT_S = 1.3
GOALS = {"command to skeleton": 1, f"command to {FIRST}": 6, f"command to {ALL}": 8, f"a second page, {ALL}": 4}   # seconds


def run(rounds: int = 3, browser: bool = True) -> list[Table]:
    """Processor time of ``import mdexplore``; wall time from the command to what a browser gets, where one is to be asked."""
    table = Table("Start", HEAD)
    imports = {"import mdexplore": "import mdexplore", "import mdexplore, open an example": "import mdexplore as m; m.example('alanine-dipeptide')"}
    times = {name: summary([_import(code) for _ in range(rounds)]) for name, code in imports.items()}
    table.rows = [row(name, t) for name, t in times.items()]
    for name, code in imports.items():
        table.rows.append([f"  large packages that are imported then ({name})", "", "", ", ".join(_imported(code)) or "none"])
    early = _imported(imports["import mdexplore"])
    table.goals = [at_most(13, "import mdexplore, seconds", times["import mdexplore"].cpu, GOAL_IMPORT_S, " s"),
                   Goal(13, f"imported with mdexplore, of {', '.join(LATE)}", "none", ", ".join(early) or "none", not set(early) & set(LATE))]
    if browser:
        _in_browser(table, rounds)
    return [table]


def _in_browser(table: Table, rounds: int) -> None:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as driver:
        chromium = driver.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        starts = [_start(chromium) for _ in range(rounds)]
        chromium.close()
    middle = {}
    for name in starts[0]:
        found = sorted(start[name] for start in starts)
        middle[name], scatter = found[len(found) // 2], f"{ms(found[0])} to {ms(found[-1])}"
        table.rows.append([name, ms(middle[name]), "", scatter] if name in (BROWSER, SERVER) else [name, "", ms(middle[name]), scatter])
    busy = (f"browser and server take {middle[BROWSER]:.1f} and {middle[SERVER]:.1f} s of processor time meanwhile, on {os.cpu_count()} cores: the first page computes its intervals at that time. "
            f"One more page, when nothing else runs, takes {middle[ALONE]:.1f} s.")
    table.goals += [at_most(18, f"{name}, seconds", middle[name], most, " s", busy if name.startswith("a second") else "") for name, most in GOALS.items()]
    table.notes.append("Panels are those that Chromium shows at 1440 x 900, without a screen and with pictures made in software on the same processor. Processor times "
                       "are those of all processes of either side, with their range.")


def _imported(code: str) -> list[str]:
    """Which of the large packages a line of Python leaves imported."""
    done = subprocess.run([sys.executable, "-c", f"{code}\nimport sys\nprint(*[name for name in {LARGE} if name in sys.modules])"], check=True, capture_output=True, text=True)
    return done.stdout.split()


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
            found.update({f"command to {name}": at - began for name, at in _panels(browser, address)[0].items()})
            again = time.perf_counter()
            shown, (found[BROWSER], found[SERVER]) = _panels(browser, address)
            found.update({f"a second page, {name}": at - again for name, at in shown.items()})
            _wait_until_idle()
            again = time.perf_counter()
            found[ALONE] = _panels(browser, address)[0][ALL] - again
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


def _panels(browser: Any, address: str) -> tuple[dict[str, float], tuple[float, float]]:
    """When the first panel was ready, and when all were; processor seconds that the browser and all else that we started took for it."""
    before = _busy_s()
    page = browser.new_context(viewport={"width": 1440, "height": 900}).new_page()
    page.set_default_timeout(1000 * PATIENCE_S)
    page.goto(address, wait_until="commit")
    page.wait_for_selector(", ".join(f".mdx-panel-{name}.mdx-ready" for name in PANELS))
    found = {FIRST: time.perf_counter()}
    for name in PANELS:
        page.wait_for_selector(f".mdx-panel-{name}.mdx-ready")
    found[ALL] = time.perf_counter()
    after = _busy_s()
    page.context.close()
    return found, (after[0] - before[0], after[1] - before[1])


def _wait_until_idle() -> None:
    """Wait until the pages before have nothing left to compute in the background."""
    end, busy = time.monotonic() + PATIENCE_S, -IDLE_S
    while sum(_busy_s()) - busy >= IDLE_S and time.monotonic() < end:
        busy = sum(_busy_s())
        time.sleep(1.0)


def _busy_s() -> tuple[float, float]:
    """Processor seconds up to now, of all processes of the browser and of all others that we started."""
    import psutil

    browser = others = 0.0
    for process in psutil.Process().children(recursive=True):
        with contextlib.suppress(psutil.Error):   # one may end meanwhile
            times = process.cpu_times()
            if "chrom" in process.name():
                browser += times.user + times.system
            else:
                others += times.user + times.system
    return browser, others


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
