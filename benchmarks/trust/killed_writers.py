"""Writers that are killed or run out of disk: the cache and saved studies must stay whole, old or new."""
from __future__ import annotations

import os
import resource
import signal
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

import mdexplore as mdx
from benchmarks.trust.figure import Outcome, figure
from mdexplore.base.errors import UserError
from mdexplore.base.store import Store


def _study(seed: int) -> mdx.Study:
    walk = np.random.default_rng(seed).normal(size=(2, 400, 2)).cumsum(axis=1)
    study = mdx.Study(list(walk), lagtime=5, n_states=2)
    _ = study.metastable
    return study


def _killed(write: Callable[[], None], after_s: float) -> None:
    """Run something that writes without end in a child process, and kill it."""
    child = os.fork()
    if child == 0:
        try:
            while True:
                write()
        finally:
            os._exit(1)
    time.sleep(after_s)
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)


def _refused_on_full_disk(write: Callable[[], None], limit_bytes: int) -> bool:
    """Whether a full disk becomes a `UserError` in a child process, and nothing worse."""
    child = os.fork()
    if child == 0:
        code = 1
        try:
            resource.setrlimit(resource.RLIMIT_FSIZE, (limit_bytes, limit_bytes))
            write()
        except UserError:
            code = 0
        finally:
            os._exit(code)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0


@figure("writers killed at random moments, and full disks", "0 entries or studies lost or half written", short=20, full=500)
def killed_writers(n: int) -> Outcome:
    """Each kill strikes a cache entry and a saved study; each tenth time the disk is full instead."""
    lost = 0
    rng = np.random.default_rng(0)
    with tempfile.TemporaryDirectory() as name:
        os.environ["MDEXPLORE_CACHE"] = str(Path(name) / "cache")
        path, studies = Path(name) / "study.mdx", [_study(0), _study(1)]
        studies[0].save(path)
        known = {s.data.key for s in studies}
        turn = [0]

        def write() -> None:
            turn[0] += 1
            value = np.full(200_000, turn[0], np.float32)
            Store().save(f"entry-{turn[0] % 3}", [value, turn[0]])
            studies[turn[0] % 2].save(path)

        for i in range(n):
            if i % 10 == 9:
                whole = write if i % 20 == 9 else lambda: studies[1].save(path)
                lost += not _refused_on_full_disk(whole, int(rng.integers(1, path.stat().st_size)))
            else:
                _killed(write, float(rng.uniform(0.001, 0.06)))
            lost += not _all_whole(path, known)
        left = len(list(Path(name).rglob(".new-*")))
    return Outcome(f"{lost} of {n}; {left} unfinished files left to sweep", not lost)


def _all_whole(path: Path, known: set[str]) -> bool:
    try:
        if mdx.open(path).data.key not in known:
            return False
    except UserError:
        return False
    found = [Store().load(f"entry-{k}") for k in range(3)]
    return all(f is None or (f[0] == f[1]).all() for f in found)
