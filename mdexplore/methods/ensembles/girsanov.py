"""Girsanov reweighting: a Markov model of one potential from paths in another."""
from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from mdexplore.base.errors import UserError
from mdexplore.base.numerics.counts import connected_set
from mdexplore.base.numerics.mle import reversible_mle
from mdexplore.base.numerics.spectrum import implied_timescales, slow_modes
from mdexplore.base.plain import storable
from mdexplore.base.units import TimeUnit
from mdexplore.base.words import count_of, in_percent
from mdexplore.base.work.threads import single_threaded
from mdexplore.methods.kinetics.lagmodels import N_PROCESSES, check_lagtime

FAINTEST = 1e-10   # of all counts: transitions of less weight decide nothing, but where a solver ends


@storable
@dataclass(frozen=True, eq=False)
class OtherPotential:
    """A Markov model under a potential that was not simulated.

    Parameters
    ----------
    lagtime : int
        Frames.
    active : ndarray, shape (n_active,), int
    transition_matrix : ndarray, shape (n_active, n_active)
    stationary : ndarray, shape (n_active,)
    timescales : ndarray, shape (m,)
        Frames.
    effective_share : float
        What part of the paths counts, (sum w)^2 / (n sum w^2); where it is small, so is the worth of the model.
    """

    lagtime: int
    active: np.ndarray
    transition_matrix: np.ndarray
    stationary: np.ndarray
    timescales: np.ndarray
    effective_share: float


def reweighted_counts(dtrajs: Sequence[np.ndarray], bias: Sequence[np.ndarray], log_weights: Sequence[np.ndarray], lagtime: int, n_states: int) -> tuple[np.ndarray, float]:
    """Transition counts under another potential.

    Parameters
    ----------
    dtrajs : sequence of ndarray, shape (n_frames_i,), int
        -1 marks a frame outside the model.
    bias : sequence of ndarray, shape (n_frames_i,)
        The other potential less the simulated one in each frame, kT.
    log_weights : sequence of ndarray, shape (n_frames_i,)
        Logarithm of how much more likely the steps from each frame to the next are.
    lagtime : int
        Frames.
    n_states : int

    Returns
    -------
    counts : ndarray, shape (n_states, n_states)
        As many in all as there are pairs.
    effective_share : float

    Raises
    ------
    UserError
        Without energies or path weights, where they do not fit the frames, or where no path is left.

    Notes
    -----
    A path from frame t weighs exp(-bias_t + sum of the logarithms over its steps); Donati, Hartmann and Keller 2017, doi:10.1063/1.4989474.
    """
    _check_energies(dtrajs, bias, log_weights)
    starts, ends, logs = [], [], []
    for d, u, m in zip(dtrajs, bias, log_weights, strict=True):
        if len(u) != len(d) or len(m) != len(d):
            raise UserError("Weights and microstates do not fit.", f"A trajectory of {len(d)} frames has {len(u)} energies and {len(m)} path weights.", "Give one of each for every frame.")
        if len(d) > lagtime:
            sums = np.concatenate([[0.0], np.cumsum(m)])
            starts.append(d[:-lagtime])
            ends.append(d[lagtime:])
            logs.append((sums[lagtime:] - sums[:-lagtime])[:len(d) - lagtime] - u[:-lagtime])
    if not starts:
        raise UserError(f"No trajectory is longer than a lag time of {lagtime} frames.", do="Choose a shorter lag time.")
    i, j, log = np.concatenate(starts), np.concatenate(ends), np.concatenate(logs)
    inside = (i >= 0) & (j >= 0)
    if not inside.any():
        raise UserError("No path begins and ends inside the model.", do="Use microstates that hold more of the frames, or a shorter lag time.")
    weight = np.exp(log[inside] - log[inside].max())
    share = float(weight.sum() ** 2 / (len(weight) * (weight**2).sum()))
    counts = np.zeros((n_states, n_states))
    np.add.at(counts, (i[inside], j[inside]), weight * (len(weight) / weight.sum()))
    return counts, share


@single_threaded()
def other_potential(dtrajs: Sequence[np.ndarray], bias: Sequence[np.ndarray], log_weights: Sequence[np.ndarray], lagtime: int, n_states: int | None = None, *,
                    timestep_ns: float | None = None) -> OtherPotential:
    """The reversible Markov model under another potential, from paths in the simulated one.

    Parameters
    ----------
    dtrajs, bias, log_weights, lagtime, n_states
        As for `reweighted_counts`.
    timestep_ns : float or None

    Raises
    ------
    UserError
        Without energies or path weights, if the lag time is too long, weights do not fit the frames, or one path outweighs all others.
    """
    _check_energies(dtrajs, bias, log_weights)
    check_lagtime(lagtime, [len(d) for d in dtrajs], TimeUnit(timestep_ns))
    size = n_states or max(int(np.max(d)) for d in dtrajs) + 1
    counts, share = reweighted_counts(dtrajs, bias, log_weights, lagtime, size)
    return model_of_counts(counts, share, lagtime)


def model_of_counts(counts: np.ndarray, share: float, lagtime: int) -> OtherPotential:
    """The reversible model of reweighted counts.

    Parameters
    ----------
    counts : ndarray, shape (n_states, n_states)
        As many in all as there are pairs.
    share : float
        What part of the paths counts.
    lagtime : int
        Frames.

    Raises
    ------
    UserError
        If fewer than ten paths carry the weight of all, no microstates are connected, or weights are too uneven for a model.
    """
    n_pairs = counts.sum()
    if share * n_pairs < 10:
        raise UserError("The other potential cannot be reached from these paths.", f"Of {n_pairs:.0f} paths, {share * n_pairs:.2g} carry the weight of all.",
                        "Choose a potential closer to the simulated one, or a shorter lag time.")
    counts = np.where(counts > FAINTEST * n_pairs, counts, 0.0)
    active = connected_set(counts)
    if len(active) < 2:
        raise UserError("No connected microstates are left under the other potential.", do="Use fewer microstates or more data.")
    try:
        matrix, stationary = reversible_mle(counts[np.ix_(active, active)])
    except RuntimeError as error:   # of deeptime's solver, to which ours turns at last
        raise UserError("No Markov model fits the reweighted paths.", f"Their weights are too uneven: {in_percent(share)} of them count.",
                        "Choose a potential closer to the simulated one, or a shorter lag time.") from error
    times = implied_timescales(slow_modes(matrix, stationary, N_PROCESSES).eigenvalues[1:], lagtime)
    return OtherPotential(int(lagtime), active, matrix, stationary, times, share)


def _check_energies(dtrajs: Sequence[np.ndarray], bias: Sequence[np.ndarray], log_weights: Sequence[np.ndarray]) -> None:
    if not len(dtrajs):
        raise UserError("There are no microstates.", do="Give one array for each trajectory.")
    for given, what in ((bias, "bias energies"), (log_weights, "path weights")):
        if not len(given):
            raise UserError(f"There are no {what}.", "Paths can be reweighted only where the change of the potential is known in every frame and step.",
                            f"Give {what} for each trajectory, one for every frame.")
        if len(given) != len(dtrajs):
            raise UserError("Weights and microstates do not fit.", f"There are {what} of {count_of(len(given), 'trajectory', 'trajectories')} and microstates of {len(dtrajs)}.", "Give one array for each trajectory.")
        if not all(np.isfinite(np.asarray(a, float)).all() for a in given):
            raise UserError(f"The {what} are not all numbers.", do="Remove these frames (microstate -1 and weight 0); a wall is a large energy.")
