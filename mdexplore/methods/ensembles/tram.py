"""TRAM: Markov models of several ensembles estimated together, from transitions and from the weight of every frame."""
from __future__ import annotations

from copy import copy
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from mdexplore.base.errors import UserError
from mdexplore.methods.method import Progress, ignore

TOLERANCE, MOST_STEPS, MEMORY = 1e-9, 20_000, 12
PATIENCE, PAUSE = 60, 50   # steps without getting nearer, and plain steps after them the first time
FLOOR = 1e-10   # of a multiplier: it goes to 0 where a state without a count of staying has to be left less often than it was


@dataclass(frozen=True, eq=False)
class TramSolution:
    """What TRAM finds.

    Parameters
    ----------
    state_energies : ndarray, shape (n_windows, n_states)
        Free energy of each state in each window, kT, against the whole ensemble that is asked for.
    log_weights : ndarray, shape (n_frames,)
        Of each frame in the ensemble that is asked for; weights sum to 1.
    transition_matrices : ndarray, shape (n_windows, n_states, n_states)
        One step of the lag time; the identity where a window has no transitions from a state.
    n_steps : int
    point : ndarray
        Where the equations were left, from which others like them can be solved.
    """

    state_energies: np.ndarray
    log_weights: np.ndarray
    transition_matrices: np.ndarray
    n_steps: int
    point: np.ndarray

    @property
    def free_energies(self) -> np.ndarray:
        """Of the windows, kT, shape (n_windows,)."""
        from scipy.special import logsumexp

        return -logsumexp(-self.state_energies, axis=1)


def tram(counts: np.ndarray, states: np.ndarray, windows: np.ndarray, bias: np.ndarray, start: np.ndarray, *, progress: Progress = ignore) -> TramSolution:
    """Solve the equations of TRAM.

    Parameters
    ----------
    counts : ndarray, shape (n_windows, n_states, n_states)
        Transitions in each window.
    states, windows : ndarray, shape (n_frames,), int
        Of each frame; every state has frames.
    bias : ndarray, shape (n_frames, n_windows)
        kT.
    start : ndarray, shape (n_frames,)
        Logarithms of the weights to begin with, as `mbar` gives them.
    progress : callable

    Raises
    ------
    UserError
        If the equations do not converge, or numbers overflow.

    Notes
    -----
    Wu, Paul, Wehmeyer and Noé 2016, doi:10.1073/pnas.1525092113. With z = exp(-f), p_ij = (c_ij + c_ji) z_j / (z_j v_i + z_i v_j), and the frames of a
    state weigh 1 / sum_k R_k exp(f_k - b_k), R = N + c_out - v where rows sum to 1. The fixed point is found with Anderson's acceleration; plain
    iterations need tens of thousands.
    """
    system = Equations(counts, states, windows, bias)
    return solve(system, system.begin(start), progress=progress)


def solve(system: Equations, point: np.ndarray, *, tolerance: float = TOLERANCE, most: int = MOST_STEPS, patience: tuple[int, float] | None = None, progress: Progress = ignore) -> TramSolution:
    """Solve equations from a point on (`Equations.begin`, or `TramSolution.point` of others like them); raises as `tram` does.

    With `patience`, steps and kT, a larger change is small enough after so many steps: what still moves then are states that are hardly visited.
    """
    solver = _Anderson(MEMORY, point)
    for step in range(most):
        with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
            mapped = system.improve(point)
            error = float(np.abs(mapped - point).max())
        if not np.isfinite(error):
            point = solver.retreat()
            continue
        if error < tolerance or (patience is not None and step >= patience[0] and error < patience[1]):
            return system.solution(mapped, step)
        if step % 10 == 0:
            progress(step, most, f"TRAM, last change {error:.1g} kT")
        point = system.bounded(solver.next(point, mapped, error))
    raise UserError("TRAM does not converge.", f"After {most} steps free energies still change by {error:.1g} kT.",
                    "Use fewer states, a shorter lag time or more frames, or MBAR, which needs no transitions.")


class Equations:
    """The equations of TRAM for some frames and transitions.

    Parameters
    ----------
    counts, states, windows, bias
        As in `tram`.
    """

    def __init__(self, counts: np.ndarray, states: np.ndarray, windows: np.ndarray, bias: np.ndarray) -> None:
        n_windows, n_states, _ = counts.shape
        self.order = np.argsort(states, kind="stable")
        self.states = states[self.order]
        self.parts = [slice(a, b) for a, b in pairwise(np.searchsorted(self.states, np.arange(n_states + 1)).tolist())]   # frames of each state
        self.lowest = bias[self.order].min(axis=1)
        self.factors = np.exp(-(bias[self.order] - self.lowest[:, None]))   # of each frame up to a constant, which cancels
        self.place = windows * n_states + states
        self.shape = (n_windows, n_states)
        self.moves = (counts.sum(axis=2) > 0) | (counts.sum(axis=1) > 0)
        self._take(counts, np.ones(len(states)))

    def _take(self, counts: np.ndarray, weights: np.ndarray) -> None:
        self.symmetric = counts + counts.transpose(0, 2, 1)
        self.weights = weights[self.order]
        self.frames = np.bincount(self.place, weights, np.prod(self.shape)).reshape(self.shape)
        self.arriving = counts.sum(axis=1)
        self.floor = FLOOR * self.symmetric.sum(axis=2)

    def reweighted(self, counts: np.ndarray, weights: np.ndarray) -> Equations:
        """The same frames where some count more than others.

        Parameters
        ----------
        counts : ndarray, shape (n_windows, n_states, n_states)
            Above 0 where those of all frames are.
        weights : ndarray, shape (n_frames,)
            Above 0.
        """
        other = copy(self)
        other._take(counts, weights)
        return other

    def begin(self, start: np.ndarray) -> np.ndarray:
        """The point to begin at, from logarithms of the weights of frames."""
        return self.pack(self.energies_of(np.exp(start - start.max())), self.symmetric.sum(axis=2) / 2)

    def pack(self, f: np.ndarray, v: np.ndarray) -> np.ndarray:
        return np.concatenate([f.ravel(), np.log(v[self.moves])])

    def unpack(self, point: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        size = self.frames.size
        v = np.zeros(self.shape)
        v[self.moves] = np.exp(point[size:])
        return point[:size].reshape(self.shape), v

    def bounded(self, point: np.ndarray) -> np.ndarray:
        """A point whose multipliers are not below their floor: extrapolation goes there, and would never see that it has arrived."""
        size = self.frames.size
        return np.concatenate([point[:size], np.maximum(point[size:], np.log(self.floor[self.moves]))])

    def energies_of(self, weights: np.ndarray) -> np.ndarray:
        """Energies of states in windows from weights of frames, in the order in which frames were given."""
        return self._energies(weights[self.order] * np.exp(-self.lowest + self.lowest.min()))

    def _energies(self, scaled: np.ndarray) -> np.ndarray:
        sums = np.array([scaled[part] @ self.factors[part] for part in self.parts]).T
        f = -np.log(np.maximum(sums, 1e-300))
        return f - f[0].min()

    def _flows(self, f: np.ndarray, v: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Detailed-balance flows up to a constant for each window, and q = v / z."""
        z = np.exp(-(f - f.min(axis=1, keepdims=True)))
        q = v / z
        sums = q[:, :, None] + q[:, None, :]
        return np.divide(self.symmetric, sums, out=np.zeros_like(self.symmetric), where=self.symmetric > 0), z

    def _mixture(self, f: np.ndarray, v: np.ndarray) -> np.ndarray:
        flow, z = self._flows(f, v)
        q = v / z
        modified = (flow * q[:, None, :]).sum(axis=2) + self.frames - self.arriving
        terms = np.maximum(modified, 0.0) * np.exp(f - f.max())
        return np.concatenate([self.factors[part] @ terms[:, state] for state, part in enumerate(self.parts)])

    def improve(self, point: np.ndarray) -> np.ndarray:
        """One step of the fixed point."""
        f, v = self.unpack(point)
        flow, z = self._flows(f, v)
        v = np.where(self.moves, v * flow.sum(axis=2) / z, 0.0)
        v = np.maximum(v, self.floor)
        return self.pack(self._energies(self.weights / self._mixture(f, v)), v)

    def solution(self, point: np.ndarray, n_steps: int) -> TramSolution:
        from scipy.special import logsumexp

        f, v = self.unpack(point)
        logs = np.empty(len(self.states))
        logs[self.order] = self.lowest + np.log(self.weights / self._mixture(f, v))
        total = logsumexp(logs)
        flow, z = self._flows(f, v)
        matrices = flow / z[:, :, None]
        matrices += np.maximum(1 - matrices.sum(axis=2), 0.0)[:, :, None] * np.eye(f.shape[1])   # what is left is staying
        matrices /= matrices.sum(axis=2, keepdims=True)
        scaled = np.exp(logs[self.order] - total)[:, None]
        with np.errstate(under="ignore"):
            sums = np.add.reduceat(scaled * np.exp(-self.lowest)[:, None] * self.factors, [part.start for part in self.parts], axis=0).T
        return TramSolution(-np.log(np.maximum(sums, 1e-300)), logs - total, matrices, n_steps, point)


class _Anderson:
    """Extrapolates a fixed point from its last steps; where a step makes matters much worse, it begins anew."""

    def __init__(self, memory: int, start: np.ndarray) -> None:
        self.memory, self.best = memory, np.inf
        self.safe, self.has_retreated = start, False   # the last plain step, and whether it is where we are
        self.points: list[np.ndarray] = []
        self.steps: list[np.ndarray] = []
        self.lowest, self.since, self.rest, self.pause = np.inf, 0, 0, PAUSE   # of the error; steps since then; plain steps to come, and how many the next time

    def retreat(self) -> np.ndarray:
        """Where to go on after an extrapolation that went where numbers overflow; raises `UserError` where that was no better."""
        if self.has_retreated:
            raise UserError("TRAM does not converge.", "Numbers overflow even in a plain step of its equations.", "See whether bias energies are in kT; or use fewer states, or MBAR.")
        self.has_retreated = True
        self.points, self.steps, self.best = [], [], np.inf
        return self.safe

    def next(self, point: np.ndarray, mapped: np.ndarray, error: float) -> np.ndarray:
        self.safe, self.has_retreated = mapped, False
        self.lowest, self.since = (error, 0) if error < self.lowest else (self.lowest, self.since + 1)
        if self.since > PATIENCE:   # it goes round in circles, which plain steps do not
            self.since, self.rest, self.pause = 0, self.pause, 2 * self.pause
            self.points, self.steps, self.best = [], [], np.inf
        if self.rest:
            self.rest -= 1
            return mapped
        if error > 10 * self.best:
            self.points, self.steps, self.best = [], [], error
            return mapped
        self.best = min(self.best, error)
        self.points, self.steps = [*self.points, point][-self.memory:], [*self.steps, mapped - point][-self.memory:]
        if len(self.points) < 2:
            return mapped
        changes = np.diff(np.array(self.steps), axis=0).T
        weights = np.linalg.lstsq(changes, self.steps[-1], rcond=1e-10)[0]
        return mapped - (np.diff(np.array(self.points), axis=0).T + changes) @ weights
