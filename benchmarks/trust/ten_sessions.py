"""Ten pages of the demo at once: when each is ready, what each uses once nobody touches it, and whether its workers end."""
from __future__ import annotations

import asyncio
import os
import re
import signal
import subprocess
import sys
import tempfile
import time
import urllib.request
from typing import Any

from benchmarks.trust.figure import Outcome, figure
from benchmarks.trust.page_client import PageClient
from mdexplore.app.serve.usage import tree

PANELS = ("projection", "structure", "network", "timescales", "chapman", "trace")
READY_S, MOST_MB = 30.0, 260.0
IDLE_S = 5.0   # after which workers end here; 300 s where nobody says otherwise


async def _open(url: str) -> tuple[PageClient, float]:
    began = time.monotonic()
    page = await asyncio.to_thread(PageClient, url)
    await page.connect()
    await page.say_hello()
    await page.until(lambda p: all(p.with_class(f"mdx-panel-{name}", "mdx-ready") for name in PANELS), "the drawing of every panel", 300)
    return page, time.monotonic() - began


def _is_quiet(page: PageClient) -> bool:
    return any("<em>ready</em>" in str(state.get("value", "")) for state in page.states.values())


async def _measure(url: str, n: int) -> tuple[list[float], list[float], int]:
    opened = await asyncio.gather(*[_open(url) for _ in range(n)])
    for page, _ in opened:
        await page.until(_is_quiet, "the end of every job", 600)
    kernels = [page.alive()["pid"] for page, _ in opened]
    end = time.monotonic() + IDLE_S + 30
    while max(len(tree(pid, False)) for pid in kernels) > 2 and time.monotonic() < end:   # the kernel and its fork server stay
        await asyncio.sleep(0.5)
    found = [tree(pid) for pid in kernels]
    for page, _ in opened:
        page.close()
    return [took for _, took in opened], [sum(p.memory_mb for p in processes) for processes in found], sum(len(processes) - 2 for processes in found)


@figure("app sessions at once, the demo loaded", f"ready within {READY_S:.0f} s, at most {MOST_MB:.0f} MB each when idle, no worker left", short=2, full=10)
def ten_sessions(n: int) -> Outcome:
    """Opens pages all at once on a server that has just started, with results in no cache."""
    with tempfile.TemporaryDirectory() as folder:
        environment: dict[str, Any] = {**os.environ, "MDEXPLORE_CACHE": folder, "TMPDIR": folder, "MDEXPLORE_IDLE_S": str(IDLE_S), "MDEXPLORE_DIE_WITH_PARENT": "1"}
        process = subprocess.Popen([sys.executable, "-m", "mdexplore", "demo", "--no-browser"], text=True, env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                   stderr=subprocess.DEVNULL, start_new_session=True)
        assert process.stdout is not None
        found = re.search(r"http://\S+", process.stdout.readline())
        assert found is not None
        try:
            while urllib.request.urlopen(found.group().partition("?")[0] + "mdx/ready", timeout=60).status != 204:
                time.sleep(0.05)
            times, memory, workers = asyncio.run(_measure(found.group(), n))
        finally:
            process.send_signal(signal.SIGINT)
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)
    said = f"{n} pages: ready after {min(times):.1f} to {max(times):.1f} s, {max(memory):.0f} MB at most, {workers} workers left"
    return Outcome(said, max(times) <= READY_S and max(memory) <= MOST_MB and not workers)
