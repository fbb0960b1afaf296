"""Mini-batch k-means microstates: each step looks at a few frames, so that the cost does not grow with the data."""
from __future__ import annotations

import dataclasses
from dataclasses import dataclass

import numpy as np

from mdexplore.base.numerics.assign import assign, seed_centers
from mdexplore.methods.clustering.kmeans import SEED_LEAST, SEED_PER_CENTRE, choose_number, chosen
from mdexplore.methods.clustering.states import finish, spread
from mdexplore.methods.method import Progress, Settings, ignore, method, setting
from mdexplore.methods.results import Clustering, Projection

TOLERANCE = 1e-3   # of the spread of the coordinates: mean move of a centre in a step
CALM = 5           # steps in a row


@dataclass(frozen=True)
class MiniBatchKMeans(Settings):
    """How many microstates, and how many frames a step."""

    n_clusters: int | None = setting(None, low=1, high=20_000, help="Number of centres; 200 where not given, fewer for few frames.")
    batch_size: int = setting(4096, low=10, high=1_000_000, help="Frames in a step, drawn at random.")
    max_iter: int = setting(200, low=1, high=10_000, help="Most steps.")


@method("clustering", settings=MiniBatchKMeans, needs="projection", source="doi:10.1145/1772690.1772862", name="minibatch-kmeans", title="Mini-batch k-means")
def minibatch_kmeans(settings: MiniBatchKMeans, projection: Projection, *, seed: int = 0, progress: Progress = ignore) -> Clustering:
    """Centres that follow the means of random batches, each with a step that shrinks with the frames it has seen.

    Parameters
    ----------
    settings : MiniBatchKMeans
    projection : Projection
    seed : int
        The same seed gives the same result, bit for bit.
    progress : callable

    Returns
    -------
    Clustering
        Centres sorted by the first coordinate; fewer than asked for where some have no frames of their own.

    Raises
    ------
    UserError
        If there are fewer frames than clusters asked for.

    Notes
    -----
    Sculley 2010, doi:10.1145/1772690.1772862.
    """
    arrays = projection.values
    n = sum(map(len, arrays))
    k, rng = choose_number(settings.n_clusters, n), np.random.default_rng(seed)
    centers = seed_centers(spread(arrays, max(SEED_PER_CENTRE * k, SEED_LEAST), rng), k, rng)
    seen, calm = np.zeros(len(centers)), 0
    limit = TOLERANCE * float(np.linalg.norm(spread(arrays, SEED_LEAST, rng).std(axis=0)))
    for step in range(settings.max_iter):
        progress(step, settings.max_iter, "Mini-batch k-means")
        batch = spread(arrays, settings.batch_size, rng)
        labels = assign(batch, centers)
        counts = np.bincount(labels, minlength=len(centers)).astype(float)
        sums = np.stack([np.bincount(labels, weights=batch[:, j], minlength=len(centers)) for j in range(batch.shape[1])], axis=1)
        hit = counts > 0
        seen += counts
        move = (sums[hit] - counts[hit, None] * centers[hit]) / seen[hit, None]
        centers[hit] += move
        calm = calm + 1 if np.linalg.norm(move, axis=1).mean() < limit else 0
        if calm == CALM or (len(batch) == n and calm):
            break
    made = finish(arrays, centers, wanted=settings.n_clusters, progress=progress)
    return made if settings.n_clusters else dataclasses.replace(made, notices=(chosen(made.n_clusters, k, n),))
