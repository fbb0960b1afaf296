"""Data sets of the sizes that are measured, made quickly and the same each time."""
from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import mdtraj as md


def hopping(n_frames: int, n_features: int, n_trajectories: int = 10, seed: int = 1, mix_seed: int | None = None) -> list[np.ndarray]:
    """Noise around the wells of a four-state chain, mixed into many features; arrays of shape (n_frames / n_trajectories, n_features), float32."""
    random = np.random.default_rng(seed)
    mixing = random if mix_seed is None else np.random.default_rng(mix_seed)
    mix = mixing.normal(size=(2, n_features)).astype(np.float32)
    wells = np.array([[-1.0, -1], [-1, 1], [1, -1], [1, 1]], np.float32)
    each = n_frames // n_trajectories
    return [wells[_states(random, each)] @ mix + 0.6 * _noise(random, each, n_features) for _ in range(n_trajectories)]


def waters(n_atoms: int, n_frames: int, seed: int = 1) -> md.Trajectory:
    """Atoms in groups of three that lie and turn at random, as dense as water; the last group may be cut."""
    import mdtraj as md

    random, n = np.random.default_rng(seed), -(-n_atoms // 3)
    side = (n / 33.4) ** (1 / 3)
    shape = np.array([[0, 0, 0], [0.0957, 0, 0], [-0.024, 0.0927, 0]])
    turns = np.linalg.qr(random.normal(size=(n, 3, 3)))[0]
    xyz = (random.random((n_frames, n, 1, 3)) * side + shape @ turns).reshape(n_frames, -1, 3)[:, :n_atoms].astype(np.float32)
    topology = md.Topology()
    chain = topology.add_chain()
    for i in range(n_atoms):
        if i % 3 == 0:
            residue = topology.add_residue("HOH", chain)
        topology.add_atom(("O", "H1", "H2")[i % 3], (md.element.oxygen, md.element.hydrogen, md.element.hydrogen)[i % 3], residue)
    return md.Trajectory(xyz, topology, time=np.arange(n_frames) * 10.0, unitcell_lengths=np.full((n_frames, 3), side), unitcell_angles=np.full((n_frames, 3), 90.0))


def _states(random: np.random.Generator, n: int) -> np.ndarray:
    """Two independent coins, turned on average every 400 and every 100 frames."""
    slow, fast = (np.cumsum(random.random(n) < p) + random.integers(2) for p in (1 / 400, 1 / 100))
    return 2 * (slow % 2) + fast % 2


def _noise(random: np.random.Generator, n: int, d: int) -> np.ndarray:
    from scipy.signal import lfilter

    white = random.standard_normal((n, d), dtype=np.float32)
    return lfilter([0.6], [1, -0.8], white, axis=0).astype(np.float32)
