"""Several ensembles as one: weights of all frames, free energy of each window, and (TRAM) a Markov model of each."""
from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from mdexplore.base.errors import UserError
from mdexplore.base.notices import Notice
from mdexplore.base.numerics.spectrum import implied_timescales, slow_modes
from mdexplore.base.plain import storable
from mdexplore.base.units import TimeUnit
from mdexplore.base.words import count_of, in_percent, listed
from mdexplore.base.work.threads import single_threaded
from mdexplore.methods.ensembles.inputs import Ensembles
from mdexplore.methods.ensembles.mbar import check_overlap, mbar, overlap_matrix
from mdexplore.methods.ensembles.solving import solve_ensembles
from mdexplore.methods.kinetics.lagmodels import N_PROCESSES, check_lagtime
from mdexplore.methods.method import Progress, ignore

WEAK = 0.03   # the usual bar for the overlap of neighbours; Klimovich et al. 2015


@storable
@dataclass(frozen=True, eq=False, repr=False)
class Reweighted:
    """What several ensembles say of the one that is asked for.

    Parameters
    ----------
    title : str
        ``"MBAR"`` or ``"TRAM"``.
    names : tuple of str, length n_windows
    free_energies : ndarray, shape (n_windows,)
        kT, against the ensemble that is asked for.
    overlap : ndarray, shape (n_windows, n_windows)
        Probability that a frame of the row's window could be one of the column's.
    weights : tuple of ndarray, shape (n_frames_i,)
        Of each frame in the ensemble that is asked for; all sum to 1.
    counts : ndarray, shape (n_windows,), int
        Frames of each window.
    lagtime : int or None
        Frames; None for MBAR.
    active : ndarray, shape (n_active,), int, or None
        Microstates that the models describe.
    stationary : ndarray, shape (n_active,), or None
        In the ensemble that is asked for.
    state_energies : ndarray, shape (n_windows, n_active), or None
        kT, of each microstate in each window.
    transition_matrices : ndarray, shape (n_windows, n_active, n_active), or None
    notices : tuple of Notice
    """

    title: str
    names: tuple[str, ...]
    free_energies: np.ndarray
    overlap: np.ndarray
    weights: tuple[np.ndarray, ...]
    counts: np.ndarray
    lagtime: int | None = None
    active: np.ndarray | None = None
    stationary: np.ndarray | None = None
    state_energies: np.ndarray | None = None
    transition_matrices: np.ndarray | None = None
    notices: tuple[Notice, ...] = ()

    @property
    def effective_share(self) -> float:
        """What part of the frames counts in the ensemble that is asked for: (sum w)^2 / (n sum w^2)."""
        w = np.concatenate(self.weights)
        return float(1 / (len(w) * (w**2).sum()))

    @property
    def weakest_links(self) -> np.ndarray:
        """Overlap of each window with the one it overlaps most, shape (n_windows,); where it is small, a window is wanted beside it."""
        other = np.where(np.eye(len(self.names), dtype=bool), 0.0, np.minimum(self.overlap, self.overlap.T))
        return other.max(axis=1) if len(self.names) > 1 else np.ones(1)

    def average(self, values: Sequence[np.ndarray]) -> float:
        """Average of a quantity of each frame in the ensemble that is asked for."""
        return float(sum(w @ np.asarray(v, float) for w, v in zip(self.weights, values, strict=True)))

    def profile(self, values: Sequence[np.ndarray], bins: int | np.ndarray = 50) -> tuple[np.ndarray, np.ndarray]:
        """Free energy along a coordinate.

        Parameters
        ----------
        values : sequence of ndarray, shape (n_frames_i,)
        bins : int or ndarray
            How many, or their edges.

        Returns
        -------
        centres, energy : ndarray, shape (n_bins,)
            kT, 0 at the lowest; infinite where there is no frame.
        """
        weight, edges = np.histogram(np.concatenate([np.asarray(v, float) for v in values]), bins=bins, weights=np.concatenate(self.weights))
        with np.errstate(divide="ignore"):
            energy = -np.log(weight / weight.max())
        return (edges[1:] + edges[:-1]) / 2, energy

    @single_threaded()
    def timescales(self, window: int) -> np.ndarray:
        """Implied timescales in one window, frames (TRAM)."""
        if self.transition_matrices is None or self.state_energies is None or self.lagtime is None:
            raise UserError(f"{self.title} has no timescales.", "It knows weights only.", "Use TRAM, which needs microstates and a lag time.")
        if not 0 <= window < len(self.names):
            raise UserError(f"There is no window {window}.", f"There are {len(self.names)}, counted from 0.")
        matrix = self.transition_matrices[window]
        moves = np.flatnonzero(np.diag(matrix) < 1)
        if len(moves) < 2:
            return np.zeros(0)
        pi = np.exp(-(self.state_energies[window][moves] - self.state_energies[window][moves].min()))
        return implied_timescales(slow_modes(matrix[np.ix_(moves, moves)], pi / pi.sum(), N_PROCESSES).eigenvalues[1:], self.lagtime)

    def __repr__(self) -> str:
        return (f"<{self.title} of {count_of(len(self.names), 'ensemble')}, {count_of(int(self.counts.sum()), 'frame')}: {in_percent(self.effective_share)} count in the one asked for\n"
                f" free energies {np.ptp(self.free_energies):.3g} kT apart; weakest overlap of neighbours {self.weakest_links.min():.2g}>")


@single_threaded()
def estimate_mbar(data: Ensembles) -> Reweighted:
    """Weights of all frames and free energies of the windows by MBAR.

    Raises
    ------
    UserError
        If windows do not overlap.
    """
    made, _ = _mbar(data)
    return made


@single_threaded()
def overlap_of(data: Ensembles) -> np.ndarray:
    """How windows overlap, also where `estimate_mbar` refuses because some of them do not.

    Returns
    -------
    ndarray, shape (n_windows, n_windows)
        As in `Reweighted`.

    Raises
    ------
    UserError
        If the equations of MBAR do not converge.
    """
    bias = np.concatenate(data.bias)
    free, log_weights = mbar(bias, data.counts)
    return overlap_matrix(bias, data.counts, free, log_weights)


@single_threaded()
def estimate_tram(data: Ensembles, dtrajs: Sequence[np.ndarray], lagtime: int, *, timestep_ns: float | None = None, progress: Progress = ignore) -> Reweighted:
    """The same and a Markov model of each window by TRAM.

    Parameters
    ----------
    data : Ensembles
    dtrajs : sequence of ndarray, shape (n_frames_i,), int
        Microstate of each frame; -1 marks a frame outside the model.
    lagtime : int
        Frames.
    timestep_ns : float or None
    progress : callable

    Raises
    ------
    UserError
        If microstates do not fit the bias energies, the lag time is too long, windows do not overlap, or no states are connected.
    """
    dtrajs = [np.asarray(d) for d in dtrajs]
    if tuple(len(d) for d in dtrajs) != data.lengths:
        raise UserError("The microstates do not fit the bias energies.", f"They are for {listed([len(d) for d in dtrajs[:4]])} frames; energies for {listed(list(data.lengths[:4]))}.",
                        "Give one row of energies for each frame, counted after stride.")
    check_lagtime(lagtime, data.lengths, TimeUnit(timestep_ns))
    first, log_weights = _mbar(data)
    solved = solve_ensembles(data, dtrajs, lagtime, log_weights, progress=progress)
    weights, kept, active, found = solved.weights, solved.is_inside, solved.active, solved.found
    notices = list(first.notices)
    if not kept.all():
        notices.append(Notice("warning", f"TRAM keeps {len(active)} microstates and {100 * kept.mean():.3g} % of the frames: those that transitions or windows connect.",
                              "Use fewer microstates, a shorter lag time, or more frames.", "ensembles"))
    stationary = np.bincount(solved.system.states, weights[kept][solved.system.order], minlength=len(active))
    return Reweighted("TRAM", data.names, found.free_energies, first.overlap, tuple(np.split(weights, np.cumsum(data.lengths)[:-1])), data.counts, int(lagtime), active,
                      stationary, found.state_energies, found.transition_matrices, tuple(notices))


def _mbar(data: Ensembles) -> tuple[Reweighted, np.ndarray]:
    bias = np.concatenate(data.bias)
    free, log_weights = mbar(bias, data.counts)
    overlap = overlap_matrix(bias, data.counts, free, log_weights)
    check_overlap(overlap, data)
    made = Reweighted("MBAR", data.names, free, overlap, tuple(np.split(np.exp(log_weights), np.cumsum(data.lengths)[:-1])), data.counts)
    return Reweighted(**{**vars(made), "notices": _overlap_notices(made)}), log_weights


def _overlap_notices(made: Reweighted) -> tuple[Notice, ...]:
    weak = np.flatnonzero(made.weakest_links < WEAK)
    if not len(weak):
        return ()
    return (Notice("warning", f"{listed([made.names[k] for k in weak][:6])}: less than {100 * WEAK:.0f} % overlap with any other.",
                   "Free energies across such a gap rest on a few frames: add a window beside it.", "ensembles"),)

