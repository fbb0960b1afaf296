"""Covariances: TICA at one lag time, at ten, and from files larger than the memory that is wanted for it."""
from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.compare import Agreement, Found, Pair, largest_difference, table
from benchmarks.goals import Goal, at_least, at_most
from benchmarks.systems import hopping
from benchmarks.timing import Table
from mdexplore.base.numerics.moments import all_moments, choose_shift, partial_moments
from mdexplore.base.work.threads import single_threaded

LAG = 10
LAGS = (1, 2, 5, 10, 20, 50, 100, 150, 200, 300)
WIDE, GOAL_SHARE, GOAL_MB = 50, 70, 500   # from so many features on so many per cent of the limit, and memory from disk


def run(n: int = 1_000_000, widths: tuple[int, ...] = (20, 50, 100), from_disk: int = 10_000_000) -> list[Table]:
    """float32 features; sums in float64. `from_disk` is the number of frames that are read from a file."""
    pairs = []
    with single_threaded(), tempfile.TemporaryDirectory(prefix="mdexplore-bench-") as folder:
        for d in widths:
            arrays = hopping(n, d)
            pairs.append(Pair(f"TICA, {n:,} x {d}", lambda a=arrays: by_deeptime(a, LAG), lambda a=arrays: by_moments(a, LAG), equal, 4, 2, lambda a=arrays: products(a),
                              near_the_limit if d >= WIDE else None))
        arrays = hopping(n, 50)
        pairs.append(Pair(f"TICA at ten lag times, {n:,} x 50", lambda: [by_deeptime(arrays, lag) for lag in LAGS], lambda: in_one_pass(arrays, LAGS), equal_all, 8, 3,
                          lambda: products(arrays, len(LAGS))))
        path = Path(folder) / "large.npy"
        write(path, from_disk, 20)
        pairs.append(Pair(f"TICA, {from_disk:,} x 20 from disk", lambda: by_deeptime([np.load(path)], LAG), lambda: by_moments([np.load(path, mmap_mode="r")], LAG), equal, 4, 2,
                          lambda: both(read(path), products([np.load(path, mmap_mode="r")])), in_little_memory))
        found = table("Covariances", pairs)
        found.notes.append("The limit is one matrix product of float64 of the frames with themselves and one for each lag time, from disk after a read of every byte. deeptime adds in float64, too: "
                           "the script hands it float64 frames.")
        return [found]


def near_the_limit(found: Found) -> list[Goal]:
    return [at_least(2, f"{found.pair.title}, share of the limit", found.share, GOAL_SHARE, " %")]


def in_little_memory(found: Found) -> list[Goal]:
    return [at_most(2, f"{found.pair.title}, memory", found.memory[1], GOAL_MB, " MB")]


def both(*_: object) -> None:
    """One after the other."""


def by_deeptime(arrays: list[np.ndarray], lag: int) -> Any:
    from deeptime.decomposition import TICA

    return TICA(lagtime=lag).fit_from_timeseries([np.asarray(a, dtype=np.float64) for a in arrays]).fetch_model()


def by_moments(arrays: list[np.ndarray], lag: int) -> Any:
    from deeptime.decomposition import TICA

    return TICA(lagtime=lag).fit_from_covariances(all_moments(arrays, lag, choose_shift(arrays)).covariances(reversible=True)).fetch_model()


def in_one_pass(arrays: list[np.ndarray], lags: tuple[int, ...]) -> list[Any]:
    from deeptime.decomposition import TICA

    found = partial_moments(arrays, lags, choose_shift(arrays))
    return [TICA(lagtime=m.lagtime).fit_from_covariances(m.covariances(reversible=True)).fetch_model() for m in found]


def equal(a: Any, b: Any) -> Agreement:
    return equal_all([a], [b])


def equal_all(a: list[Any], b: list[Any]) -> Agreement:
    """Of models at several lag times, the worst."""
    worst = max(largest_difference(p.timescales(k=3), q.timescales(k=3)) for p, q in zip(a, b, strict=True))
    return Agreement(f"timescales to {worst:.0e}", worst)


def products(arrays: list[np.ndarray], n_lags: int = 1) -> None:
    """The matrix products of float64 that TICA cannot do without, chunk by chunk: one, and one more for each lag time."""
    d = arrays[0].shape[1]
    buffer = np.ascontiguousarray(arrays[0][:8192], dtype=np.float64)
    out, lag = np.empty((d, d)), min(LAG, len(buffer) - 1)
    a, b = buffer[:-lag], buffer[lag:]
    for _ in range(sum(map(len, arrays)) // len(buffer)):
        np.matmul(buffer.T, buffer, out=out)
        for _ in range(n_lags):
            np.matmul(a.T, b, out=out)


def write(path: Path, n: int, d: int) -> None:
    array = np.lib.format.open_memmap(path, mode="w+", dtype=np.float32, shape=(n, d))
    block = hopping(min(n, 500_000), d, 1)[0]
    for start in range(0, n, len(block)):
        array[start:start + len(block)] = block[:n - start]


def read(path: Path) -> int:
    """Every byte of a file, once."""
    total = 0
    with open(path, "rb", buffering=0) as file:
        buffer = bytearray(1 << 22)
        while count := file.readinto(buffer):
            total += count
    return total
