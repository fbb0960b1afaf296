"""k-means and the assignment of all frames, by deeptime, by matrix products and by faiss."""
from __future__ import annotations

from typing import Any

import numpy as np

from benchmarks.compare import Agreement, Found, Pair, table
from benchmarks.goals import Goal, at_most
from benchmarks.timing import Table
from mdexplore.base.numerics.assign import assign, partial_sums
from mdexplore.base.numerics.nearest import backend
from mdexplore.base.work.threads import single_threaded
from mdexplore.methods.clustering.kmeans import KMeans, kmeans
from mdexplore.methods.results import Projection

GOAL_INERTIA = 2   # per cent above Lloyd on all frames
LABELS = "% of the labels"


def run(n: int = 1_000_000, ks: tuple[int, ...] = (200, 1000), iterations: int = 20) -> list[Table]:
    """Three coordinates in eight groups; deeptime's k-means on all frames."""
    pairs = []
    with single_threaded():
        x = points(n)
        for k in ks:
            centers = x[:: len(x) // k][:k].astype(np.float64)
            for by in ("numpy", "faiss") if backend() == "faiss" else ("numpy",):
                pairs.append(Pair(f"assignment of {n:,} frames to {k}, {by}", lambda c=centers: deeptimes(x, c), lambda c=centers, by=by: assign(x, c, by), same_labels, 10 if by == "faiss" else 2.5, 4,
                                  lambda c=centers, by=by: faiss_alone(x, c) if by == "faiss" else products(x, c)))
        k = ks[0]
        pairs.append(Pair(f"k-means, {n:,} frames, {k} centres", lambda: deeptime_kmeans(x, k, iterations), lambda: ours(x, k), lambda a, b: more_inertia(x, a, b), 10, 4,
                          lambda: products(x, x[:k]), near_lloyd, rounds=1))
        found = table(f"Clustering ({backend()})", pairs)
    found.notes.append(f"deeptime's k-means is Lloyd on all frames, {iterations} rounds at most, run once; mdexplore's looks at a sample, ends with one round on all frames, and assigns them. The limit of "
                       "the rows with faiss is one call of faiss on all frames, else all matrix products of frames and centres, once.")
    return [found]


def same_labels(a: np.ndarray, b: np.ndarray) -> Agreement:
    share = 100 * float((a == b).mean())
    return Agreement(f"{share:.3f} {LABELS}", share)


def more_inertia(x: np.ndarray, theirs: np.ndarray, ours: np.ndarray) -> Agreement:
    more = 100 * (inertia(x, ours) / inertia(x, theirs) - 1)
    return Agreement(f"inertia {more:+.1f} %", more)


def near_lloyd(found: Found) -> list[Goal]:
    return [at_most(4, f"{found.pair.title}, inertia above Lloyd on all frames", found.equality.value, GOAL_INERTIA, " %")]


def points(n: int) -> np.ndarray:
    random = np.random.default_rng(0)
    groups = 3 * random.standard_normal((8, 3))
    return (np.repeat(groups[random.integers(0, 8, n // 500 + 1)], 500, axis=0)[:n] + random.standard_normal((n, 3))).astype(np.float32)


def deeptimes(x: np.ndarray, centers: np.ndarray) -> np.ndarray:
    from deeptime.clustering import ClusterModel

    return ClusterModel(centers.astype(np.float32)).transform(x, n_jobs=1)


def deeptime_kmeans(x: np.ndarray, k: int, iterations: int) -> np.ndarray:
    from deeptime.clustering import KMeans as Theirs

    return Theirs(k, max_iter=iterations, fixed_seed=1, n_jobs=1).fit_fetch(x).cluster_centers


def ours(x: np.ndarray, k: int) -> np.ndarray:
    """With the assignment of all frames, which deeptime's leaves to do."""
    return kmeans(KMeans(n_clusters=k), Projection((x,), ("a", "b", "c"), "", None)).centers


def inertia(x: np.ndarray, centers: Any) -> float:
    return partial_sums([x], np.asarray(centers, dtype=np.float64))[2]


def products(x: np.ndarray, centers: np.ndarray) -> None:
    """All scores, by matrix products alone."""
    columns = np.ascontiguousarray(centers.T, dtype=np.float32)
    step = max(64, (1 << 19) // len(centers))
    out = np.empty((step, len(centers)), np.float32)
    for start in range(0, len(x) - step, step):
        np.matmul(x[start:start + step], columns, out=out)


def faiss_alone(x: np.ndarray, centers: np.ndarray) -> None:
    """One call, on one thread."""
    import faiss

    faiss.omp_set_num_threads(1)
    faiss.knn(x, centers.astype(np.float32), 1)
