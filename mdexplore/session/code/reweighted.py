"""The part of a script that makes Markov models reweighted to equilibrium: `estimate` by Koopman reweighting, or by an observable operator model."""
from __future__ import annotations

from typing import TYPE_CHECKING

from mdexplore.methods.kinetics.estimators import estimator_of
from mdexplore.methods.kinetics.koopman import KoopmanMSM
from mdexplore.methods.kinetics.lagmodels import lag_models
from mdexplore.methods.kinetics.oom import MET, OOMMSM, ROUNDS, rank_at
from mdexplore.session.code.chains import STATIONARY
from mdexplore.session.code.data import Parts
from mdexplore.session.code.text import comment

if TYPE_CHECKING:
    from mdexplore.session.study import Study

REWEIGHTED = (KoopmanMSM, OOMMSM)
KOOPMAN = '''def estimate(lagtime):
    """Koopman reweighted Markov model (doi:10.1063/1.4979344): flows of the model without detailed balance in its own equilibrium, symmetrised."""
    long = [d for d in dtrajs if len(d) > lagtime]
    counts = TransitionCountEstimator(lagtime, "sliding", n_states=len(centers), sparse=False).fit_fetch(long).submodel_largest()
    forward = counts.count_matrix / counts.count_matrix.sum(axis=1, keepdims=True)
    flow = stationary_of(forward)[:, None] * forward
    flow = (flow + flow.T) / 2
    return MarkovStateModel(flow / flow.sum(axis=1, keepdims=True), flow.sum(axis=1), reversible=True, count_model=counts)
'''
OOM = '''def estimate(lagtime):
    """Markov model reweighted by an observable operator model (doi:10.1063/1.4976518).

    Singular vectors are those of counts weighted by visits. Flows have their slow part from the operator model and their fast part, which it
    does not hold, from the counts; microstates that were never seen to follow each other have none. Both are met in turn until the flows have both.
    """
    counter = TransitionCountEstimator(lagtime, "sliding", n_states=len(centers), sparse=False)
    long, rank = [d for d in dtrajs if len(d) > 2 * lagtime], RANKS[lagtime]
    starts = counter.fit_fetch([d[:-lagtime] for d in long]).submodel_largest()
    inside, active = starts.count_matrix, starts.state_symbols
    rows, columns = (np.sqrt(np.maximum(inside.sum(axis=k), 1)) for k in (1, 0))
    left, values, right = np.linalg.svd(inside / np.outer(rows, columns))
    f1 = left[:, :rank] / np.sqrt(values[:rank]) / rows[:, None]
    f2 = right[:rank].T / np.sqrt(values[:rank]) / columns[:, None]
    place = np.full(len(centers), -1)
    place[active] = np.arange(len(active))
    triples = place[np.concatenate([np.stack([d[: -2 * lagtime], d[lagtime:-lagtime], d[2 * lagtime :]]) for d in long], axis=1)]
    first, middle, last = triples[:, (triples >= 0).all(axis=0)]
    operators = np.stack([f1[first[middle == k]].T @ f2[last[middle == k]] for k in range(len(active))], axis=1)
    eigenvalues, vectors = np.linalg.eig(operators.sum(axis=1).T)
    sound = np.flatnonzero((np.abs(eigenvalues) <= 1.01) & (eigenvalues.real >= 0))
    sound = sound[np.argsort(-np.abs(eigenvalues[sound]), kind="stable")]
    relaxation = 1 - eigenvalues[sound[1]].real if len(sound) > 1 else 1
    state, evaluator = vectors[:, sound[0]].real, f1.T @ inside.sum(axis=1)
    slow = np.einsum("j,jkl,lmn,n->km", state / (state @ evaluator), operators, operators, evaluator, optimize=True)
    slow = slow + slow.T
    stationary = np.clip(slow.sum(axis=1), 1e-3 / len(slow) * slow.sum() / len(slow), None)
    stationary = stationary / stationary.sum()
    flow = stationary[:, None] * inside / np.maximum(inside.sum(axis=1, keepdims=True), 1)
    flow, scale = (flow + flow.T) / 2, np.sqrt(np.outer(stationary, stationary))
    seen, (basis, _) = flow > 0, np.linalg.qr(np.sqrt(stationary)[:, None] * np.hstack([np.ones((len(slow), 1)), f1, f2]))
    wanted = basis.T @ (slow / slow.sum() / scale) @ basis
    for _ in range(ROUNDS):
        difference = wanted - basis.T @ (flow / scale) @ basis
        if np.abs(difference).max() <= MET * relaxation:
            break
        flow = np.clip(seen * (flow + scale * (basis @ difference @ basis.T)), 0, None)
    kept = TransitionCountModel(flow).submodel_largest().state_symbols
    flow = flow[np.ix_(kept, kept)] / flow[np.ix_(kept, kept)].sum()
    counts = counter.fit_fetch([d for d in dtrajs if len(d) > lagtime]).submodel(active[kept])
    return MarkovStateModel(flow / flow.sum(axis=1, keepdims=True), flow.sum(axis=1), reversible=True, count_model=counts)
'''


def say_reweighted(study: Study, lags: list[int], parts: Parts) -> None:
    """``estimate`` of a study whose kinetics are reweighted, at its lag time and those of its timescales."""
    parts.imports |= {"from deeptime.markov import TransitionCountEstimator", "from deeptime.markov.msm import MarkovStateModel"}
    if isinstance(study.recipe.kinetics, KoopmanMSM):
        parts.functions |= {"stationary_of": STATIONARY, "estimate": KOOPMAN}
        return
    parts.imports.discard("from deeptime.markov import TransitionCountEstimator")
    parts.imports.add("from deeptime.markov import TransitionCountEstimator, TransitionCountModel")
    models = lag_models(study.result("clustering"), estimator_of(study.recipe.kinetics))
    ranks = {lag: rank_at(models, lag, study.data.unit) for lag in sorted({*lags, study.result("kinetics").lagtime})}
    parts.settings += [comment("Rank of the operator model at each lag time: singular values of the counts that are twice what counts without memory give."), f"RANKS = {ranks}",
                       f"ROUNDS, MET = {ROUNDS}, {MET}   # of bringing flows to what they must be; what they may miss, of the relaxation of the slowest process"]
    parts.functions["estimate"] = OOM
