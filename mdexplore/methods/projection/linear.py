"""Linear projections: solve them from moments, apply them in chunks, and keep them as plain arrays."""
from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from mdexplore.base.errors import UserError
from mdexplore.base.notices import Notice
from mdexplore.base.numerics.moments import Moments, all_moments, choose_shift
from mdexplore.base.units import TimeUnit
from mdexplore.base.words import count_of
from mdexplore.base.work import pieces
from mdexplore.methods.method import Progress

CHUNK = 8192
FREE = 0.95   # of the pairs: with more functions than that each of them can be made to fit


@dataclass(frozen=True, eq=False)
class LinearFit:
    """Slow linear coordinates, slowest first.

    Parameters
    ----------
    mean : ndarray, shape (d,)
    coefficients : ndarray, shape (d, rank)
        Coordinates are ``(x - mean) @ coefficients``, in the units of the features.
    eigenvalues : ndarray, shape (rank,)
    loadings : ndarray, shape (d, rank)
        Correlation of each feature with each coordinate; 0 for constant features.
    constant : ndarray, shape (d,), bool
        Features that never change.
    cov_00, cov_0t : ndarray, shape (d, d)
        Time-symmetrised covariances, in the units of the features.
    """

    mean: np.ndarray
    coefficients: np.ndarray
    eigenvalues: np.ndarray
    loadings: np.ndarray
    constant: np.ndarray
    cov_00: np.ndarray
    cov_0t: np.ndarray

    @property
    def rank(self) -> int:
        return len(self.eigenvalues)


def fit_tica(moments: Moments, *, scaling: str | None, epsilon: float, relative_noise: float = 1e-7) -> LinearFit:
    """deeptime's TICA on features brought to unit variance first, so that its cut-off does not depend on their units.

    Parameters
    ----------
    moments : Moments
    scaling : {None, "kinetic_map", "commute_map"}
        As deeptime names them.
    epsilon : float
        Directions of the correlation matrix with a smaller eigenvalue are dropped.
    relative_noise : float
        A feature that varies by less than this part of its mean is constant.

    Raises
    ------
    UserError
        If all features are constant.

    Notes
    -----
    Signs: the largest loading of each coordinate is positive.
    """
    from deeptime.covariance import CovarianceModel
    from deeptime.decomposition import TICA

    raw = moments.covariances(reversible=True)
    deviation = np.sqrt(np.clip(np.diag(raw.cov_00), 0, None))
    constant = deviation <= relative_noise * np.abs(raw.mean_0)
    if constant.all():
        raise UserError("No slow coordinate can be found.", "All features are constant.", "Choose features that change, or longer trajectories.")
    keep = ~constant
    scale = deviation[keep]
    c00, c0t = (c[np.ix_(keep, keep)] / np.outer(scale, scale) for c in (raw.cov_00, raw.cov_0t))
    mean = np.zeros(keep.sum())
    standard = CovarianceModel(c00, c0t, c00, mean, mean, bessels_correction=False, symmetrized=True, lagtime=moments.lagtime, data_mean_removed=True)
    model = TICA(lagtime=moments.lagtime, epsilon=epsilon, scaling=scaling).fit_from_covariances(standard).fetch_model()
    # deeptime sorts by magnitude; a negative eigenvalue is the fastest motion of all, not a slow one.
    order = np.argsort(-model.singular_values, kind="stable")
    vectors, eigenvalues = model.instantaneous_coefficients[:, order], model.singular_values[order]
    spread = np.sqrt(np.einsum("ij,ik,kj->j", vectors, c00, vectors, optimize=True))
    correlation = (c00 @ vectors) / np.where(spread > 0, spread, 1)
    signs = np.sign(correlation[np.abs(correlation).argmax(axis=0), np.arange(correlation.shape[1])])
    signs[signs == 0] = 1
    coefficients, loadings = np.zeros((len(keep), len(eigenvalues))), np.zeros((len(keep), len(eigenvalues)))
    coefficients[keep] = vectors * signs / scale[:, None]
    loadings[keep] = correlation * signs
    return LinearFit(raw.mean_0, coefficients, eigenvalues, loadings, constant, raw.cov_00, raw.cov_0t)


def gather_moments(arrays: Sequence[np.ndarray], lagtime: int, timestep_ns: float | None, progress: Progress,
                   *, last: int | None = None) -> tuple[Moments, tuple[Notice, ...]]:
    """Moments of all trajectories longer than the lag time, with a notice about those that are not.

    Parameters
    ----------
    last : int
        What ``progress`` is told as the number of frames to do; by default all frames.

    Raises
    ------
    UserError
        If no trajectory is longer than the lag time.
    """
    notices = check_lagtime([len(x) for x in arrays], lagtime, timestep_ns)
    n = sum(map(len, arrays))
    found = all_moments(arrays, lagtime, choose_shift(arrays), tick=lambda done: progress(min(done, n), last or n, "Covariances"))
    return found, notices


def check_lagtime(lengths: Sequence[int], lagtime: int, timestep_ns: float | None) -> tuple[Notice, ...]:
    """Raise `UserError` where no trajectory is longer than the lag time; say which share is too short."""
    unit = TimeUnit(timestep_ns)
    longest = max(lengths, default=0)
    if longest <= lagtime:
        raise UserError(f"A lag time of {unit.say(lagtime)} is too long.", f"The longest trajectory has {count_of(longest, 'frame')}{'' if timestep_ns is None else f' ({unit.say(max(longest - 1, 0))})'}.",
                        f"Choose a lag time below {unit.say(longest)}, or add longer trajectories.")
    short = [n for n in lengths if n <= lagtime]
    if not short:
        return ()
    return (Notice("warning", f"{len(short)} of {count_of(len(lengths), 'trajectory', 'trajectories')} {'is' if len(short) == 1 else 'are'} not longer than the lag time of {unit.say(lagtime)} and {'teaches' if len(short) == 1 else 'teach'} the projection nothing.",
                   f"A shorter lag time would use them: they have {min(short)} to {max(short)} frames.", "projection"),)


def check_pairs(n_pairs: int, freedom: float, kind: str = "feature") -> None:
    """Raise `UserError` where so many functions fit any pairs of frames.

    Parameters
    ----------
    n_pairs : int
    freedom : float
        Rank of the functions without the constant one, or what a ridge leaves of it.
    kind : str
        What the functions are called.

    Notes
    -----
    Less the mean, n pairs span at most n - 1 directions. Functions of that rank predict each pair exactly, and all singular values are 1 whatever was simulated.
    A ridge makes them a little smaller, but not more true; hence a small margin.
    """
    if 1 + freedom > FREE * n_pairs:
        raise UserError(f"{count_of(n_pairs, 'pair')} of frames {'is' if n_pairs == 1 else 'are'} too few for {count_of(round(freedom), f'independent {kind}')}.",
                        "So many fit any motion exactly: noise would look as slow as can be, and nothing can be learned.",
                        f"Use fewer {kind}s, a shorter lag time, or more frames{'; a kernel may have fewer landmarks, a larger bandwidth or a larger ridge' if kind == 'kernel function' else ''}.")


def apply_to_all(arrays: Sequence[np.ndarray], mean: np.ndarray, coefficients: np.ndarray, tick: Callable[[int], None] | None = None) -> tuple[np.ndarray, ...]:
    """``(x - mean) @ coefficients`` of every trajectory, by the executor of the block we are in; arrays of shape (n_frames_i, dim), float32."""
    most = max(1, pieces.PIECE_BYTES // pieces.row_bytes(arrays))
    return tuple(pieces.rows(apply_linear, arrays, most, mean, coefficients, row=(coefficients.shape[1],), dtype=np.float32, tick=tick))


def apply_linear(x: np.ndarray, mean: np.ndarray, coefficients: np.ndarray, tick: Callable[[int], None] | None = None) -> np.ndarray:
    """``(x - mean) @ coefficients`` in chunks; shape (n, dim), float32."""
    out = np.empty((len(x), coefficients.shape[1]), np.float32)
    for start in range(0, len(x), CHUNK):
        part = x[start : start + CHUNK].astype(np.float64)
        part -= mean
        out[start : start + CHUNK] = part @ coefficients
        if tick is not None:
            tick(min(len(x), start + CHUNK))
    return out


def noise_level(arrays: Sequence[np.ndarray]) -> float:
    """The relative rounding of the numbers: a feature that varies less is constant."""
    kinds = {x.dtype for x in arrays}
    return float(max((np.finfo(k).eps if np.issubdtype(k, np.floating) else np.finfo(np.float64).eps for k in kinds), default=1e-7))


def linear_parameters(fit: LinearFit, dim: int, scaling: str | None, epsilon: float) -> dict[str, Any]:
    """What `model.deeptime_model` and `model.transform` need to make the model again."""
    return {"kind": "linear", "mean": fit.mean, "coefficients": fit.coefficients, "eigenvalues": fit.eigenvalues, "cov_00": fit.cov_00, "cov_0t": fit.cov_0t,
            "dim": dim, "scaling": scaling, "epsilon": epsilon}
