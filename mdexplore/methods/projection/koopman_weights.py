"""Weights that turn averages over data out of equilibrium into averages in equilibrium, as linear functions of the features can tell."""
from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from mdexplore.base.errors import UserError
from mdexplore.base.notices import Notice
from mdexplore.base.numerics.moments import Moments
from mdexplore.methods.projection.linear import check_pairs
from mdexplore.methods.projection.operators import whitening

CHUNK = 8192
LEAST = 1e-3   # share of the frames that must count


@dataclass(frozen=True, eq=False)
class Weights:
    """Each frame counts ``1 + (x - mean) @ slope``; 1 on average over the earlier frames of all pairs.

    Parameters
    ----------
    mean, slope : ndarray, shape (d,)
    """

    mean: np.ndarray
    slope: np.ndarray

    def of(self, x: np.ndarray) -> np.ndarray:
        """Weights of frames of shape (n, d); those of frames that the data hold too many of can be negative."""
        return 1 + (np.asarray(x, dtype=np.float64) - self.mean) @ self.slope


def koopman_weights(moments: Moments, *, epsilon: float, relative_noise: float) -> Weights:
    """Weights under which the distribution of features stands still in one lag time.

    Parameters
    ----------
    moments : Moments
    epsilon : float
        Directions of the correlation matrix with a smaller eigenvalue are dropped.
    relative_noise : float
        A feature that varies by less than this part of its mean is constant.

    Raises
    ------
    UserError
        If the independent features are as many as the pairs of frames, or all are constant.

    Notes
    -----
    ``E[w(x_t) x_{t + lagtime}] = E[w(x_t) x_t]`` for every feature; Wu, Nueske, Paul, Klus, Koltai and Noe 2017, doi:10.1063/1.4979344.
    """
    cov = moments.covariances(reversible=False)
    white = whitening(cov.cov_00, np.abs(cov.mean_0), epsilon, relative_noise=relative_noise)
    check_pairs(moments.n_pairs, white.shape[1])
    propagator, drift = white.T @ cov.cov_0t @ white, white.T @ (cov.mean_t - cov.mean_0)
    return Weights(cov.mean_0, white @ np.linalg.lstsq(np.eye(len(drift)) - propagator.T, drift, rcond=None)[0])


def reweighted_moments(arrays: Sequence[np.ndarray], moments: Moments, weights: Weights, tick: Callable[[int], None] | None = None) -> tuple[Moments, tuple[Notice, ...]]:
    """The same moments with every pair counted by the weight of its earlier frame, and what has to be said of the weights.

    Parameters
    ----------
    arrays : sequence of ndarray, shape (n_frames_i, d)
    moments : Moments
        As sampled.
    weights : Weights
    tick : callable
        Called with the number of frames done.

    Raises
    ------
    UserError
        If the weights have no equilibrium in them.
    """
    lag, shift, d = moments.lagtime, moments.shift, len(moments.shift)
    total, squares, negative, done = 0.0, 0.0, 0, 0
    sum_0, sum_t = np.zeros(d), np.zeros(d)
    xx_0, xx_t, x0_xt = np.zeros((d, d)), np.zeros((d, d)), np.zeros((d, d))
    for array in arrays:
        for start in range(0, len(array) - lag, CHUNK):
            stop = min(start + CHUNK, len(array) - lag)
            x, y = (np.asarray(array[a:b], dtype=np.float64) - shift for a, b in ((start, stop), (start + lag, stop + lag)))
            w = weights.of(x + shift)
            total, squares, negative = total + w.sum(), squares + (w**2).sum(), negative + int((w < 0).sum())
            wx, wy = w[:, None] * x, w[:, None] * y
            sum_0, sum_t = sum_0 + wx.sum(axis=0), sum_t + wy.sum(axis=0)
            xx_0, xx_t, x0_xt = xx_0 + wx.T @ x, xx_t + wy.T @ y, x0_xt + wx.T @ y
        done += len(array)
        if tick is not None:
            tick(done)
    factor, n = moments.n_pairs / total, moments.n_pairs
    if not (np.diag(xx_0 + xx_t) * factor >= 0).all() or not total**2 > LEAST * n * squares:
        raise UserError("The data cannot be reweighted to equilibrium.", "No combination of these features stands still under the motion that the data show.",
                        "Use the data as sampled, other features, or trajectories that come back to where they were.")
    found = Moments(lag, n, shift, *(factor * a for a in (sum_0, sum_t, xx_0, xx_t, x0_xt)))
    return found, _told(total**2 / squares / n, negative / n)


def _told(effective: float, negative: float) -> tuple[Notice, ...]:
    text = f"Frames were reweighted to equilibrium: {100 * effective:.3g} % of them count"
    if negative <= 0.01 and effective > 0.1:
        return (Notice("info", f"{text}.", where="projection"),)
    return (Notice("warning", f"{text}, and {100 * negative:.3g} % have negative weights.", "Linear functions of these features hardly tell where equilibrium lies: use the data as sampled, or other features.", "projection"),)
