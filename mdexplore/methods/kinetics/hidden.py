"""A model with hidden states as one whose microstates are the hidden states, and what is found there told in microstates again."""
from __future__ import annotations

import dataclasses

import numpy as np

from mdexplore.methods.results import Clustering, Kinetics, Metastable


def unveiled(kinetics: Kinetics, clustering: Clustering) -> tuple[Kinetics, Clustering]:
    """The model of the hidden states, on a clustering whose microstates are the hidden states of the most likely paths."""
    hidden = kinetics.hidden
    if hidden is None:
        return kinetics, clustering
    return hidden_kinetics(kinetics), Clustering(centers=hidden.outputs @ clustering.centers, dtrajs=hidden.paths)


def hidden_kinetics(kinetics: Kinetics) -> Kinetics:
    """The model of the hidden states alone; the model itself where there are none."""
    hidden = kinetics.hidden
    if hidden is None:
        return kinetics
    return dataclasses.replace(kinetics, counts=hidden.counts, active=np.arange(hidden.n_hidden), transition_matrix=hidden.transition_matrix, stationary=hidden.stationary,
                               samples=hidden.samples, hidden=None)


def in_microstates(coarse: Metastable, kinetics: Kinetics) -> Metastable:
    """Metastable states of hidden states as states of the microstates that are seen; frames keep the states of their most likely path."""
    hidden = kinetics.hidden
    if hidden is None:
        return coarse
    fuzzy = hidden.memberships @ coarse.memberships
    microstates = np.where(fuzzy.sum(axis=1) > 0, fuzzy.argmax(axis=1), -1)
    return dataclasses.replace(coarse, memberships=fuzzy, microstates=microstates)


def sets_of(coarse: Metastable, active: np.ndarray, stationary: np.ndarray, outputs: np.ndarray | None) -> np.ndarray:
    """Which metastable state each state of a model belongs to, as columns of 0 and 1; shape (n_model_states, n_states).

    Parameters
    ----------
    coarse : Metastable
    active : ndarray, shape (n_model_states,), int
        Microstates of the model.
    stationary : ndarray, shape (n_model_states,)
    outputs : ndarray, shape (n_model_states, n_clusters), or None
        Of a model with hidden states, which have no microstate each: each goes to the metastable state that it is most like in what it shows.
    """
    n = coarse.n_states
    if outputs is None:
        return np.eye(n + 1)[coarse.microstates[active]][:, :n]
    seen = stationary @ outputs
    inside = seen > 0
    # Angles between distributions, weighted by 1 / seen: a state is always nearest to itself, however rare it is.
    shown = seen[inside, None] * coarse.memberships[inside]
    lengths = np.sqrt((shown**2 / seen[inside, None]).sum(axis=0))
    likeness = (outputs[:, inside] / seen[inside]) @ shown / np.where(lengths > 0, lengths, np.inf)
    return np.eye(n)[likeness.argmax(axis=1)]
