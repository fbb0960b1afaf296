"""Held-out VAMP-2 score: how much slow motion a projection finds in data it was not fitted to."""
from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence

import numpy as np

from mdexplore.base.errors import UserError
from mdexplore.base.numerics.moments import Moments, choose_shift, lagged_moments, merge
from mdexplore.base.units import TimeUnit
from mdexplore.methods.method import Progress, Settings, ignore, method_of
from mdexplore.methods.projection.linear import check_lagtime, fit_tica, noise_level
from mdexplore.methods.projection.model import transform
from mdexplore.methods.projection.tica import SCALINGS, TICA
from mdexplore.methods.results import Arrays, Features, Score

Segment = tuple[int, int, int, int]   # fold, trajectory, first frame, frame after the last


def vamp2_score(features: Features, settings: Settings, *, lagtime: int, folds: int = 5, seed: int = 0, timestep_ns: float | None = None,
                progress: Progress = ignore) -> Score:
    """VAMP-2 score of a projection on data left out of its fit, by blocked cross-validation.

    Parameters
    ----------
    features : Features
    settings : Settings
        Of a projection method, which is fitted again for each fold at ``lagtime``.
    lagtime : int
        Frames; of the fit and of the score.
    folds : int
        Whole trajectories are left out; where there are fewer trajectories than folds, each is cut into ``folds`` blocks with a gap of one
        lag time between them.
    seed : int
        Which trajectories are left out together.
    progress : callable

    Returns
    -------
    Score
        With 1 for the constant function; at most 1 + dim. ``train`` is the same on the data of the fit.

    Raises
    ------
    UserError
        If there are fewer than two folds, or the trajectories are too short for them.

    Notes
    -----
    ``1 + ||C00^-1/2 C0t Ctt^-1/2||_F^2`` with covariances of the held-out coordinates; Wu and Noe 2020, doi:10.1007/s00332-019-09567-y. TICA is fitted
    from moments that add up, so that the data are read once. A score compares features and dimensions at one lag time; it cannot choose the lag time.
    """
    if folds < 2:
        raise UserError(f"A score with {folds} fold{'' if folds == 1 else 's'} is not possible.", "Something has to be left out.", "Choose at least 2 folds.")
    check_lagtime([len(x) for x in features.values], lagtime, timestep_ns)
    segments = _segments([len(x) for x in features.values], folds, lagtime, seed, timestep_ns)
    score = _score_tica if type(settings) is TICA else _score_any
    held_out, train = score(features, settings, segments, lagtime, folds, seed, progress)
    return Score(mean=float(np.mean(held_out)), std=float(np.std(held_out)), folds=np.array(held_out), train=np.array(train), lagtime=lagtime)


def _segments(lengths: Sequence[int], folds: int, lagtime: int, seed: int, timestep_ns: float | None) -> list[Segment]:
    """Which frames belong to which fold; every segment is longer than the lag time."""
    usable = [i for i, n in enumerate(lengths) if n > lagtime]
    if len(usable) >= folds:
        return _whole_trajectories(usable, lengths, folds, seed)
    segments = []
    for i in usable:
        edges = np.linspace(0, lengths[i], folds + 1).round().astype(int)
        for fold in range(folds):
            start = int(edges[fold]) + (lagtime if fold else 0)
            if edges[fold + 1] - start > lagtime:
                segments.append((fold, i, start, int(edges[fold + 1])))
    if len({s[0] for s in segments}) < folds:
        unit = TimeUnit(timestep_ns)
        raise UserError(f"A score with {folds} folds at a lag time of {unit.say(lagtime)} is not possible.", f"The {len(lengths)} trajectories have at most {max(lengths)} frames.",
                        f"Choose fewer folds, or a lag time below {unit.say(max(max(lengths) // (2 * folds), 1))}.")
    return segments


def _whole_trajectories(usable: list[int], lengths: Sequence[int], folds: int, seed: int) -> list[Segment]:
    """Folds of about the same number of frames: the longest first, each into the emptiest fold."""
    order = np.random.default_rng(seed).permutation(usable)
    order = order[np.argsort([-lengths[i] for i in order], kind="stable")]
    filled, segments = [0] * folds, []
    for i in map(int, order):
        fold = filled.index(min(filled))
        filled[fold] += lengths[i]
        segments.append((fold, i, 0, lengths[i]))
    return segments


def _score_tica(features: Features, settings: TICA, segments: list[Segment], lagtime: int, folds: int, seed: int,
                progress: Progress) -> tuple[list[float], list[float]]:
    shift, done, total = choose_shift(features.values), 0, sum(b - a for _, _, a, b in segments)
    parts: list[list[Moments]] = [[] for _ in range(folds)]
    for fold, i, a, b in segments:
        parts[fold].append(lagged_moments(features.values[i][a:b], [lagtime], shift)[lagtime])
        done += b - a
        progress(done, total, "Covariances of the folds")
    sums = [merge(p) for p in parts]
    held_out, train = [], []
    for fold in range(folds):
        rest = merge(m for k, m in enumerate(sums) if k != fold)
        fit = fit_tica(rest, scaling=SCALINGS[settings.scaling], epsilon=settings.epsilon, relative_noise=noise_level(features.values))
        vectors = fit.coefficients[:, : settings.dim]
        held_out.append(_vamp2(sums[fold], vectors))
        train.append(_vamp2(rest, vectors))
    return held_out, train


def _score_any(features: Features, settings: Settings, segments: list[Segment], lagtime: int, folds: int, seed: int,
               progress: Progress) -> tuple[list[float], list[float]]:
    run = method_of(settings).run
    held_out, train = [], []
    for fold in range(folds):
        progress(fold, folds, f"Fold {fold + 1} of {folds}")
        rest = _cut(features.values, segments, lambda k, fold=fold: k != fold)
        made = run(settings, dataclasses.replace(features, values=rest), lagtime=lagtime, seed=seed, progress=ignore)
        left_out = tuple(transform(made, x) for x in _cut(features.values, segments, lambda k, fold=fold: k == fold))
        held_out.append(_vamp2_of(left_out, lagtime))
        train.append(_vamp2_of(made.values, lagtime))
    progress(folds, folds, f"Fold {folds} of {folds}")
    return held_out, train


def _cut(arrays: Arrays, segments: list[Segment], wanted: Callable[[int], bool]) -> Arrays:
    return tuple(arrays[i][a:b] for fold, i, a, b in segments if wanted(fold))


def _vamp2_of(arrays: Arrays, lagtime: int) -> float:
    shift = choose_shift(arrays)
    moments = merge(lagged_moments(x, [lagtime], shift)[lagtime] for x in arrays)
    return _vamp2(moments, np.eye(len(shift)))


def _vamp2(moments: Moments, vectors: np.ndarray) -> float:
    """VAMP-2 of the coordinates ``x @ vectors``; the constant function counts 1."""
    cov = moments.covariances(reversible=False)
    c00, c0t, ctt = (vectors.T @ c @ vectors for c in (cov.cov_00, cov.cov_0t, cov.cov_tt))
    return 1.0 + float(np.sum((_inverse_root(c00).T @ c0t @ _inverse_root(ctt)) ** 2))


def _inverse_root(matrix: np.ndarray, epsilon: float = 1e-10) -> np.ndarray:
    """L with L.T @ matrix @ L = 1 on the directions that vary; shape (dim, rank)."""
    scale = np.sqrt(np.clip(np.diag(matrix), 0, None))
    scale = np.where(scale > 0, scale, 1.0)
    values, vectors = np.linalg.eigh(matrix / np.outer(scale, scale))
    keep = values > epsilon * max(float(values[-1]), epsilon)
    return vectors[:, keep] / np.sqrt(values[keep]) / scale[:, None]
