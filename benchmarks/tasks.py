"""What a task costs on a dask cluster, and whether covariances by one are those of this process."""
from __future__ import annotations

import logging
import os
import tempfile
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks import moments
from benchmarks.goals import at_most
from benchmarks.timing import Table, ms, once
from mdexplore.base.numerics.moments import all_moments, choose_shift
from mdexplore.base.work import pieces
from mdexplore.base.work.cluster import executor_of
from mdexplore.base.work.threads import single_threaded

LAG, D, GOAL_PER_CENT, GOAL_DIFFERENCE = 10, 50, 10, 1e-12


def run(n_files: int = 4, rows: int = 3_000_000, n_small: int = 200, rounds: int = 3) -> list[Table]:
    """A LocalCluster of one worker beside this process: what it takes longer is the cost of the tasks."""
    from distributed import Client, LocalCluster

    with tempfile.TemporaryDirectory(prefix="mdexplore-bench-") as folder, \
            LocalCluster(n_workers=1, threads_per_worker=1, processes=True, dashboard_address=":0", host="127.0.0.1", silence_logs=logging.ERROR) as cluster, \
            Client(cluster, set_as_default=False) as client:
        arrays = files(Path(folder), n_files, rows)
        there = executor_of(client)
        here_s, there_s, small_s = [], [], []
        a, b = covariances(arrays, None), covariances(arrays, there)
        for _ in range(rounds):
            here_s.append(once(lambda: covariances(arrays, None))[0])
            there_s.append(once(lambda: covariances(arrays, there))[0])
            small_s.append(once(lambda: many_small(there, n_small))[0])
    middle = [sorted(found)[len(found) // 2] for found in (here_s, there_s, small_s)]
    n_tasks = len(pieces.cut([rows] * n_files, max(1, pieces.PIECE_BYTES // (4 * D))))
    apart, overhead = max(float(np.abs(x - y).max() / np.abs(x).max()) for x, y in zip(a, b)), 100 * (middle[1] / middle[0] - 1)
    table = Table(f"Tasks on a dask cluster of one worker (of {os.cpu_count()} cores), covariances of {n_files} files of {rows:,} x {D}", ("", "wall"))
    table.rows = [("this process", ms(middle[0])), (f"{n_tasks} tasks there", ms(middle[1])), ("a task, on average", ms(middle[1] / n_tasks)),
                  ("overhead", f"{overhead:.0f} %"), ("a task that does nothing, result kept in the cache", ms(middle[2] / n_small)),
                  ("a result that travels", f"{(3 * D * D + 3 * D) * 8 / 1e3:.0f} kB"),
                  ("largest difference of the covariances", f"{apart:.0e}")]
    lengths = f"tasks of {1000 * middle[1] / n_tasks:.0f} ms"
    table.notes.append(f"The goal for the overhead is meant for tasks of a second or more; here they take {1000 * middle[1] / n_tasks:.0f} ms.")
    table.goals = [at_most(15, f"overhead, {lengths}", overhead, GOAL_PER_CENT, " %",
                           f"{lengths} are {'shorter' if middle[1] < n_tasks else 'longer'} than a second, and one that does nothing takes {ms(middle[2] / n_small)}."),
                   at_most(15, "largest difference of the covariances", apart, GOAL_DIFFERENCE)]
    return [table]


def files(folder: Path, n_files: int, rows: int) -> list[np.ndarray]:
    for k in range(n_files):
        moments.write(folder / f"{k}.npy", rows, D)
    return [np.load(folder / f"{k}.npy", mmap_mode="r") for k in range(n_files)]


def covariances(arrays: list[np.ndarray], executor: Any) -> tuple[np.ndarray, np.ndarray]:
    shift = choose_shift(arrays)
    with single_threaded(), pieces.spreading(executor) as spread:
        found = all_moments(arrays, LAG, shift).covariances(reversible=True)
        spread.forget()
    return found.cov_00, found.cov_0t


def many_small(executor: Any, n: int) -> None:
    with pieces.spreading(executor) as spread:
        pieces.sums(nothing, [np.zeros((n, 1))], 1)
        spread.forget()


def nothing(parts: list[np.ndarray], *, tick: Any = None) -> float:
    return 0.0
