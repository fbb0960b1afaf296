"""TRAM from microstates of whole trajectories: which of them are connected, and the same equations where some frames count more than others."""
from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from mdexplore.methods.ensembles.inputs import Ensembles
from mdexplore.methods.ensembles.pairs import Pairs, pairs_of
from mdexplore.methods.ensembles.tram import Equations, TramSolution, solve
from mdexplore.methods.method import Progress, ignore

NEAR, SOON = 1e-6, 3000   # kT and steps; of equations that are solved many times for their spread


@dataclass(frozen=True, eq=False)
class Solved:
    """Equations of TRAM and what solves them.

    Parameters
    ----------
    active : ndarray, shape (n_active,), int
        Microstates that transitions within windows, and windows within microstates, connect.
    is_inside : ndarray, shape (n_frames,), bool
        Frames in them.
    pairs : Pairs
        Transitions between them; states are places in `active`.
    system : Equations
    found : TramSolution
        Of the frames inside and the states in `active`.
    """

    active: np.ndarray
    is_inside: np.ndarray
    pairs: Pairs
    system: Equations
    found: TramSolution

    @property
    def weights(self) -> np.ndarray:
        """Of every frame in the ensemble that is asked for, shape (n_frames,)."""
        weights = np.zeros(len(self.is_inside))
        weights[self.is_inside] = np.exp(self.found.log_weights)
        return weights

    @cached_property
    def _places(self) -> np.ndarray:
        return self.pairs.places(*self.system.shape)

    def drawn(self, weights: np.ndarray) -> TramSolution:
        """The solution where frames, and the transitions that begin at them, count as much as `weights` say.

        Parameters
        ----------
        weights : ndarray, shape (n_frames,)
            Of all frames; above 0.

        Raises
        ------
        UserError
            If it is not found soon.
        """
        n_windows, n_states = self.system.shape
        counts = np.bincount(self._places, weights[self.pairs.frames], n_windows * n_states**2).reshape(n_windows, n_states, n_states)
        return solve(self.system.reweighted(counts, weights[self.is_inside]), self.found.point, tolerance=NEAR, most=SOON)


def solve_ensembles(data: Ensembles, dtrajs: Sequence[np.ndarray], lagtime: int, log_weights: np.ndarray, *, patience: tuple[int, float] | None = None, progress: Progress = ignore) -> Solved:
    """Solve TRAM on what is connected.

    Parameters
    ----------
    data : Ensembles
    dtrajs : sequence of ndarray, shape (n_frames_i,), int
        -1 marks a frame outside the model.
    lagtime : int
        Frames.
    log_weights : ndarray, shape (n_frames,)
        To begin with, as `mbar` gives them.
    patience : tuple of int and float, optional
        Steps after which changes of so many kT are small enough.
    progress : callable

    Raises
    ------
    UserError
        If the equations do not converge.
    """
    n_states = max(int(d.max()) for d in dtrajs) + 1
    active = _connected(pairs_of(dtrajs, data.windows, n_states, data.n_windows, lagtime), dtrajs, data, n_states)
    number = np.full(n_states + 1, -1)
    number[active] = np.arange(len(active))
    inside = [number[d] for d in dtrajs]
    states = np.concatenate(inside)
    kept = states >= 0
    pairs = pairs_of(inside, data.windows, len(active), data.n_windows, lagtime)
    system = Equations(pairs.counts(data.n_windows, len(active)), states[kept], np.concatenate(data.windows)[kept], np.concatenate(data.bias)[kept])
    return Solved(active, kept, pairs, system, solve(system, system.begin(log_weights[kept]), patience=patience, progress=progress))


def _connected(pairs: Pairs, dtrajs: Sequence[np.ndarray], data: Ensembles, n_states: int) -> np.ndarray:
    """Microstates that transitions within windows, and windows within microstates, connect with each other: among sets of equal size the one with most frames."""
    from scipy.sparse import coo_matrix
    from scipy.sparse.csgraph import connected_components

    n_windows = data.n_windows
    states, windows = np.concatenate(dtrajs), np.concatenate(data.windows)
    visited = np.zeros((n_windows, n_states), bool)
    visited[windows[states >= 0], states[states >= 0]] = True
    # A node for each window and state; one more for each state, through which windows that share it are linked.
    w, s = np.nonzero(visited)
    rows, columns = np.concatenate([pairs.windows * n_states + pairs.starts, w * n_states + s]), np.concatenate([pairs.windows * n_states + pairs.ends, n_windows * n_states + s])
    size = (n_windows + 1) * n_states
    label = connected_components(coo_matrix((np.ones(len(rows)), (rows, columns)), (size, size)), directed=False)[1][n_windows * n_states:]
    seen = np.flatnonzero(visited.any(axis=0))
    sizes, frames = np.bincount(label[seen]), np.bincount(label[seen], np.bincount(states[states >= 0], minlength=n_states)[seen])
    return seen[label[seen] == np.lexsort((frames, sizes))[-1]]
