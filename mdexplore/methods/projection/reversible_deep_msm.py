"""Reversible deep Markov state models: fuzzy states whose dynamics are in detailed balance by construction."""
from __future__ import annotations

from dataclasses import dataclass

from mdexplore.methods.deep.fitting import fit
from mdexplore.methods.deep.generative import reversible
from mdexplore.methods.deep.settings import StateSettings
from mdexplore.methods.method import Progress, ignore, method
from mdexplore.methods.results import Features, Projection


@dataclass(frozen=True)
class ReversibleDeepMSM(StateSettings):
    """The networks of a reversible deep Markov state model."""


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
