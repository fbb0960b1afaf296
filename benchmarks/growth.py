"""How times grow: from ten thousand frames upwards, and from ten to two thousand states."""
from __future__ import annotations

import tempfile
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks import clusters, models, moments
from benchmarks.timing import Table, ms, once
from mdexplore.base.numerics.assign import assign
from mdexplore.base.numerics.counts import sliding_counts
from mdexplore.base.numerics.errors import ErrorModel
from mdexplore.base.numerics.mle import reversible_mle
from mdexplore.base.numerics.spectrum import slow_modes
from mdexplore.base.work.threads import single_threaded

D, K = 20, 200
PATIENCE_S = 20.0   # the script is not asked for the next size where this one took longer
MEMORY_FRAMES = 20_000_000   # the script, which takes all frames into memory, is not asked for more

Series = dict[str, list[tuple[int, float]]]


def run(frames: int = 10_000_000, folder: str | None = None, states: tuple[int, ...] = (10, 30, 100, 300, 1000, 2000), picture: str | None = None) -> list[Table]:
    """Processor seconds of each kernel and of deeptime's, one run each after one that warms up.

    Parameters
    ----------
    frames : int
        The largest number of frames; files of 80 bytes a frame are written.
    folder : str
        Where they lie.
    states : tuple of int
    picture : str
        A file to draw the tables into.
    """
    sizes = [n for n in (10**4, 10**5, 10**6, 10**7, 10**8) if n <= frames]
    with single_threaded(), tempfile.TemporaryDirectory(prefix="mdexplore-bench-", dir=folder) as place, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        by_frames, by_states = _over_frames(sizes, Path(place)), _over_states(states)
    if picture is not None:
        draw(by_frames, by_states, Path(picture))
    made = [_table(f"Growth with the number of frames ({D} features from disk, {K} centres or states)", "frames", by_frames),
            _table("Growth with the number of states (one lag time)", "states", by_states)]
    if picture is not None:
        made[0].notes.append(f"![Times against frames and states](images/{Path(picture).name})")
    return made


def _over_frames(sizes: list[int], place: Path) -> Series:
    found: Series = {}
    for n in sizes:
        path = place / f"{n}.npy"
        moments.write(path, n, D)
        x = np.load(path, mmap_mode="r")
        points = x[:, :3]
        centers = np.ascontiguousarray(points[:: max(n // K, 1)][:K], dtype=np.float64)
        labels = assign(np.ascontiguousarray(points[:100_000]), centers)
        dtraj = np.resize(labels, n)
        _measure(found, n, "TICA", lambda x=x: moments.by_moments([x], 10), lambda x=x: moments.by_deeptime([np.array(x)], 10))
        _measure(found, n, "assignment", lambda p=points, c=centers: assign(p, c), lambda p=points, c=centers: clusters.deeptimes(np.array(p), c))
        _measure(found, n, "counts", lambda d=dtraj: sliding_counts([d], 10, K), lambda d=dtraj: models.theirs([d], "sliding"))
        path.unlink()
    return found


def _over_states(states: tuple[int, ...]) -> Series:
    found: Series = {}
    for k in states:
        counts = models.active(sliding_counts(models.microstates(max(100_000, 300 * k), k), 5, k))
        _measure(found, k, "reversible model and ten timescales with bars", lambda c=counts: whole_model(c), lambda c=counts: deeptime_model(c))
    return found


def whole_model(counts: np.ndarray) -> Any:
    matrix, stationary = reversible_mle(counts)
    n = min(10, len(counts) - 1)
    return ErrorModel(matrix, stationary, counts.sum(axis=1)).timescales(slow_modes(matrix, stationary, n), 5)


def deeptime_model(counts: np.ndarray) -> Any:
    """Without bars."""
    from deeptime.markov.msm import MaximumLikelihoodMSM

    return MaximumLikelihoodMSM().fit_fetch(counts).timescales(k=min(10, len(counts) - 1))


def _measure(found: Series, size: int, name: str, ours: Callable[[], Any], script: Callable[[], Any]) -> None:
    for who, act in ((f"{name}, mdexplore", ours), (f"{name}, script", script)):
        known = found.setdefault(who, [])
        if who.endswith("script") and known and (known[-1][1] > PATIENCE_S or size > MEMORY_FRAMES):
            continue
        if not known:
            act()   # imports
        known.append((size, once(act)[1]))


def _table(title: str, what: str, series: Series) -> Table:
    sizes = sorted({size for points in series.values() for size, _ in points})
    made = Table(title, (what, *[f"{size:,}" for size in sizes]))
    for name, points in series.items():
        known = dict(points)
        made.rows.append([name, *[ms(known[size]) if size in known else "" for size in sizes]])
    made.notes.append("Processor seconds. The script is left out where it would take all frames into memory, or took more than "
                      f"{PATIENCE_S:.0f} s one size before.")
    return made


def draw(by_frames: Series, by_states: Series, path: Path) -> None:
    """Both tables as curves on logarithmic axes."""
    import matplotlib

    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    figure, axes = plt.subplots(1, 2, figsize=(10, 4), layout="constrained")
    for ax, series, label in zip(axes, (by_frames, by_states), ("frames", "states")):
        for number, name in enumerate(dict.fromkeys(key.rpartition(", ")[0] for key in series)):
            for who, style in (("mdexplore", "o-"), ("script", "s--")):
                points = series.get(f"{name}, {who}", [])
                ax.loglog(*zip(*points), style, color=f"C{number}", label=f"{name}, {who}") if points else None
        ax.set(xlabel=label, ylabel="processor time / s")
        ax.legend(fontsize="x-small")
        ax.grid(alpha=0.3)
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, dpi=110)
    plt.close(figure)
