"""Frames drawn as a deep generative or reversible Markov model says: where a state lands, or a whole path of landings."""
from __future__ import annotations

import numpy as np

from mdexplore.base.errors import UserError
from mdexplore.base.work.threads import single_threaded
from mdexplore.methods.deep.generative import landing_weights
from mdexplore.methods.results import Features, Projection


@single_threaded()
def draw_frames(projection: Projection, features: Features, state: int, n: int, *, seed: int = 0) -> np.ndarray:
    """Frames in which trajectories land one lag time after a state, each as likely as the model says.

    Parameters
    ----------
    projection : Projection
        By ``generative-msm`` or ``reversible-deep-msm``.
    features : Features
        Those it was made from.
    state : int
        Counted from 0.
    n : int
    seed : int

    Returns
    -------
    ndarray, shape (n, 2), int
        Trajectory and frame. They are real frames: each is its own nearest one.

    Raises
    ------
    UserError
        If the projection has no landing densities, or there is no such state.
    """
    weights, _ = _landing(projection, features)
    if not 0 <= state < projection.dim:
        raise UserError(f"There is no state {state}.", f"The model has {projection.dim}, counted from 0.")
    share = np.concatenate([w[:, state] for w in weights])
    return _places(np.random.default_rng(seed).choice(len(share), n, p=share / share.sum()), weights)


@single_threaded()
def draw_path(projection: Projection, features: Features, start: tuple[int, int], n_steps: int, *, seed: int = 0) -> np.ndarray:
    """A path of the model: from each frame a state by its memberships, from the state the frame one lag time later.

    Parameters
    ----------
    projection, features
        As in `draw_frames`.
    start : (int, int)
        Trajectory and frame.
    n_steps : int
        Lag times.
    seed : int

    Returns
    -------
    ndarray, shape (n_steps + 1, 2), int
        Trajectory and frame, the start first.

    Raises
    ------
    UserError
        If the projection has no landing densities, or there is no such frame.
    """
    weights, memberships = _landing(projection, features)
    trajectory, frame = start
    if not (0 <= trajectory < len(weights) and 0 <= frame < len(weights[trajectory])):
        raise UserError(f"There is no frame {frame} of trajectory {trajectory}.", do="Give trajectory and frame, counted from 0.")
    random, chi = np.random.default_rng(seed), np.concatenate(memberships).astype(np.float64)
    steps = np.cumsum(np.concatenate(weights), axis=0)
    path = [sum(map(len, weights[:trajectory])) + frame]
    for _ in range(n_steps):
        here = chi[path[-1]]
        state = int(random.choice(len(here), p=here / here.sum()))
        path.append(min(int(np.searchsorted(steps[:, state], random.random() * steps[-1, state], side="right")), len(steps) - 1))
    return _places(np.array(path), weights)


def _landing(projection: Projection, features: Features) -> tuple[list[np.ndarray], tuple[np.ndarray, ...]]:
    p = projection.parameters
    if projection.lagtime is None or not ("landing" in p or "coupling" in p):
        raise UserError(f"No frames can be drawn from {projection.title}.", "It does not say where trajectories land.",
                        "Choose the projection \"generative-msm\" or \"reversible-deep-msm\"." if "generator" not in p else
                        "It makes new ones: call mdx.generation.make_frames.")
    if features.n_features != len(p["constants"]) or [*map(len, features.values)] != [*map(len, projection.values)]:
        raise UserError("These features do not fit the model.", f"It was made from {len(p['constants'])} features of {sum(map(len, projection.values))} frames.", "Give the features it was made from.")
    return landing_weights(p, projection.values, features.values, projection.lagtime), projection.values


def _places(rows: np.ndarray, arrays: list[np.ndarray]) -> np.ndarray:
    """Trajectory and frame of rows of all frames one after another."""
    ends = np.cumsum([len(a) for a in arrays])
    trajectory = np.searchsorted(ends, rows, side="right")
    return np.stack([trajectory, rows - np.append(0, ends)[trajectory]], axis=1)
