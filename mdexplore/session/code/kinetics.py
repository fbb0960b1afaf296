"""The part of a script that makes the Markov models, their timescales and the metastable states."""
from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from mdexplore.methods.coarse.pcca import PCCA
from mdexplore.methods.experiment.model import AugmentedModel
from mdexplore.methods.kinetics.bayesian_hmm import BayesianHMM
from mdexplore.methods.kinetics.bayesian_msm import BayesianMSM
from mdexplore.methods.kinetics.msm import MSM
from mdexplore.methods.kinetics.tram import Tram
from mdexplore.methods.recipe import Given
from mdexplore.session.code.augmented import say_augmented
from mdexplore.session.code.chains import BARS, MODEL, MODES, STATIONARY, TIMES
from mdexplore.session.code.data import Parts, refuse
from mdexplore.session.code.ensembles import say_tram
from mdexplore.session.code.hidden import say_hidden, say_hidden_states
from mdexplore.session.code.reweighted import REWEIGHTED, say_reweighted
from mdexplore.session.code.text import comment, lines

if TYPE_CHECKING:
    from mdexplore.session.study import Study

POSTERIOR = '''def posterior(msm):
    """Transition matrices drawn around a model by deeptime's reversible sampler (doi:10.1063/1.4934536), with sliding counts divided by the lag time, but one
    for each pair; and by what factor intervals have to be wider where that is more than there are."""
    from deeptime.markov.tools.estimation.dense.tmat_sampling.sampler_rev import SamplerRev  # BayesianMSM takes no seed

    long = [d for d in dtrajs if len(d) > msm.lagtime]
    counts = TransitionCountEstimator(msm.lagtime, "sliding", n_states=len(centers), sparse=False).fit_fetch(long).submodel(active)
    seen = counts.count_matrix
    taken = seen * max(1 / msm.lagtime, min(1.0, np.count_nonzero(seen) / seen.sum()))
    sampler = SamplerRev(np.ascontiguousarray(taken), P0=msm.transition_matrix, seed=SEED)
    return [sampler.sample(N=max(int(np.sqrt(len(centers))), 1)) for _ in range(N_SAMPLES)], np.sqrt(taken.sum() * msm.lagtime / seen.sum())
'''


def say_kinetics(study: Study, parts: Parts) -> None:
    """``msm``: the model at the lag time, and timescales over lag times."""
    settings, found, over = study.recipe.kinetics, study.result("kinetics"), study.result("timescales")
    if found.hidden is not None:
        say_hidden(study, parts)
        if isinstance(settings, BayesianHMM):
            _say_intervals(len(found.timescales), parts)
        return
    if isinstance(settings, Tram):
        say_tram(study, parts)
        return
    model = settings.value if isinstance(settings, Given) else None
    if not isinstance(settings, (MSM, BayesianMSM, *REWEIGHTED)) and not isinstance(model, AugmentedModel):
        raise refuse(f"there is no script for the kinetics {found.title}", "Only msm, bayesian-msm, oom-msm, koopman-msm, tram, hmm and bayesian-hmm can be written.", "Choose one of these.")
    k = over.values.shape[1]
    lags = over.lagtimes[np.isfinite(over.values).any(axis=1)]
    parts.settings += [f"LAG = {found.lagtime}   # of the Markov model, frames", lines("LAGTIMES", lags.tolist()) + "   # of the implied timescales, frames"]
    if isinstance(settings, REWEIGHTED):
        say_reweighted(study, lags.tolist(), parts)
    else:
        parts.imports |= {"from deeptime.markov import TransitionCountEstimator", "from deeptime.markov.msm import MaximumLikelihoodMSM"}
        parts.functions["estimate"] = MODEL
    parts.functions |= {"slow_modes": MODES, "timescales_of": TIMES, "timescales": BARS}
    parts.body += [f"implied = np.array([timescales(estimate(lagtime), {k}) for lagtime in LAGTIMES])  # (lag time, value or end of the bar, process)",
                   'print("\\nImplied timescales, slowest first, with 95 % intervals")',
                   "for lagtime, (values, lower, upper) in zip(LAGTIMES, implied):",
                   '    print(say(lagtime), "|", ", ".join(f"{say(t)} ({say(a)} to {say(b)})" for t, a, b in zip(values, lower, upper) if t > lagtime))',
                   "", "msm = estimate(LAG)", "active = msm.count_model.state_symbols  # microstates of the model",
                   'print(f"\\n{len(active)} of {len(centers)} microstates are in the model at a lag time of {say(LAG)}")', ""]
    parts.saved |= {"lagtimes": "LAGTIMES", "timescales": "implied[:, 0]", "timescales_lower": "implied[:, 1]", "timescales_upper": "implied[:, 2]", "active": "active",
                    "transition_matrix": "msm.transition_matrix", "stationary": "msm.stationary_distribution"}
    if isinstance(model, AugmentedModel):
        say_augmented(model, study, parts)
    if isinstance(settings, BayesianMSM) and len(found.active) > 1:
        _say_posterior(settings, study, parts)


def _say_posterior(settings: BayesianMSM, study: Study, parts: Parts) -> None:
    parts.settings += [f"N_SAMPLES = {settings.n_samples}   # of the posterior", f"SEED = {study.recipe.seed}"]
    parts.functions |= {"posterior": POSTERIOR, "stationary_of": STATIONARY}
    parts.body.append("samples, wider = posterior(msm)")
    _say_intervals(len(study.result("kinetics").timescales), parts, "lower, upper = middle * (lower / middle) ** wider, middle * (upper / middle) ** wider")


def _say_intervals(k: int, parts: Parts, *more: str) -> None:
    """Intervals of the k slowest timescales over ``samples``."""
    parts.body += [f"drawn = [timescales_of(slow_modes(p, stationary_of(p), {k})[0], LAG) for p in samples]",
                   "lower, middle, upper = np.nanpercentile(drawn, [2.5, 50, 97.5], axis=0)", *more, "values = timescales_of(slow_modes(msm.transition_matrix, msm.stationary_distribution, len(lower))[0], LAG)",
                   'print("Timescales with 95 % intervals of the posterior:")', "for t, a, b in zip(values, lower, upper):", '    print(f"  {say(t)} ({say(a)} to {say(b)})")', ""]
    parts.saved |= {"posterior_lower": "lower", "posterior_upper": "upper"}


def say_states(study: Study, parts: Parts) -> None:
    """Metastable states, their populations and mean first passage times."""
    coarse, kinetics = study.result("coarse"), study.result("kinetics")
    if not isinstance(study.recipe.coarse, PCCA):
        raise refuse(f"there is no script for {type(study.recipe.coarse).__name__}", "Only PCCA+ can be written.", "Choose pcca.")
    assigned = coarse.microstates[kinetics.active]
    m = coarse.n_states
    if kinetics.hidden is not None:
        say_hidden_states(study, parts)
    elif m == 1:
        parts.body += ["sets = np.zeros(len(active), int)  # one metastable state"]
    elif _is_deeptimes(study, assigned):
        parts.settings += [comment("States are numbered such that each holds its microstate of these."), lines("NUMBERED_BY", _cores(study))]
        parts.body += [f"sets = msm.pcca({m}).assignments", "named = [sets[list(active).index(microstate)] for microstate in NUMBERED_BY]",
                       "sets = np.argsort(named)[sets]  # metastable state of each microstate of the model"]
    else:
        parts.settings += [comment("The metastable state of each microstate of the model: here deeptime's PCCA+ finds an empty state or another border, so what was found is written out."),
                           lines("SETS", assigned.tolist())]
        parts.body += ["sets = np.array(SETS)"]
    parts.body += [f"populations = np.array([msm.stationary_distribution[sets == k].sum() for k in range({m})])",
                   f"mfpt = np.zeros(({m}, {m}))  # frames, from row to column", f"for a in range({m}):", f"    for b in range({m}):", "        if a != b:",
                   "            mfpt[a, b] = msm.mfpt(np.flatnonzero(sets == a), np.flatnonzero(sets == b))",
                   'print("\\nMetastable states (numbered from 0, state 1 of the app is 0 here): population, mean first passage times to the others")', f"for a in range({m}):",
                   '    print(f"  {a}: {100 * populations[a]:.2f} %", *(f"to {b}: {say(mfpt[a, b])}" for b in range(len(populations)) if b != a))', ""]
    parts.saved |= {"states": "sets" if kinetics.hidden is None else "states", "populations": "populations", "mfpt": "mfpt"}


def _is_deeptimes(study: Study, assigned: np.ndarray) -> bool:
    """Whether deeptime's own PCCA+ splits the same model into the same sets, however it numbers them."""
    try:
        theirs = study.msm.pcca(study.result("coarse").n_states).assignments
    except Exception:   # it raises many kinds where a state would be empty
        return False
    return len({*zip(theirs.tolist(), assigned.tolist())}) == len(np.unique(assigned)) == len(np.unique(theirs))


def _cores(study: Study) -> list[int]:
    """For each state the microstate that belongs to it most."""
    coarse = study.result("coarse")
    return [int(np.where(coarse.microstates == k, coarse.memberships[:, k], -1.0).argmax()) for k in range(coarse.n_states)]
