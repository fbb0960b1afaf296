"""The Markov model reweighted by an observable operator model: unbiased by starts out of equilibrium and by coarse microstates."""
from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from mdexplore.base.errors import UserError
from mdexplore.base.notices import Notice
from mdexplore.base.numerics.counts import connected_set, sliding_counts
from mdexplore.base.numerics.effective import effective_counts
from mdexplore.base.numerics.spectrum import implied_timescales
from mdexplore.base.units import TimeUnit
from mdexplore.base.words import count_of, listed
from mdexplore.methods.kinetics.lagmodels import LagModel, LagModels, connected, lag_models
from mdexplore.methods.kinetics.msm import kinetics_of
from mdexplore.methods.method import Lag, Progress, Settings, ignore, method, setting
from mdexplore.methods.results import Clustering, Kinetics

RESAMPLES = 5     # of noise, whose largest singular value hardly varies
SIGNAL = 2.0      # times the noise is what a process must have to be believed
ROUNDS = 1000     # of bringing flows back to what they must be; 100 are enough where the operator model can be had
MET, MISSED = 1e-4, 0.1   # of the relaxation of the slowest process: where rounds end, and what is told


@dataclass(frozen=True)
class OOMMSM(Settings):
    """Settings of the reweighted Markov model."""

    estimator: ClassVar[str] = "oom"

    lagtime: Lag = setting(None, help="Time of one step of the model; the study's lag time where not given. Trajectories must be longer than twice that.")


@method("kinetics", settings=OOMMSM, needs="clustering", source="doi:10.1063/1.4976518", name="oom-msm", title="OOM reweighted MSM")
def oom_msm(settings: OOMMSM, clustering: Clustering, *, lagtime: int, seed: int = 0, timestep_ns: float | None = None, progress: Progress = ignore) -> Kinetics:
    """A reversible Markov model from counts that an observable operator model corrects.

    Parameters
    ----------
    settings : OOMMSM
    clustering : Clustering
    lagtime : int
        Frames.
    seed : int
        Not used: the resamples that decide the rank are always the same.
    timestep_ns : float or None
    progress : callable

    Raises
    ------
    UserError
        If no trajectory is longer than twice the lag time, or the data do not hold one process above its noise.

    Notes
    -----
    Nueske, Wu, Prinz, Wehmeyer, Clementi and Noe 2017, doi:10.1063/1.4976518, with two changes that keep noise out where microstates are many. The rank is the number
    of singular values of the counts, weighted by visits, that are twice what counts without memory give. Flows have their slow part from the operator model
    and their fast part, which it does not hold, from the counts; pairs of microstates of which neither was seen to follow the other have none. The two
    demands are met in turn until the flows have both (projections onto convex sets).
    The bars are those of the counts, without the correction's.
    """
    progress(0, 1, "Observable operator model")
    model = lag_models(clustering, OOMMSM.estimator).at(lagtime, timestep_ns)
    progress(1, 1, "Observable operator model")
    return kinetics_of(model, timestep_ns, title="OOM reweighted MSM", estimator=OOMMSM.estimator)


@dataclass(frozen=True, eq=False)
class _Resolved:
    """Counts of the first of two steps between active microstates, their singular vectors, and how many of these hold processes."""

    active: np.ndarray
    inside: np.ndarray
    left: np.ndarray
    values: np.ndarray
    right: np.ndarray
    rank: int


def rank_at(models: LagModels, lagtime: int, unit: TimeUnit) -> int:
    """How many processes the operator model at a lag time has; raises `UserError` where there is none."""
    return _resolved(models, lagtime, unit).rank


def _resolved(models: LagModels, lagtime: int, unit: TimeUnit) -> _Resolved:
    first = [d[:-lagtime] for d in models.dtrajs if len(d) > 2 * lagtime]   # where the second step of a triple begins
    if not first:
        raise UserError(f"A lag time of {unit.say(lagtime)} is too long for a reweighted model.", f"The longest trajectory has {unit.say(max(models.lengths))}, and it needs two steps in a row.",
                        f"Choose a lag time below {unit.say(max(models.lengths) // 2)}, or the plain Markov model.")
    starts = sliding_counts(first, lagtime, models.n_clusters)
    active = connected(starts, lagtime, unit)
    inside = starts[np.ix_(active, active)]
    # Weighted by visits, so that the leading directions are slow processes and not well visited states.
    rows, columns = _weights(inside)
    left, values, right = np.linalg.svd(inside / np.outer(rows, columns))
    rank = int((values > SIGNAL * _noise(effective_counts(first, lagtime, models.n_clusters)[np.ix_(active, active)])).sum())
    if rank < 2:
        raise UserError(f"At a lag time of {unit.say(lagtime)} the data are too few for a reweighted model.", "No process stands out from the noise of the counts.",
                        "Use fewer microstates, a shorter lag time, or the plain Markov model.")
    return _Resolved(active, inside, left, values, right, rank)


def oom_model(models: LagModels, lagtime: int, unit: TimeUnit) -> LagModel:
    """The model at one lag time."""
    found = _resolved(models, lagtime, unit)
    active, inside, rank = found.active, found.inside, found.rank
    (rows, columns), scale = _weights(inside), np.sqrt(found.values[:rank])
    f1 = found.left[:, :rank] / scale / rows[:, None]
    f2 = found.right[:rank].T / scale / columns[:, None]
    operators = _operators(models.dtrajs, lagtime, active, models.n_clusters, f1, f2)
    state, evaluator, eigenvalues = _equilibrium(operators, f1.T @ inside.sum(axis=1))
    flow = np.einsum("j,jkl,lmn,n->km", state, operators, operators, evaluator, optimize=True)
    relaxation = 1 - float(eigenvalues[1]) if len(eigenvalues) > 1 else 1.0
    flow, missed = _completed(flow + flow.T, inside, np.concatenate([f1, f2], axis=1), MET * relaxation)
    kept = connected_set(flow)
    flow = flow[np.ix_(kept, kept)] / flow[np.ix_(kept, kept)].sum()
    counts = sliding_counts(models.dtrajs, lagtime, models.n_clusters)
    return LagModel(lagtime, counts, active[kept], flow / flow.sum(axis=1, keepdims=True), flow.sum(axis=1), told=_told(rank, eigenvalues, lagtime, unit, missed > MISSED * relaxation))


def _weights(counts: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Square roots of visits, of rows and of columns."""
    return np.sqrt(np.maximum(counts.sum(axis=1), 1.0)), np.sqrt(np.maximum(counts.sum(axis=0), 1.0))


def _completed(slow: np.ndarray, counts: np.ndarray, functions: np.ndarray, tolerance: float) -> tuple[np.ndarray, float]:
    """Flows whose slow part is that of the operator model, and whose fast part, which it does not hold, is that of the counts.

    Parameters
    ----------
    slow : ndarray, shape (n, n)
        Symmetric flows of the operator model: of low rank, with entries below zero.
    counts : ndarray, shape (n, n)
    functions : ndarray, shape (n, m)
        Of the microstates; they span what the operator model holds.
    tolerance : float
        What the slow part, a correlation, may miss by.

    Returns
    -------
    flows : ndarray, shape (n, n)
        None below zero, and none where nothing was seen: only noise is there, false short cuts between wells.
    missed : float
    """
    stationary = np.clip(slow.sum(axis=1), 1e-3 / len(slow) * slow.sum() / len(slow), None)
    stationary = stationary / stationary.sum()
    found = stationary[:, None] * counts / np.maximum(counts.sum(axis=1, keepdims=True), 1.0)
    found, scale = (found + found.T) / 2, np.sqrt(np.outer(stationary, stationary))
    is_seen = found > 0
    basis, _ = np.linalg.qr(np.sqrt(stationary)[:, None] * np.concatenate([np.ones((len(slow), 1)), functions], axis=1))
    wanted = basis.T @ (slow / slow.sum() / scale) @ basis
    for _ in range(ROUNDS):
        difference = wanted - basis.T @ (found / scale) @ basis
        if np.abs(difference).max() <= tolerance:
            break
        found = np.clip(is_seen * (found + scale * (basis @ difference @ basis.T)), 0, None)
    return found, float(np.abs(difference).max())


def _noise(effective: np.ndarray) -> float:
    """The largest singular value that as many independent counts give where one state tells nothing of the next."""
    total = max(round(float(effective.sum())), 1)
    apart = np.outer(effective.sum(axis=1), effective.sum(axis=0))
    found = []
    for drawn in np.random.default_rng(0).multinomial(total, (apart / apart.sum()).ravel(), size=RESAMPLES).reshape(RESAMPLES, *effective.shape):
        found.append(np.linalg.svd(drawn / np.outer(*_weights(drawn)), compute_uv=False)[1:2].sum())
    return float(np.mean(found))


def _operators(dtrajs: list[np.ndarray], lagtime: int, active: np.ndarray, n_clusters: int, f1: np.ndarray, f2: np.ndarray) -> np.ndarray:
    """Two-step counts through each state, seen by the slow processes; shape (rank, n_active, rank)."""
    place = np.full(n_clusters + 1, -1)
    place[active] = np.arange(len(active))
    triples = np.concatenate([np.stack([d[: -2 * lagtime], d[lagtime:-lagtime], d[2 * lagtime :]]) for d in dtrajs if len(d) > 2 * lagtime], axis=1)
    triples = place[triples]
    first, middle, last = triples[:, (triples >= 0).all(axis=0)]
    order = np.argsort(middle, kind="stable")
    edges = np.searchsorted(middle[order], np.arange(len(active) + 1))
    found = np.zeros((f1.shape[1], len(active), f1.shape[1]))
    for state in range(len(active)):
        here = order[edges[state] : edges[state + 1]]
        found[:, state] = f1[first[here]].T @ f2[last[here]]
    return found


def _equilibrium(operators: np.ndarray, evaluator: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Information state of equilibrium, evaluator, and the eigenvalues of the one-step operator in falling order."""
    values, vectors = np.linalg.eig(operators.sum(axis=1).T)
    sound = np.flatnonzero((np.abs(values) <= 1.01) & (values.real >= 0))
    if not len(sound):
        raise UserError("The reweighted model has no equilibrium.", "None of its eigenvalues is near 1.", "Use fewer microstates, another lag time, or the plain Markov model.")
    sound = sound[np.argsort(-np.abs(values[sound]), kind="stable")]
    state = vectors[:, sound[0]].real
    return state / (state @ evaluator), evaluator, values[sound].real


def _told(rank: int, eigenvalues: np.ndarray, lagtime: int, unit: TimeUnit, is_missed: bool) -> tuple[Notice, ...]:
    times = [unit.say(float(f"{t:.3g}")) for t in implied_timescales(eigenvalues[1:4], lagtime) if np.isfinite(t)]
    own = f" The operator model's own timescales, without the error of the microstates: {listed(times)}." if times else ""
    found = Notice("info", f"Counts were corrected by an observable operator model with {count_of(rank, 'process', 'processes')}.{own}", where="kinetics")
    missed = Notice("warning", "The transitions that were seen cannot have the slow processes of the operator model: timescales of the microstates are not its own.",
                    "Use fewer microstates, a longer lag time, or the plain Markov model.", where="kinetics")
    return (missed, found) if is_missed else (found,)
