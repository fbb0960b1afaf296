"""Regular space microstates: centres no nearer to each other than a distance."""
from __future__ import annotations

import warnings
from dataclasses import dataclass

import numpy as np

from mdexplore.base.errors import UserError
from mdexplore.base.notices import Notice
from mdexplore.methods.clustering.states import finish, spread
from mdexplore.methods.method import Progress, Settings, ignore, method, setting
from mdexplore.methods.results import Clustering, Projection

TARGET = 200
FRAMES_PER_CENTRE = 50
SAMPLE = 20_000


@dataclass(frozen=True)
class RegularSpace(Settings):
    """How far apart the centres are."""

    dmin: float | None = setting(None, low=0.0, help="Least distance between centres, in the units of the coordinates; found from the number wanted where not given.")
    n_clusters: int | None = setting(None, low=1, high=20_000, help="Roughly how many centres, where dmin is not given; 200, fewer for few frames.")
    max_centers: int = setting(1000, low=1, high=20_000, help="More centres than this are refused.")


@method("clustering", settings=RegularSpace, needs="projection", source="doi:10.1063/1.3565032", title="Regular space")
def regular_space(settings: RegularSpace, projection: Projection, *, seed: int = 0, progress: Progress = ignore) -> Clustering:
    """deeptime's regular space clustering, frame by frame in order; ``seed`` spreads the sample from which a distance is found.

    Raises
    ------
    UserError
        If the distance makes more than ``max_centers`` centres.
    """
    arrays = projection.values
    n = sum(map(len, arrays))
    notices: tuple[Notice, ...] = ()
    dmin = settings.dmin
    if dmin is None:
        target = min(settings.n_clusters or max(2, min(TARGET, n // FRAMES_PER_CENTRE)), settings.max_centers)
        dmin = _distance_for(target, spread(arrays, SAMPLE, np.random.default_rng(seed)), progress)
        notices = (Notice("info", f"Centres lie at least {dmin:.3g} apart, which makes about {target}.", where="clustering"),)
    centers = _fit(arrays, dmin, settings.max_centers)
    if centers is None:
        raise UserError(f"A distance of {dmin:.3g} makes more than {settings.max_centers} centres.", "Regular space covers every place that was visited.",
                        "Choose a larger dmin, or a larger max_centers.")
    return finish(arrays, centers, notices, progress=progress)


def _distance_for(target: int, sample: np.ndarray, progress: Progress) -> float:
    """The distance that makes about so many centres on a sample, by bisection."""
    low, high = 0.0, float(np.linalg.norm(np.ptp(sample, axis=0).astype(float))) or 1.0
    for step in range(16):
        progress(step, 16, "Looking for the distance between centres")
        middle = (low + high) / 2
        found = _fit((sample,), middle, 2 * target + 10)
        if found is None or len(found) > target:
            low = middle
        else:
            high = middle
    return high


def _fit(arrays: tuple[np.ndarray, ...], dmin: float, most: int) -> np.ndarray | None:
    """Centres by deeptime; None where there are more than allowed."""
    from deeptime.clustering import RegularSpace as Estimator

    estimator = Estimator(dmin=dmin, max_centers=most + 1, n_jobs=1)
    for x in arrays:
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", "Maximum number of cluster centers reached")   # our caller says it
            estimator.partial_fit(np.ascontiguousarray(x))
        if len(estimator.fetch_model().cluster_centers) > most:
            return None
    return np.array(estimator.fetch_model().cluster_centers, dtype=np.float64)
