"""Frames in which trajectories land one lag time after a metastable state, as a Markov model says it."""
from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from mdexplore.base.errors import UserError
from mdexplore.methods.results import Kinetics


def landing_shares(kinetics: Kinetics, memberships: np.ndarray, state: int) -> np.ndarray:
    """Probability of each active microstate one lag time after a metastable state in equilibrium.

    Parameters
    ----------
    kinetics : Kinetics
    memberships : ndarray, shape (n_clusters, n_states)
        Of the microstates in the metastable states.
    state : int
        Counted from 0.

    Returns
    -------
    ndarray, shape (n_active,)
        Sums to 1.

    Raises
    ------
    UserError
        If there is no such state.
    """
    if not 0 <= state < memberships.shape[1]:
        raise UserError(f"There is no state {state}.", f"The model has {memberships.shape[1]}, counted from 0.")
    within = kinetics.stationary * memberships[kinetics.active, state]
    return np.asarray((within / within.sum()) @ kinetics.transition_matrix)


def draw_landing(kinetics: Kinetics, memberships: np.ndarray, dtrajs: Sequence[np.ndarray], state: int, n: int, *, seed: int = 0) -> np.ndarray:
    """Frames in which trajectories land one lag time after a metastable state: a microstate as likely as the model says, then any of its frames.

    Parameters
    ----------
    kinetics, memberships, state
        As in `landing_shares`.
    dtrajs : sequence of ndarray, shape (n_frames_i,), int
        Microstate of each frame.
    n : int
    seed : int

    Returns
    -------
    ndarray, shape (n, 2), int
        Trajectory and frame.
    """
    random, shares = np.random.default_rng(seed), landing_shares(kinetics, memberships, state)
    micro = kinetics.active[random.choice(len(shares), n, p=shares / shares.sum())]
    joined, ends = np.concatenate(dtrajs), np.cumsum([len(d) for d in dtrajs])
    numbers = np.empty(n, np.int64)
    weights = None if kinetics.unbiased is None else np.concatenate(kinetics.unbiased.weights)
    for one in np.unique(micro):
        places = np.flatnonzero(micro == one)
        there = np.flatnonzero(joined == one)
        share = None if weights is None else weights[there] / weights[there].sum()
        numbers[places] = random.choice(there, len(places), p=share)
    trajectory = np.searchsorted(ends, numbers, side="right")
    return np.stack([trajectory, numbers - np.append(0, ends)[trajectory]], axis=1)
