"""Kernel EDMD: eigenfunctions of the propagator from all Gaussians of one width, one around each frame."""
from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from mdexplore.methods.method import Lag, Progress, Settings, ignore, method, setting
from mdexplore.methods.projection.lifting import kernel, standardisation
from mdexplore.methods.projection.linear import noise_level
from mdexplore.methods.projection.nonlinear import candidates, lifted_moments, project, told_functions, told_landmarks
from mdexplore.methods.projection.operators import slow_functions
from mdexplore.methods.results import Features, Projection

CUT = 1e-12   # of the largest eigenvalue of a covariance: below it there is rounding only


@dataclass(frozen=True)
class KernelSettings(Settings):
    """A Gaussian kernel and the frames it is seen through."""

    lagtime: Lag = setting(None, help="Time between the two frames of a pair; the study's lag time where not given.")
    dim: int = setting(4, low=1, high=50, help="Number of coordinates.")
    bandwidth: float | None = setting(None, low=1e-3, high=1e3, is_logarithmic=True, help="Width of the Gaussian kernel in standard deviations of the features; a third of the median distance of frames where not given.")
    ridge: float = setting(1e-4, low=1e-12, high=1.0, help="Smoothness: more keeps noise out and makes timescales shorter.")
    n_landmarks: int = setting(500, low=10, high=3000, help="Most frames that the kernel is seen through.")


@dataclass(frozen=True)
class KernelEDMD(KernelSettings):
    """The kernel of the eigenfunctions."""


@method("projection", settings=KernelEDMD, needs="features", source="doi:10.3934/jcd.2015005", title="Kernel EDMD")
def kernel_edmd(settings: KernelEDMD, features: Features, *, lagtime: int, seed: int = 0, timestep_ns: float | None = None, progress: Progress = ignore) -> Projection:
    """Eigenfunctions of the time-symmetrised propagator in the space of a Gaussian kernel.

    Parameters
    ----------
    settings : KernelEDMD
    features : Features
        Brought to unit variance first.
    lagtime : int
        Frames.
    seed : int
        Of the spread of frames among which landmarks are chosen, where there are more than 5000.
    timestep_ns : float or None
        For the wording of notices.
    progress : callable

    Returns
    -------
    Projection
        Of unit variance, slowest first. ``parameters["solved_values"]`` are the eigenvalues of the problem with its ridge,
        ``singular_values`` the autocorrelations of the functions that were found, without it.

    Raises
    ------
    UserError
        If no trajectory is longer than the lag time, all features are constant, or the kernel tells nearly all frames apart and they are few.

    Notes
    -----
    Williams, Rowley and Kevrekidis 2015, doi:10.3934/jcd.2015005. Up to 5000 frames and where the landmarks are enough (both are said) this is the
    problem with all Gram matrices, ridge n * ``ridge``; beyond, its Nystroem approximation, whose cost grows with the frames and not with their square.
    """
    return fit_kernel(settings, features, is_reversible=True, title="Kernel EDMD", lagtime=lagtime, seed=seed, timestep_ns=timestep_ns, progress=progress)


def fit_kernel(settings: KernelSettings, features: Features, *, is_reversible: bool, title: str, lagtime: int, seed: int, timestep_ns: float | None, progress: Progress) -> Projection:
    """Eigenfunctions, or left singular functions, in the space of a Gaussian kernel; see `kernel_edmd`."""
    base = standardisation(features, noise_level(features.values))
    frames, median, n_frames = candidates(features, base, np.random.default_rng(seed))
    automatic = median / 3
    bandwidth = settings.bandwidth if settings.bandwidth is not None else automatic
    lift = kernel(base, frames, bandwidth, settings.n_landmarks)
    moments, short = lifted_moments(features, [lift], lagtime, timestep_ns, progress)
    found = slow_functions(moments, is_reversible=is_reversible, epsilon=CUT, ridge=settings.ridge)
    notices = short + told_landmarks(lift, n_frames, settings.bandwidth is not None) + told_functions(found, settings.dim, moments.n_pairs, "kernel function")
    return project(features, lift, found, dim=settings.dim, title=title, lagtime=lagtime, progress=progress, notices=notices, bandwidth=bandwidth, automatic_bandwidth=automatic)
