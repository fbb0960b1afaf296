"""The whole pipeline against the script a user of deeptime would write."""
from __future__ import annotations

import os
import tempfile

import numpy as np

import mdexplore as mdx
from benchmarks.systems import hopping
from benchmarks.timing import Table, ms, paired
from mdexplore.base.work.threads import single_threaded

LAG, N_STATES = 20, 4
LAGS = (1, 2, 5, 10, 20, 50, 100, 200, 500, 1000)


def by_hand(arrays: list[np.ndarray], n_clusters: int, bars: bool) -> None:
    """TICA, k-means on a tenth of the frames, timescales at ten lag times, one model with PCCA+ and Chapman-Kolmogorov test."""
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


def by_study(arrays: list[np.ndarray], n_clusters: int) -> None:
    """The same by a study, in an empty cache, with error bars on every number."""
    with tempfile.TemporaryDirectory() as cache:
        before = os.environ.get("MDEXPLORE_CACHE")
        os.environ["MDEXPLORE_CACHE"] = cache
        try:
            made = mdx.Study(mdx.load(arrays), clustering=mdx.settings.KMeans(n_clusters=n_clusters), projection=mdx.settings.TICA(dim=4), lagtime=LAG, n_states=N_STATES)
            made.result("timescales")
            made.chapman_kolmogorov  # noqa: B018
        finally:
            if before is None:
                del os.environ["MDEXPLORE_CACHE"]
            else:
                os.environ["MDEXPLORE_CACHE"] = before


def run(sizes: tuple[int, ...] = (100_000, 1_000_000)) -> list[Table]:
    """Ten features; 100 and 200 microstates."""
    table = Table("Whole pipeline, 10 features, one thread", ("frames, microstates", "script without bars", "script with bars", "mdexplore (with bars)", "ratio without", "ratio with"))
    for n in sizes:
        arrays, k = hopping(n, 10), 100 if n < 1_000_000 else 200
        with single_threaded():
            by_study(arrays, k)   # imports
            found = paired({"hand": lambda arrays=arrays, k=k: by_hand(arrays, k, False), "bars": lambda arrays=arrays, k=k: by_hand(arrays, k, True),
                            "study": lambda arrays=arrays, k=k: by_study(arrays, k)}, rounds=3)
        cpu = {name: times.cpu for name, times in found.items()}
        table.rows.append((f"{n:,}, {k}", ms(cpu["hand"]), ms(cpu["bars"]), ms(cpu["study"]), f"{cpu['hand'] / cpu['study']:.1f}", f"{cpu['bars'] / cpu['study']:.1f}"))
    table.notes.append("Processor seconds. The script's bars are a Bayesian model of ten samples at one lag time; mdexplore's are intervals at every lag time, "
                       "of populations, passage times and the Chapman-Kolmogorov test.")
    return [table]
