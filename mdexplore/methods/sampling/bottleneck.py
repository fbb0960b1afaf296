"""The one coordinate through which most of what will happen can be told: a linear predictive information bottleneck."""
from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from mdexplore.base.errors import UserError

KNOTS = 12         # of the decoder, at quantiles of the coordinate
ANGLES = 60        # tried before the best is refined
MOST_PAIRS = 20_000
RIDGE = 1e-9
ROUNDING = 1e-12   # of the mean of a coordinate: what varies less does not change
NOISE = 1e-6       # of a coordinate: where the other one leaves less of it unexplained, that is rounding


@dataclass(frozen=True, eq=False)
class Bottleneck:
    """A linear coordinate, and what it tells.

    Parameters
    ----------
    direction : ndarray, shape (d,)
        Of length 1, its largest part positive; the coordinate of a point is ``point @ direction``.
    information : float
        Mutual information of the coordinate with the later frame, nats; as far as a Gaussian around the decoder's prediction can tell.
    """

    direction: np.ndarray
    information: float


def bottleneck(earlier: np.ndarray, later: np.ndarray, weights: np.ndarray | None = None) -> Bottleneck:
    """The direction whose coordinate tells most of the later frame.

    Parameters
    ----------
    earlier, later : ndarray, shape (n, d)
        Frames a lag time apart, of one or two coordinates.
    weights : ndarray, shape (n,), optional
        Of pairs, where they come from a biased simulation.

    Returns
    -------
    Bottleneck

    Raises
    ------
    UserError
        If there are fewer than ten pairs a knot of the decoder, more than two coordinates, one that never changes, or two that are one.

    Notes
    -----
    Wang, Ribeiro and Tiwary 2019, doi:10.1038/s41467-019-11405-4: a linear encoder, a nonlinear decoder with Gaussian noise. The decoder is a spline fitted by least
    squares rather than a network, so that each direction is judged by its best decoder and the best direction is found without a random start.
    """
    d = earlier.shape[1]
    if d > 2:
        raise UserError(f"A bottleneck of {d} coordinates cannot be found.", do="Give one or two.")
    if len(earlier) < 10 * KNOTS:
        raise UserError(f"{len(earlier)} pairs of frames are too few for a bottleneck.", f"Its decoder needs at least {10 * KNOTS}.", "Simulate longer, or shorten the lag time.")
    step = -(-len(earlier) // MOST_PAIRS)
    x, y = np.asarray(earlier[::step], float), np.asarray(later[::step], float)
    w = np.ones(len(x)) if weights is None else np.asarray(weights[::step], float)
    w = w / w.sum()
    mean, scale = w @ x, np.sqrt(w @ (x - w @ x) ** 2)
    if not (scale > ROUNDING * np.abs(mean)).all():
        raise UserError("No bottleneck can be found.", "A coordinate never changes.", "Simulate longer, or choose other starts.")
    x, y = (x - mean) / scale, (y - mean) / scale
    if d == 1:
        return Bottleneck(np.ones(1), _information(x[:, 0], y, w))
    for frames in (x, y):
        if np.linalg.eigvalsh((frames * w[:, None]).T @ frames)[0] < NOISE**2:
            raise UserError("No bottleneck can be found.", "The two coordinates are one: each is a multiple of the other.", "Leave one of them out, or choose another.")
    from scipy.optimize import minimize_scalar

    def lost(angle: float) -> float:
        return -_information(x @ [np.cos(angle), np.sin(angle)], y, w)

    tried = np.arange(ANGLES) * np.pi / ANGLES
    best = tried[int(np.argmin([lost(a) for a in tried]))]
    found = minimize_scalar(lost, bounds=(best - np.pi / ANGLES, best + np.pi / ANGLES), method="bounded", options={"xatol": 1e-3})
    direction = np.array([np.cos(found.x), np.sin(found.x)]) / scale
    direction *= np.sign(direction[np.abs(direction).argmax()]) / np.linalg.norm(direction)
    return Bottleneck(direction, -float(found.fun))


def _information(z: np.ndarray, later: np.ndarray, weights: np.ndarray) -> float:
    """What a spline of z tells of the later frames: half the logarithm of how much smaller it makes their covariance."""
    root = np.sqrt(weights)[:, None]
    basis = _spline(z, weights) * root
    target = (later - weights @ later) * root
    gram = basis.T @ basis
    fit = np.linalg.solve(gram + RIDGE * np.trace(gram) * np.eye(len(gram)), basis.T @ target)
    rest = target - basis @ fit
    return float(np.linalg.slogdet(target.T @ target)[1] - np.linalg.slogdet(rest.T @ rest)[1]) / 2


def _spline(z: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Cubic functions between knots, shape (n, KNOTS + 2); they add up to 1."""
    from scipy.interpolate import BSpline

    order = np.argsort(z)
    inner = np.interp(np.linspace(0, 1, KNOTS)[1:-1], np.cumsum(weights[order]), z[order])
    low, high = z[order[0]], z[order[-1]]
    knots = np.r_[[low] * 4, np.clip(inner, low, high), [high] * 4]
    return np.asarray(BSpline.design_matrix(z, knots, 3).toarray())
