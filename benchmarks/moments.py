"""Covariances: TICA at one lag time, at ten, and from files larger than the memory that is wanted for it."""
from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.compare import Pair, largest_difference, table
from benchmarks.systems import hopping
from benchmarks.timing import Table
from mdexplore.base.numerics.moments import all_moments, choose_shift, partial_moments
from mdexplore.base.work.threads import single_threaded

LAG = 10
LAGS = (1, 2, 5, 10, 20, 50, 100, 150, 200, 300)


def run(n: int = 1_000_000, widths: tuple[int, ...] = (20, 50, 100), from_disk: int = 10_000_000) -> list[Table]:
    """float32 features; sums in float64."""
    pairs = []
    with single_threaded(), tempfile.TemporaryDirectory(prefix="mdexplore-bench-") as folder:
        for d in widths:
            arrays = hopping(n, d)
            pairs.append(Pair(f"TICA, {n:,} x {d}", lambda a=arrays: by_deeptime(a, LAG), lambda a=arrays: by_moments(a, LAG), equal, 4, lambda a=arrays: products(a)))
        arrays = hopping(n, 50)
        pairs.append(Pair(f"TICA at ten lag times, {n:,} x 50", lambda: [by_deeptime(arrays, lag) for lag in LAGS], lambda: in_one_pass(arrays, LAGS),
                          lambda a, b: "; ".join([equal(a[0], b[0]), equal(a[-1], b[-1])]), 8))
        path = Path(folder) / "large.npy"
        write(path, from_disk, 20)
        pairs.append(Pair(f"TICA, {from_disk:,} x 20 from disk", lambda: by_deeptime([np.load(path)], LAG), lambda: by_moments([np.load(path, mmap_mode="r")], LAG), equal, 4,
                          lambda: read(path)))
        return [table("Covariances", pairs)]


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


def equal(a: Any, b: Any) -> str:
    return f"timescales to {largest_difference(a.timescales(k=3), b.timescales(k=3)):.0e}"


def products(arrays: list[np.ndarray]) -> None:
    """The two matrix products of float64 that TICA cannot do without, chunk by chunk."""
    d = arrays[0].shape[1]
    buffer = np.ascontiguousarray(arrays[0][:8192], dtype=np.float64)
    a, b, out = buffer[:-LAG], buffer[LAG:], np.empty((d, d))
    for _ in range(sum(map(len, arrays)) // len(buffer)):
        np.matmul(buffer.T, buffer, out=out)
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
