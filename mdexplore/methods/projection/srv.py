"""State-free reversible VAMPnets: nonlinear eigenfunctions of the slowest processes."""
from __future__ import annotations

from dataclasses import dataclass

from mdexplore.methods.deep.fitting import fit
from mdexplore.methods.deep.settings import NetworkSettings
from mdexplore.methods.deep.spectral import spectral
from mdexplore.methods.method import Progress, ignore, method, setting
from mdexplore.methods.results import Features, Projection


@dataclass(frozen=True)
class SRV(NetworkSettings):
    """How eigenfunctions are found."""

    dim: int = setting(4, low=1, high=50, help="Number of eigenfunctions, without the constant one.")


@method("projection", settings=SRV, needs="features", source="doi:10.1063/1.5092521", requires=("torch",), ends_early=True, title="SRV")
def srv(settings: SRV, features: Features, *, lagtime: int, seed: int = 0, timestep_ns: float | None = None, progress: Progress = ignore) -> Projection:
    """Eigenfunctions of the reversible propagator, as functions that a network can make.

    Parameters
    ----------
    settings : SRV
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
        Uncorrelated, of unit variance, slowest first; ``singular_values`` are the eigenvalues of the symmetric generalised problem over all frames. See `fitting.fit`.

    Raises
    ------
    UserError
        If there are too few pairs of frames, all features are constant, or training fails.

    Notes
    -----
    Chen, Sidky and Ferguson 2019, doi:10.1063/1.5092521. Training raises the sum of squared eigenvalues of the time-symmetrised problem ``C v = lambda S v``.
    """
    return fit(settings, features, spectral(settings, "reversible"), title="SRV", lagtime=lagtime, seed=seed, timestep_ns=timestep_ns, progress=progress)
