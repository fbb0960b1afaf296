"""RAVE on a model system that is shown, in a worker: the coordinate and the bias of each round, and what the last one measures."""
from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from mdexplore.base.errors import UserError
from mdexplore.data.exact import Exact
from mdexplore.data.potentials import POTENTIALS, Potential
from mdexplore.methods.method import Progress
from mdexplore.methods.sampling.rave import RaveRounds, Where, rave_rounds

N_ROUNDS, N_WALKERS, N_FRAMES, LAGTIME = 6, 20, 500, 5


@dataclass(frozen=True)
class WellGain:
    """Free energy of a well less that of the first, kT.

    Parameters
    ----------
    well : int
        Counted from 0.
    value, error : float
        NaN where no frame lies in one of them; the error alone is inf where so few walkers have been in one of them that walkers drawn anew may miss it.
    exact : float
    """

    well: int
    value: float
    error: float
    exact: float


@dataclass(frozen=True, eq=False)
class RaveCourse:
    """What the rounds came to, without their frames.

    Parameters
    ----------
    directions : ndarray, shape (n_rounds, d)
        Of the coordinate of each round.
    information : ndarray, shape (n_rounds,)
        Nats.
    grid, bias : ndarray, shape (n_rounds, n_cells)
        The bias that each round gave, kT.
    gains : tuple of WellGain
    n_simulated : int
        Frames.
    """

    directions: np.ndarray
    information: np.ndarray
    grid: np.ndarray
    bias: np.ndarray
    gains: tuple[WellGain, ...]
    n_simulated: int


def can_rave(exact: Exact | None) -> bool:
    """Whether data come from a potential with a coordinate to be found: one of two dimensions that can be simulated further."""
    return exact is not None and exact.potential in POTENTIALS and POTENTIALS[exact.potential].dim == 2


def run_rave(name: str, start: tuple[float, ...], seed: int, *, progress: Progress) -> RaveCourse:
    """Rounds of RAVE from one place.

    Parameters
    ----------
    name : str
        In `mdexplore.data.potentials.POTENTIALS`.
    start : tuple of float, length d
    seed : int
    progress : callable

    Returns
    -------
    RaveCourse

    Raises
    ------
    KeyError
        For another name.
    UserError
        If walkers never spread enough for a bias.
    """
    potential = POTENTIALS[name]
    found = rave_rounds(potential, np.array(start), n_rounds=N_ROUNDS, n_walkers=N_WALKERS, n_frames=N_FRAMES, lagtime=LAGTIME, seed=seed, progress=progress)
    return RaveCourse(found.directions, found.information, found.grid, found.bias, _gains(found, potential), found.n_simulated)


def _gains(found: RaveRounds, potential: Potential) -> tuple[WellGain, ...]:
    wells = potential.wells
    if wells is None:
        return ()
    shares = potential.populations()
    return tuple(WellGain(k, *_gain(found, lambda x: wells(x) == 0, lambda x, k=k: wells(x) == k), float(np.log(shares[0] / shares[k])) + 0.0) for k in range(1, len(shares)))   # type: ignore[misc]


def _gain(found: RaveRounds, a: Where, b: Where) -> tuple[float, float]:
    try:
        return found.free_energy_difference(a, b)
    except UserError:   # no frame lies in one of them, which is an answer, too
        return float("nan"), float("nan")
