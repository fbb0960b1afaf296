"""More frames than fit into memory: from feature files on disk to drawn panels, with the memory that each step takes at its peak."""
from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.systems import hopping
from benchmarks.timing import Table, ms

N_FEATURES, FRAMES_A_FILE, CHUNK = 50, 2_500_000, 250_000
GOAL_MB = 2000
EVERY_S = 0.02
STEPS = ("load", "features", "projection", "clustering", "timescales", "kinetics", "coarse", "chapman", "health", "panels", "lasso")


def run(frames: int = 1_000_000, folder: str | None = None) -> list[Table]:
    """Features of that many frames in files, gone through by a process of its own in an empty cache.

    Parameters
    ----------
    frames : int
    folder : str
        Where files and cache lie; it takes about 260 bytes a frame, and 250 more while a study is open that was given files. By default a temporary one.
    """
    with tempfile.TemporaryDirectory(prefix="mdexplore-scale-", dir=folder) as place:
        paths = generate(Path(place) / "features", frames)
        rows = measured([sys.executable, "-m", "benchmarks.scale", *map(str, paths)], {**os.environ, "MDEXPLORE_CACHE": str(Path(place) / "cache")})
    size = f"{frames:,} frames x {N_FEATURES} features ({4 * frames * N_FEATURES / 1e9:.1f} GB on disk)"
    table = Table(f"Out of core: {size}", ("step", "CPU", "wall", "peak of anonymous memory"))
    table.rows = [(r["step"], ms(r["cpu"]), ms(r["wall"]), f"{r['peak_mb']:.0f} MB") for r in rows]
    table.rows.append(("all", ms(sum(r["cpu"] for r in rows)), ms(sum(r["wall"] for r in rows)), f"{max(r['peak_mb'] for r in rows):.0f} MB"))
    table.notes.append(f"The goal is {GOAL_MB} MB at 100,000,000 frames. Memory is that of the process itself; pages of files, which the system drops when it needs to, are not counted.")
    return [table]


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


def measured(command: list[str], environment: dict[str, str]) -> list[dict[str, Any]]:
    """What a process says of its steps, a line of JSON each, with its anonymous memory at the peak of each step in MB."""
    peak = [0.0]
    rows: list[dict[str, Any]] = []
    child = subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True)

    def watch() -> None:
        while child.poll() is None:
            peak[0] = max(peak[0], anonymous_mb(child.pid))
            time.sleep(EVERY_S)

    watcher = threading.Thread(target=watch, daemon=True)
    watcher.start()
    assert child.stdout is not None
    for line in child.stdout:
        rows.append({**json.loads(line), "peak_mb": max(peak[0], anonymous_mb(child.pid))})
        peak[0] = 0.0
    if child.wait() != 0:
        raise RuntimeError(f"{' '.join(command[:4])} ended with {child.returncode} after {[r['step'] for r in rows]}")
    return rows


def anonymous_mb(pid: int) -> float:
    """Memory of a process that is no page of a file, in MB (Linux)."""
    try:
        text = Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return 0.0
    return next((int(line.split()[1]) / 1000 for line in text.splitlines() if line.startswith("RssAnon")), 0.0)


def walk(paths: list[str]) -> None:
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
        cpu, wall = time.process_time(), time.perf_counter()
        special.get(step, lambda step=step: made["study"].result(step, lambda done, total, text: None))()
        print(json.dumps({"step": step, "cpu": time.process_time() - cpu, "wall": time.perf_counter() - wall}), flush=True)


if __name__ == "__main__":
    walk(sys.argv[1:])
