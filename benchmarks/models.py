"""Markov models of one lag time: reversible estimation, effective counts, error bars and pathways, against deeptime's."""
from __future__ import annotations

from typing import Any

import numpy as np

from benchmarks.compare import Agreement, Found, Pair, largest_difference, table
from benchmarks.goals import Goal, at_most
from benchmarks.systems import hopping
from benchmarks.timing import Table, ms, once
from mdexplore.base.numerics.assign import assign_all, lloyd, seed_centers
from mdexplore.base.numerics.counts import connected_set, sliding_counts
from mdexplore.base.numerics.effective import effective_counts
from mdexplore.base.numerics.errors import ErrorModel, overlap
from mdexplore.base.numerics.mle import reversible_mle
from mdexplore.base.numerics.pathways import pathways
from mdexplore.base.numerics.spectrum import slow_modes
from mdexplore.base.work.threads import single_threaded

LAG, SAMPLES = 20, 1000
BARRED = 100                    # states of the model whose bars are compared: a posterior of more takes minutes
GOAL_P, GOAL_COUNTS = 1e-8, 1e-12
GOAL_EFFECTIVE_S, GOAL_BARS_MS, GOAL_BARS, GOAL_PATHS_MS = 1, 5, 10, 50   # seconds; milliseconds; per cent; milliseconds


def run(n: int = 1_000_000, ks: tuple[int, ...] = (100, 500, 1000), effective: tuple[int, int] = (100_000, 100), n_samples: int = SAMPLES, n_paths: int = 10, barred: int = BARRED) -> list[Table]:
    """Frames in four wells, clustered into microstates; `barred` is how many where error bars are compared."""
    pairs = []
    with single_threaded():
        for k in ks:
            dtrajs = microstates(n, k)
            counts = active(sliding_counts(dtrajs, LAG, k))
            pairs.append(Pair(f"sliding counts, {n:,} frames, {k} states", lambda d=dtrajs: theirs(d, "sliding"), lambda d=dtrajs, k=k: sliding_counts(d, LAG, k), apart, limit=lambda d=dtrajs: read_once(d)))
            pairs.append(Pair(f"reversible model, {k} states", lambda c=counts: deeptime_mle(c), lambda c=counts: reversible_mle(c)[0], apart, 10 if k <= 500 else 3, 5, more=equal_models))
        short = microstates(*effective)
        pairs.append(Pair(f"effective counts, {effective[0]:,} frames, {effective[1]} states", lambda: theirs(short, "effective"), lambda: effective_counts(short, LAG, effective[1]), apart, 10, 6,
                          more=equal_counts))
        pairs.append(bars(microstates(effective[0], barred), barred, n_samples))
        middle = ks[len(ks) // 2]
        many = microstates(n, middle)
        flux = net_flux(active(sliding_counts(many, LAG, middle)))
        pairs.append(Pair(f"{n_paths} pathways, {flux.n_states} states", lambda: flux.pathways(fraction=1.0, maxiter=n_paths)[1],
                          lambda: pathways(np.asarray(flux.net_flux), np.asarray(flux.source_states), np.asarray(flux.target_states), n_paths, 1.0)[1], same_capacities, more=quick_paths))
        found = table("Markov models", pairs, rounds=3)
        spent = sorted(once(lambda: effective_counts(many, LAG, middle))[1] for _ in range(3))[1]
    what = f"effective counts of {n:,} frames in {middle} states"
    found.goals.append(at_most(6, f"{what}, seconds", spent, GOAL_EFFECTIVE_S, " s"))
    found.notes.append(f"The limit of counting is reading every microstate once. The {what} take mdexplore {ms(spent)}. The row of error bars times the bars alone, of a model that is there, against a posterior of "
                       f"{n_samples} samples, drawn once; a standard error from so many samples is itself uncertain by {uncertainty(n_samples):.0f} %, or more where samples hang together. It is compared with that "
                       "of independent counts; the bars that are shown use all starts in between too, and are narrower.")
    return [found]


def bars(dtrajs: list[np.ndarray], k: int, n_samples: int) -> Pair:
    """Bars of three timescales, without the estimation of their model."""
    counts = active(sliding_counts(dtrajs, LAG, k)) / LAG
    matrix, stationary = reversible_mle(counts)
    return Pair(f"error bars of three timescales, {len(counts)} states", lambda: posterior(counts, n_samples), lambda: delta(counts, matrix, stationary),
                near, more=lambda found: good_bars(found, uncertainty(n_samples)), rounds=1)


def near(sampled: np.ndarray, found: np.ndarray) -> Agreement:
    most = 100 * float(np.abs(found / sampled - 1).max())
    return Agreement(f"standard errors within {most:.0f} %", most)


def uncertainty(n_samples: int) -> float:
    """Of a standard deviation of so many independent samples, per cent."""
    return 100 / float(np.sqrt(2 * (n_samples - 1)))


def good_bars(found: Found, uncertain: float) -> list[Goal]:
    apart = found.equality.value
    reason = f"the posterior's own are uncertain by {uncertain:.0f} % or more, which leaves {apart - uncertain:.0f} to {apart + uncertain:.0f} %." if apart - uncertain <= GOAL_BARS else ""
    return [at_most(7, f"{found.pair.title}, milliseconds a lag time", 1000 * found.ours.cpu, GOAL_BARS_MS, " ms"),
            at_most(7, f"{found.pair.title}, standard errors, largest difference from the posterior's", apart, GOAL_BARS, " %", reason)]


def equal_models(found: Found) -> list[Goal]:
    return [at_most(5, f"{found.pair.title}, largest difference of a transition probability", found.equality.value, GOAL_P)]


def equal_counts(found: Found) -> list[Goal]:
    return [at_most(6, f"{found.pair.title}, largest difference", found.equality.value, GOAL_COUNTS)]


def quick_paths(found: Found) -> list[Goal]:
    return [at_most(8, f"{found.pair.title}, milliseconds", 1000 * found.ours.cpu, GOAL_PATHS_MS, " ms"),
            at_most(8, f"{found.pair.title}, largest difference of a capacity", found.equality.value, GOAL_COUNTS)]


def same_capacities(a: Any, b: Any) -> Agreement:
    n = min(len(a), len(b))   # deeptime's stops one path later
    worst = largest_difference(a[:n], b[:n]) if abs(len(a) - len(b)) <= 1 else float("inf")
    return Agreement(f"capacities to {worst:.0e}", worst)


def read_once(dtrajs: list[np.ndarray]) -> int:
    """Every microstate, in the fastest way there is to look at it."""
    return sum(int(d.max()) for d in dtrajs)


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


def delta(counts: np.ndarray, matrix: np.ndarray, stationary: np.ndarray) -> np.ndarray:
    """Standard errors of the logarithms, from the interval of 95 %, as of the independent counts that a posterior knows: without what all starts in between add."""
    modes = slow_modes(matrix, stationary, 3)
    values, lower, _ = ErrorModel(matrix, stationary, counts.sum(axis=1)).timescales(modes, 1)
    return np.log(values / lower)[:3] / 1.96 / np.sqrt(overlap(modes.eigenvalues[1:4]))


def net_flux(counts: np.ndarray) -> Any:
    from deeptime.markov.msm import MarkovStateModel

    k = len(counts)
    return MarkovStateModel(reversible_mle(counts)[0]).reactive_flux(list(range(k // 20 + 1)), list(range(k - k // 20 - 1, k)))


def apart(a: Any, b: Any) -> Agreement:
    most = float(np.abs(np.asarray(a) - np.asarray(b)).max())
    return Agreement(f"largest difference {most:.0e}", most)
