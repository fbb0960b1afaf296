"""The Markov model reweighted by an observable operator model: unbiased by starts out of equilibrium and by coarse microstates."""
from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from mdexplore.base.errors import UserError
from mdexplore.base.notices import Notice
from mdexplore.base.numerics.counts import connected_set, sliding_counts
from mdexplore.base.numerics.effective import effective_counts
from mdexplore.base.numerics.spectrum import implied_timescales, slow_modes
from mdexplore.base.units import TimeUnit
from mdexplore.base.words import count_of, listed
from mdexplore.methods.kinetics.lagmodels import LagModel, LagModels, connected, lag_models, most_likely
from mdexplore.methods.kinetics.msm import kinetics_of
from mdexplore.methods.method import Lag, Progress, Settings, ignore, method, setting
from mdexplore.methods.results import Clustering, Kinetics

RESAMPLES = 100   # give the error of a singular value to 7 %
SHORTER = 0.8
SIGNAL = 10.0     # times its error is what a singular value must have to be believed


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
    Nueske, Wu, Prinz, Wehmeyer, Clementi and Noe 2017, doi:10.1063/1.4976518. As in deeptime's ``OOMReweightedMSM``: the rank is the number of singular values
    of the count matrix that are ten times their error over resampled effective counts. Flows between states of which neither was seen to follow the other are
    left out: the lower rank makes false ones between wells. The bars are those of the counts, without the correction's.
    """
    progress(0, 1, "Observable operator model")
    model = lag_models(clustering, OOMMSM.estimator).at(lagtime, timestep_ns)
    progress(1, 1, "Observable operator model")
    return kinetics_of(model, timestep_ns, title="OOM reweighted MSM", estimator=OOMMSM.estimator)


def oom_model(models: LagModels, lagtime: int, unit: TimeUnit) -> LagModel:
    """The model at one lag time."""
    first = [d[:-lagtime] for d in models.dtrajs if len(d) > 2 * lagtime]   # where the second step of a triple begins
    if not first:
        raise UserError(f"A lag time of {unit.say(lagtime)} is too long for a reweighted model.", f"The longest trajectory has {unit.say(max(models.lengths))}, and it needs two steps in a row.",
                        f"Choose a lag time below {unit.say(max(models.lengths) // 2)}, or the plain Markov model.")
    starts = sliding_counts(first, lagtime, models.n_clusters)
    active = connected(starts, lagtime, unit)
    inside = starts[np.ix_(active, active)]
    left, values, right = np.linalg.svd(inside)
    rank = _rank(effective_counts(first, lagtime, models.n_clusters)[np.ix_(active, active)])
    if rank < 2:
        raise UserError(f"At a lag time of {unit.say(lagtime)} the data are too few for a reweighted model.", "No process stands out from the noise of the counts.",
                        "Use fewer microstates, a shorter lag time, or the plain Markov model.")
    f1, f2 = left[:, :rank] / np.sqrt(values[:rank]), right[:rank].T / np.sqrt(values[:rank])
    operators = _operators(models.dtrajs, lagtime, active, models.n_clusters, f1, f2)
    state, evaluator, eigenvalues = _equilibrium(operators, f1.T @ inside.sum(axis=1))
    flow = np.clip(np.einsum("j,jkl,lmn,n->km", state, operators, operators, evaluator, optimize=True), 0, None)
    flow = (flow + flow.T) * (inside + inside.T > 0)   # elsewhere there is nothing but what the lower rank adds: false short cuts between wells
    kept = connected_set(flow)
    flow = flow[np.ix_(kept, kept)] / flow[np.ix_(kept, kept)].sum()
    counts = sliding_counts(models.dtrajs, lagtime, models.n_clusters)
    return LagModel(lagtime, counts, active[kept], flow / flow.sum(axis=1, keepdims=True), flow.sum(axis=1), told=_told(rank, eigenvalues, lagtime, unit) + _shorter(models, flow, lagtime, unit))


def _shorter(models: LagModels, flow: np.ndarray, lagtime: int, unit: TimeUnit) -> tuple[Notice, ...]:
    """A correction should lengthen the slowest timescale or leave it: where noise rules, it shortens it."""
    plain = most_likely(models, lagtime, unit).timescales[0]
    stationary = flow.sum(axis=1)
    values = slow_modes(flow / stationary[:, None], stationary, 1).eigenvalues[1:]
    if not len(plain) or not len(values) or not implied_timescales(values, lagtime)[0] < SHORTER * plain[0]:
        return ()
    found = unit.say(float(f"{implied_timescales(values, lagtime)[0]:.3g}"))
    return (Notice("warning", f"The correction makes the slowest timescale shorter: {found} instead of {unit.say(float(f'{plain[0]:.3g}'))}. The noise of the counts is larger than what it mends.",
                   "Use a longer lag time, fewer microstates, or the plain Markov model.", "kinetics"),)


def _rank(effective: np.ndarray) -> int:
    """How many singular values of the counts stand out from their noise."""
    total = round(float(effective.sum()))
    draws = np.random.default_rng(0).multinomial(total, (effective / effective.sum()).ravel(), size=RESAMPLES).reshape(RESAMPLES, *effective.shape)
    values = np.array([np.linalg.svd(drawn, compute_uv=False) for drawn in draws.astype(float)])
    spread = values.std(axis=0)
    stands_out = values.mean(axis=0) >= SIGNAL * np.where(spread > 0, spread, np.inf)
    return int(len(stands_out) if stands_out.all() else np.argmin(stands_out))


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


def _told(rank: int, eigenvalues: np.ndarray, lagtime: int, unit: TimeUnit) -> tuple[Notice, ...]:
    times = [unit.say(float(f"{t:.3g}")) for t in implied_timescales(eigenvalues[1:4], lagtime) if np.isfinite(t)]
    own = f" The operator model's own timescales, without the error of the microstates: {listed(times)}." if times else ""
    return (Notice("info", f"Counts were corrected by an observable operator model with {count_of(rank, 'process', 'processes')}.{own}", where="kinetics"),)
