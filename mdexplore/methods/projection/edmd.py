"""Extended dynamic mode decomposition: eigenfunctions of the propagator put together from chosen functions of the features."""
from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from mdexplore.methods.method import Lag, Progress, Settings, ignore, method, setting
from mdexplore.methods.projection.lifting import (
    Lift,
    automatic_bandwidth,
    gaussians,
    monomials,
    n_functions,
    standardisation,
    waves,
)
from mdexplore.methods.projection.linear import noise_level
from mdexplore.methods.projection.nonlinear import lifted_moments, project, told_functions
from mdexplore.methods.projection.operators import slow_functions
from mdexplore.methods.results import Features, Projection

POWERS, WAVES, GAUSSIANS = "powers", "waves", "Gaussians"


@dataclass(frozen=True)
class EDMD(Settings):
    """Which functions the eigenfunctions are put together from."""

    lagtime: Lag = setting(None, help="Time between the two frames of a pair; the study's lag time where not given.")
    dim: int = setting(5, low=1, high=50, help="Number of eigenfunctions, without the constant one, at most the rank.")
    basis: str = setting(GAUSSIANS, choices=(GAUSSIANS, POWERS, WAVES), help="Gaussians around places that were visited, products of features, or cosines and sines of each feature.")
    degree: int = setting(2, low=1, high=10, help="Of the powers: products of up to so many features. Of the waves: so many in a period.")
    n_functions: int = setting(100, low=2, high=2000, help="Number of Gaussians.")
    bandwidth: float | None = setting(None, low=1e-3, high=1e3, is_logarithmic=True, help="Width of the Gaussians in standard deviations of the features; from the distance of their centres where not given.")
    period: float | None = setting(None, low=1e-9, help="Period of the waves in the units of the features, such as 6.283 for angles; twice the range of each feature where not given.")
    epsilon: float = setting(1e-6, low=0.0, high=0.1, help="Directions that carry less of a function's variance than this are dropped.")


@method("projection", settings=EDMD, needs="features", source="doi:10.1007/s00332-015-9258-5", title="EDMD")
def edmd(settings: EDMD, features: Features, *, lagtime: int, seed: int = 0, timestep_ns: float | None = None, progress: Progress = ignore) -> Projection:
    """Eigenfunctions of the time-symmetrised propagator in the span of a basis.

    Parameters
    ----------
    settings : EDMD
    features : Features
        Brought to unit variance first.
    lagtime : int
        Frames.
    seed : int
        Of the places of the Gaussians.
    timestep_ns : float or None
        For the wording of notices.
    progress : callable

    Returns
    -------
    Projection
        Uncorrelated, of unit variance, slowest first; ``singular_values`` are the eigenvalues.

    Raises
    ------
    UserError
        If no trajectory is longer than the lag time, all features are constant, there would be too many functions, or there are as many as pairs of frames.

    Notes
    -----
    Williams, Kevrekidis and Rowley 2015, doi:10.1007/s00332-015-9258-5, in the symmetric form of Noe and Nueske 2013, doi:10.1137/110858616, which has
    real eigenvalues; for motion out of equilibrium take VAMP with products of features.
    """
    lift = _lift(settings, features, seed)
    moments, short = lifted_moments(features, [lift], lagtime, timestep_ns, progress)
    found = slow_functions(moments, is_reversible=True, epsilon=settings.epsilon)
    notices = short + told_functions(found, settings.dim, moments.n_pairs)
    kept: dict[str, Any] = {"automatic_bandwidth": automatic_bandwidth(lift)} if settings.basis == GAUSSIANS else {}
    return project(features, lift, found, dim=settings.dim, title="EDMD", lagtime=lagtime, progress=progress, notices=notices, n_functions=n_functions(lift), **kept)


def _lift(settings: EDMD, features: Features, seed: int) -> Lift:
    base = standardisation(features, noise_level(features.values))
    if settings.basis == POWERS:
        return monomials(base, settings.degree)
    if settings.basis == WAVES:
        return waves(base, features, settings.degree, settings.period)
    return gaussians(base, features, settings.n_functions, settings.bandwidth, np.random.default_rng(seed))
