"""Markov models of one lag time: reversible estimation, effective counts, error bars and pathways, against deeptime's."""
from __future__ import annotations

from typing import Any

import numpy as np

from benchmarks.compare import Pair, largest_difference, table
from benchmarks.systems import hopping
from benchmarks.timing import Table, ms, once
from mdexplore.base.numerics.assign import assign_all, lloyd, seed_centers
from mdexplore.base.numerics.counts import connected_set, sliding_counts
from mdexplore.base.numerics.effective import effective_counts
from mdexplore.base.numerics.errors import ErrorModel
from mdexplore.base.numerics.mle import reversible_mle
from mdexplore.base.numerics.pathways import pathways
from mdexplore.base.numerics.spectrum import slow_modes
from mdexplore.base.work.threads import single_threaded

LAG, SAMPLES = 20, 100


def run(n: int = 1_000_000, ks: tuple[int, ...] = (100, 500, 1000), effective: tuple[int, int] = (100_000, 100), n_samples: int = SAMPLES, n_paths: int = 10) -> list[Table]:
    """Frames in four wells, clustered into microstates."""
    pairs = []
    with single_threaded():
        for k in ks:
            dtrajs = microstates(n, k)
            counts = active(sliding_counts(dtrajs, LAG, k))
            pairs.append(Pair(f"sliding counts, {n:,} frames, {k} states", lambda d=dtrajs: theirs(d, "sliding"), lambda d=dtrajs, k=k: sliding_counts(d, LAG, k), apart, 1))
            pairs.append(Pair(f"reversible model, {k} states", lambda c=counts: deeptime_mle(c), lambda c=counts: reversible_mle(c)[0], apart, 10 if k <= 500 else 3))
        short = microstates(effective[0], effective[1])
        pairs.append(Pair(f"effective counts, {effective[0]:,} frames, {effective[1]} states", lambda: theirs(short, "effective"), lambda: effective_counts(short, LAG, effective[1]), apart, 10))
        counts = active(sliding_counts(short, LAG, effective[1])) / LAG
        pairs.append(Pair(f"error bars of three timescales, {len(counts)} states (script: posterior of {n_samples})", lambda: posterior(counts, n_samples), lambda: delta(counts),
                          lambda a, b: f"standard errors within {100 * float(np.abs(b / a - 1).max()):.0f} %", 100))
        middle = ks[len(ks) // 2]
        counts = active(sliding_counts(microstates(n, middle), LAG, middle))
        flux = net_flux(counts)
        pairs.append(Pair(f"{n_paths} pathways, {len(counts)} states", lambda: flux.pathways(fraction=1.0, maxiter=n_paths)[1],
                          lambda: pathways(np.asarray(flux.net_flux), np.asarray(flux.source_states), np.asarray(flux.target_states), n_paths, 1.0)[1],
                          lambda a, b: f"capacities to {largest_difference(a[:len(b)], b[:len(a)]):.0e}", 50))
        found = table("Markov models", pairs, rounds=3)
        many = microstates(n, middle)
        found.notes.append(f"Effective counts of {n:,} frames in {middle} states take mdexplore {ms(once(lambda: effective_counts(many, LAG, middle))[1])} (the goal is a second); the goal for ten pathways among "
                           "500 states is 50 ms. Standard errors of a posterior of 100 samples are themselves uncertain by 7 %.")
        return [found]


def microstates(n: int, k: int) -> list[np.ndarray]:
    """Ten trajectories that hop between four wells, in k-means states numbered along the first coordinate."""
    random, frames = np.random.default_rng(k), hopping(n, 2)
    sample = np.concatenate([x[:: max(1, n // (50 * k))] for x in frames])
    centers = lloyd([sample], seed_centers(sample[random.permutation(len(sample))[:5000]], k, random), max_iter=10)[0]
    return assign_all(frames, centers[np.argsort(centers[:, 0])])


def active(counts: np.ndarray) -> np.ndarray:
    kept = connected_set(counts)
    return counts[np.ix_(kept, kept)]


def theirs(dtrajs: list[np.ndarray], kind: str) -> np.ndarray:
    from deeptime.markov import TransitionCountEstimator

    return np.asarray(TransitionCountEstimator(LAG, kind).fit_fetch(dtrajs).count_matrix)


def deeptime_mle(counts: np.ndarray) -> np.ndarray:
    from deeptime.markov.msm import MaximumLikelihoodMSM

    return np.asarray(MaximumLikelihoodMSM(maxerr=1e-10).fit_fetch(counts).transition_matrix)


def posterior(counts: np.ndarray, n_samples: int) -> np.ndarray:
    from deeptime.markov.msm import BayesianMSM

    model = BayesianMSM(n_samples=n_samples).fit_fetch(counts)
    return np.std([np.log(sample.timescales(k=3)) for sample in model.samples], axis=0)


def delta(counts: np.ndarray) -> np.ndarray:
    """Standard errors of the logarithms, from the interval of 95 %."""
    matrix, stationary = reversible_mle(counts)
    values, lower, _ = ErrorModel(matrix, stationary, counts.sum(axis=1)).timescales(slow_modes(matrix, stationary, 3), 1)
    return np.log(values / lower)[:3] / 1.96


def net_flux(counts: np.ndarray) -> Any:
    from deeptime.markov.msm import MarkovStateModel

    k = len(counts)
    return MarkovStateModel(reversible_mle(counts)[0]).reactive_flux(list(range(k // 20 + 1)), list(range(k - k // 20 - 1, k)))


def apart(a: Any, b: Any) -> str:
    return f"largest difference {float(np.abs(np.asarray(a) - np.asarray(b)).max()):.0e}"
