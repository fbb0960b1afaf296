"""Messages that no page of ours would send, to the widgets of a real page: wrong types, absurd sizes, paths that lead out, nonsense; thousands of them."""
from __future__ import annotations

import asyncio
import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path
from typing import Any

from benchmarks.trust.figure import Outcome, figure
from benchmarks.trust.page_client import PageClient
from mdexplore.app.serve.usage import tree
from mdexplore.data.examples import BUNDLED

CAPS = "clusters=300 samples=100 iterations=200 memory-mb=3000"
MOST_MB = 3000.0
# Every file that Python opens for writing, and every canary that it opens at all, is written down: the kernel and its workers inherit this.
AUDIT = '''
import os, sys
_log = os.open(os.environ["MDX_AUDIT"], os.O_WRONLY | os.O_APPEND | os.O_CREAT)
_canaries = tuple(os.environ["MDX_CANARIES"].split(os.pathsep))
_allowed = tuple(os.environ["MDX_ALLOWED"].split(os.pathsep))

def _heard(event, args):
    if event == "open" and args[0] is not None and not isinstance(args[0], int):
        path = os.path.realpath(os.fsdecode(args[0]))
        writes = isinstance(args[2], int) and args[2] & (os.O_WRONLY | os.O_RDWR | os.O_CREAT)
        if path.startswith(_canaries) or (writes and not path.startswith(_allowed)):
            os.write(_log, f"{event} {path}\\n".encode("utf-8", "replace"))
    elif event in ("os.system", "os.remove", "os.rename", "os.mkdir", "shutil.rmtree") and args and isinstance(args[0], (str, bytes)):
        path = os.path.realpath(os.fsdecode(args[0]))
        if event == "os.system" or not path.startswith(_allowed):
            os.write(_log, f"{event} {path}\\n".encode("utf-8", "replace"))

sys.addaudithook(_heard)
'''
TEXTS = ("", " ", "\x00", "²", "-1", "0", "1e999", "NaN", "9" * 400, "9" * 100_000, "0:1," * 50_000, "1000000", "20000", "100000 ns", "1e400 frames", "2 frames", "'; DROP TABLE", "{}", "%s%n",
         "../../etc/passwd", "/etc/passwd", "/etc/shadow", "/dev/zero", "/dev/stdin", "/proc/self/mem", "~/x.pdb", "~root/x.pdb", "/tmp/../etc/x.mdx", "x/../../../../../../tmp/out.mdx",
         "a" * 5000 + ".pdb", "x\0.pdb", ".", "..", "/", "*", "[" * 500, "(" * 3000, "name CA " * 5000, "__import__('os').system('id')", "{{7*7}}", "${x}", "<img src=x onerror=alert(1)>",
         "\ud800", "\u202e", "e\u0301" * 1000, "all", "none", "automatic", "{canary}/secret.pdb", "{canary}/out.mdx", "{root}/link/secret.pdb", "{root}/link/out.png", "{root}/fine.mdx")
PLAIN = (None, True, False, 0, -1, 1, 7, 2**31, 2**63, -2**63, 10**30, 1e308, -1e308, 1e-320, [], {}, [None], [[]], [[[[1]]]], {"": {}}, {"a": [1, {"b": None}]}, [1, "x", None], [0] * 10_000,
         list(range(-5, 60_000)), ["IPY_MODEL_none"], "IPY_MODEL_none", [2**40, -7], [0.5, 1.5], [float("nan"), float("inf")], float("nan"), float("inf"), {"event": "click"}, {"type": "x"})
EVENTS = ({"event": "click"}, {"event": "background_click"}, {"event": "element_clicked", "data": {"index": 10**9}}, {"event": "element_clicked", "data": {"click_x": "x", "click_y": None}},
          {"event": "element_clicked"}, {"event": "submit"}, {"type": "request_repr_dict"}, {"type": "call_method", "methodName": "clear", "args": [], "kwargs": {}}, {"type": "get", "data": "x"},
          {"type": "mdx-drawn"}, {"type": "request_loaded"}, {"type": "repr_parameters"}, {"event": {"nested": ["deep"] * 50}}, {"event": None}, {"msg_type": "custom"})
COMMS: tuple[dict[str, Any], ...] = ({}, {"data": {}}, {"data": None}, {"data": {"method": "update"}}, {"data": {"method": "update", "state": None}}, {"data": {"method": "update", "state": []}},
         {"data": {"method": "nonsense"}}, {"data": {"method": "request_state"}}, {"data": {"method": "custom"}}, {"data": {"method": "backbone", "sync_data": 1}},
         {"data": {"method": "update", "state": {"value": 1}, "buffer_paths": [["value"], [0]]}}, {"data": {"method": "update", "state": {"__class__": 1, "_model_module": "os", "comm": None}}}, {"data": [1]})


def hostile(page: PageClient, rng: random.Random, places: dict[str, str]) -> None:
    """Send one message."""
    model = rng.choice(list(page.states))
    kind = rng.random()
    if kind < 0.5:
        fields = [name for name in page.states[model] if not name.startswith("_")] or ["value"]
        preferred = [name for name in ("value", "selected", "selected_x", "selected_y", "index", "min", "max", "brushing", "frame") if name in page.states[model]]
        name = rng.choice(preferred) if preferred and rng.random() < 0.7 else rng.choice([*fields, "children", "layout", "no_such_trait"])
        page.update(model, **{name: _value(rng, places)})
    elif kind < 0.85:
        page.custom(model, rng.choice(EVENTS) if rng.random() < 0.8 else _value(rng, places))
    else:
        comm = rng.choice([model, model, "no-such-comm", "", "../../etc"])
        page.send(rng.choice(["comm_msg", "comm_msg", "comm_open", "comm_info_request"]), {"comm_id": comm, "target_name": rng.choice(["jupyter.widget", "os", ""]), **rng.choice(COMMS)})


def press_with_text(page: PageClient, rng: random.Random, places: dict[str, str]) -> None:
    """What hurts most: a text in a field, and then a press of each button."""
    fields = [m for m, s in page.states.items() if s.get("_model_name") == "TextModel"]
    page.update(rng.choice(fields), value=_text(rng, places))
    buttons = [m for m, s in page.states.items() if s.get("_model_name") == "ButtonModel" and "Restore" not in str(s.get("description"))]
    page.custom(rng.choice(buttons), {"event": "click"})


def _text(rng: random.Random, places: dict[str, str]) -> str:
    return rng.choice(TEXTS).replace("{canary}", places["canary"]).replace("{root}", places["root"])


def _value(rng: random.Random, places: dict[str, str]) -> Any:
    if rng.random() < 0.5:
        return _text(rng, places)
    return rng.choice(PLAIN)


async def attack(url: str, n: int, places: dict[str, str], seed: int = 0) -> tuple[int, float, str]:
    """Send messages; gives how many were answered for, the most memory of the page, and what went wrong."""
    rng, most = random.Random(seed), 0.0
    page = await PageClient(url).connect()
    await page.say_hello()
    kernel = page.alive()["pid"]
    for sent in range(1, n + 1):
        (press_with_text if sent % 4 == 0 else hostile)(page, rng, places)
        if sent % 20 == 0 or sent == n:
            try:
                await page.ask("kernel_info_request", patience_s=60)
            except TimeoutError:
                return sent, most, "the kernel does not answer"
            most = max(most, sum(p.memory_mb for p in tree(kernel)))
    told = page.alive()
    page.close()
    return n, most, "" if told["alive"] and told["pid"] == kernel else "the kernel has ended"


class Fenced:
    """A server with a data root and an audit of every file, for as long as the context lasts."""

    def __init__(self, folder: Path) -> None:
        self.places = {name: str(folder / name) for name in ("root", "canary", "cache", "site", "tmp")}
        for place in self.places.values():
            Path(place).mkdir()
        for name in ("ala2-00.xtc", "ala2.pdb"):
            (folder / "root" / name).write_bytes((BUNDLED / "alanine-dipeptide" / name).read_bytes())
            (folder / "canary" / ("secret" + Path(name).suffix)).write_bytes((BUNDLED / "alanine-dipeptide" / name).read_bytes())
        (folder / "root" / "link").symlink_to(folder / "canary")
        (folder / "site" / "sitecustomize.py").write_text(AUDIT)
        self._log = folder / "audit"
        self._log.touch()
        allowed = [*(self.places[name] for name in ("root", "cache", "tmp")), str(self._log), "/dev/null", "/dev/shm", "/dev/pts", "/dev/tty", "/proc"]
        self._environment = {**os.environ, "PYTHONPATH": self.places["site"], "MDEXPLORE_CACHE": self.places["cache"], "TMPDIR": self.places["tmp"], "MDEXPLORE_LIMITS": CAPS,
                             "MDEXPLORE_DATA_ROOT": self.places["root"], "MDEXPLORE_DIE_WITH_PARENT": "1", "MDX_AUDIT": str(self._log), "MDX_ALLOWED": os.pathsep.join(allowed),
                             "MDX_CANARIES": os.pathsep.join([self.places["canary"], "/etc/passwd", "/etc/shadow", "/proc/self/mem", "/dev/zero"]), "PYTHONDONTWRITEBYTECODE": "1",
                             **dict.fromkeys(("JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR", "JUPYTER_RUNTIME_DIR", "IPYTHONDIR", "MPLCONFIGDIR"), self.places["tmp"])}

    def __enter__(self) -> Fenced:
        root = self.places["root"]
        self.process = subprocess.Popen([sys.executable, "-m", "mdexplore", "app", f"{root}/ala2-00.xtc", "--top", f"{root}/ala2.pdb", "--no-browser"], cwd=root,
                                        env=self._environment, text=True, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, start_new_session=True)
        assert self.process.stdout is not None
        self.url = self.process.stdout.readline().partition(": ")[2].strip()
        ready = self.url.partition("?")[0] + "mdx/ready"
        end = time.monotonic() + 120
        while urllib.request.urlopen(ready, timeout=60).status != 204 and time.monotonic() < end:
            time.sleep(0.1)
        return self

    def __exit__(self, *_: Any) -> None:
        self.process.send_signal(signal.SIGINT)
        try:
            self.process.wait(20)
        except subprocess.TimeoutExpired:
            os.killpg(self.process.pid, signal.SIGKILL)

    def breaches(self) -> list[str]:
        """Files outside the fence that were opened, or written anywhere but where they may be."""
        ours = ("/etc/passwd",)   # Python itself looks there for a home folder
        return [line for line in self._log.read_text().splitlines() if not line.endswith(ours)]

    def left_outside(self) -> list[str]:
        return sorted(p.name for p in Path(self.places["canary"]).iterdir() if not p.name.startswith("secret"))


@figure("hostile widget messages to a real page", "no crash, no job over its cap, no path outside the root", short=100, full=1000)
def hostile_messages(n: int) -> Outcome:
    """Sends them, and reads the audit of every file that was opened."""
    with tempfile.TemporaryDirectory() as name, Fenced(Path(name)) as server:
        answered, most, wrong = asyncio.run(attack(server.url, n, server.places))
        breaches = [*server.breaches(), *server.left_outside()]
    said = f"{answered} of {n} messages, most memory {most:.0f} MB, {len(breaches)} files outside" + (f": {breaches[:5]}" if breaches else "") + (f"; {wrong}" if wrong else "")
    return Outcome(said, answered == n and not wrong and not breaches and most < MOST_MB)


if __name__ == "__main__":
    print(json.dumps(vars(hostile_messages(int(sys.argv[1])))))
