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


def sets_of(coarse: Metastable, active: np.ndarray, outputs: np.ndarray | None) -> np.ndarray:
    """Which metastable state each state of a model belongs to, as columns of 0 and 1; shape (n_model_states, n_states).

    Parameters
    ----------
    coarse : Metastable
    active : ndarray, shape (n_model_states,), int
        Microstates of the model.
    outputs : ndarray, shape (n_model_states, n_clusters), or None
        Of a model with hidden states, which have no microstate each.
    """
    n = coarse.n_states
    states = coarse.microstates[active] if outputs is None else (outputs @ coarse.memberships).argmax(axis=1)
    return np.eye(n + 1)[states][:, :n]
