"""What each step takes in memory at its peak, estimated from shapes, and said before it is tried where it will not fit."""
from __future__ import annotations

from collections.abc import Callable
from math import comb
from typing import TYPE_CHECKING, Any

from mdexplore.base import room
from mdexplore.base.words import count_of
from mdexplore.base.work.pieces import PIECE_BYTES
from mdexplore.methods.clustering.kmeans import CENTRES, SAMPLE_PER_CENTRE
from mdexplore.methods.deep.pairs import MOST_BYTES
from mdexplore.methods.deep.settings import NetworkSettings
from mdexplore.methods.kinetics.bayesian_hmm import BayesianHMM
from mdexplore.methods.kinetics.hmm import HMM
from mdexplore.methods.kinetics.tram import Tram
from mdexplore.methods.kinetics.tram_models import N_SAMPLES
from mdexplore.methods.method import Settings, method_of
from mdexplore.methods.projection.lifting import MOST

if TYPE_CHECKING:
    from mdexplore.session.computed import Computed

Size = tuple[float, str, str]   # bytes, what it is, how to make it smaller

DOUBLE, SINGLE = 8.0, 4.0   # bytes of a number
LINEAR = ("tica", "vamp")
EVALUATED = 4       # buffers of functions of the features: those of the moments, and what they are evaluated in
TRAINED = 6         # copies of the pairs of frames that a network learns from, while they are standardised
PROJECTED = 3       # copies of what a network gives for all frames: outputs, as they are kept, and where states are landed in
PASSES = 3          # of a hidden Markov model over a trajectory: forwards, backwards, and both; fewer frames where the lag time is longer than one
HIDDEN = 4          # states of it, where nobody has said
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

# Of TRAM, measured likewise: bias energies while windows are put together, and matrices of each window while its equations are solved.
OF_BIAS, OF_WINDOW = 11, 19


def check_room(study: Computed, step: str) -> None:
    """Say what will not fit into memory before it is tried; features look to themselves.

    Raises
    ------
    UserError
        With what it takes, what is free, and how to make it smaller.
    """
    if step in _SIZES:
        room.check(*_SIZES[step](study))


def _of_projection(study: Computed) -> Size:
    features, filled = study.result("features"), study.recipe.projection
    d, n = features.n_features, sum(map(len, features.values))
    name = method_of(filled).name if isinstance(filled, Settings) else ""
    values = SINGLE * n * min(getattr(filled, "dim", None) or d, d)
    functions = _n_functions(name, filled, d, n)
    said = f"A projection of {count_of(d, 'feature')} and {count_of(n, 'frame')}"
    if functions:
        said = f"A projection of {count_of(functions, 'function')} of {count_of(d, 'feature')} and {count_of(n, 'frame')}"
        return OF_FEATURES * DOUBLE * functions**2 + EVALUATED * min(ROWS, n) * DOUBLE * functions + 2 * values, said, "Choose fewer functions, landmarks or features, or a lower degree."
    if isinstance(filled, NetworkSettings):
        pairs = min(SINGLE * d * min(n, 2 * filled.max_pairs), MOST_BYTES)
        return TRAINED * pairs + PROJECTED * SINGLE * n * filled.dim, f"Training a network on {count_of(d, 'feature')} and {count_of(n, 'frame')}", "Lower max pairs, choose fewer features, or load every n-th frame (stride=)."
    is_linear = name in LINEAR
    matrices = OF_FEATURES * DOUBLE * d * d + BUFFERS * ROWS * DOUBLE * d if is_linear else 0.0
    # Linear projections are written to the disk as they are made.
    return matrices + (min(values, PIECE_BYTES) if is_linear else values), said, "Choose fewer features, for example by a selection of residues, or load every n-th frame (stride=)."


def _n_functions(name: str, filled: Any, d: int, n: int) -> int:
    """Functions of the features that a projection is put together from; 0 where it is linear in the features, or no such method."""
    if name == "vamp" and filled.degree > 1:
        return _n_products(d, filled.degree)
    if name in ("kernel-edmd", "kernel-cca"):
        return min(filled.n_landmarks, n)
    if name not in ("edmd", "kvad"):
        return 0
    found = {"powers": _n_products(d, filled.degree), "waves": 2 * filled.degree * d, "features": d}.get(filled.basis, min(filled.n_functions, n))
    return found + (min(filled.n_landmarks, n) if name == "kvad" else 0)


def _n_products(d: int, degree: int) -> int:
    return min(comb(d + degree, degree) - 1, MOST)   # more are refused by the method itself


def _of_clustering(study: Computed) -> Size:
    projection, filled = study.result("projection"), study.recipe.clustering
    n, k = sum(map(len, projection.values)), getattr(filled, "n_clusters", None) or CENTRES
    sample = min(n, SAMPLE_PER_CENTRE * k)
    return OF_SAMPLE * DOUBLE * sample * projection.dim + min(DOUBLE * n, PIECE_BYTES), f"A clustering of {count_of(n, 'frame')} into {count_of(k, 'microstate')}", "Choose fewer microstates, or load every n-th frame (stride=)."


def _of_models(n_lagtimes: int) -> Callable[[Computed], Size]:
    def size(study: Computed) -> Size:
        k = study.result("clustering").n_clusters
        kept = min(n_lagtimes, max(KEPT, int(KEPT_BYTES // (OF_ENTRY * DOUBLE * k * k))))
        return (OF_MODEL + OF_KEPT * kept) * DOUBLE * k * k, f"A Markov model of {count_of(k, 'microstate')}", "Choose fewer microstates."
    return size


def _of_solved(n_lagtimes: int) -> Callable[[Computed], Size]:
    """Models at some lag times, of whatever kind the kinetics are."""
    def size(study: Computed) -> Size:
        filled = study.recipe.kinetics
        return _of_tram(study, filled) if isinstance(filled, Tram) and filled.bias.strip() else _of_models(n_lagtimes)(study)
    return size


def _of_tram(study: Computed, filled: Tram) -> Size:
    clustering = study.result("clustering")
    k, n, n_windows = clustering.n_clusters, sum(map(len, clustering.dtrajs)), filled.count_windows()
    n_samples = N_SAMPLES if filled.n_samples is None else filled.n_samples
    matrices = OF_WINDOW * n_windows + COPIES * n_samples
    # Models at other lag times wait in the cache.
    return (OF_BIAS * DOUBLE * n * n_windows + matrices * DOUBLE * k * k, f"TRAM of {count_of(n, 'frame')} in {count_of(n_windows, 'window')} and {count_of(k, 'microstate')}",
            "Load every n-th frame (stride=), or choose fewer microstates.")


def _of_samples(n_samples: int, k: int, copies: int) -> Size:
    return (copies * n_samples + OF_MODEL) * DOUBLE * k * k, f"A posterior of {n_samples} samples for {count_of(k, 'microstate')}", "Draw fewer samples, or choose fewer microstates."


def _of_kinetics(study: Computed) -> Size:
    n_samples, filled = getattr(study.recipe.kinetics, "n_samples", 0), study.recipe.kinetics
    if isinstance(filled, Tram):
        return _of_solved(1)(study)
    if isinstance(filled, (HMM, BayesianHMM)):
        return _of_hidden(study, filled.n_states or HIDDEN, n_samples if isinstance(filled, BayesianHMM) else 0)
    if not n_samples:
        return _of_models(1)(study)
    return _of_samples(n_samples, study.result("clustering").n_clusters, COPIES)


def _of_hidden(study: Computed, n_hidden: int, n_samples: int) -> Size:
    clustering = study.result("clustering")
    k, longest, n = clustering.n_clusters, max(map(len, clustering.dtrajs)), sum(map(len, clustering.dtrajs))
    # Paths through the frames, as 64-bit numbers, beside what the plain model takes: the first guess is made from it.
    passes = PASSES * DOUBLE * longest * n_hidden + 2 * DOUBLE * n
    return _of_models(1)(study)[0] + passes + n_samples * DOUBLE * n_hidden**2, f"A hidden Markov model of {count_of(n, 'frame')} in {count_of(k, 'microstate')}", "Choose fewer microstates or hidden states, or load every n-th frame (stride=)."


def _of_coarse(study: Computed) -> Size:
    return _of_models(1)(study)


def _of_posterior(study: Computed) -> Size:
    return _of_samples(SAMPLES, study.result("clustering").n_clusters, 1)


_SIZES: dict[str, Callable[[Any], Size]] = {
    "projection": _of_projection, "clustering": _of_clustering, "timescales": _of_solved(LAGTIMES), "kinetics": _of_kinetics, "coarse": _of_coarse,
    "chapman": _of_solved(MULTIPLES), "bootstrap": _of_models(1), "posterior": _of_posterior,
}
