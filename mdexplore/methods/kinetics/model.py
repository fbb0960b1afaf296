"""From our results to deeptime's model classes and back to the numbers they hold."""
from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from mdexplore.methods.kinetics.drawn import DrawnErrors, widened_samples
from mdexplore.methods.kinetics.lagmodels import errors_of
from mdexplore.methods.results import Hidden, Kinetics

if TYPE_CHECKING:
    from deeptime.markov.hmm import BayesianHMMPosterior, HiddenMarkovModel
    from deeptime.markov.msm import BayesianMSMPosterior, MarkovStateModel


def markov_state_model(transition_matrix: np.ndarray, stationary: np.ndarray, counts: np.ndarray, active: np.ndarray, lagtime: int) -> MarkovStateModel:
    """deeptime's model of a transition matrix on some of the counted microstates.

    Parameters
    ----------
    transition_matrix : ndarray, shape (n_active, n_active)
    stationary : ndarray, shape (n_active,)
    counts : ndarray, shape (n_clusters, n_clusters)
        Sliding counts over all microstates.
    active : ndarray, shape (n_active,), int
    lagtime : int
        Frames.
    """
    from deeptime.markov import TransitionCountModel
    from deeptime.markov.msm import MarkovStateModel

    counted = TransitionCountModel(np.array(counts), counting_mode="sliding", lagtime=lagtime).submodel(np.array(active))
    # deeptime normalises in place here and there: it gets copies.
    return MarkovStateModel(np.array(transition_matrix), stationary_distribution=np.array(stationary), reversible=True, count_model=counted)


def _hidden_markov_model(kinetics: Kinetics, hidden: Hidden) -> HiddenMarkovModel | BayesianHMMPosterior:
    from deeptime.markov import TransitionCountModel
    from deeptime.markov.hmm import BayesianHMMPosterior, HiddenMarkovModel
    from deeptime.markov.msm import MarkovStateModel

    counted = TransitionCountModel(np.array(hidden.counts), counting_mode="sliding", lagtime=kinetics.lagtime)

    def made(matrix: np.ndarray, stationary: np.ndarray | None) -> HiddenMarkovModel:
        chain = MarkovStateModel(np.array(matrix), stationary_distribution=stationary, reversible=True, count_model=counted)
        return HiddenMarkovModel(chain, np.array(hidden.outputs), initial_distribution=np.array(hidden.stationary), hidden_state_trajectories=[np.array(p) for p in hidden.paths])

    prior = made(hidden.transition_matrix, np.array(hidden.stationary))
    return prior if hidden.samples is None else BayesianHMMPosterior(prior, [made(matrix, None) for matrix in hidden.samples])


def deeptime_model(kinetics: Kinetics) -> MarkovStateModel | BayesianMSMPosterior | HiddenMarkovModel | BayesianHMMPosterior:
    """The deeptime object behind a result; the posterior where there are samples, whose outputs are those of its prior for hidden states.

    Draws of TRAM spread as widely as its intervals say, which deeptime would otherwise give too narrow (`mdexplore.methods.kinetics.drawn.widened_samples`).

    State i of the model is microstate ``kinetics.active[i]``, as ``model.count_model.state_symbols`` says too.
    """
    if kinetics.hidden is not None:
        return _hidden_markov_model(kinetics, kinetics.hidden)
    prior = markov_state_model(kinetics.transition_matrix, kinetics.stationary, kinetics.counts, kinetics.active, kinetics.lagtime)
    if kinetics.samples is None:
        return prior
    from deeptime.markov.msm import BayesianMSMPosterior, MarkovStateModel

    errors = errors_of(kinetics)
    drawn = widened_samples(errors) if isinstance(errors, DrawnErrors) else kinetics.samples
    samples = [MarkovStateModel(np.array(matrix), reversible=True, count_model=prior.count_model) for matrix in drawn]
    return BayesianMSMPosterior(prior=prior, samples=samples)
