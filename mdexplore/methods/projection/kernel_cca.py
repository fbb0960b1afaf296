"""Kernel CCA: what of the future a smooth function of the present predicts best."""
from __future__ import annotations

from dataclasses import dataclass

from mdexplore.methods.method import Progress, ignore, method
from mdexplore.methods.projection.kernel_edmd import KernelSettings, fit_kernel
from mdexplore.methods.results import Features, Projection


@dataclass(frozen=True)
class KernelCCA(KernelSettings):
    """The kernel of the canonical functions."""


@method("projection", settings=KernelCCA, needs="features", source="doi:10.1007/s00332-019-09574-z", title="Kernel CCA")
def kernel_cca(settings: KernelCCA, features: Features, *, lagtime: int, seed: int = 0, timestep_ns: float | None = None, progress: Progress = ignore) -> Projection:
    """Left singular functions of the propagator in the space of a Gaussian kernel: coherent sets, in or out of equilibrium.

    Parameters
    ----------
    settings : KernelCCA
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
        See `kernel_edmd`; ``parameters["solved_values"]`` are the canonical correlations with the ridge.

    Raises
    ------
    UserError
        If no trajectory is longer than the lag time, all features are constant, or the kernel tells nearly all frames apart and they are few.

    Notes
    -----
    Klus, Husic, Mollenhauer and Noe 2019, doi:10.1063/1.5100267, and Klus, Schuster and Muandet 2020, doi:10.1007/s00332-019-09574-z.
    """
    return fit_kernel(settings, features, is_reversible=False, title="Kernel CCA", lagtime=lagtime, seed=seed, timestep_ns=timestep_ns, progress=progress)
