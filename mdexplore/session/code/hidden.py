"""The part of a script that makes hidden Markov models: the same expectation and maximisation, on deeptime's forward-backward."""
from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from mdexplore.base.numerics.spectrum import slow_modes
from mdexplore.methods.coarse.memberships import memberships, rotation
from mdexplore.methods.coarse.numbering import ranks
from mdexplore.methods.coarse.pcca import PCCA, pcca
from mdexplore.methods.kinetics.baumwelch import MOST_ROUNDS, OFFSETS, TOLERANCE, fit, sequences
from mdexplore.methods.kinetics.bayesian_hmm import BayesianHMM
from mdexplore.methods.kinetics.hidden import unveiled
from mdexplore.methods.kinetics.hmm import first_guess, inside
from mdexplore.methods.kinetics.lagmodels import lag_models
from mdexplore.session.code.chains import BARS, MODEL, MODES, STATIONARY, TIMES
from mdexplore.session.code.data import Parts, refuse
from mdexplore.session.code.text import comment, lines, matrix

if TYPE_CHECKING:
    from mdexplore.session.study import Study

NUDGE, SURE = 1e-9, 1e-6
GUESS = '''def first_guess(msm):
    """Transition matrix and outputs of the hidden states, from PCCA+ of the microstates (doi:10.1007/s11634-013-0134-6)."""
    matrix, stationary = msm.transition_matrix, msm.stationary_distribution
    right = slow_modes(matrix, stationary, N_HIDDEN - 1)[2]
    right *= np.sign(right[np.abs(right).argmax(axis=0), range(right.shape[1])])
    fuzzy = np.clip(np.hstack([np.ones((len(matrix), 1)), right]) @ ROTATIONS[msm.lagtime], 0, 1)
    fuzzy = np.eye(N_HIDDEN) if len(matrix) == N_HIDDEN else fuzzy / fuzzy.sum(axis=1, keepdims=True)
    for place, state, value in FAINT[msm.lagtime]:
        fuzzy[place, state] = value
    weights = stationary[:, None] * fuzzy
    flow = weights.T @ matrix @ fuzzy
    return flow / flow.sum(axis=1, keepdims=True), (weights / weights.sum(axis=0)).T
'''
SEQUENCES = '''def sequences(lagtime, active, n_offsets):
    """Places among the active microstates of every lagtime-th frame, cut where one is outside; and what share of all such sequences these are."""
    place = np.full(len(centers) + 1, -1)
    place[active] = np.arange(len(active))
    found, starts = [], np.unique(np.linspace(0, lagtime, min(lagtime, n_offsets), endpoint=False).astype(int))
    for whole in [place[d][start::lagtime] for d in dtrajs for start in starts]:
        edges = np.flatnonzero(np.diff(np.concatenate([[0], whole >= 0, [0]]).astype(int)))
        found += [np.ascontiguousarray(whole[a:b]) for a, b in zip(edges[::2], edges[1::2]) if b - a > 1]
    return found, len(starts) / lagtime
'''
FIT = f'''def estimate_hidden(lagtime):
    """Most likely hidden Markov model in detailed balance (doi:10.1063/1.4828816), and the probability to see each microstate in each hidden state."""
    msm = estimate(lagtime)
    active = msm.count_model.state_symbols
    observed, share = sequences(lagtime, active, {OFFSETS})
    matrix, outputs = first_guess(msm)
    stationary, before = stationary_of(matrix), -np.inf
    alpha, beta = np.zeros((2, max(map(len, observed)), N_HIDDEN))
    for step in range({MOST_ROUNDS}):
        likelihood, counts, seen = 0.0, np.zeros((N_HIDDEN, N_HIDDEN)), np.zeros((len(active), N_HIDDEN))
        columns = np.ascontiguousarray(outputs.T)
        for symbols in observed:
            gamma, c = np.zeros((len(symbols), N_HIDDEN)), np.zeros((N_HIDDEN, N_HIDDEN))
            likelihood += hmm.forward_backward(np.ascontiguousarray(matrix), columns[symbols], stationary, alpha, beta, gamma, c, len(symbols))
            counts += c
            seen += np.stack([np.bincount(symbols, g, len(active)) for g in gamma.T], axis=1)
        if step and likelihood - before < {TOLERANCE!r}:
            break
        before = likelihood
        chain = MaximumLikelihoodMSM(reversible=True, maxerr=1e-14, maxiter=10_000_000).fit_fetch(counts)
        matrix, stationary = chain.transition_matrix, chain.stationary_distribution
        outputs = seen.T / seen.sum(axis=0)[:, None]
    order = np.argsort(-stationary, kind="stable")
    shown = np.zeros((N_HIDDEN, len(centers)))
    shown[:, active] = outputs[order]
    counted = TransitionCountModel(counts[np.ix_(order, order)] / share, counting_mode="sliding", lagtime=lagtime)
    return MarkovStateModel(matrix[np.ix_(order, order)], stationary[order], reversible=True, count_model=counted), shown
'''
PATHS = '''def paths_of(model, outputs):
    """The most likely hidden state of every frame, of frames a lag time apart together (Viterbi)."""
    columns = np.ascontiguousarray(np.vstack([outputs.T, np.ones(N_HIDDEN)]))  # the last row is for microstates outside: any hidden state is as likely
    columns[:-1][outputs.sum(axis=0) == 0] = 1
    found = [np.zeros(len(d), int) for d in dtrajs]
    for path, d in zip(found, dtrajs):
        for start in range(min(model.lagtime, len(d))):
            path[start :: model.lagtime] = hmm.viterbi(np.ascontiguousarray(model.transition_matrix), columns[d[start :: model.lagtime]], model.stationary_distribution)
    return found
'''
POSTERIOR = '''def posterior(model, outputs):
    """Transition matrices of the hidden states, drawn by turns with hidden paths and outputs (Gibbs, arXiv:1108.1430)."""
    from deeptime.markov.tools.estimation.dense.tmat_sampling.sampler_rev import SamplerRev

    random, (observed, _) = np.random.default_rng(SEED), sequences(model.lagtime, active, 1)
    matrix, possible = np.ascontiguousarray(model.transition_matrix), outputs[:, active] > 0
    outputs, drawn = outputs[:, active], []
    alpha = np.zeros((max(map(len, observed)), N_HIDDEN))
    for _ in range(N_SAMPLES):
        stationary, columns = np.clip(stationary_of(matrix), 1e-300, None), np.ascontiguousarray(outputs.T)
        counts, seen = np.zeros((N_HIDDEN, N_HIDDEN)), np.zeros(outputs.shape)
        for symbols in observed:
            hmm.forward(matrix, columns[symbols], stationary, alpha, len(symbols))
            path = hmm.sample_path(alpha, matrix, len(symbols), int(random.integers(1 << 30)))
            np.add.at(counts, (path[:-1], path[1:]), 1)
            np.add.at(seen, (path, symbols), 1)
        sampler = SamplerRev(np.ascontiguousarray(counts + 1e-10), P0=matrix, seed=int(random.integers(1 << 30)))
        matrix = np.ascontiguousarray(sampler.sample(N=10))
        outputs = np.zeros(seen.shape)
        for row, here, allowed in zip(outputs, seen, possible):
            has = allowed & (here > 0)
            row[has] = random.gamma(here[has])
            row[:] = row / row.sum() if has.any() else allowed / allowed.sum()
        drawn.append(matrix)
    return drawn
'''


def say_hidden(study: Study, parts: Parts) -> None:
    """``msm``: the chain of hidden states at the lag time; timescales over lag times; what microstates have to do with them."""
    over = study.result("timescales")
    _say_beginnings(study, over.lagtimes[np.isfinite(over.values).any(axis=1)].tolist(), parts)
    parts.imports |= {"from deeptime.markov import TransitionCountEstimator, TransitionCountModel", "from deeptime.markov.msm import MarkovStateModel, MaximumLikelihoodMSM",
                      "from deeptime.markov.hmm._hmm_bindings import util as hmm"}
    parts.functions |= {"estimate": MODEL, "slow_modes": MODES, "timescales_of": TIMES, "timescales": BARS, "stationary_of": STATIONARY, "first_guess": GUESS, "sequences": SEQUENCES,
                        "estimate_hidden": FIT, "paths_of": PATHS}
    _say_fit(over.values.shape[1], parts)
    settings = study.recipe.kinetics
    if isinstance(settings, BayesianHMM):
        parts.settings += [f"N_SAMPLES = {settings.n_samples}   # of the posterior", f"SEED = {study.recipe.seed}"]
        parts.functions["posterior"] = POSTERIOR
        parts.body.append("samples = posterior(msm, outputs)")


def _say_beginnings(study: Study, lags: list[int], parts: Parts) -> None:
    """Lag times, and where the fit at each begins; raises `UserError` where the model hangs on that."""
    found = study.result("kinetics")
    n_hidden = found.hidden.n_hidden
    unsure = [lag for lag in sorted({*lags, found.lagtime}) if not _is_sure(study, lag, n_hidden)]
    if found.lagtime in unsure:
        raise refuse(f"its fit at {study.data.unit.say(found.lagtime)} hangs on the last digits of where it begins", "A script of deeptime's numbers could end in another model.",
                     "Choose another lag time, or fewer hidden states.")
    if unsure:
        lags = [lag for lag in lags if lag not in unsure]
        parts.settings.append(comment(f"Left out are the lag times {unsure}: there the fit of hidden states hangs on the last digits of where it begins."))
    parts.settings += [f"LAG = {found.lagtime}   # of the hidden Markov model, frames", lines("LAGTIMES", lags) + "   # of the implied timescales, frames",
                       f"N_HIDDEN = {n_hidden}   # hidden states",
                       comment("The fit begins with PCCA+ of the microstates at each lag time; how far its search goes is a matter of taste, so the rotation of the eigenvectors that it ends with is written out."
                               " So are memberships (microstate of the model, hidden state, value) that are 0 but for rounding: what is 0 stays 0, what is not can grow."),
                       *_beginnings(study, sorted({*lags, found.lagtime}), n_hidden)]


def _say_fit(k: int, parts: Parts) -> None:
    """The fits, with k timescales each, and what is shown and saved of them."""
    parts.body += [f"implied = np.array([timescales(estimate_hidden(lagtime)[0], {k}) for lagtime in LAGTIMES])  # (lag time, value or end of the bar, process)",
                   'print("\\nImplied timescales of the hidden states, slowest first, with 95 % intervals")',
                   "for lagtime, (values, lower, upper) in zip(LAGTIMES, implied):",
                   '    print(say(lagtime), "|", ", ".join(f"{say(t)} ({say(a)} to {say(b)})" for t, a, b in zip(values, lower, upper) if t > lagtime))',
                   "", "msm, outputs = estimate_hidden(LAG)  # the chain of hidden states, and what each of them shows",
                   "seen = msm.stationary_distribution @ outputs", "active = np.flatnonzero(seen > 0)  # microstates of the model",
                   "belongs = outputs.T * msm.stationary_distribution / np.where(seen > 0, seen, 1)[:, None]  # of each microstate to the hidden states",
                   "microscopic = belongs[active] @ msm.transition_matrix @ outputs[:, active]", "microscopic /= microscopic.sum(axis=1, keepdims=True)  # transitions between microstates",
                   "paths = paths_of(msm, outputs)",
                   'print(f"\\n{N_HIDDEN} hidden states seen through {len(active)} of {len(centers)} microstates at a lag time of {say(LAG)}")', ""]
    parts.saved |= {"lagtimes": "LAGTIMES", "timescales": "implied[:, 0]", "timescales_lower": "implied[:, 1]", "timescales_upper": "implied[:, 2]", "active": "active",
                    "transition_matrix": "microscopic", "stationary": "seen[active]", "hidden_transition_matrix": "msm.transition_matrix", "hidden_stationary": "msm.stationary_distribution",
                    "outputs": "outputs", "hidden_paths": "np.concatenate(paths)"}


def say_hidden_states(study: Study, parts: Parts) -> None:
    """``sets``: the metastable state of each hidden state; and of each microstate."""
    if not isinstance(study.recipe.coarse, PCCA):
        raise refuse(f"there is no script for {type(study.recipe.coarse).__name__}", "Only PCCA+ can be written.", "Choose pcca.")
    coarse = study.result("coarse")
    of_hidden = pcca(study.recipe.coarse, *unveiled(study.result("kinetics"), study.result("clustering"))).memberships[:, list(ranks(coarse))]
    parts.settings += [comment("How much each hidden state belongs to each metastable state: PCCA+ of the chain of hidden states, written out."), matrix("MEMBERSHIPS", of_hidden)]
    parts.body += ["sets = MEMBERSHIPS.argmax(axis=1)  # metastable state of each hidden state", "states = (belongs[active] @ MEMBERSHIPS).argmax(axis=1)  # and of each microstate of the model"]


def _is_sure(study: Study, lag: int, n_hidden: int) -> bool:
    """Whether the fit comes to the same model from beginnings to both sides that differ by more than solvers do; past a saddle of the likelihood it may not."""
    clustering, step = study.result("clustering"), study.data.timestep_ns
    plain, wanted = lag_models(clustering).at(lag, step), lag_models(clustering, f"hmm {n_hidden}").at(lag, step)
    guess, outputs = first_guess(plain, n_hidden)
    observed, _ = sequences(inside(clustering.dtrajs, plain.active, clustering.n_clusters), lag)
    for nudge in (NUDGE, -NUDGE):
        moved = outputs * (1 + nudge * np.cos(np.arange(outputs.size)).reshape(outputs.shape))
        found = fit(observed, guess, moved / moved.sum(axis=1, keepdims=True))
        order = np.argsort(-found.stationary, kind="stable")
        if not np.allclose(found.transition_matrix[np.ix_(order, order)], wanted.transition_matrix, rtol=SURE, atol=SURE):
            return False
    return True


def _beginnings(study: Study, lags: list[int], n_hidden: int) -> tuple[str, str]:
    """``ROTATIONS`` by lag time, for eigenvectors whose largest entry is positive, and ``FAINT`` memberships."""
    models, made, faint = lag_models(study.result("clustering")), [], []
    for lag in lags:
        plain = models.at(lag, study.data.timestep_ns)
        turned, entries = np.eye(n_hidden), []
        if len(plain.active) > n_hidden:
            right = slow_modes(plain.transition_matrix, plain.stationary, n_hidden - 1).right[:, :n_hidden]
            fuzzy = memberships(right, plain.stationary)
            entries = [(int(i), int(k), float(fuzzy[i, k])) for i, k in np.argwhere(fuzzy < NUDGE)]
            vectors, turned = rotation(right, plain.stationary)
            turned = turned * np.sign(vectors[np.abs(vectors).argmax(axis=0), range(n_hidden)])[:, None]
        rows = ",\n".join(f"        [{', '.join(repr(float(v)) for v in row)}]" for row in turned)
        made.append(f"    {lag}: [\n{rows},\n    ],")
        faint.append(f"    {lag}: {entries},")
    return "ROTATIONS = {\n" + "\n".join(made) + "\n}", "FAINT = {\n" + "\n".join(faint) + "\n}"
