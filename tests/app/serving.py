"""Starts the real command for a test, and makes sure that it ends."""
from __future__ import annotations

import html as html_module
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import requests

# Stands in for the real page, which would load data: says where it runs, and fails where the test asks for it.
STAND_IN = '''
import os, re, sys, types

def page():
    import json
    import ipywidgets
    asked = json.loads(os.environ["MDEXPLORE_APP"])
    if asked.get("example") == "fails":
        raise RuntimeError("a page that fails")
    if asked.get("example") == "dies":
        os._exit(3)
    facts = {"pid": os.getpid(), "asked": asked, "path": sys.path, "forkserver": os.environ.get("MDEXPLORE_FORKSERVER_FD", ""),
             "ahead": "bqplot" in sys.modules, "torch": "torch" in sys.modules, "random": __import__("numpy").random.random()}
    panel = ipywidgets.HTML(value="stand-in")
    panel.add_class("mdx-panel")
    button = ipywidgets.Button(description="waiting")
    button.add_class("stand-in")
    button.on_click(lambda clicked: setattr(clicked, "description", "answered"))
    app = ipywidgets.VBox([panel, button])
    app.add_class("mdx-app")
    folder = os.environ.get("MDX_TEST_FACTS")
    if folder:
        kernel = re.search("kernel-(.+)[.]json", " ".join(sys.argv)).group(1)
        with open(os.path.join(folder, kernel + ".new"), "w") as file:
            json.dump(facts, file)
        os.rename(file.name, os.path.join(folder, kernel))
    print("FACTS" + json.dumps(facts) + "STCAF")   # for a Voila that is not ours, which runs the cells
    return app

module = types.ModuleType("mdexplore.app.page")
module.page = page
sys.modules["mdexplore.app.page"] = module
'''


def until(condition: Callable[[], Any], what: str, seconds: float = 90) -> Any:
    """Wait for a state; how long it takes is not what is tested."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        found = condition()
        if found:
            return found
        time.sleep(0.05)
    raise AssertionError(f"{what} did not happen")


class Running:
    """A command that serves, with everything it has started.

    Parameters
    ----------
    folder : Path
        The current folder of the command.
    args : str
        Its arguments.
    stand_in : Path or None
        A folder with a ``sitecustomize.py``; None runs the real page.
    program : tuple of str
        What Python runs.
    """

    def __init__(self, folder: Path, *args: str, stand_in: Path | None = None, program: tuple[str, ...] = ("-m", "mdexplore"), **environment: str) -> None:
        self.marker = f"mdx-test-{uuid.uuid4().hex}"
        self._facts = Path(tempfile.mkdtemp(prefix="facts-"))
        # All its processes are killed at the end, those that would remove the server's private folder too.
        env = {**os.environ, "TMPDIR": str(self._facts), "MDX_TEST_MARKER": self.marker, "MDX_TEST_FACTS": str(self._facts), "MDEXPLORE_DIE_WITH_PARENT": "1", **environment}
        if stand_in is not None:
            env["PYTHONPATH"] = str(stand_in)
        self.process = subprocess.Popen([sys.executable, *program, *args], cwd=folder, env=env, text=True, start_new_session=True,
                                        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        assert self.process.stdout is not None
        self.line = self.process.stdout.readline()
        self.url = self.line.partition(": ")[2].strip()
        parts = urlsplit(self.url)
        self.origin, self.token = f"{parts.scheme}://{parts.netloc}", parts.query.removeprefix("token=")

    def get(self, path: str = "/", **kwargs: Any) -> requests.Response:
        return requests.get(self.origin + path, timeout=90, allow_redirects=False, **kwargs)

    def wait_until_ready(self, base: str = "") -> Running:
        until(lambda: self.get(f"{base}/mdx/ready").status_code == 204, "the hand-over to Voila")
        return self

    def read_page(self) -> str:
        return requests.get(self.url, timeout=90).text

    def open_page(self) -> dict[str, Any]:
        """Ask for a page, and wait for what the stand-in says in its kernel."""
        told = self._facts / kernel_of(self.read_page())
        until(told.exists, "the page of the stand-in")
        return json.loads(told.read_text())

    def pids(self) -> list[int]:
        """Every process that was started by the command, itself included, by the environment it was started with."""
        found = []
        for entry in Path("/proc").iterdir():
            if entry.name.isdigit():
                try:
                    if self.marker.encode() in (entry / "environ").read_bytes():
                        found.append(int(entry.name))
                except OSError:
                    continue
        return found

    def stop(self, number: int = signal.SIGINT) -> int:
        self.process.send_signal(number)
        return self.process.wait(60)

    def end(self) -> None:
        """For the end of a test, however it went."""
        for pid in self.pids():
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                pass
        self.process.wait(10)
        shutil.rmtree(self._facts, ignore_errors=True)


def kernel_of(html: str) -> str:
    """The kernel of a page."""
    found = re.search(r'"kernelId": ?"([^"]+)"', html)
    assert found, html[-3000:]
    return found.group(1)


def facts(html: str) -> str:
    """What the stand-in wrote into a page whose cells were run."""
    found = re.search(r"FACTS(.*?)STCAF", html, re.DOTALL)
    assert found, html[-3000:]
    return html_module.unescape(found.group(1))
