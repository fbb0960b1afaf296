"""The whole pipeline against the script a user of deeptime would write."""
from __future__ import annotations

import os
import tempfile

import numpy as np

import mdexplore as mdx
from benchmarks.compare import anonymous_peak
from benchmarks.systems import hopping
from benchmarks.timing import Table, ms, paired
from mdexplore.base.work.threads import single_threaded

LAG, N_STATES = 20, 4
N_FEATURES, GOALS = 30, (6, 15)
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


def run(sizes: tuple[tuple[int, int], ...] = ((100_000, 100), (1_000_000, 200)), rounds: int = 3) -> list[Table]:
    """Thirty features; each size is a number of frames and of microstates."""
    table = Table(f"Whole pipeline, {N_FEATURES} features, one thread", ("frames, microstates", "script without bars", "script with bars", "mdexplore (with bars)", "wall of these three",
                                                                         "ratio without", "ratio with", "memory of script and mdexplore", "slowest timescale"))
    for n, k in sizes:
        arrays = hopping(n, N_FEATURES)
        with single_threaded():
            (theirs, slowest), (ours, found) = anonymous_peak(lambda arrays=arrays, k=k: by_hand(arrays, k, False)), anonymous_peak(lambda arrays=arrays, k=k: by_study(arrays, k))
            times = paired({"hand": lambda arrays=arrays, k=k: by_hand(arrays, k, False), "bars": lambda arrays=arrays, k=k: by_hand(arrays, k, True),
                            "study": lambda arrays=arrays, k=k: by_study(arrays, k)}, rounds=rounds)
        hand, bars, study = (times[name].cpu for name in ("hand", "bars", "study"))
        table.rows.append((f"{n:,}, {k}", ms(hand), ms(bars), ms(study), ", ".join(ms(times[name].wall) for name in ("hand", "bars", "study")), f"{hand / study:.1f}", f"{bars / study:.1f}",
                           f"{theirs:.0f} and {ours:.0f} MB", f"{100 * (found / slowest - 1):+.1f} %"))
    table.notes.append(f"Processor seconds. The goals at a million frames are ratios of {GOALS[0]} without and {GOALS[1]} with bars. The script's bars are a Bayesian model of ten samples at one lag "
                       "time; mdexplore's are intervals at every lag time, of populations, passage times and the Chapman-Kolmogorov test. Timescales differ by the cluster centres; longer is better.")
    return [table]
