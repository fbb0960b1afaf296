"""Exact chains, many trajectories at once, with the numbers they must give."""
from __future__ import annotations

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True, eq=False)
class Chain:
    """A reversible Markov chain.

    Parameters
    ----------
    name : str
    matrix : ndarray, shape (n, n)
    basins : ndarray, shape (n,), int
        Metastable state of each state.
    """

    name: str
    matrix: np.ndarray
    basins: np.ndarray

    @property
    def stationary(self) -> np.ndarray:
        n = len(self.matrix)
        found = np.linalg.solve((np.eye(n) - self.matrix + 1.0).T, np.ones(n))
        return found / found.sum()

    def timescales(self, n: int = 3) -> np.ndarray:
        """The slowest relaxation times, frames."""
        root = np.sqrt(self.stationary)
        values = np.linalg.eigvalsh(self.matrix * root[:, None] / root)[::-1][1:n + 1]
        return -1 / np.log(values)

    def mfpt(self, source: np.ndarray, target: np.ndarray) -> float:
        """Mean first passage time between sets of states, frames; starts weighted by the stationary distribution."""
        outside = np.flatnonzero(~target)
        times = np.zeros(len(self.matrix))
        times[outside] = np.linalg.solve(np.eye(len(outside)) - self.matrix[np.ix_(outside, outside)], np.ones(len(outside)))
        weights = self.stationary * source
        return float(weights @ times / weights.sum())

    def run(self, n_frames: int, n_trajectories: int, seed: int, start: np.ndarray | None = None) -> np.ndarray:
        """Trajectories, shape (n_trajectories, n_frames), int16; they begin in equilibrium, or by ``start``, shape (n,)."""
        rng = np.random.default_rng(seed)
        first = self.stationary if start is None else start / start.sum()
        states = rng.choice(len(self.matrix), size=n_trajectories, p=first / first.sum())
        out, flat = np.empty((n_frames, n_trajectories), np.int16), self.matrix.cumsum(axis=1)
        flat[:, -1] = 1.0
        ladder = (flat + np.arange(len(flat))[:, None]).ravel()   # one sorted list serves all rows
        for t in range(n_frames):
            out[t] = states
            states = np.minimum(np.searchsorted(ladder, states + rng.random(n_trajectories), side="right") - states * len(flat), len(flat) - 1)
        return np.ascontiguousarray(out.T)


def two_state(p: float, q: float) -> Chain:
    """Two states left with probability p and q."""
    return Chain("two states", np.array([[1 - p, p], [q, 1 - q]]), np.array([0, 1]))


def _walk(energy: np.ndarray, ring: bool = False) -> np.ndarray:
    """Metropolis walk on sites with an energy in kT."""
    n = len(energy)
    matrix = np.zeros((n, n))
    for i in range(n):
        for j in (i - 1, i + 1):
            if ring or 0 <= j < n:
                matrix[i, j % n] += 0.5 * min(1.0, np.exp(energy[i] - energy[j % n]))
        matrix[i, i] = 1 - matrix[i].sum()
    return matrix


def _basins(energy: np.ndarray) -> np.ndarray:
    """Basin of each site: the minimum that downhill steps reach."""
    at = np.arange(len(energy))
    for _ in energy:
        left, right = np.maximum(at - 1, 0), np.minimum(at + 1, len(energy) - 1)
        lower = np.where(energy[left] < energy[at], left, at)
        at = np.where(energy[right] < energy[lower], right, lower)
    return np.unique(at, return_inverse=True)[1]


def wells(barrier: float = 1.6, n: int = 40) -> Chain:
    """40 sites in four wells."""
    x = np.linspace(-1, 1, n)
    energy = barrier * np.cos(4 * np.pi * x) + 0.5 * x + 0.3 * np.cos(2 * np.pi * x)
    return Chain("four wells", _walk(energy), _basins(energy))


def birth_death() -> Chain:
    """Seven states with a bottleneck in the middle."""
    down, up = np.array([0, .1, .1, .02, .2, .2, .2]), np.array([.2, .2, .02, .1, .1, .1, 0])
    matrix = np.diag(1 - down - up) + np.diag(up[:-1], 1) + np.diag(down[1:], -1)
    return Chain("birth and death", matrix, np.array([0, 0, 0, 1, 1, 1, 1]))


def ring(barrier: float = 2.0, n: int = 36, turned: float = 0.0) -> Chain:
    """An angle with two unlike wells, in sites of ten degrees; ``turned`` moves the wells, in radians."""
    angle = 2 * np.pi * np.arange(n) / n - turned
    energy = barrier * (np.cos(2 * angle) + 0.3 * np.sin(angle))
    return Chain("ring", _walk(energy, ring=True), (np.sin(angle) > 0).astype(int))
