"""KVAD: the functions of the present that carry most of the future's whole distribution, as a kernel sees it."""
from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from mdexplore.base.numerics.moments import Moments
from mdexplore.methods.method import Lag, Progress, Settings, ignore, method, setting
from mdexplore.methods.projection.lifting import Lift, gaussians, kernel, monomials, n_functions, standardisation
from mdexplore.methods.projection.linear import noise_level
from mdexplore.methods.projection.nonlinear import candidates, lifted_moments, project, told_functions, told_landmarks
from mdexplore.methods.projection.operators import SlowFunctions, whitening
from mdexplore.methods.results import Features, Projection

FEATURES, POWERS, GAUSSIANS = "features", "powers", "Gaussians"


@dataclass(frozen=True)
class KVAD(Settings):
    """Which functions, and the kernel that the future is seen through."""

    lagtime: Lag = setting(None, help="Time between the two frames of a pair; the study's lag time where not given.")
    dim: int = setting(4, low=1, high=50, help="Number of coordinates, at most the rank.")
    basis: str = setting(GAUSSIANS, choices=(GAUSSIANS, POWERS, FEATURES), help="Functions of the features that the coordinates are put together from.")
    degree: int = setting(2, low=1, high=10, help="Of the powers: products of up to so many features.")
    n_functions: int = setting(100, low=2, high=2000, help="Number of Gaussians.")
    bandwidth: float | None = setting(None, low=1e-3, high=1e3, is_logarithmic=True, help="Width of the kernel on later frames in standard deviations of the features; their median distance where not given.")
    n_landmarks: int = setting(300, low=10, high=3000, help="Most frames that the kernel is seen through.")
    epsilon: float = setting(1e-6, low=0.0, high=0.1, help="Directions that carry less of a function's variance than this are dropped.")


@method("projection", settings=KVAD, needs="features", source="doi:10.1088/2632-2153/abde27", title="KVAD")
def kvad(settings: KVAD, features: Features, *, lagtime: int, seed: int = 0, timestep_ns: float | None = None, progress: Progress = ignore) -> Projection:
    """Kernel embedding based variational approach for dynamical systems.

    Parameters
    ----------
    settings : KVAD
    features : Features
        Brought to unit variance first.
    lagtime : int
        Frames.
    seed : int
        Of the places of Gaussians and landmarks.
    timestep_ns : float or None
        For the wording of notices.
    progress : callable

    Returns
    -------
    Projection
        Uncorrelated on the earlier frames, of unit variance; the first carries most of the conditional distribution of later frames.
        ``parameters["solved_values"]`` are the contributions to the score, ``parameters["score"]`` the whole score, which is at most 1;
        ``singular_values`` the autocorrelations of the coordinates, not in order.

    Raises
    ------
    UserError
        If no trajectory is longer than the lag time, all features are constant, there would be too many functions, or there are as many as pairs of frames.

    Notes
    -----
    Tian and Wu 2021, doi:10.1088/2632-2153/abde27. With phi the kernel's coordinates of later frames and chi the whitened functions of earlier ones, the
    contributions are the squared singular values of E[chi phi^T].
    """
    base, future, median, n_frames, random = future_kernel(settings, features, seed)
    lift = _lift(settings, features, base, random)
    moments, short = lifted_moments(features, [lift, future], lagtime, timestep_ns, progress)
    found, whole = _solve(moments, n_functions(lift), settings.epsilon)
    notices = short + told_landmarks(future, n_frames, settings.bandwidth is not None) + told_functions(found, settings.dim, moments.n_pairs)
    return project(features, lift, found, dim=settings.dim, title="KVAD", lagtime=lagtime, progress=progress, notices=notices, score=float(found.values[: settings.dim].sum() + whole),
                   bandwidth=future["bandwidth"], automatic_bandwidth=median)


def future_kernel(settings: KVAD, features: Features, seed: int) -> tuple[Lift, Lift, float, int, np.random.Generator]:
    """How features are standardised, the kernel that the future is seen through, the median distance of frames, how many there are, and the generator that goes on from there."""
    random = np.random.default_rng(seed)
    base = standardisation(features, noise_level(features.values))
    frames, median, n_frames = candidates(features, base, random)
    return base, kernel(base, frames, settings.bandwidth if settings.bandwidth is not None else median, settings.n_landmarks), median, n_frames, random


def _lift(settings: KVAD, features: Features, base: Lift, random: np.random.Generator) -> Lift:
    if settings.basis == GAUSSIANS:
        return gaussians(base, features, settings.n_functions, None, random)
    return monomials(base, settings.degree if settings.basis == POWERS else 1)


def _solve(moments: Moments, n: int, epsilon: float) -> tuple[SlowFunctions, float]:
    """Coordinates from the moments of functions (the first n) and kernel coordinates, and what the constant function contributes."""
    cov = moments.covariances(reversible=False)
    c00, c0t, ctt = cov.cov_00[:n, :n], cov.cov_0t[:n, :n], cov.cov_tt[:n, :n]
    white = whitening(c00, np.abs(cov.mean_0[:n]), epsilon)
    u, values, _ = np.linalg.svd(white.T @ cov.cov_0t[:n, n:], full_matrices=False)
    vectors = white @ u
    return SlowFunctions(cov.mean_0[:n], cov.mean_t[:n], vectors, vectors, values**2, c00, c0t, ctt, white.shape[1]), float(np.sum(cov.mean_t[n:] ** 2))
