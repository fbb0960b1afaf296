"""Data sets of the sizes that are measured, made quickly and the same each time."""
from __future__ import annotations

import numpy as np


def hopping(n_frames: int, n_features: int, n_trajectories: int = 10, seed: int = 1) -> list[np.ndarray]:
    """Noise around the wells of a four-state chain, mixed into many features; arrays of shape (n_frames / n_trajectories, n_features), float32."""
    random = np.random.default_rng(seed)
    mix = random.normal(size=(2, n_features)).astype(np.float32)
    wells = np.array([[-1.0, -1], [-1, 1], [1, -1], [1, 1]], np.float32)
    each = n_frames // n_trajectories
    return [wells[_states(random, each)] @ mix + 0.6 * _noise(random, each, n_features) for _ in range(n_trajectories)]


def _states(random: np.random.Generator, n: int) -> np.ndarray:
    """Two independent coins, turned on average every 400 and every 100 frames."""
    slow, fast = (np.cumsum(random.random(n) < p) + random.integers(2) for p in (1 / 400, 1 / 100))
    return 2 * (slow % 2) + fast % 2


def _noise(random: np.random.Generator, n: int, d: int) -> np.ndarray:
    from scipy.signal import lfilter

    white = random.standard_normal((n, d), dtype=np.float32)
    return lfilter([0.6], [1, -0.8], white, axis=0).astype(np.float32)
