"""What projections on functions of the features share: reading their moments, projecting all frames, telling."""
from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, cast

import numpy as np

from mdexplore.base.notices import Notice
from mdexplore.base.numerics.moments import Moments
from mdexplore.base.words import count_of, in_percent
from mdexplore.methods.method import Progress
from mdexplore.methods.progress import counted
from mdexplore.methods.projection.custom import correlations
from mdexplore.methods.projection.lifting import CANDIDATES, Lift, Lifted, evaluate, standardised
from mdexplore.methods.projection.linear import check_pairs, gather_moments
from mdexplore.methods.projection.operators import SlowFunctions
from mdexplore.methods.results import Features, Projection

CHUNK = 4096
MEDIAN_SAMPLE = 500


def lifted_moments(features: Features, lifts: Sequence[Lift], lagtime: int, timestep_ns: float | None, progress: Progress) -> tuple[Moments, tuple[Notice, ...]]:
    """Moments of functions of the features over all trajectories longer than the lag time; twice the frames are told as what is to do."""
    arrays = cast("list[np.ndarray]", [Lifted(lifts, x) for x in features.values])
    return gather_moments(arrays, lagtime, timestep_ns, progress, last=2 * sum(map(len, features.values)))


def project(features: Features, lift: Lift, found: SlowFunctions, *, dim: int, title: str, lagtime: int, progress: Progress, notices: tuple[Notice, ...] = (),
            lengths: np.ndarray | None = None, later: bool = False, **parameters: Any) -> Projection:
    """All frames on the slowest functions.

    Parameters
    ----------
    features : Features
    lift : dict
        The functions that ``found`` is made of (`lifting`).
    found : SlowFunctions
    dim : int
        How many coordinates, at most the rank.
    lengths : ndarray, shape (rank,), optional
        What each coordinate is multiplied by; of unit variance where not given.
    later : bool
        Use the functions of the later frames.
    **parameters
        Further plain values to keep.
    """
    dim = min(dim, found.rank)
    kept: dict[str, Any] = {
        "kind": "lifted", "lift": lift, "mean": found.mean_t if later else found.mean, "coefficients": (found.coefficients_t if later else found.coefficients)[:, :dim],
        "dim": dim, "solved_values": found.values, **parameters,
    }
    if lengths is not None:
        kept["coefficients"] = kept["coefficients"] * lengths[:dim]
    values, done, total = [], sum(map(len, features.values)), 2 * sum(map(len, features.values))
    for x in features.values:
        values.append(apply_lifted(kept, x, counted(progress, done, total, "Projecting")))
        done += len(x)
    loadings = correlations(features.values, tuple(values))
    signs = np.where(loadings[np.abs(loadings).argmax(axis=0), np.arange(dim)] < 0, -1.0, 1.0)
    kept["coefficients"] = kept["coefficients"] * signs
    return Projection(values=tuple(v * signs.astype(np.float32) for v in values), names=tuple(f"{title} {i + 1}" for i in range(dim)), title=title, lagtime=lagtime,
                      parameters=kept, singular_values=found.correlations, loadings=loadings * signs, notices=notices)


def apply_lifted(parameters: dict[str, Any], x: np.ndarray, tick: Callable[[int], None] | None = None) -> np.ndarray:
    """Coordinates of frames; shape (n, dim), float32."""
    mean, coefficients = np.asarray(parameters["mean"]), np.asarray(parameters["coefficients"])
    out = np.empty((len(x), coefficients.shape[1]), np.float32)
    for start in range(0, len(x), CHUNK):
        out[start : start + CHUNK] = (evaluate(parameters["lift"], x[start : start + CHUNK]) - mean) @ coefficients
        if tick is not None:
            tick(min(len(x), start + CHUNK))
    return out


def candidates(features: Features, base: Lift, rng: np.random.Generator) -> tuple[np.ndarray, float, int]:
    """Frames to choose landmarks from, the median distance between them, and how many frames there are in all.

    Returns
    -------
    frames : ndarray, shape (n, d)
        Standardised; all frames up to 5000, an even spread of as many where there are more.
    median : float
        Standard deviations of the features.
    n_frames : int
    """
    from mdexplore.methods.clustering.states import spread
    from mdexplore.methods.projection.lifting import squared_distances

    frames = standardised(base, spread(features.values, CANDIDATES, rng))
    few = frames[:: max(1, len(frames) // MEDIAN_SAMPLE)]
    apart = np.sqrt(squared_distances(few, few)[np.triu_indices(len(few), 1)])
    median = float(np.median(apart[apart > 0])) if (apart > 0).any() else 1.0
    return frames, median, sum(map(len, features.values))


def told_functions(found: SlowFunctions, dim: int, n_pairs: int, kind: str = "function") -> tuple[Notice, ...]:
    """What has to be said of a fit: fewer coordinates than asked for, few frames for so many functions.

    Raises
    ------
    UserError
        If the frames are so few that the functions fit anything (`linear.check_pairs`).
    """
    check_pairs(n_pairs, found.freedom, kind)
    said: list[Notice] = []
    if dim > found.rank:
        said.append(Notice("info", f"{count_of(found.rank, 'slow coordinate is', 'slow coordinates are')} kept, as many as the functions allow.", where="projection"))
    if n_pairs < 10 * found.rank:
        said.append(Notice("warning", f"{n_pairs} pairs of frames are few for {found.rank} independent functions; noise can look slow.",
                           "Look at the held-out score, or use fewer functions.", "projection"))
    return tuple(said)


def told_landmarks(lift: Lift, n_frames: int, bandwidth_given: bool) -> tuple[Notice, ...]:
    """What has to be said of a kernel: its bandwidth, and what its landmarks leave out."""
    said: list[Notice] = []
    n, bandwidth, left = len(lift["centers"]), float(lift["bandwidth"]), float(lift["left"])
    if n_frames > CANDIDATES:
        said.append(Notice("info", f"The kernel of {n_frames} frames is seen through {count_of(n, 'landmark')} (Nyström approximation), which leave out {_percent(left)} of it.",
                           "More landmarks, or a larger bandwidth, leave out less." if left > 0.01 else "", "projection"))
    elif left > 1e-6:
        said.append(Notice("info", f"{count_of(n, 'landmark')} leave out {_percent(left)} of the kernel.", "More landmarks, or a larger bandwidth, leave out less.", "projection"))
    if not bandwidth_given:
        said.append(Notice("info", f"The bandwidth of the kernel is {bandwidth:.2g} standard deviations of the features.", "Compare others by the held-out score.", "projection"))
    return tuple(said)


def _percent(share: float) -> str:
    return in_percent(share) if share >= 1e-5 else "less than 0.001 %"
