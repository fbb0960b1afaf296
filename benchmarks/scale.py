"""More frames than fit into memory: from feature files on disk to drawn panels, killed in the middle and begun again, with the memory of each step."""
from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.disk import with_room
from benchmarks.goals import Goal, at_most
from benchmarks.memory import memory_mb
from benchmarks.systems import hopping
from benchmarks.timing import Table, ms

N_FEATURES, FRAMES_A_FILE, CHUNK = 50, 2_500_000, 250_000
BYTES = 520   # a frame on disk: its file, a copy while a study is open, and what follows
GOAL_MB = 2000
LONG_S = 5.0   # a step that takes longer has to say how far it is
EVERY_S = 0.02
FITS = ("features", "projection", "clustering")
STEPS = ("load", *FITS, "timescales", "kinetics", "coarse", "chapman", "health", "panels", "lasso")
KILLED_IN = "clustering"
HEAD = ("step", "CPU", "wall", "peak of anonymous memory", "progress told", "longest silence", "begun again, CPU", "begun again, wall", "begun again, peak")

Row = dict[str, Any]


def run(frames: int = 1_000_000, folder: str | None = None) -> list[Table]:
    """Features of that many frames in files, gone through by a process of its own in an empty cache, and by a second one after the first was killed.

    Parameters
    ----------
    frames : int
    folder : str
        Where files and cache lie; one with room where not given (`benchmarks.disk`). They take about 260 bytes a frame, and 250 more while a study is open that was given files.
    """
    with tempfile.TemporaryDirectory(prefix="mdexplore-scale-", dir=with_room(BYTES * frames, folder)) as place:
        paths = generate(Path(place) / "features", frames)
        environment = {**os.environ, "MDEXPLORE_CACHE": str(Path(place) / "cache")}
        command = [sys.executable, "-m", "benchmarks.scale"]
        first, ended = measured([*command, KILLED_IN, *map(str, paths)], environment)
        if ended != -signal.SIGKILL:
            raise RuntimeError(f"the first process ended with {ended}, and was to be killed in {KILLED_IN}")
        second, ended = measured([*command, "", *map(str, paths)], environment)
        if ended != 0:
            raise RuntimeError(f"the second process ended with {ended} after {[row['step'] for row in second]}")
    return [_table(frames, first, second)]


def _table(frames: int, first: Sequence[Row], second: Sequence[Row]) -> Table:
    size = f"{frames:,} frames x {N_FEATURES} features ({4 * frames * N_FEATURES / 1e9:.1f} GB on disk)"
    table = Table(f"Out of core: {size}", HEAD)
    before = {row["step"]: row for row in first}
    for row in second:
        then = before.get(row["step"])
        table.rows.append((row["step"] + (", killed" if then and then["killed"] else ""), *(_cells(then) if then else ("", "", "")), *_told(then or row), *_cells(row)))
    table.rows.append(("all", *_cells(_sum(first)), "", "", *_cells(_sum(second))))
    taken = [row["step"] for row in second if row["cached"]]
    table.notes.append(f"The first process was killed (SIGKILL) in {KILLED_IN}, when half of the frames had their microstate; the second began again in what it had left. Found done: "
                       f"{', '.join(taken) or 'nothing'}; their time is that of reading them. Progress and silences of steps that the first did not reach are those of the second; load, health, panels and lasso tell none. "
                       "Memory is that of the process itself; pages of files, which the system drops when it needs to, are not counted.")
    table.goals = _goals(f"{frames:,} frames", [*first, *second], taken, second)
    return table


def _goals(size: str, rows: Sequence[Row], taken: Sequence[str], second: Sequence[Row]) -> list[Goal]:
    finished = FITS[:FITS.index(KILLED_IN)]
    long = {row["step"]: row for row in rows if row["wall"] > LONG_S and row["calls"] is not None}
    silent = [step for step, row in long.items() if row["calls"] < 2]
    told = Goal(17, f"{size}, progress", f"told in every step of more than {LONG_S:.0f} s", f"{len(long) - len(silent)} of {len(long)}", not silent, f"{', '.join(silent)} told none.")
    kept = Goal(17, f"{size}, begun again after a kill in {KILLED_IN}", "no finished step computed again", f"{', '.join(taken) or 'nothing'} found done", set(finished) <= set(taken))
    return [at_most(17, f"{size}, anonymous memory", max(row["peak_mb"] for row in rows), GOAL_MB, " MB"), told, kept]


def _cells(row: Row) -> tuple[str, str, str]:
    return ms(row["cpu"]), ms(row["wall"]), f"{row['peak_mb']:.0f} MB"


def _told(row: Row) -> tuple[str, str]:
    return ("", "") if row["calls"] is None else (f"{row['calls']:,} times", ms(row["silence"]))


def _sum(rows: Sequence[Row]) -> Row:
    return {"cpu": sum(r["cpu"] for r in rows), "wall": sum(r["wall"] for r in rows), "peak_mb": max((r["peak_mb"] for r in rows), default=0.0)}


def generate(folder: Path, frames: int) -> list[Path]:
    """Feature files of at most `FRAMES_A_FILE` frames, written chunk by chunk; the same each time."""
    folder.mkdir(parents=True)
    paths = []
    for first in range(0, frames, FRAMES_A_FILE):
        n = min(FRAMES_A_FILE, frames - first)
        path = folder / f"run{first // FRAMES_A_FILE:04d}.npy"
        array = np.lib.format.open_memmap(path, mode="w+", dtype=np.float32, shape=(n, N_FEATURES))
        for start in range(0, n, CHUNK):
            m = min(CHUNK, n - start)
            array[start:start + m] = hopping(m, N_FEATURES, 1, seed=first + start, mix_seed=1)[0]
        paths.append(path)
        del array
    return paths


def measured(command: list[str], environment: dict[str, str]) -> tuple[list[Row], int]:
    """What a process says of its steps, a line of JSON each, with its anonymous memory at the peak of each step in MB; and how it ended."""
    peak = [0.0]
    rows: list[Row] = []
    child = subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True)

    def watch() -> None:
        while child.poll() is None:
            peak[0] = max(peak[0], memory_mb(child.pid, "RssAnon"))
            time.sleep(EVERY_S)

    watcher = threading.Thread(target=watch, daemon=True)
    watcher.start()
    assert child.stdout is not None
    for line in child.stdout:
        rows.append({**json.loads(line), "peak_mb": max(peak[0], memory_mb(child.pid, "RssAnon"))})
        peak[0] = 0.0
    return rows, child.wait()


class Told:
    """Counts what a step tells of its progress, and the longest time between; in the middle of the assignment it calls `middle`, where there is one."""

    def __init__(self, middle: Callable[[], None] | None) -> None:
        self._middle, self.calls, self.silence, self._last = middle, 0, 0.0, time.perf_counter()

    def __call__(self, done: float, total: float, text: str) -> None:
        self.end()
        self.calls += 1
        if self._middle and text.startswith("Assigning") and 2 * done >= total:
            self._middle()

    def end(self) -> None:
        now = time.perf_counter()
        self.silence, self._last = max(self.silence, now - self._last), now


def walk(killed_in: str, paths: list[str]) -> None:
    """Go from files to panels, and tell each step on standard output."""
    import mdexplore as mdx
    from benchmarks.lasso import NoJobs
    from mdexplore.app.explorer import Explorer
    from mdexplore.session.session import Session

    made: dict[str, Any] = {}

    def load() -> None:
        made["study"] = mdx.Study(mdx.load(paths), lagtime=20, n_states=4)

    def panels() -> None:
        study = made["study"]
        session = Session(study, jobs=NoJobs(), start=False)
        made["explorer"] = Explorer(session)
        session.results = {step: study.result(step) for step in STEPS[1:8]}

    def lasso() -> None:
        cells = made["explorer"].panels["projection"].cells
        cells.selected = list(range(len(cells.x) // 3))

    special = {"load": load, "health": lambda: made["study"].health, "panels": panels, "lasso": lasso}
    for step in STEPS:
        if step in special:
            go(step, lambda told, step=step: special[step](), tells=False)
        else:
            go(step, lambda told, step=step: made["study"].result(step, told), cached=step in FITS and made["study"].is_cached(step), killed=step == killed_in)


def go(step: str, act: Callable[[Told], Any], *, tells: bool = True, cached: bool = False, killed: bool = False) -> None:
    """One step, and a line about it; `tells` says whether it tells its progress, `cached` whether its result was there, `killed` whether this process is to die in it."""
    cpu, wall = time.process_time(), time.perf_counter()

    def say(dying: bool) -> None:
        told.end()
        print(json.dumps({"step": step, "cpu": time.process_time() - cpu, "wall": time.perf_counter() - wall, "cached": cached, "killed": dying,
                          "calls": told.calls if tells else None, "silence": told.silence}), flush=True)

    def die() -> None:
        say(True)
        os.kill(os.getpid(), signal.SIGKILL)

    told = Told(die if killed else None)
    act(told)
    say(False)


if __name__ == "__main__":
    walk(sys.argv[1], sys.argv[2:])
