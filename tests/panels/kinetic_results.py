"""Made-up results of the kinetics: known numbers, no fit."""
from __future__ import annotations

import numpy as np

from mdexplore.methods.results import ChapmanKolmogorov, Clustering, Flux, Kinetics, Metastable, Timescales


def timescales(values: np.ndarray | None = None, timestep_ns: float | None = 0.02, width: float = 1.8) -> Timescales:
    """A process of 128 frames at all lag times and one that is lost in its lag time from the third on."""
    lagtimes = np.array([1, 2, 5, 10, 20, 50, 100])
    if values is None:
        values = np.stack([np.full(7, 128.0), [3.0, 4.0, 4.5, 9.0, 18.0, 45.0, np.nan]], axis=1)
    return Timescales(lagtimes, values, values / width, values * width, "95 %, delta method", timestep_ns)


def states(n: int, seed: int = 0, timestep_ns: float | None = 0.02) -> tuple[Metastable, Clustering, Kinetics]:
    """Metastable states with five microstates each, placed at random."""
    rng = np.random.default_rng(seed)
    populations = np.sort(rng.dirichlet(np.ones(n)))[::-1]
    mfpt = rng.lognormal(5, 2, (n, n))
    np.fill_diagonal(mfpt, 0)
    flux = populations[:, None] / np.maximum(mfpt, 1)
    np.fill_diagonal(flux, 0)
    micro = np.repeat(np.arange(n), 5)
    coarse = Metastable(micro, np.eye(n)[micro], (np.repeat(np.arange(n), 20).astype(np.int16),), populations, populations / 2, populations * 1.5, mfpt, mfpt / 2, mfpt * 2,
                        flux, rng.poisson(20, (n, n)), tuple(range(n)), timestep_ns)
    clustering = Clustering(rng.normal(size=(5 * n, 2)), (rng.integers(0, 5 * n, 20 * n),))
    eye = np.eye(5 * n)
    kinetics = Kinetics(5, eye, np.arange(5 * n), eye, np.full(5 * n, 1 / (5 * n)), np.array([128.0, 3.0]), np.array([70.0, 2.0]), np.array([230.0, 5.0]), 1, 1.0, 1.0,
                        timestep_ns=timestep_ns)
    return coarse, clustering, kinetics


def three_states() -> Metastable:
    """Two states in quick exchange and a rare one, with round numbers; fits the frames of `builders.wells`."""
    from tests.panels import builders

    coarse, _, _ = states(3)
    mfpt = np.array([[0, 4.5, 6200], [3.2, 0, 6200], [132, 134, 0.0]])
    return Metastable(np.arange(6) // 2, np.repeat(np.eye(3), 2, 0), builders.results()["coarse"].assignments, np.array([0.56, 0.42, 0.02]), np.array([0.55, 0.41, 0.009]),
                      np.array([0.58, 0.43, 0.043]), mfpt, mfpt * 0.6, mfpt * 1.7, coarse.flux, np.array([[0, 6639, 8], [6638, 0, 2], [10, 1, 0]]), (0, 1, 2), 0.02)


def flux() -> Flux:
    """From state 0 to 2, a third of it by way of state 1."""
    net = np.array([[0, 1.0, 2.0], [0, 0, 1.0], [0, 0, 0]])
    return Flux((0, 1), (4, 5), np.linspace(0, 1, 6), np.zeros((6, 6)), net, ((0, 2), (0, 1, 2)), (2 / 3, 1 / 3), 1 / 6200, 1 / 12400, 1 / 3100, 0.02)


def chapman(n: int = 3, off: float = 0.0, timestep_ns: float | None = 0.02) -> ChapmanKolmogorov:
    """A test that holds, but for the pair 1 -> 2, whose prediction lies `off` half-widths of the band away."""
    lagtimes = np.array([1, 2, 4, 8])
    estimated = np.tile(np.linspace(0.2, 0.6, 4)[:, None, None], (1, n, n))
    predicted = estimated.copy()
    if n > 2:
        predicted[2, 1, 2] += 0.1 * off
    return ChapmanKolmogorov(lagtimes, predicted, estimated, estimated - 0.1, estimated + 0.1, timestep_ns)
