"""Opening a project a second time, and what many threads do to it when nobody holds them back."""
from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import mdexplore as mdx
from benchmarks.compare import Agreement, Pair, table
from benchmarks.goals import at_most
from benchmarks.systems import waters
from benchmarks.timing import Table, ms

GOAL, MOST_SLOWER = 100, 1.2
THREADS = ("1", "2", "8")
CHILD = """
import sys, time
import numpy as np
import mdexplore as mdx
from benchmarks.systems import hopping
data = mdx.load(hopping(int(sys.argv[1]), 100))
study = mdx.Study(data, lagtime=20)
study.result("features")
import deeptime.decomposition
wall = time.perf_counter()
study.result("projection", lambda *a: None)
print(time.perf_counter() - wall)
"""


def run(n_atoms: int = 3000, n_frames: int = 4000, n_rows: int = 300_000, rounds: int = 3) -> list[Table]:
    """Distances in an XTC file of water, in an empty cache and in a full one; n_rows are those that threads are tried with, 0 for none."""
    with tempfile.TemporaryDirectory(prefix="mdexplore-bench-") as folder:
        path, top = Path(folder) / "run.xtc", Path(folder) / "top.pdb"
        trajectory = waters(n_atoms, n_frames)
        trajectory.save(str(path))
        trajectory[0].save(str(top))
        pairs = tuple((3 * i, 3 * i + 3) for i in range(n_atoms // 6))

        def opened(cache: str) -> Any:
            with in_cache(cache):
                data = mdx.load(str(path), top=str(top))
                return mdx.Study(data, features=mdx.settings.Distances(pairs=pairs), lagtime=20).result("features", lambda *a: None)

        def afresh() -> Any:
            with tempfile.TemporaryDirectory(prefix="mdexplore-bench-") as cache:
                return opened(cache)

        def again() -> Any:
            return opened(str(Path(folder) / "cache"))

        again()
        pair = Pair(f"{len(pairs)} distances in {n_frames:,} frames of {n_atoms:,} atoms (script: in an empty cache)", afresh, again,
                    lambda a, b: Agreement("equal" if same(a, b) else "different"), GOAL, 11, limit=lambda: mdx.load(str(path), top=str(top)))
        found = table("A project that is opened again", [pair], rounds)
    found.notes.append("The limit here is looking at the files alone. Opening walks the headers of every file, also the second time: a file that was cut or changed meanwhile is noticed. Memory maps are not memory.")
    return [found, *([threads(n_rows, rounds)] if n_rows else [])]


@contextmanager
def in_cache(folder: str) -> Iterator[None]:
    before = os.environ.get("MDEXPLORE_CACHE")
    os.environ["MDEXPLORE_CACHE"] = folder
    try:
        yield
    finally:
        os.environ.pop("MDEXPLORE_CACHE")
        if before is not None:
            os.environ["MDEXPLORE_CACHE"] = before


def same(a: Any, b: Any) -> bool:
    return all((p == q).all() for p, q in zip(a.values, b.values))


def threads(n_frames: int, rounds: int) -> Table:
    """TICA of a hundred features in processes that were told to use so many threads."""
    walls: dict[str, list[float]] = {n: [] for n in THREADS}
    for _ in range(rounds):
        for n in THREADS:
            with tempfile.TemporaryDirectory(prefix="mdexplore-bench-") as cache:
                environment = {**os.environ, "OPENBLAS_NUM_THREADS": n, "OMP_NUM_THREADS": n, "MDEXPLORE_CACHE": cache}
                done = subprocess.run([sys.executable, "-c", CHILD, str(n_frames)], env=environment, capture_output=True, text=True, check=True)
            walls[n].append(float(done.stdout))
    middle = {n: sorted(found)[len(found) // 2] for n, found in walls.items()}
    made = Table(f"TICA of {n_frames:,} x 100 whatever OPENBLAS_NUM_THREADS says", ("threads asked for", "wall", "against one"))
    made.rows = [(n, ms(wall), f"{wall / middle['1']:.2f}") for n, wall in middle.items()]
    made.goals = [at_most(12, f"{n} threads asked for, time against one", wall / middle["1"], MOST_SLOWER) for n, wall in middle.items() if n != "1"]
    made.notes.append("Numerical libraries are held to one thread wherever mdexplore computes.")
    return made
