"""Held-out VAMP-2 score: how much slow motion a projection finds in data it was not fitted to."""
from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import Any

import numpy as np

from mdexplore.base.errors import UserError
from mdexplore.base.notices import Notice
from mdexplore.base.numerics.moments import Moments, choose_shift, lagged_moments, merge
from mdexplore.base.units import TimeUnit
from mdexplore.base.words import count_of
from mdexplore.methods.method import Progress, Settings, ignore, method_of
from mdexplore.methods.projection.custom import fit_object, project_with
from mdexplore.methods.projection.linear import check_lagtime, fit_tica, noise_level
from mdexplore.methods.projection.model import transform
from mdexplore.methods.projection.tica import AS_SAMPLED, SCALINGS, TICA
from mdexplore.methods.recipe import Given
from mdexplore.methods.results import Features, Projection, Score

Segment = tuple[int, int, int, int]   # fold, trajectory, first frame, frame after the last
Fold = tuple[float, float, int]   # score held out, score in training, number of coordinates


def vamp2_score(features: Features, settings: Any, *, lagtime: int, folds: int = 5, seed: int = 0, timestep_ns: float | None = None,
                progress: Progress = ignore) -> Score:
    """VAMP-2 score of a projection on data left out of its fit, by blocked cross-validation.

    Parameters
    ----------
    features : Features
    settings : Settings, Given or object
        Of a projection method, which is fitted again for each fold at ``lagtime``; or an object of the user's, fitted again unless it is fitted already.
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
        raise UserError(f"A score with {count_of(folds, 'fold')} is not possible.", "Something has to be left out.", "Choose at least 2 folds.")
    check_lagtime([len(x) for x in features.values], lagtime, timestep_ns)
    segments = segments_of([len(x) for x in features.values], folds, lagtime, seed, timestep_ns)
    parts = _tica_folds(features, settings, segments, lagtime, folds, progress) if type(settings) is TICA and settings.sampling == AS_SAMPLED else \
        _other_folds(features, settings, segments, lagtime, folds, seed, progress)
    held_out, train = [p[0] for p in parts], [p[1] for p in parts]
    return Score(mean=float(np.mean(held_out)), std=float(np.std(held_out)), folds=np.array(held_out), train=np.array(train), lagtime=lagtime,
                 notices=_few_frames(segments, lagtime, max(p[2] for p in parts), folds), dim=max(p[2] for p in parts), timestep_ns=timestep_ns)


def _few_frames(segments: list[Segment], lagtime: int, dim: int, folds: int) -> tuple[Notice, ...]:
    """VAMP-2 whitens the held-out coordinates on themselves, so that even noise scores about dim^2 / pairs of frames."""
    pairs = sum(b - a - lagtime for _, _, a, b in segments) / folds
    noise = dim**2 / pairs
    if noise < 0.02:
        return ()
    return (Notice("warning", f"Each fold has about {pairs:.0f} pairs of frames for {dim} coordinates: even noise would score {1 + noise:.2f}.",
                   "Score fewer coordinates, or use longer trajectories.", "projection"),)


def segments_of(lengths: Sequence[int], folds: int, lagtime: int, seed: int, timestep_ns: float | None) -> list[Segment]:
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
        raise UserError(f"A score with {count_of(folds, 'fold')} at a lag time of {unit.say(lagtime)} is not possible.", f"The longest of {count_of(len(lengths), 'trajectory', 'trajectories')} has {count_of(max(lengths), 'frame')}.",
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


def _tica_folds(features: Features, settings: TICA, segments: list[Segment], lagtime: int, folds: int, progress: Progress) -> list[Fold]:
    shift, done, total = choose_shift(features.values), 0, sum(b - a for _, _, a, b in segments)
    parts: list[list[Moments]] = [[] for _ in range(folds)]
    for fold, i, a, b in segments:
        parts[fold].append(lagged_moments(features.values[i][a:b], [lagtime], shift)[lagtime])
        done += b - a
        progress(done, total, "Covariances of the folds")
    sums, found = [merge(p) for p in parts], []
    for fold in range(folds):
        rest = merge(m for k, m in enumerate(sums) if k != fold)
        fit = fit_tica(rest, scaling=SCALINGS[settings.scaling], epsilon=settings.epsilon, relative_noise=noise_level(features.values))
        vectors = fit.coefficients[:, : settings.dim]
        found.append((_vamp2(sums[fold], vectors), _vamp2(rest, vectors), vectors.shape[1]))
    return found


def _other_folds(features: Features, settings: Any, segments: list[Segment], lagtime: int, folds: int, seed: int, progress: Progress) -> list[Fold]:
    found = []
    for fold in range(folds):
        progress(fold, folds, f"Fold {fold + 1} of {folds}")
        train, left_out = ([features.values[i][a:b] for k, i, a, b in segments if (k == fold) is held] for held in (False, True))
        made, of_left_out = refit(dataclasses.replace(features, values=tuple(train)), left_out, settings, lagtime, seed)
        found.append((_vamp2_of(of_left_out, lagtime), _vamp2_of(made.values, lagtime), made.dim))
    progress(folds, folds, f"Fold {folds} of {folds}")
    return found


def refit(train: Features, left_out: list[np.ndarray], settings: Any, lagtime: int, seed: int) -> tuple[Projection, list[np.ndarray]]:
    """A projection fitted to the training data, and the coordinates of the data left out."""
    if isinstance(settings, Settings):
        made = method_of(settings).run(settings, train, lagtime=lagtime, seed=seed, progress=ignore)
        return made, [transform(made, x) for x in left_out]
    fitted = fit_object(settings.value if isinstance(settings, Given) else settings, train, lagtime=lagtime)
    of_train, of_left_out = (project_with(fitted, dataclasses.replace(train, values=tuple(arrays)), lagtime=lagtime) for arrays in (train.values, left_out))
    return of_train, list(of_left_out.values)


def _vamp2_of(arrays: Sequence[np.ndarray], lagtime: int) -> float:
    shift = choose_shift(arrays)
    moments = merge(lagged_moments(x, [lagtime], shift)[lagtime] for x in arrays)
    return _vamp2(moments, np.eye(len(shift)))


def _vamp2(moments: Moments, vectors: np.ndarray) -> float:
    """VAMP-2 of the coordinates ``x @ vectors``; the constant function counts 1."""
    cov = moments.covariances(reversible=False)
    c00, c0t, ctt = (vectors.T @ c @ vectors for c in (cov.cov_00, cov.cov_0t, cov.cov_tt))
    return 1.0 + float(np.sum((inverse_root(c00).T @ c0t @ inverse_root(ctt)) ** 2))


def inverse_root(matrix: np.ndarray, epsilon: float = 1e-10) -> np.ndarray:
    """L with L.T @ matrix @ L = 1 on the directions that vary; shape (dim, rank)."""
    scale = np.sqrt(np.clip(np.diag(matrix), 0, None))
    scale = np.where(scale > 0, scale, 1.0)
    values, vectors = np.linalg.eigh(matrix / np.outer(scale, scale))
    keep = values > epsilon * max(float(values[-1]), epsilon)
    return vectors[:, keep] / np.sqrt(values[keep]) / scale[:, None]
