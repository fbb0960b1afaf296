"""VAMPnets: slow coordinates, or fuzzy states, by a network that raises a variational score."""
from __future__ import annotations

from dataclasses import dataclass

from mdexplore.methods.deep.fitting import fit
from mdexplore.methods.deep.settings import NetworkSettings, fuzzy_words
from mdexplore.methods.deep.spectral import spectral
from mdexplore.methods.method import Progress, ignore, method, setting
from mdexplore.methods.results import Features, Projection

FUZZY = "fuzzy states"


@dataclass(frozen=True)
class VAMPNet(NetworkSettings):
    """What the network gives, and which score it raises."""

    dim: int = setting(4, low=2, high=50, help="Number of slow coordinates, or of fuzzy states.")
    output: str = setting("coordinates", choices=("coordinates", FUZZY), help="Slow coordinates, or memberships in as many states, which are not negative and sum to 1.")
    crispness: float = setting(0.05, low=0.0, high=10.0, help="What crisp fuzzy states count beside the score, which is the same for all mixtures of the same states.")
    score: str = setting("VAMP-2", choices=("VAMP-2", "VAMP-E"), help="What training raises.")

    @property
    def gives(self) -> str:
        return fuzzy_words(self.dim) if self.output == FUZZY else f"Gives {self.dim} slow coordinates, slowest first: as TICA does, but not linear in the features."


@method("projection", settings=VAMPNet, needs="features", source="doi:10.1038/s41467-017-02388-1", requires=("torch",), ends_early=True, title="VAMPnet")
def vampnet(settings: VAMPNet, features: Features, *, lagtime: int, seed: int = 0, timestep_ns: float | None = None, progress: Progress = ignore) -> Projection:
    """A VAMPnet with one lobe for both frames of a pair.

    Parameters
    ----------
    settings : VAMPNet
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
        Coordinates: uncorrelated, of unit variance, slowest first, with the eigenvalues of the time-symmetrised model as ``singular_values``. Fuzzy states:
        memberships, the most populated first, and ``parameters["koopman"]``, their time-symmetrised Koopman matrix. See `fitting.fit`.

    Raises
    ------
    UserError
        If there are too few pairs of frames, all features are constant, or training fails.

    Notes
    -----
    Mardt, Pasquali, Wu and Noe 2018, doi:10.1038/s41467-017-02388-1.
    """
    output = "softmax" if settings.output == FUZZY else "linear"
    design = spectral(settings, settings.score, output, settings.crispness if output == "softmax" else 0.0)
    return fit(settings, features, design, title="VAMPnet", lagtime=lagtime, seed=seed, timestep_ns=timestep_ns, progress=progress)
