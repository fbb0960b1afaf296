"""The latent space of a flow as a plane: where its structures came from, and where real frames go when they are pushed through it."""
from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from mdexplore.base.words import in_percent

if TYPE_CHECKING:
    from mdexplore.methods.generation.flow import Flow
    from mdexplore.session.generating import Generation

N_MADE, N_REAL = 1000, 1500   # points: as many as a page draws one by one without delay
LEAST = 3                     # frames of a state below which nothing is known of where it lies


@dataclass(frozen=True, eq=False)
class Latent:
    """A plane of the latent space, in which generated structures are normally distributed before they are weighted.

    Parameters
    ----------
    names : (str, str)
        Of its axes, which are at right angles and of unit length.
    said : str
        Which plane it is; empty where it is all there is.
    made : Generation
        Generated structures, those that are listed first; each beside its nearest real frame.
    points : ndarray, shape (n, 2), float32
        Where each of `made` came from.
    real : ndarray, shape (m, 2), float32
        Latent points of real frames, some of those that the flow has learned.
    frames : ndarray, shape (m, 2), int
        (trajectory, frame) of each.
    """

    names: tuple[str, str]
    said: str
    made: Generation
    points: np.ndarray
    real: np.ndarray
    frames: np.ndarray


def latent_plane(flow: Flow, z: np.ndarray, made: Generation, real: np.ndarray, frames: np.ndarray, states: np.ndarray | None = None) -> Latent:
    """Structures and real frames in a plane of the latent space: all of it where it has two dimensions, else the plane that parts the states.

    Parameters
    ----------
    flow : Flow
    z : ndarray, shape (n, d)
        Latent points of `made`.
    made : Generation
    real : ndarray, shape (m, d)
        Coordinates of real frames, as the flow has learned them; `N_REAL` evenly taken ones are kept.
    frames : ndarray, shape (m, 2), int
    states : ndarray, shape (m,), int, optional
        Metastable state of each, -1 outside the model.
    """
    some = evenly(len(real), N_REAL)
    back = flow.latent(real[some])[0]
    sound = np.isfinite(back).all(axis=1)
    some, back = some[sound], back[sound]
    if flow.dim == 2:
        axes, names, said = np.eye(2), ("latent 1", "latent 2"), ""
    else:
        axes, said = parting_axes(back, np.full(len(some), -1) if states is None else np.asarray(states)[some])
        names = "latent direction 1", "latent direction 2"
    return Latent(names, said, made, (z @ axes.T).astype(np.float32), (back @ axes.T).astype(np.float32), np.asarray(frames)[some])


def evenly(n: int, most: int) -> np.ndarray:
    """At most so many numbers below n, evenly taken; shape (m,), int."""
    return np.unique(np.linspace(0, n - 1, min(n, most)).round().astype(int)) if n else np.empty(0, int)


def parting_axes(z: np.ndarray, states: np.ndarray) -> tuple[np.ndarray, str]:
    """Two directions of the latent space at right angles, along which states lie farthest apart, and in words what they are.

    Parameters
    ----------
    z : ndarray, shape (m, d)
    states : ndarray, shape (m,), int
        -1 outside the model.

    Returns
    -------
    axes : ndarray, shape (2, d)
    said : str

    Notes
    -----
    Linear discriminants (Fisher 1936, doi:10.1111/j.1469-1809.1936.tb02137.x). A state has one mean: k states have k - 1 directions; where they have fewer than two,
    the direction in which frames spread most fills up.
    """
    d = z.shape[1]
    known = [k for k in np.unique(states[states >= 0]) if np.count_nonzero(states == k) >= LEAST]
    found = _discriminants(z, states, known) if len(known) > 1 else np.empty((0, d))
    axes = np.linalg.qr(found.T)[0].T if len(found) else found
    shares = [_share_between(z @ axis, states, known) for axis in axes]   # of the axes that are drawn: discriminants are not at right angles
    while len(axes) < 2:
        rest = z - z.mean(axis=0) - (z - z.mean(axis=0)) @ axes.T @ axes
        axes = np.vstack([axes, np.linalg.svd(rest, full_matrices=False)[2][:1]])
    # The sign is free; the lowest state lies on the left, so that the same data give the same picture.
    lead = z[states == known[0]].mean(axis=0) @ axes.T if known else axes.sum(axis=1)
    axes = axes * np.where(lead > 0, -1.0, 1.0)[:, None]
    if not shares:
        return axes, f"Of {d} latent dimensions the two in which real frames spread most."
    told = " and ".join(in_percent(share) for share in shares)
    if len(shares) == 1:
        return axes, f"Of {d} latent dimensions the direction that parts the metastable states best (they make {told} of the spread along it), and the one across it in which frames spread most."
    return axes, f"Of {d} latent dimensions the two that part the metastable states best: they make {told} of the spread along them."


def _discriminants(z: np.ndarray, states: np.ndarray, known: list[int]) -> np.ndarray:
    """At most two directions, best first, shape (n, d)."""
    from scipy.linalg import eigh

    inside = np.isin(states, known)
    z, states = z[inside], states[inside]
    total = np.cov(z.T) + 1e-6 * np.eye(z.shape[1])   # a direction in which nothing varies parts nothing
    means = np.array([z[states == k].mean(axis=0) for k in known]) - z.mean(axis=0)
    weights = np.array([np.mean(states == k) for k in known])
    n = min(2, len(known) - 1)
    return np.asarray(eigh((means.T * weights) @ means, total, subset_by_index=(z.shape[1] - n, z.shape[1] - 1))[1].T[::-1])


def _share_between(x: np.ndarray, states: np.ndarray, known: list[int]) -> float:
    """The share of the variance along one axis that lies between states."""
    inside = np.isin(states, known)
    x, states = x[inside], states[inside]
    between = sum(np.mean(states == k) * (x[states == k].mean() - x.mean()) ** 2 for k in known)
    return float(between / x.var()) if x.var() > 0 else 0.0
