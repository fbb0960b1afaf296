"""Time-lagged autoencoders: the bottleneck from which the next frame is predicted best."""
from __future__ import annotations

from dataclasses import dataclass

from mdexplore.methods.deep.autoencoder import autoencoder
from mdexplore.methods.deep.fitting import fit
from mdexplore.methods.deep.settings import NetworkSettings
from mdexplore.methods.method import Progress, ignore, method, setting
from mdexplore.methods.results import Features, Projection


@dataclass(frozen=True)
class TAE(NetworkSettings):
    """The bottleneck."""

    dim: int = setting(2, low=1, high=50, help="Coordinates of the bottleneck, at most the number of features.")


@method("projection", settings=TAE, needs="features", source="doi:10.1063/1.5011399", requires=("torch",), ends_early=True, title="TAE")
def tae(settings: TAE, features: Features, *, lagtime: int, seed: int = 0, timestep_ns: float | None = None, progress: Progress = ignore) -> Projection:
    """A time-lagged autoencoder.

    Parameters
    ----------
    settings : TAE
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
    Wehmeyer and Noe 2018, doi:10.1063/1.5011399. What predicts best need not be what is slowest: fast motions of large variance count, too.
    """
    return fit(settings, features, autoencoder(settings), title="TAE", lagtime=lagtime, seed=seed, timestep_ns=timestep_ns, progress=progress)
