"""Deep generative Markov state models: fuzzy states, and for each the density in which trajectories land next."""
from __future__ import annotations

from dataclasses import dataclass, replace

from mdexplore.methods.deep.energy import BATCH, energetic
from mdexplore.methods.deep.fitting import fit
from mdexplore.methods.deep.generative import generative
from mdexplore.methods.deep.settings import StateSettings
from mdexplore.methods.method import Progress, ignore, method, setting
from mdexplore.methods.results import Features, Projection

RESAMPLING, ENERGY = "resampling", "energy distance"


@dataclass(frozen=True)
class GenerativeMSM(StateSettings):
    """The networks of a deep generative Markov state model."""

    generator: str = setting(RESAMPLING, choices=(RESAMPLING, ENERGY), help="How trajectories land: in frames that were seen, by likelihood; or in frames that a network makes, by the energy distance.")
    noise: int = setting(4, low=1, high=64, help="Random numbers from which a frame is made (energy distance).")


@method("projection", settings=GenerativeMSM, needs="features", source="arXiv:1805.07601", requires=("torch",), name="generative-msm", ends_early=True, title="Deep generative MSM")
def generative_msm(settings: GenerativeMSM, features: Features, *, lagtime: int, seed: int = 0, timestep_ns: float | None = None, progress: Progress = ignore) -> Projection:
    """States and landing densities that make the observed transitions most likely, or bring those of the model nearest to them.

    Parameters
    ----------
    settings : GenerativeMSM
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
        Memberships, the most populated state first; ``parameters["koopman"]`` is the rewired transition matrix (landing from each state, then the state there),
        ``parameters["populations"]`` its stationary distribution, ``parameters["timescales"]`` its relaxation times in frames,
        ``parameters["detailed_balance"]`` its largest net flow over its largest flow. `mdexplore.methods.generation.resampling` draws frames from it,
        `mdexplore.methods.generation.making` makes new ones where the generator is a network.

    Raises
    ------
    UserError
        If there are too few pairs of frames, all features are constant, or training fails.

    Notes
    -----
    Resampling generator by maximum likelihood, or a network by the energy distance; Wu, Mardt, Pasquali and Noe 2018, arXiv:1805.07601.
    """
    if settings.generator == ENERGY:
        settings = replace(settings, batch_size=settings.batch_size or BATCH)
    design = energetic(settings, settings.noise) if settings.generator == ENERGY else generative(settings)
    return fit(settings, features, design, title="Deep generative MSM", lagtime=lagtime, seed=seed, timestep_ns=timestep_ns, progress=progress)
