"""Held-out VAMP-2 and VAMP-E of any projection, with or without microstates: what makes methods of all kinds comparable."""
from __future__ import annotations

import dataclasses
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from mdexplore.base.errors import UserError
from mdexplore.base.notices import Notice
from mdexplore.base.numerics.assign import assign_all
from mdexplore.base.numerics.counts import sliding_counts
from mdexplore.base.numerics.moments import all_moments, choose_shift
from mdexplore.base.words import count_of
from mdexplore.methods.checks.score import Segment, inverse_root, refit
from mdexplore.methods.clustering.custom import cluster_with
from mdexplore.methods.clustering.custom import fit_object as fit_clusterer
from mdexplore.methods.method import Progress, Settings, ignore, method_of
from mdexplore.methods.projection.custom import is_fitted
from mdexplore.methods.recipe import Given
from mdexplore.methods.results import Arrays, Features, FoldScores, Projection

HARMLESS = 1e-8   # of the largest variance: what is smaller is round-off


@dataclass(frozen=True, eq=False)
class SecondMoments:
    """Means and covariances of functions at the start and at the end of a lag time.

    Parameters
    ----------
    mean_0, mean_t : ndarray, shape (d,)
    c00, c0t, ctt : ndarray, shape (d, d)
        Mean removed.
    n_pairs : int
    """

    mean_0: np.ndarray
    mean_t: np.ndarray
    c00: np.ndarray
    c0t: np.ndarray
    ctt: np.ndarray
    n_pairs: int

    @classmethod
    def of_coordinates(cls, arrays: Sequence[np.ndarray], lagtime: int, shift: np.ndarray) -> SecondMoments:
        """Of the columns of trajectories; sums are taken about a shift, for the sake of the digits."""
        made = all_moments(arrays, lagtime, shift)
        cov = made.covariances(reversible=False)
        return cls(cov.mean_0, cov.mean_t, cov.cov_00, cov.cov_0t, cov.cov_tt, made.n_pairs)

    @classmethod
    def of_counts(cls, counts: np.ndarray) -> SecondMoments:
        """Of the indicator functions of microstates, from their transition counts of shape (d, d)."""
        joint = counts / counts.sum()
        start, end = joint.sum(axis=1), joint.sum(axis=0)
        return cls(start, end, np.diag(start) - np.outer(start, start), joint - np.outer(start, end), np.diag(end) - np.outer(end, end), int(counts.sum()))


@dataclass(frozen=True, eq=False)
class Processes:
    """The slowest processes that some functions can express: pairs of functions before and after the lag time, and how alike these are.

    Parameters
    ----------
    left, right : ndarray, shape (d, rank)
        Coefficients; of mean 0 and uncorrelated on the data of the fit.
    singular : ndarray, shape (rank,)
    mean_0, mean_t : ndarray, shape (d,)
    """

    left: np.ndarray
    right: np.ndarray
    singular: np.ndarray
    mean_0: np.ndarray
    mean_t: np.ndarray

    @classmethod
    def of(cls, m: SecondMoments, n_processes: int) -> Processes:
        """The best so many, by VAMP; Wu and Noe 2020, doi:10.1007/s00332-019-09567-y."""
        before, after = inverse_root(m.c00, HARMLESS), inverse_root(m.ctt, HARMLESS)
        u, s, vt = np.linalg.svd(before.T @ m.c0t @ after, full_matrices=False)
        k = min(n_processes, len(s))
        return cls(before @ u[:, :k], after @ vt[:k].T, s[:k], m.mean_0, m.mean_t)

    @property
    def rank(self) -> int:
        return len(self.singular)

    def vamp2(self, m: SecondMoments) -> float:
        """How much of the motion in these data the functions span, each way of combining them allowed: 1 + ||C00^-1/2 C0t Ctt^-1/2||_F^2."""
        c00, c0t, ctt = self.left.T @ m.c00 @ self.left, self.left.T @ m.c0t @ self.right, self.right.T @ m.ctt @ self.right
        return 1.0 + float(np.sum((inverse_root(c00).T @ c0t @ inverse_root(ctt)) ** 2))

    def vampe(self, m: SecondMoments) -> float:
        """How well the model as it was fitted predicts these data, its singular values and means included: lower wherever it promises too much."""
        off_0, off_t = self.left.T @ (m.mean_0 - self.mean_0), self.right.T @ (m.mean_t - self.mean_t)
        c00 = _with_constant(self.left.T @ m.c00 @ self.left + np.outer(off_0, off_0), off_0, off_0)
        ctt = _with_constant(self.right.T @ m.ctt @ self.right + np.outer(off_t, off_t), off_t, off_t)
        c0t = _with_constant(self.left.T @ m.c0t @ self.right + np.outer(off_0, off_t), off_0, off_t)
        s = np.diag(np.r_[1.0, self.singular])
        return float(2 * np.trace(s @ c0t) - np.trace(s @ c00 @ s @ ctt))


def _with_constant(inner: np.ndarray, left: np.ndarray, right: np.ndarray) -> np.ndarray:
    """Second moments of some functions and, first, the constant one."""
    return np.block([[np.ones((1, 1)), right[None, :]], [left[:, None], inner]])


def fold_scores(features: Features, projection: Any, clustering: Any, segments: Sequence[Segment], *, lagtime: int, n_processes: int, fit_lagtime: int | None = None,
                seed: int = 0, progress: Progress = ignore) -> FoldScores:
    """Fit a projection, and microstates on it, without each fold in turn; score the slowest processes it then knows on that fold.

    Parameters
    ----------
    features : Features
    projection : Settings, Given or object
    clustering : Settings, Given or None
        Microstates to judge in place of the coordinates.
    segments : sequence of (fold, trajectory, start, stop)
        The split (`mdexplore.methods.checks.score.segments_of`), the same for all that are compared.
    lagtime : int
        Frames; of the score.
    n_processes : int
        How many processes are scored, without the constant function.
    fit_lagtime : int
        Frames; of the projection, that of the score where not given.
    seed : int
    progress : callable

    Returns
    -------
    FoldScores

    Raises
    ------
    UserError
        If the candidate cannot be fitted, or nothing in its coordinates varies.
    """
    folds, began = 1 + max(s[0] for s in segments), time.perf_counter()
    found: list[tuple[float, float, float, float]] = []
    ranks, dims = [], []
    for fold in range(folds):
        progress(fold, folds, f"fold {fold + 1} of {folds}")
        train, left_out = ([features.values[i][a:b] for k, i, a, b in segments if (k == fold) is held] for held in (False, True))
        made, of_left_out = refit(dataclasses.replace(features, values=tuple(train)), left_out, projection, fit_lagtime or lagtime, seed)
        fitted, held_out = _moments(made, of_left_out, clustering, lagtime, seed)
        known = Processes.of(fitted, n_processes)
        if not known.rank:
            raise UserError("Nothing varies in its coordinates.", "They are constant on the training data.", "Choose other settings.")
        found.append((known.vamp2(held_out), known.vampe(held_out), known.vamp2(fitted), known.vampe(fitted)))
        ranks.append(known.rank)
        dims.append(len(fitted.mean_0))
    progress(folds, folds, f"fold {folds} of {folds}")
    vamp2, vampe, vamp2_train, vampe_train = np.array(found).T
    if not np.isfinite(found).all():
        raise UserError("Its score is not a number.", "Its coordinates are not finite on the data left out.", "Choose other settings.")
    return FoldScores(vamp2, vampe, vamp2_train, vampe_train, min(ranks), max(dims), n_processes, time.perf_counter() - began, _said(projection, clustering))


def _moments(made: Projection, left_out: list[np.ndarray], clustering: Any, lagtime: int, seed: int) -> tuple[SecondMoments, SecondMoments]:
    """Of the training data and of the data left out."""
    if clustering is None:
        shift = choose_shift(made.values)
        return SecondMoments.of_coordinates(made.values, lagtime, shift), SecondMoments.of_coordinates(left_out, lagtime, shift)
    parts, n = _microstates(made, tuple(left_out), clustering, seed)
    counts = [sliding_counts(dtrajs, lagtime, n) for dtrajs in parts]
    if not all(c.sum() for c in counts):
        raise UserError("No pair of frames lies in its microstates.", do="Choose another clustering, or a shorter lag time.")
    return SecondMoments.of_counts(counts[0]), SecondMoments.of_counts(counts[1])


def _microstates(made: Projection, left_out: Arrays, clustering: Any, seed: int) -> tuple[tuple[Sequence[np.ndarray], Sequence[np.ndarray]], int]:
    """Of the training data and of the data left out, and how many there are."""
    if isinstance(clustering, Settings):
        states = method_of(clustering).run(clustering, made, seed=seed, progress=ignore)
        return (states.dtrajs, assign_all(left_out, states.centers)), states.n_clusters
    fitted = fit_clusterer(clustering.value if isinstance(clustering, Given) else clustering, made)
    parts = [cluster_with(fitted, dataclasses.replace(made, values=arrays)).dtrajs for arrays in (made.values, left_out)]
    return (parts[0], parts[1]), 1 + max(int(d.max(initial=-1)) for part in parts for d in part)


def _said(projection: Any, clustering: Any) -> tuple[Notice, ...]:
    """An object that came fitted has not been fitted again, so nothing is left out of its fit."""
    objects = [part.value for part in (projection, clustering) if isinstance(part, Given) and is_fitted(part.value)]
    return tuple(Notice("warning", f"{type(value).__name__} was fitted before: it may know the data left out.", "Give it unfitted.", "arena") for value in objects)


def noise_of(segments: Sequence[Segment], lagtime: int, n_processes: int) -> float:
    """What even noise would score in VAMP-2 above the constant function, which whitens the data left out on themselves: about processes^2 / pairs of a fold."""
    folds = 1 + max(s[0] for s in segments)
    return n_processes**2 * folds / sum(b - a - lagtime for _, _, a, b in segments)


def few_frames(segments: Sequence[Segment], lagtime: int, n_processes: int) -> tuple[Notice, ...]:
    """A warning where that is more than can be overlooked."""
    noise = noise_of(segments, lagtime, n_processes)
    if noise < 0.02:
        return ()
    return (Notice("warning", f"Each fold is so short that even noise would score {1 + noise:.2f} with {count_of(n_processes, 'process', 'processes')}.", "Score fewer processes, or use longer trajectories.", "arena"),)
