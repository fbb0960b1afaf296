"""k-means microstates: fitted on a spread sample, finished on all frames."""
from __future__ import annotations

import dataclasses
from dataclasses import dataclass

import numpy as np

from mdexplore.base.errors import UserError
from mdexplore.base.notices import Notice
from mdexplore.base.numerics.assign import lloyd, seed_centers
from mdexplore.base.words import count_of
from mdexplore.methods.clustering.states import finish, spread
from mdexplore.methods.method import Progress, Settings, ignore, method, setting
from mdexplore.methods.results import Clustering, Projection

CENTRES = 200            # where nobody has said
FRAMES_PER_CENTRE = 50   # fewer frames make the counts of a state noise
SAMPLE_PER_CENTRE = 256
SEED_PER_CENTRE, SEED_LEAST = 10, 5000
STARTS = 200             # divided by the number of centres: few centres depend more on where they start, and cost less
FINAL_ROUNDS = 1


@dataclass(frozen=True)
class KMeans(Settings):
    """How many microstates, and how hard to look for them."""

    n_clusters: int | None = setting(None, low=1, high=20_000, help="Number of centres; 200 where not given, fewer for few frames.")
    max_iter: int = setting(30, low=1, high=10_000, help="Most iterations on the sample of frames.")


@method("clustering", settings=KMeans, needs="projection", source="doi:10.1109/TIT.1982.1056489", title="k-means")
def kmeans(settings: KMeans, projection: Projection, *, seed: int = 0, progress: Progress = ignore) -> Clustering:
    """k-means centres and the microstate of every frame.

    Parameters
    ----------
    settings : KMeans
    projection : Projection
    seed : int
        The same seed gives the same result, bit for bit.
    progress : callable

    Returns
    -------
    Clustering
        Centres sorted by the first coordinate; fewer than asked for where there are fewer distinct frames.

    Raises
    ------
    UserError
        If there are fewer frames than clusters asked for.

    Notes
    -----
    Greedy k-means++ and Lloyd on at most 256 evenly spread frames a centre, then one round over all frames: about 1.5 % above the inertia of Lloyd on
    all frames.
    """
    arrays = projection.values
    n = sum(map(len, arrays))
    k = choose_number(settings.n_clusters, n)
    rng = np.random.default_rng(seed)
    total = settings.max_iter + FINAL_ROUNDS + 2
    progress(0, total, "k-means")
    sample = spread(arrays, SAMPLE_PER_CENTRE * k, rng)
    centers = _start(sample, k, rng)
    if len(centers) < k:   # few distinct frames: look at all of them, as the sample may have missed one
        centers = _distinct(arrays, k)
    centers, _ = lloyd([sample], centers, max_iter=settings.max_iter, tick=lambda i: progress(1 + i, total, "k-means"))
    if len(sample) < n:
        centers, _ = lloyd(arrays, centers, max_iter=FINAL_ROUNDS, tick=lambda i: progress(1 + settings.max_iter + i, total, "k-means on all frames"))
    made = finish(arrays, centers, wanted=settings.n_clusters, progress=progress)
    return made if settings.n_clusters else dataclasses.replace(made, notices=(chosen(made.n_clusters, k, n),))


def choose_number(k: int | None, n_frames: int) -> int:
    """The number of centres that was asked for, or what the frames allow; `UserError` where there are fewer frames."""
    if k is not None:
        if k > n_frames:
            raise UserError(f"{k} clusters are too many.", f"There {'is' if n_frames == 1 else 'are'} {count_of(n_frames, 'frame')}.", f"Choose at most {n_frames}, better {max(1, n_frames // FRAMES_PER_CENTRE)}.")
        return k
    return min(CENTRES, max(2, n_frames // FRAMES_PER_CENTRE), n_frames)


def _start(sample: np.ndarray, k: int, rng: np.random.Generator) -> np.ndarray:
    """Centres to start from: the best of a few seedings after three iterations."""
    best, lowest = np.empty((0, sample.shape[1])), np.inf
    for _ in range(max(1, min(4, STARTS // k))):
        seeds = seed_centers(spread([sample], max(SEED_PER_CENTRE * k, SEED_LEAST), rng), k, rng)
        centers, inertia = lloyd([sample], seeds, max_iter=3)
        if inertia < lowest:
            best, lowest = centers, inertia
    return best


def chosen(found: int, wanted: int, n_frames: int) -> Notice:
    """How many microstates there are where nobody asked for a number, and why."""
    why = ", as the frames have no more distinct places" if found < wanted else f", as there are only {n_frames} frames" if found < CENTRES else ""
    return Notice("info", f"{count_of(found, 'microstate')}{why}.", where="clustering")


def _distinct(arrays: tuple[np.ndarray, ...], most: int) -> np.ndarray:
    """The distinct frames, at most so many."""
    found = np.asarray(arrays[0][:0])
    for x in arrays:
        found = np.unique(np.concatenate([found, np.unique(np.asarray(x), axis=0)]), axis=0)
    return found[np.linspace(0, len(found) - 1, min(most, len(found))).round().astype(int)]
