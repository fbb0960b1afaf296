"""The whole pipeline against the script a user of deeptime would write."""
from __future__ import annotations

import os
import tempfile

import numpy as np

import mdexplore as mdx
from benchmarks.clusters import faiss_alone, products
from benchmarks.compare import import_all
from benchmarks.goals import Goal, at_least
from benchmarks.memory import anonymous_peak, say_mb
from benchmarks.moments import products as moment_products
from benchmarks.systems import hopping
from benchmarks.timing import Table, Times, ms, paired
from mdexplore.base.numerics.nearest import backend
from mdexplore.base.work.threads import single_threaded

LAG, N_STATES = 20, 4
N_FEATURES, GOALS = 30, (6, 15)
BARS_THEN = 63   # per cent of the script's time that its bars took when the goal was set
LAGS = (1, 2, 5, 10, 20, 50, 100, 200, 500, 1000)


def by_hand(arrays: list[np.ndarray], n_clusters: int, bars: bool) -> float:
    """TICA, k-means on a tenth of the frames, timescales at ten lag times, one model with PCCA+ and Chapman-Kolmogorov test; gives the slowest timescale."""
    from deeptime.clustering import KMeans
    from deeptime.decomposition import TICA
    from deeptime.markov import TransitionCountEstimator
    from deeptime.markov.msm import BayesianMSM, MaximumLikelihoodMSM

    tica = TICA(lagtime=LAG, dim=4).fit_fetch(arrays)
    points = [tica.transform(x) for x in arrays]
    clusters = KMeans(n_clusters, max_iter=10, fixed_seed=1, n_jobs=1).fit_fetch(np.concatenate(points)[::10])
    dtrajs = [clusters.transform(x) for x in points]
    models = {}
    for lag in LAGS:
        counts = TransitionCountEstimator(lag, "sliding").fit_fetch(dtrajs).submodel_largest()
        models[lag] = MaximumLikelihoodMSM().fit_fetch(counts)
        models[lag].timescales(k=5)
    models[LAG].pcca(N_STATES)
    multiples = []
    for multiple in range(2, 6):
        counts = TransitionCountEstimator(multiple * LAG, "sliding").fit_fetch(dtrajs).submodel_largest()
        multiples.append(MaximumLikelihoodMSM().fit_fetch(counts))
    models[LAG].ck_test([models[LAG], *multiples], N_STATES)
    if bars:
        counts = TransitionCountEstimator(LAG, "effective").fit_fetch(dtrajs).submodel_largest()
        BayesianMSM(n_samples=10).fit_fetch(counts)
    return float(models[LAG].timescales(k=1)[0])


def by_study(arrays: list[np.ndarray], n_clusters: int) -> float:
    """The same by a study, in an empty cache, with error bars on every number."""
    with tempfile.TemporaryDirectory() as cache:
        before = os.environ.get("MDEXPLORE_CACHE")
        os.environ["MDEXPLORE_CACHE"] = cache
        try:
            made = mdx.Study(mdx.load(arrays), clustering=mdx.settings.KMeans(n_clusters=n_clusters), projection=mdx.settings.TICA(dim=4), lagtime=LAG, n_states=N_STATES)
            made.chapman_kolmogorov  # noqa: B018
            return float(made.result("timescales").values[list(made.result("timescales").lagtimes).index(LAG), 0])
        finally:
            if before is None:
                del os.environ["MDEXPLORE_CACHE"]
            else:
                os.environ["MDEXPLORE_CACHE"] = before


def least(arrays: list[np.ndarray], n_clusters: int) -> None:
    """What cannot be left out: the matrix products of covariances and coordinates, and one assignment of all frames."""
    moment_products(arrays)
    matrix = np.ones((arrays[0].shape[1], 4), np.float32)
    for x in arrays:
        points = x @ matrix
        (faiss_alone if backend() == "faiss" else products)(points, points[:: max(1, len(points) // n_clusters)][:n_clusters])


def run(sizes: tuple[tuple[int, int], ...] = ((100_000, 100), (1_000_000, 200)), rounds: int = 3) -> list[Table]:
    """Thirty features; each size is a number of frames and of microstates, and the goals are those of the last."""
    table = Table(f"Whole pipeline, {N_FEATURES} features, one thread", ("frames, microstates", "script without bars", "script with bars", "mdexplore (with bars)", "wall of these three",
                                                                         "ratio without", "ratio with", "limit", "memory of script and mdexplore", "slowest timescale"))
    import_all()
    for n, k in sizes:
        arrays = hopping(n, N_FEATURES)
        acts = {"hand": lambda arrays=arrays, k=k: by_hand(arrays, k, False), "bars": lambda arrays=arrays, k=k: by_hand(arrays, k, True),
                "study": lambda arrays=arrays, k=k: by_study(arrays, k), "limit": lambda arrays=arrays, k=k: least(arrays, k)}
        with single_threaded():
            (ours, found), (theirs, slowest) = anonymous_peak(acts["study"]), anonymous_peak(acts["hand"])
            times = paired(acts, rounds=rounds)
        hand, bars, study, limit = (times[name].cpu for name in acts)
        table.rows.append((f"{n:,}, {k}", ms(hand), ms(bars), ms(study), ", ".join(ms(times[name].wall) for name in ("hand", "bars", "study")), f"{hand / study:.1f}", f"{bars / study:.1f}",
                           f"{ms(limit)} ({100 * limit / study:.0f} %)", f"{say_mb(theirs)}, {say_mb(ours)}", f"{100 * (found / slowest - 1):+.1f} %"))
    table.goals = _goals(f"{n:,} frames, {k} microstates", times)
    table.notes.append("Processor seconds. The script's bars are a Bayesian model of ten samples at one lag time; mdexplore's are intervals at every lag time, of populations, passage times and the "
                       "Chapman-Kolmogorov test. The limit is the matrix products of covariances and coordinates and one assignment of all frames, by faiss where it is installed; in brackets the share of it that is "
                       "reached. Timescales differ by the cluster centres; longer is better.")
    return [table]


def _goals(size: str, times: dict[str, Times]) -> list[Goal]:
    hand, bars, study, limit = (times[name].cpu for name in ("hand", "bars", "study", "limit"))
    share = 100 * (bars - hand) / bars
    cheaper = f"the script's bars take {share:.0f} % of its time here; they took {BARS_THEN} % when the goal was set." if share < BARS_THEN else ""
    reached = f"the script without bars takes {hand / limit:.1f} times as long as the limit, of which {100 * limit / study:.0f} % is reached."
    return [at_least(1, f"{size}, without bars, ratio", hand / study, GOALS[0], reason=reached), at_least(1, f"{size}, with bars, ratio", bars / study, GOALS[1], reason=cheaper)]
