"""How times grow: from ten thousand frames upwards, and from ten to two thousand states."""
from __future__ import annotations

import tempfile
import warnings
from collections.abc import Callable, Sequence
from itertools import count
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks import clusters, models, moments
from benchmarks.compare import import_all
from benchmarks.disk import with_room
from benchmarks.growth_picture import draw
from benchmarks.timing import Table, Times, ms, once, summary
from mdexplore.base.numerics.assign import assign
from mdexplore.base.numerics.counts import sliding_counts
from mdexplore.base.numerics.errors import ErrorModel
from mdexplore.base.numerics.mle import reversible_mle
from mdexplore.base.numerics.spectrum import slow_modes
from mdexplore.base.work.threads import single_threaded
from mdexplore.methods.checks.chapman import chapman_kolmogorov
from mdexplore.methods.coarse.memberships import memberships
from mdexplore.methods.coarse.pcca import PCCA, pcca
from mdexplore.methods.kinetics.msm import MSM, msm
from mdexplore.methods.results import Clustering

D, K, SETS, LAG = 20, 200, 4, 5
MULTIPLES = (2, 3, 4, 5)
ROUNDS, OFTEN_UP_TO = 3, 10**7   # rounds, and the number of frames up to which there is more than one
PATIENCE_S = 20.0   # what takes longer runs once, and the script is not asked for the next size
MEMORY_FRAMES = 20_000_000   # the script, which takes all frames into memory, is not asked for more
BYTES = 100   # a frame on disk: its file, and what clustering keeps

Act = Callable[[], Any]
Series = dict[str, dict[int, dict[str, Times]]]   # by name, size and who


def run(frames: int = 10_000_000, folder: str | None = None, states: tuple[int, ...] = (10, 30, 100, 300, 1000, 2000), picture: str | None = None) -> list[Table]:
    """Processor and wall time of each kernel and of deeptime's, in turn.

    Parameters
    ----------
    frames : int
        The largest number of frames; files of 80 bytes a frame are written.
    folder : str
        Where they lie; one with room where not given (`benchmarks.disk`).
    states : tuple of int
    picture : str
        A file to draw the tables into.
    """
    sizes = [n for n in (10**4, 10**5, 10**6, 10**7, 10**8) if n <= frames]
    import_all()
    with single_threaded(), tempfile.TemporaryDirectory(prefix="mdexplore-bench-", dir=with_room(BYTES * frames, folder)) as place, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        by_frames, by_states = _over_frames(sizes, Path(place)), _over_states(states)
    made = [_table(f"Growth with the number of frames ({D} features from disk, {K} centres or states)", "frames", by_frames),
            _table("Growth with the number of states (one lag time)", "states", by_states)]
    made[1].notes.append("mdexplore's models and tests come with error bars, the script's without. Tests start from microstates, and estimate all their models.")
    if picture is not None:
        draw(by_frames, by_states, Path(picture))
        made[0].notes.append(f"![Times against frames and states](images/{Path(picture).name})")
    return made


def _over_frames(sizes: Sequence[int], place: Path) -> Series:
    found: Series = {}
    for n in sizes:
        path = place / f"{n}.npy"
        moments.write(path, n, D)
        x = np.load(path, mmap_mode="r")
        points = x[:, :3]
        centers = np.ascontiguousarray(points[:: max(n // K, 1)][:K], dtype=np.float64)
        dtraj = np.resize(assign(np.ascontiguousarray(points[:100_000]), centers), n)
        rounds = ROUNDS if n <= OFTEN_UP_TO else 1
        _measure(found, "TICA", n, lambda x=x: moments.by_moments([x], 10), lambda x=x: moments.by_deeptime([np.array(x)], 10), rounds)
        _measure(found, "k-means", n, lambda p=points: clusters.ours(p, K), lambda p=points: clusters.deeptime_kmeans(np.array(p), K, 20), rounds)
        _measure(found, "assignment", n, lambda p=points, c=centers: assign(p, c), lambda p=points, c=centers: clusters.deeptimes(np.array(p), c), rounds)
        _measure(found, "counts", n, lambda d=dtraj: sliding_counts([d], 10, K), lambda d=dtraj: models.theirs([d], "sliding"), rounds)
        path.unlink()
    return found


def _over_states(states: Sequence[int]) -> Series:
    found: Series = {}
    for k in states:
        dtrajs, number = models.microstates(max(100_000, 300 * k), k), count(1)
        counts = models.active(sliding_counts(dtrajs, LAG, k))
        matrix, stationary = reversible_mle(counts)
        _measure(found, "reversible model and ten timescales", k, lambda c=counts: whole_model(c), lambda c=counts: deeptime_model(c))
        _measure(found, "PCCA+", k, lambda m=matrix, s=stationary: memberships(slow_modes(m, s, SETS - 1).right, s), lambda m=matrix: deeptime_pcca(m))
        # Equal microstates would find their models again, so each call leaves out other frames.
        _measure(found, "model, PCCA+ and Chapman-Kolmogorov test", k, lambda d=dtrajs, i=number: tested(d, next(i)), lambda d=dtrajs: deeptime_tested(d))
    return found


def whole_model(counts: np.ndarray) -> Any:
    matrix, stationary = reversible_mle(counts)
    n = min(10, len(counts) - 1)
    return ErrorModel(matrix, stationary, counts.sum(axis=1)).timescales(slow_modes(matrix, stationary, n), 5)


def deeptime_model(counts: np.ndarray) -> Any:
    """Without bars."""
    from deeptime.markov.msm import MaximumLikelihoodMSM

    return MaximumLikelihoodMSM().fit_fetch(counts).timescales(k=min(10, len(counts) - 1))


def deeptime_pcca(matrix: np.ndarray) -> Any:
    from deeptime.markov.msm import MarkovStateModel

    return MarkovStateModel(matrix).pcca(SETS)


def tested(dtrajs: list[np.ndarray], left_out: int) -> Any:
    """All steps from microstates, without the first frames."""
    centers = np.arange(1.0 + max(int(d.max()) for d in dtrajs))[:, None]
    clustering = Clustering(centers=centers, dtrajs=(dtrajs[0][left_out:], *dtrajs[1:]))
    kinetics = msm(MSM(), clustering, lagtime=LAG)
    return chapman_kolmogorov(clustering, kinetics, pcca(PCCA(n_states=SETS), kinetics, clustering), n_points=1 + len(MULTIPLES))


def deeptime_tested(dtrajs: list[np.ndarray]) -> Any:
    from deeptime.markov import TransitionCountEstimator
    from deeptime.markov.msm import MaximumLikelihoodMSM

    made = [MaximumLikelihoodMSM().fit_fetch(TransitionCountEstimator(m * LAG, "sliding").fit_fetch(dtrajs).submodel_largest()) for m in (1, *MULTIPLES)]
    made[0].pcca(SETS)
    return made[0].ck_test(made, SETS)


def _measure(found: Series, name: str, size: int, ours: Act, script: Act, rounds: int = ROUNDS) -> None:
    """Both in turn; what takes long runs once, and the script not at all where it is known to take too long."""
    known = found.setdefault(name, {})
    last = next((at["script"].wall for at in reversed(known.values()) if "script" in at), 0.0)
    given_up = bool(known) and "script" not in next(reversed(known.values()))
    acts = {"mdexplore": ours}
    if not given_up and last <= PATIENCE_S and size <= MEMORY_FRAMES:
        acts["script"] = script
    if not known:
        for act in acts.values():
            act()   # warms up
    taken: dict[str, list[tuple[float, float]]] = {who: [] for who in acts}
    for number in range(rounds):
        for who, act in acts.items():
            if number == 0 or taken[who][0][0] <= PATIENCE_S:
                taken[who].append(once(act))
    known[size] = {who: summary(times) for who, times in taken.items()}


def _table(title: str, what: str, series: Series) -> Table:
    sizes = sorted({size for known in series.values() for size in known})
    made = Table(title, (what, *[f"{size:,}" for size in sizes]))
    for name, known in series.items():
        for who in ("mdexplore", "script"):
            made.rows.append([f"{name}, {who}", *[_say(known.get(size, {}).get(who)) for size in sizes]])
        made.rows.append([f"{name}, ratio", *[_ratio(known.get(size, {})) for size in sizes]])
    made.notes.append(f"Processor seconds, wall time in brackets; ratios are those of processor seconds and, in brackets, of wall times. Medians of {ROUNDS} rounds in turn; beyond {OFTEN_UP_TO:,} frames, and of what takes "
                      f"more than {PATIENCE_S:.0f} s, one. The script is left out where it would take all frames into memory, or took more than {PATIENCE_S:.0f} s one size before.")
    return made


def _say(times: Times | None) -> str:
    return "" if times is None else f"{ms(times.cpu)} ({ms(times.wall)})"


def _ratio(both: dict[str, Times]) -> str:
    if "script" not in both:
        return ""
    ours, script = both["mdexplore"], both["script"]
    return f"{script.cpu / max(ours.cpu, 1e-9):.1f} ({script.wall / max(ours.wall, 1e-9):.1f})"
