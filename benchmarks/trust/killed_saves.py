"""Saving a study is killed at random moments, or the disk is full: the old file or the new one is there, whole, and nothing else that opens."""
from __future__ import annotations

import contextlib
import os
import resource
import signal
import subprocess
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import numpy as np

import mdexplore as mdx
from benchmarks.trust.figure import Outcome, figure
from mdexplore.base.errors import UserError

FULL_EVERY = 10   # each so many tries the disk is full instead


def _study(seed: int) -> mdx.Study:
    """Large enough for a save to take some hundredths of a second."""
    study = mdx.Study(list(np.random.default_rng(seed).normal(size=(2, 20_000, 4)).cumsum(axis=1) % 30), lagtime=5, n_states=2, projection="identity")
    _ = study.metastable
    return study


def _everything(path: Path) -> bytes:
    """Bytes of the results in a file; raises `UserError` where it is not whole."""
    study = mdx.open(path)
    return b"".join(np.ascontiguousarray(a).tobytes() for a in (*study.features, *study.projection, *study.result("clustering").dtrajs, study.msm.transition_matrix))


def _killed(study: mdx.Study, path: Path, after_s: float) -> None:
    child = os.fork()
    if child == 0:
        try:
            study.save(path)
        finally:
            os._exit(0)
    time.sleep(after_s)
    with contextlib.suppress(ProcessLookupError):
        os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)


def _refused(study: mdx.Study, path: Path, limit_bytes: int | None) -> bool:
    """Whether saving on a full disk is a `UserError` in a child process, and nothing worse."""
    child = os.fork()
    if child == 0:
        code = 1
        try:
            if limit_bytes is not None:
                signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
                resource.setrlimit(resource.RLIMIT_FSIZE, (limit_bytes, limit_bytes))
            study.save(path)
        except UserError:
            code = 0
        finally:
            os._exit(code)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0


@contextlib.contextmanager
def _small_disk(place: Path, size_bytes: int) -> Iterator[Path | None]:
    """A file system of that size; None where this user may not mount one."""
    place.mkdir(exist_ok=True)
    is_mounted = os.geteuid() == 0 and subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size_bytes}", "tmpfs", str(place)], capture_output=True, check=False).returncode == 0
    try:
        yield place if is_mounted else None
    finally:
        if is_mounted:
            subprocess.run(["umount", str(place)], check=False)


@figure("saves killed at random moments, and on full disks", "0 studies lost: the old or the new one is there, whole", short=20, full=500)
def saved_kills(n: int) -> Outcome:
    """Two studies are saved in turn under one name; the file must always be one of the two."""
    counts: Counter[str] = Counter()
    rng = np.random.default_rng(0)
    with tempfile.TemporaryDirectory() as name:
        os.environ["MDEXPLORE_CACHE"] = str(Path(name) / "cache")
        path, studies = Path(name) / "study.mdx", [_study(0), _study(1)]
        known = []
        took = []
        for study in studies:
            started = time.perf_counter()
            study.save(path)
            took.append(time.perf_counter() - started)
            known.append(_everything(path))
        with _small_disk(Path(name) / "small", int(1.5 * path.stat().st_size)) as small:
            if small is not None:   # room for one and a half: an earlier file, and not for the next beside it
                studies[0].save(small / "study.mdx")
            for i in range(n):
                study = studies[i % 2]
                if i % FULL_EVERY:
                    _killed(study, path, float(rng.uniform(0, 1.2 * max(took))))
                    found = path
                elif small is not None and i % (2 * FULL_EVERY):
                    counts["said"] += _refused(study, small / "study.mdx", None)
                    found = small / "study.mdx"
                else:
                    counts["said"] += _refused(study, path, int(rng.integers(1, path.stat().st_size)))
                    found = path
                counts["killed" if i % FULL_EVERY else "full"] += 1
                counts[_judged(found, known)] += 1
            left = len(list(Path(name).rglob(".new-*")))
    good = counts["lost"] == 0 and counts["said"] == counts["full"] and counts["old or new"] == n
    return Outcome(f"{counts['lost']} lost of {n} ({counts['killed']} killed, {counts['full']} full disks of which {counts['said']} were said; {left} unfinished files, swept after a day)", good)


def _judged(path: Path, known: list[bytes]) -> str:
    try:
        return "old or new" if _everything(path) in known else "lost"
    except UserError:
        return "lost"
