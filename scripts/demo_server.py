"""A page served by `mdexplore` as a process, and how Chromium is started: for the pictures of the README and for the browser tests."""
from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager

PANELS = ("structure", "projection", "timescales", "chapman", "network", "trace")
FLAGS = ["--headless=new", "--no-sandbox", "--use-gl=angle", "--use-angle=swiftshader", "--enable-unsafe-swiftshader", "--ignore-gpu-blocklist",
         "--disable-background-networking"]
CHROMIUM = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
PATIENCE_S = 20


def demo(*options: str) -> AbstractContextManager[str]:
    """The address of a running demo (`serving`)."""
    return serving("demo", *options)


@contextmanager
def serving(command: str, *options: str) -> Iterator[str]:
    """The address of a page that `mdexplore` serves by a command; the server is stopped in any case, and ends with this process too."""
    process = subprocess.Popen([sys.executable, "-m", "mdexplore", command, "--no-browser", *options], text=True, start_new_session=True, stdin=subprocess.DEVNULL,
                               stdout=subprocess.PIPE, stderr=subprocess.PIPE, env={**os.environ, "MDEXPLORE_DIE_WITH_PARENT": "1"})
    try:
        assert process.stdout is not None and process.stderr is not None
        found = re.search(r"http://\S+", process.stdout.readline())
        if not found:
            raise RuntimeError(f"the page is not served: {process.stderr.read()}")
        yield found.group()
    finally:
        process.send_signal(signal.SIGINT)
        try:
            process.wait(PATIENCE_S)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
