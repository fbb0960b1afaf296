"""Variational dynamics encoders: a noisy bottleneck that predicts the next frame and is slow."""
from __future__ import annotations

from dataclasses import dataclass

from mdexplore.methods.deep.autoencoder import autoencoder
from mdexplore.methods.deep.fitting import fit
from mdexplore.methods.deep.settings import NetworkSettings
from mdexplore.methods.method import Progress, ignore, method, setting
from mdexplore.methods.results import Features, Projection


@dataclass(frozen=True)
class VDE(NetworkSettings):
    """The bottleneck, its noise, and how much its slowness counts."""

    dim: int = setting(1, low=1, high=50, help="Coordinates of the bottleneck, at most the number of features.")
    beta: float = setting(0.01, low=0.0, high=100.0, help="Weight of the bottleneck's noise: more gives a smoother and emptier one.")
    slowness: float = setting(1.0, low=0.0, high=1000.0, help="Weight of the bottleneck's autocorrelation against the error of the prediction.")


@method("projection", settings=VDE, needs="features", source="doi:10.1103/PhysRevE.97.062412", requires=("torch",), ends_early=True, title="VDE")
def vde(settings: VDE, features: Features, *, lagtime: int, seed: int = 0, timestep_ns: float | None = None, progress: Progress = ignore) -> Projection:
    """A variational time-lagged autoencoder that is rewarded for a slow bottleneck.

    Parameters
    ----------
    settings : VDE
    features : Features
    lagtime : int
        Frames.
    seed : int
    timestep_ns : float or None
        For the wording of notices.
    progress : callable

    Returns
    -------
    Projection
        The bottleneck, turned into uncorrelated coordinates of unit variance, slowest first. `network.decode` gives the features that belong to a place on it;
        ``parameters["saliency"]`` says which features move it. See `fitting.fit`.

    Raises
    ------
    UserError
        If there are too few pairs of frames, all features are constant, or training fails.

    Notes
    -----
    Hernandez et al. 2018, doi:10.1103/PhysRevE.97.062412. With more than one coordinate the mean autocorrelation of uncorrelated ones counts.
    """
    return fit(settings, features, autoencoder(settings, beta=settings.beta, slowness=settings.slowness), title="VDE", lagtime=lagtime, seed=seed, timestep_ns=timestep_ns, progress=progress)
