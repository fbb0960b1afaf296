"""Variational time-lagged autoencoders: a bottleneck with noise."""
from __future__ import annotations

from dataclasses import dataclass

from mdexplore.methods.deep.autoencoder import autoencoder
from mdexplore.methods.deep.fitting import fit
from mdexplore.methods.deep.settings import NetworkSettings
from mdexplore.methods.method import Progress, ignore, method, setting
from mdexplore.methods.results import Features, Projection


@dataclass(frozen=True)
class TVAE(NetworkSettings):
    """The bottleneck and its noise."""

    dim: int = setting(2, low=1, high=50, help="Coordinates of the bottleneck, at most the number of features.")
    beta: float = setting(0.01, low=0.0, high=100.0, help="Weight of the bottleneck's noise: more gives a smoother and emptier one.")


@method("projection", settings=TVAE, needs="features", source="doi:10.1063/1.5011399", requires=("torch",), ends_early=True, title="TVAE")
def tvae(settings: TVAE, features: Features, *, lagtime: int, seed: int = 0, timestep_ns: float | None = None, progress: Progress = ignore) -> Projection:
    """A time-lagged autoencoder whose bottleneck is a distribution; coordinates are its means.

    Parameters
    ----------
    settings : TVAE
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
    Wehmeyer and Noe 2018, doi:10.1063/1.5011399; Kingma and Welling 2014, arXiv:1312.6114.
    """
    return fit(settings, features, autoencoder(settings, beta=settings.beta), title="TVAE", lagtime=lagtime, seed=seed, timestep_ns=timestep_ns, progress=progress)
