"""Time-lagged independent component analysis: the slowest linear combinations of the features."""
from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from mdexplore.base.notices import Notice
from mdexplore.base.words import count_of
from mdexplore.methods.method import Lag, Progress, Settings, ignore, method, setting
from mdexplore.methods.progress import counted
from mdexplore.methods.projection.koopman_weights import koopman_weights, reweighted_moments
from mdexplore.methods.projection.linear import (
    LinearFit,
    apply_to_all,
    check_pairs,
    fit_tica,
    gather_moments,
    linear_parameters,
    noise_level,
)
from mdexplore.methods.results import Features, Projection

SCALINGS: dict[str, str | None] = {"none": None, "kinetic map": "kinetic_map", "commute map": "commute_map"}
AS_SAMPLED, REWEIGHTED = "as sampled", "reweighted"


@dataclass(frozen=True)
class TICA(Settings):
    """How slow coordinates are found."""

    lagtime: Lag = setting(None, help="Time over which slow motion is measured; the study's lag time where not given.")
    # Five coordinates of unit variance resolve the fast and the slow process of both bundled peptides at every lag time tried;
    # a kinetic map shrinks the fast ones away as the lag time grows, and ten coordinates are too many for 200 centres.
    dim: int = setting(5, low=1, high=50, help="Number of slow coordinates, at most the rank.")
    scaling: str = setting("none", choices=tuple(SCALINGS), help="Length of each coordinate: unit variance, or longer for slower ones.")
    epsilon: float = setting(1e-6, low=0.0, high=0.1, help="Directions that carry less of a feature's variance than this are dropped.")
    sampling: str = setting(AS_SAMPLED, choices=(AS_SAMPLED, REWEIGHTED), help="Take the data as they are, or give each frame a Koopman weight that turns short trajectories out of equilibrium into equilibrium.")


@method("projection", settings=TICA, needs="features", source="doi:10.1063/1.4811489", title="TICA")
def tica(settings: TICA, features: Features, *, lagtime: int, seed: int = 0, timestep_ns: float | None = None, progress: Progress = ignore) -> Projection:
    """TICA of all trajectories, never across their seams.

    Parameters
    ----------
    settings : TICA
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
        ``singular_values`` are the eigenvalues in falling order, all up to the rank.

    Raises
    ------
    UserError
        If no trajectory is longer than the lag time, all features are constant, or they are as many as the pairs of frames.

    Notes
    -----
    Perez-Hernandez et al. 2013, doi:10.1063/1.4811489. The features are brought to unit variance first: the result does not depend on their units.
    """
    total = 2 * sum(map(len, features.values))
    moments, notices = gather_moments(features.values, lagtime, timestep_ns, progress, last=total)
    if settings.sampling == REWEIGHTED:
        weights = koopman_weights(moments, epsilon=settings.epsilon, relative_noise=noise_level(features.values))
        moments, said = reweighted_moments(features.values, moments, weights)
        notices += said
    fit = fit_tica(moments, scaling=SCALINGS[settings.scaling], epsilon=settings.epsilon, relative_noise=noise_level(features.values))
    check_pairs(moments.n_pairs, fit.rank)
    dim = min(settings.dim, fit.rank)
    values = apply_to_all(features.values, fit.mean, fit.coefficients[:, :dim], counted(progress, total // 2, total, "Projecting"))
    return Projection(values=values, names=tuple(f"IC {i + 1}" for i in range(dim)), title="TICA", lagtime=lagtime,
                      parameters=linear_parameters(fit, dim, SCALINGS[settings.scaling], settings.epsilon), singular_values=fit.eigenvalues,
                      loadings=fit.loadings[:, :dim], notices=notices + _told(fit, features, settings, moments.n_pairs))


def _told(fit: LinearFit, features: Features, settings: TICA, n_pairs: int) -> tuple[Notice, ...]:
    said: list[Any] = []
    d, n_constant = features.n_features, int(fit.constant.sum())
    if n_constant:
        names = [name for name, c in zip(features.names, fit.constant) if c]
        some = ", ".join(names[:3]) + (", …" if n_constant > 3 else "")
        said.append(("info", f"{n_constant} of {count_of(d, 'feature')} never {'changes and says' if n_constant == 1 else 'change and say'} nothing about motion: {some}.", ""))
    dropped = d - n_constant - fit.rank
    if dropped:
        said.append(("info", f"The features have rank {fit.rank}: {dropped} of {d - n_constant} directions repeat others and are left out.", ""))
    if settings.dim > fit.rank:
        said.append(("info", f"{count_of(fit.rank, 'slow coordinate is', 'slow coordinates are')} kept, as many as the features allow.", ""))
    if n_pairs < 10 * fit.rank:
        said.append(("warning", f"{n_pairs} pairs of frames are few for {fit.rank} independent features; noise can look slow.", "Look at the held-out score, or use fewer features."))
    return tuple(Notice(level, text, hint, "projection") for level, text, hint in said)
