"""Observables of a Markov model: expectation, autocorrelation, relaxation and dynamical fingerprint of any quantity of the frames."""
from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from mdexplore.base.errors import UserError
from mdexplore.base.numerics.counts import sliding_counts
from mdexplore.base.numerics.errors import Z95
from mdexplore.base.numerics.spectrum import implied_timescales, slow_modes, stationary_distribution
from mdexplore.base.words import count_of
from mdexplore.methods.kinetics.bayesian_msm import draw_samples, widening, widening_of
from mdexplore.methods.kinetics.hidden import hidden_kinetics
from mdexplore.methods.kinetics.lagmodels import LagModel, errors_of
from mdexplore.methods.method import Progress, ignore
from mdexplore.methods.results import Clustering, Kinetics
from mdexplore.methods.results.observables import Observable

N_TIMES = 25
N_PROCESSES = 10
N_SAMPLES = 40
LONG = 3.0   # slowest timescales


def observable(kinetics: Kinetics, clustering: Clustering, values: Sequence[np.ndarray], *, name: str = "", start: Sequence[int] | np.ndarray | None = None,
               n_samples: int = N_SAMPLES, seed: int = 0, progress: Progress = ignore) -> Observable:
    """What a model says of a quantity.

    Parameters
    ----------
    kinetics : Kinetics
    clustering : Clustering
    values : sequence of ndarray, shape (n_frames_i,)
        The quantity at every frame.
    name : str
    start : sequence of int, optional
        Microstates in which a relaxation begins, by their stationary weights.
    n_samples : int
        Models drawn from the posterior for the intervals, where the model has no samples of its own.
    seed : int
    progress : callable

    Returns
    -------
    Observable
        The interval of the expectation is by the delta method, the others are percentiles over posterior samples.

    Raises
    ------
    UserError
        If there is not one finite number for each frame, or the start lies outside the model.

    Notes
    -----
    Noe et al. 2011, doi:10.1073/pnas.1004646108. A microstate stands for the mean of its frames: what moves within one is not seen; compare with ``measured``.
    """
    _check(values, clustering)
    means = _means(values, clustering, kinetics)
    model = hidden_kinetics(kinetics)
    a = means[kinetics.active] if kinetics.hidden is None else kinetics.hidden.outputs[:, kinetics.active] @ means[kinetics.active]
    begin = None if start is None else _beginning(kinetics, np.asarray(start))
    multiples = _multiples(kinetics, clustering)
    mine = _Numbers.of(model.transition_matrix, model.stationary, a, multiples, begin)
    samples, wider = (model.samples, widening_of(model)) if model.samples is not None or model.unbiased is not None else _draw(model, kinetics, clustering, n_samples, seed, progress)
    drawn = [_Numbers.of(np.asarray(p), stationary_distribution(np.asarray(p)), a, multiples, begin) for p in (() if samples is None else samples)]

    def bounds(part: Callable[[_Numbers], np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
        if not drawn:   # TRAM without draws has no bars
            return np.full(np.shape(part(mine)), np.nan), np.full(np.shape(part(mine)), np.nan)
        low, high = np.percentile([part(d) for d in drawn], [2.5, 97.5], axis=0)
        # Samples scatter about the posterior's mean: the estimate itself always lies within.
        return part(mine) - wider * np.maximum(part(mine) - low, 0), part(mine) + wider * np.maximum(high - part(mine), 0)

    error = errors_of(model).error([(model.stationary, _fluctuation(model, a))])
    found = Observable(name, kinetics.lagtime, means, mine.mean, mine.mean - Z95 * error, mine.mean + Z95 * error, multiples * kinetics.lagtime,
                      mine.autocorrelation, *bounds(lambda d: d.autocorrelation), _measured(kinetics.unbiased.pieces(clustering.dtrajs) if kinetics.unbiased is not None else clustering.dtrajs, means, multiples * kinetics.lagtime),
                      implied_timescales(mine.eigenvalues, kinetics.lagtime), mine.shares, *bounds(lambda d: d.shares), timestep_ns=kinetics.timestep_ns)
    if begin is None:
        return found
    lower, upper = bounds(lambda d: d.relaxation)
    return dataclasses.replace(found, relaxation=mine.relaxation, relaxation_lower=lower, relaxation_upper=upper, relaxation_amplitudes=mine.parts)


@dataclass(frozen=True, eq=False)
class _Numbers:
    """What follows from one transition matrix; times are the multiples of the lag time."""

    mean: float
    autocorrelation: np.ndarray
    eigenvalues: np.ndarray
    shares: np.ndarray
    relaxation: np.ndarray
    parts: np.ndarray

    @classmethod
    def of(cls, matrix: np.ndarray, stationary: np.ndarray, a: np.ndarray, multiples: np.ndarray, begin: np.ndarray | None) -> _Numbers:
        modes = slow_modes(matrix, stationary, len(a) - 1)
        mean = float(stationary @ a)
        inside = modes.left[:, 1:].T @ a
        values, squares = modes.eigenvalues[1:], inside**2
        total = squares.sum()
        moves = total > 1e-20 * float(np.max(a**2))
        powers = values[None, :] ** multiples[:, None]
        autocorrelation = powers @ squares / total if moves else np.full(len(multiples), np.nan)
        k = min(N_PROCESSES, len(values))
        shares = squares[:k] / total if moves else np.full(k, np.nan)
        parts = np.zeros(len(values)) if begin is None else inside * ((begin * stationary / (begin @ stationary)) @ modes.right[:, 1:])
        return cls(mean, autocorrelation, values[:k], shares, mean + powers @ parts, parts[:k])


def _fluctuation(model: Kinetics, a: np.ndarray) -> np.ndarray:
    """How the expectation depends on the rows of the transition matrix: d(pi) = pi dP (I - P + 1 pi)^-1."""
    n = len(a)
    return np.linalg.solve(np.eye(n) - model.transition_matrix + model.stationary[None, :], a)


def _check(values: Sequence[np.ndarray], clustering: Clustering) -> None:
    lengths = [len(d) for d in clustering.dtrajs]
    shapes = [np.shape(v) for v in values]
    if shapes != [(n,) for n in lengths]:
        raise UserError("This is not one number for each frame.", f"There are {count_of(len(lengths), 'trajectory', 'trajectories')} of {sum(lengths)} frames; the arrays have the shapes {', '.join(map(str, shapes[:3]))}{', …' if len(shapes) > 3 else ''}.",
                        "Give a list of one array a trajectory, with a number for each frame.")
    if not all(np.isfinite(v).all() for v in values):
        raise UserError("The quantity is not a finite number at every frame.", do="Leave frames without a value out of the data, or fill them in.")


def _means(values: Sequence[np.ndarray], clustering: Clustering, kinetics: Kinetics) -> np.ndarray:
    labels, x = np.concatenate(clustering.dtrajs), np.concatenate([np.asarray(v, dtype=float) for v in values])
    inside = labels >= 0
    each = np.ones(len(x)) if kinetics.unbiased is None else np.concatenate(kinetics.unbiased.weights)
    counts, sums = (np.bincount(labels[inside], weights=w[inside], minlength=clustering.n_clusters) for w in (each, each * x))
    found = np.full(clustering.n_clusters, np.nan)
    found[kinetics.active] = (sums / np.where(counts > 0, counts, 1))[kinetics.active]
    return found


def _beginning(kinetics: Kinetics, start: np.ndarray) -> np.ndarray:
    """Weight of each state of the model as a start, before its stationary one."""
    chosen = np.isin(kinetics.active, start)
    if not chosen.any():
        raise UserError("The relaxation has no start.", "None of the chosen microstates belongs to the model.", "Choose other states or frames.")
    return chosen.astype(float) if kinetics.hidden is None else kinetics.hidden.outputs[:, kinetics.active[chosen]].sum(axis=1)


def _multiples(kinetics: Kinetics, clustering: Clustering) -> np.ndarray:
    """Multiples of the lag time: 0, then evenly on a logarithmic scale to a few times the slowest timescale."""
    slowest = kinetics.timescales[0] if len(kinetics.timescales) and np.isfinite(kinetics.timescales[0]) else kinetics.lagtime
    top = max(int(LONG * slowest / kinetics.lagtime), 5)
    return np.unique(np.concatenate([[0], np.round(np.geomspace(1, top, N_TIMES - 1))])).astype(int)


def _draw(model: Kinetics, kinetics: Kinetics, clustering: Clustering, n_samples: int, seed: int, progress: Progress) -> tuple[np.ndarray, float]:
    """Samples, and how much wider than them intervals have to be."""
    # Counts of hidden and of fuzzy states are expectations; crisp ones of the same frames would be those of another model.
    is_expected = kinetics.hidden is not None or kinetics.estimator == "fuzzy"
    counts = model.counts if is_expected else sliding_counts(clustering.dtrajs, model.lagtime, model.n_clusters)
    start = LagModel(model.lagtime, model.counts, model.active, model.transition_matrix, model.stationary)
    wider = widening(counts[np.ix_(model.active, model.active)], model.lagtime)
    return draw_samples(start, counts, n_samples, seed, progress), wider


def _measured(dtrajs: Sequence[np.ndarray], means: np.ndarray, times: np.ndarray) -> np.ndarray:
    """Autocorrelation along the trajectories, over its value at time 0."""
    lookup = np.append(means, np.nan)
    signals = [lookup[np.asarray(d)] for d in dtrajs]
    pooled = np.concatenate(signals)
    mean, variance = np.nanmean(pooled), np.nanvar(pooled)
    found = np.full(len(times), np.nan)
    for i, t in enumerate(times):
        products = [(s[: len(s) - t] - mean) * (s[t:] - mean) for s in signals if len(s) > t]
        if products and variance > 0:
            kept = np.concatenate(products)
            found[i] = np.nanmean(kept) / variance if np.isfinite(kept).any() else np.nan
    return found
