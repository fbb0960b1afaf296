"""What each step takes in memory at its peak, estimated from shapes, and said before it is tried where it will not fit."""
from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from mdexplore.base import room
from mdexplore.base.words import count_of
from mdexplore.base.work.pieces import PIECE_BYTES
from mdexplore.methods.clustering.kmeans import CENTRES, SAMPLE_PER_CENTRE
from mdexplore.methods.method import Settings, method_of

if TYPE_CHECKING:
    from mdexplore.session.study import Study

Size = tuple[float, str, str]   # bytes, what it is, how to make it smaller

DOUBLE, SINGLE = 8.0, 4.0   # bytes of a number
LINEAR = ("tica", "vamp")
ROWS = 8192         # of the moments' buffers
BUFFERS = 2         # of them: earlier and later frames
OF_SAMPLE = 3       # copies of the sample that centres are learned from
SAMPLES = 100       # of a posterior, where nobody has said
COPIES = 3          # of samples that go from a worker to the page: made, sent and taken
LAGTIMES = 12       # whose models are kept for timescales,
MULTIPLES = 5       # and for a test

# Matrices of all pairs of features or microstates that are held at the same time, as measured with tracemalloc.
OF_FEATURES = 12
OF_MODEL = 6        # while one model is made,
OF_KEPT = 2.5       # for each that is kept,
KEPT_BYTES, KEPT = 256 << 20, 4   # of which there are so many, or more while they are small,
OF_ENTRY = 2        # each with two matrices


def check_room(study: Study, step: str) -> None:
    """Say what will not fit into memory before it is tried; features look to themselves.

    Raises
    ------
    UserError
        With what it takes, what is free, and how to make it smaller.
    """
    if step in _SIZES:
        room.check(*_SIZES[step](study))


def _of_projection(study: Study) -> Size:
    features, filled = study.result("features"), study.recipe.projection
    d, n = features.n_features, sum(map(len, features.values))
    is_linear = isinstance(filled, Settings) and method_of(filled).name in LINEAR
    matrices = OF_FEATURES * DOUBLE * d * d + BUFFERS * ROWS * DOUBLE * d if is_linear else 0.0
    values = SINGLE * n * min(getattr(filled, "dim", None) or d, d)
    # Linear projections are written to the disk as they are made.
    return (matrices + (min(values, PIECE_BYTES) if is_linear else values), f"A projection of {count_of(d, 'feature')} and {count_of(n, 'frame')}",
            "Choose fewer features, for example by a selection of residues, or load every n-th frame (stride=).")


def _of_clustering(study: Study) -> Size:
    projection, filled = study.result("projection"), study.recipe.clustering
    n, k = sum(map(len, projection.values)), getattr(filled, "n_clusters", None) or CENTRES
    sample = min(n, SAMPLE_PER_CENTRE * k)
    return OF_SAMPLE * DOUBLE * sample * projection.dim + min(DOUBLE * n, PIECE_BYTES), f"A clustering of {count_of(n, 'frame')} into {count_of(k, 'microstate')}", "Choose fewer microstates, or load every n-th frame (stride=)."


def _of_models(n_lagtimes: int) -> Callable[[Study], Size]:
    def size(study: Study) -> Size:
        k = study.result("clustering").n_clusters
        kept = min(n_lagtimes, max(KEPT, int(KEPT_BYTES // (OF_ENTRY * DOUBLE * k * k))))
        return (OF_MODEL + OF_KEPT * kept) * DOUBLE * k * k, f"A Markov model of {count_of(k, 'microstate')}", "Choose fewer microstates."
    return size


def _of_samples(n_samples: int, k: int, copies: int) -> Size:
    return (copies * n_samples + OF_MODEL) * DOUBLE * k * k, f"A posterior of {n_samples} samples for {count_of(k, 'microstate')}", "Draw fewer samples, or choose fewer microstates."


def _of_kinetics(study: Study) -> Size:
    n_samples = getattr(study.recipe.kinetics, "n_samples", 0)
    if not n_samples:
        return _of_models(1)(study)
    return _of_samples(n_samples, study.result("clustering").n_clusters, COPIES)


def _of_coarse(study: Study) -> Size:
    return _of_models(1)(study)


def _of_posterior(study: Study) -> Size:
    return _of_samples(SAMPLES, study.result("clustering").n_clusters, 1)


_SIZES: dict[str, Callable[[Any], Size]] = {
    "projection": _of_projection, "clustering": _of_clustering, "timescales": _of_models(LAGTIMES), "kinetics": _of_kinetics, "coarse": _of_coarse,
    "chapman": _of_models(MULTIPLES), "bootstrap": _of_models(1), "posterior": _of_posterior,
}
