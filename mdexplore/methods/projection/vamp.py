"""VAMP: the functions of the features that predict best, for motion in or out of equilibrium."""
from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from mdexplore.base.notices import Notice
from mdexplore.methods.method import Lag, Progress, Settings, ignore, method, setting
from mdexplore.methods.progress import counted
from mdexplore.methods.projection.lifting import monomials, n_functions, standardisation
from mdexplore.methods.projection.linear import apply_to_all, gather_moments, noise_level
from mdexplore.methods.projection.nonlinear import lifted_moments, project, told_functions
from mdexplore.methods.projection.operators import SlowFunctions, loadings, slow_functions
from mdexplore.methods.results import Features, Projection

EARLIER, LATER = "earlier frames", "later frames"


@dataclass(frozen=True)
class VAMP(Settings):
    """Which functions, and of which frame of a pair."""

    lagtime: Lag = setting(None, help="Time between the two frames of a pair; the study's lag time where not given.")
    dim: int = setting(5, low=1, high=50, help="Number of coordinates, at most the rank.")
    functions: str = setting(EARLIER, choices=(EARLIER, LATER), help="Left singular functions say what will happen, right ones what has happened; in equilibrium they are the same.")
    scaling: str = setting("none", choices=("none", "kinetic map"), help="Length of each coordinate: unit variance, or its singular value.")
    degree: int = setting(1, low=1, high=4, help="Products of up to so many features are features, too.")
    epsilon: float = setting(1e-6, low=0.0, high=0.1, help="Directions that carry less of a feature's variance than this are dropped.")


@method("projection", settings=VAMP, needs="features", source="doi:10.1007/s00332-019-09567-y", title="VAMP")
def vamp(settings: VAMP, features: Features, *, lagtime: int, seed: int = 0, timestep_ns: float | None = None, progress: Progress = ignore) -> Projection:
    """Time-lagged canonical correlation analysis (TCCA) of the features or of products of them.

    Parameters
    ----------
    settings : VAMP
    features : Features
    lagtime : int
        Frames.
    seed : int
        Not used: nothing is random here.
    timestep_ns : float or None
        For the wording of notices.
    progress : callable

    Returns
    -------
    Projection
        ``singular_values`` in falling order. ``parameters["scores"]`` holds VAMP-1, VAMP-2 and VAMP-E of the coordinates on these data, with 1 for the constant function.

    Raises
    ------
    UserError
        If no trajectory is longer than the lag time, all features are constant, there would be too many products, or there are as many as pairs of frames.

    Notes
    -----
    Wu and Noe 2020, doi:10.1007/s00332-019-09567-y. Nothing is assumed of detailed balance: earlier and later frames have covariances of their own.
    """
    noise = noise_level(features.values)
    if settings.degree > 1:
        return _products(settings, features, lagtime, noise, timestep_ns, progress)
    total = 2 * sum(map(len, features.values))
    moments, short = gather_moments(features.values, lagtime, timestep_ns, progress, last=total)
    found = slow_functions(moments, is_reversible=False, epsilon=settings.epsilon, relative_noise=noise)
    dim, later = min(settings.dim, found.rank), settings.functions == LATER
    lengths = _lengths(settings, found)
    left, right = found.coefficients * lengths, found.coefficients_t * lengths
    mean, coefficients = (found.mean_t, right) if later else (found.mean, left)
    values = apply_to_all(features.values, mean, coefficients[:, :dim], counted(progress, total // 2, total, "Projecting"))
    parameters: dict[str, Any] = {
        "kind": "linear", "mean": found.mean, "coefficients": left, "eigenvalues": found.values, "cov_00": found.cov_00, "cov_0t": found.cov_0t, "cov_tt": found.cov_tt,
        "mean_t": found.mean_t, "coefficients_t": right, "dim": dim, "scaling": "kinetic_map" if settings.scaling == "kinetic map" else None, "epsilon": settings.epsilon,
        "later": later, "scores": scores(found.values[:dim]),
    }
    return Projection(values=values, names=_names(dim), title="VAMP", lagtime=lagtime, parameters=parameters, singular_values=found.values,
                      loadings=loadings(*((found.cov_tt, found.coefficients_t) if later else (found.cov_00, found.coefficients)))[:, :dim], notices=short + _told(features.n_features, found, settings, moments.n_pairs))


def scores(singular_values: np.ndarray) -> dict[str, float]:
    """VAMP-1, VAMP-2 and VAMP-E of singular values, with 1 for the constant function; on the data of the fit the last two are the same."""
    squares = 1 + float(np.sum(singular_values**2))
    return {"VAMP-1": 1 + float(np.sum(singular_values)), "VAMP-2": squares, "VAMP-E": squares}


def _products(settings: VAMP, features: Features, lagtime: int, noise: float, timestep_ns: float | None, progress: Progress) -> Projection:
    lift = monomials(standardisation(features, noise), settings.degree)
    moments, short = lifted_moments(features, [lift], lagtime, timestep_ns, progress)
    found = slow_functions(moments, is_reversible=False, epsilon=settings.epsilon)
    notices = short + _told(n_functions(lift), found, settings, moments.n_pairs)
    return project(features, lift, found, dim=settings.dim, title="VAMP", lagtime=lagtime, progress=progress, notices=notices, lengths=_lengths(settings, found),
                   later=settings.functions == LATER, scores=scores(found.values[: settings.dim]))


def _lengths(settings: VAMP, found: SlowFunctions) -> np.ndarray:
    return found.values if settings.scaling == "kinetic map" else np.ones(found.rank)


def _names(dim: int) -> tuple[str, ...]:
    return tuple(f"VAMP {i + 1}" for i in range(dim))


def _told(n_functions: int, found: SlowFunctions, settings: VAMP, n_pairs: int) -> tuple[Notice, ...]:
    dropped = n_functions - found.rank
    text = f"{dropped} of {n_functions} directions repeat others or never change and are left out."
    said = (Notice("info", text, where="projection"),) if dropped else ()
    return said + told_functions(found, settings.dim, n_pairs)
