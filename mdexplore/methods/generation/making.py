"""Frames that a deep generative Markov model makes itself: where a state lands, a whole path of landings, and the real frames nearest to them."""
from __future__ import annotations

import numpy as np

from mdexplore.base.errors import UserError
from mdexplore.base.work.threads import single_threaded
from mdexplore.methods.deep import energy, network
from mdexplore.methods.results import Features, Projection

ROWS = 1 << 22   # numbers of the distances that are held at a time


@single_threaded()
def make_frames(projection: Projection, state: int, n: int, *, seed: int = 0) -> np.ndarray:
    """Features of new frames in which trajectories land one lag time after a state, each as likely as the model says.

    Parameters
    ----------
    projection : Projection
        By ``generative-msm`` with the generator "energy distance".
    state : int
        Counted from 0.
    n : int
        How many, at least 1.
    seed : int

    Returns
    -------
    ndarray, shape (n, d), float32
        In the units of the features.

    Raises
    ------
    UserError
        If the projection has no network that makes frames, there is no such state, or `n` is below 1.
    """
    p = _generator(projection)
    if not 0 <= state < projection.dim:
        raise UserError(f"There is no state {state}.", f"The model has {projection.dim}, counted from 0.")
    if n < 1:
        raise UserError(f"{n} frames are none.", do="Ask for at least one.")
    return _in_units(p, energy.made(p, state, n, np.random.default_rng(seed)))


@single_threaded()
def make_path(projection: Projection, start: np.ndarray, n_steps: int, *, seed: int = 0) -> np.ndarray:
    """A path of the model: from each frame a state by its memberships, from the state a new frame one lag time later.

    Parameters
    ----------
    projection : Projection
        As in `make_frames`.
    start : ndarray, shape (d,)
        Features of a frame.
    n_steps : int
        Lag times, at least 1.
    seed : int

    Returns
    -------
    ndarray, shape (n_steps + 1, d), float32
        The start first.

    Raises
    ------
    UserError
        If the projection has no network that makes frames, the start has other features or is not finite, or `n_steps` is below 1.
    """
    p, random = _generator(projection), np.random.default_rng(seed)
    first = np.asarray(start, np.float32)
    if first.shape != (len(p["constants"]),):
        raise UserError("This start does not fit the model.", f"It has the shape {first.shape}; the model was made from {len(p['constants'])} features.")
    if not np.isfinite(first).all():
        raise UserError("This start does not fit the model.", "Some of its features are no finite numbers.", "Give the features of a frame.")
    if n_steps < 1:
        raise UserError(f"A path of {n_steps} steps is none.", do="Ask for at least one.")
    frame, path = network.standardised(p, first[None]), []
    for _ in range(n_steps):
        chi = network.forward(p["encoder"], frame)[0].astype(np.float64)
        frame = energy.made(p, int(random.choice(len(chi), p=chi / chi.sum())), 1, random)
        path.append(frame[0])
    return np.concatenate([first[None], _in_units(p, np.array(path, np.float32))])


@single_threaded()
def nearest_frames(projection: Projection, features: Features, made: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The real frame that is nearest to each frame made.

    Parameters
    ----------
    projection : Projection
        Of any network; it says in which units features are compared.
    features : Features
        Those it was made from.
    made : ndarray, shape (n, d)
        Features of frames, as `make_frames` gives them.

    Returns
    -------
    places : ndarray, shape (n, 2), int
        Trajectory and frame.
    distances : ndarray, shape (n,)
        In standard deviations of the features.

    Raises
    ------
    UserError
        If the features are not those of the model.
    """
    from scipy.spatial import cKDTree

    p = projection.parameters
    if p.get("kind") != "network" or features.n_features != len(p["constants"]) or made.ndim != 2 or made.shape[1] != features.n_features:
        raise UserError("These frames do not fit the model.", "They have other features than it was made from.", "Give the features it was made from, and frames that it made.")
    best, places = np.full(len(made), np.inf), np.zeros((len(made), 2), int)
    wanted = network.standardised(p, made)
    for trajectory, x in enumerate(features.values):
        rows = max(1, ROWS // len(p["columns"]))
        for start in range(0, len(x), rows):
            distance, frame = cKDTree(network.standardised(p, x[start : start + rows])).query(wanted)
            closer = distance < best
            best[closer] = distance[closer]
            places[closer] = np.stack([np.full(closer.sum(), trajectory), frame[closer] + start], axis=1)
    return places, best


def _generator(projection: Projection) -> dict:
    if "generator" not in projection.parameters:
        raise UserError(f"{projection.title} makes no frames.", "It has no network for that.", "Choose the projection GenerativeMSM(generator=\"energy distance\").")
    return projection.parameters


def _in_units(p: dict, standardised: np.ndarray) -> np.ndarray:
    """Frames in the units of the features; features that never change keep their value."""
    out = np.tile(np.asarray(p["constants"], np.float32), (len(standardised), 1))
    out[:, p["columns"]] = standardised * p["scale"] + p["mean"]
    return out
