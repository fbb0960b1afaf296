"""Reversible deep Markov state models: fuzzy states whose dynamics are in detailed balance by construction."""
from __future__ import annotations

from dataclasses import dataclass

from mdexplore.methods.deep.fitting import fit
from mdexplore.methods.deep.generative import reversible
from mdexplore.methods.deep.settings import NetworkSettings
from mdexplore.methods.method import Progress, ignore, method, setting
from mdexplore.methods.results import Features, Projection


@dataclass(frozen=True)
class ReversibleDeepMSM(NetworkSettings):
    """The networks of a reversible deep Markov state model."""

    dim: int = setting(4, low=2, high=50, help="Number of fuzzy states.")
    layers: int = setting(3, low=1, high=8, help="Hidden layers.")
    learning_rate: float = setting(1e-3, low=1e-6, high=0.1, help="First step of the optimiser (Adam); it becomes smaller when the held-out score stands still.")


@method("projection", settings=ReversibleDeepMSM, needs="features", source="arXiv:1912.07392", requires=("torch",), name="reversible-deep-msm", ends_early=True, title="Reversible deep MSM")
def reversible_deep_msm(settings: ReversibleDeepMSM, features: Features, *, lagtime: int, seed: int = 0, timestep_ns: float | None = None, progress: Progress = ignore) -> Projection:
    """States, couplings between them and weights of frames that make the observed transitions most likely.

    Parameters
    ----------
    settings : ReversibleDeepMSM
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
        Memberships, the most populated state first; ``parameters["koopman"]`` is the matrix of expectations, in detailed balance,
        ``parameters["populations"]`` its stationary distribution, ``parameters["timescales"]`` its relaxation times in frames,
        ``parameters["detailed_balance"]`` how far flows are from symmetric, which is rounding only. `mdexplore.methods.generation.resampling` draws frames from it.

    Raises
    ------
    UserError
        If there are too few pairs of frames, all features are constant, or training fails.

    Notes
    -----
    Trained by likelihood; Mardt, Pasquali, Noe and Wu 2020, arXiv:1912.07392.
    """
    return fit(settings, features, reversible(settings), title="Reversible deep MSM", lagtime=lagtime, seed=seed, timestep_ns=timestep_ns, progress=progress)
