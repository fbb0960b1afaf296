"""The latent space of a flow as a plane of points: generated structures by weight, real frames in the colours of their states, and what a loop holds."""
from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from mdexplore.base.words import count_of
from mdexplore.pictures.cells import Window
from mdexplore.pictures.palette import state_css
from mdexplore.session.latent import Latent

NEARLY_ALL = 0.995    # of the points lie inside before there is room around them: a few far out would shrink all others
NEAR = 3.0            # standard deviations that are drawn at least
ROOM = 0.2
SMALL, LARGE = 3.0, 70.0   # area of a point, square pixels
USUAL = 11.0          # of a structure that counts as the mean
LISTED = 30           # structures in the list: more are not looked at one by one
LASSO = "Draw a loop to select the real frames in it and to list what was generated there."
REAL, MADE = (0.4, 0.95, 0.1), (0.5, 0.95, 0.1)   # opacity with nothing selected, of what is selected, and of the rest


@dataclass(frozen=True, eq=False)
class LatentPicture:
    """What to draw.

    Parameters
    ----------
    names : (str, str)
        Of the axes.
    window : Window
    made : ndarray, shape (n, 2)
    areas : ndarray, shape (n,)
        Of the points, square pixels.
    real : ndarray, shape (m, 2)
    colors : tuple of str
        Of each real frame, as CSS.
    said : str
        What is drawn.
    """

    names: tuple[str, str]
    window: Window
    made: np.ndarray
    areas: np.ndarray
    real: np.ndarray
    colors: tuple[str, ...]
    said: str


def latent_picture(latent: Latent, states: Sequence[int], colors: Sequence[int]) -> LatentPicture:
    """What to draw.

    Parameters
    ----------
    latent : Latent
    states : sequence of int
        Metastable state of each real frame, -1 outside the model.
    colors : sequence of int
        Place of each state in the palette.
    """
    points = np.concatenate([latent.points, latent.real]).astype(float)
    reach = np.maximum(np.quantile(np.abs(points), NEARLY_ALL, axis=0) * (1 + ROOM), NEAR) if len(points) else np.full(2, NEAR)
    n_beyond = int((np.abs(points) > reach).any(axis=1).sum())
    window = Window(-reach[0], reach[0], -reach[1], reach[1])
    weights = latent.made.weights
    said = (f"Grey: {count_of(len(latent.points), 'generated structure')}{'' if weights is None else ', larger the more they weigh'}. "
            f"In colour: {count_of(len(latent.real), 'real frame')}, by state.")
    beyond = f" {count_of(n_beyond, 'point lies', 'points lie')} farther out." if n_beyond else ""
    return LatentPicture(latent.names, window, latent.points.astype(float), areas(weights, len(latent.points)), latent.real.astype(float),
                         tuple(state_css(-1 if k < 0 else colors[k]) for k in states), f"{said} {latent.said}{beyond}".strip())


def areas(weights: np.ndarray | None, n: int) -> np.ndarray:
    """Areas of points that grow with the weight, square pixels; within what can be seen and covers little; shape (n,)."""
    return np.full(n, USUAL) if weights is None else np.clip(USUAL * np.asarray(weights, float), SMALL, LARGE)


def opacities(lit: np.ndarray | None, levels: tuple[float, float, float]) -> np.ndarray:
    """How opaque points are; `lit` says which are selected, shape (n,), bool; None where nothing is, and then one value serves all."""
    usual, bright, dim = levels
    return np.array([usual]) if lit is None else np.where(lit, bright, dim)


def listed_first(inside: np.ndarray, weights: np.ndarray | None) -> np.ndarray:
    """Rows in a loop in the order in which they are listed: drawn by weight, or as they were made where nothing is weighted.

    Notes
    -----
    Sampling without replacement by keys: Efraimidis and Spirakis 2006, doi:10.1016/j.ipl.2005.11.003. Each row has the same chance in every loop, so that a larger one lists much of what a smaller one did.
    """
    if weights is None:
        return inside
    with np.errstate(divide="ignore"):
        keys = np.log(weights) + np.random.default_rng(0).gumbel(size=len(weights))
    return np.asarray(inside[np.argsort(-keys[inside], kind="stable")])


def told(n_made: int, n_real: int, latent: Latent) -> str:
    """What a loop holds, in words."""
    if not n_made and not n_real:
        return "Nothing lies in this loop."
    made = f"{n_made or 'none'} of {count_of(len(latent.points), 'generated structure')}"
    if n_made > LISTED:
        made += f" ({LISTED} listed{'' if latent.made.weights is None else ', drawn by weight'})"
    real = f"{n_real} of {count_of(len(latent.real), 'real frame')}, now selected" if n_real else "no real frame, so the selection stays"
    return f"In the loop: {made}; {real}."


def how(n_real: int, latent: Latent) -> str:
    """How a selection by a loop was made."""
    return f"lasso over {n_real} of {count_of(len(latent.real), 'frame')} in the latent space of the flow"
