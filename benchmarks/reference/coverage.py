"""How often intervals of TRAM hold exact values: chains over double wells, each of its own height and tilt, with umbrellas on the barrier."""
from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from benchmarks.reference.page import Row
from mdexplore.base.numerics.spectrum import implied_timescales, slow_modes
from mdexplore.base.work.threads import single_threaded
from mdexplore.methods.ensembles.inputs import Ensembles, ensembles
from mdexplore.methods.kinetics.tram_models import TramModels

N_SYSTEMS, LEAST = 40, 35   # 95 % intervals hold 35 or more of 40 in 97 % of all tries
LAG, N_SAMPLES = 5, 50
PLACES = np.linspace(-1.5, 1.5, 16)
BIAS = np.column_stack([np.zeros(len(PLACES)), *(12 * (PLACES - c) ** 2 for c in np.linspace(-0.9, 0.9, 6))])
FREE, FREE_FRAMES, WINDOW_FRAMES = 40, 150, 1500   # walks without bias, their frames, and those of each window
RIGHT = PLACES > 0


def tram_coverage(name: str) -> list[Row]:
    """A walk without bias is much shorter than the slowest timescale, and each window has one walk alone."""
    times, shares, alone = [], [], []
    with single_threaded():
        for seed in range(N_SYSTEMS):
            random = np.random.default_rng(seed)
            energy = random.uniform(3, 5) * (PLACES**2 - 1) ** 2 + random.uniform(0, 0.8) * PLACES
            paths, data = sampled(energy, random)
            models = TramModels(paths, len(PLACES), data, N_SAMPLES)
            model, plain = models.at(LAG), models.plain.at(LAG)
            slowest, right = exact(energy)
            times.append(_holds([bound[0] for bound in model.timescales[1:]], slowest))
            alone.append(_holds([bound[0] for bound in plain.timescales[1:]], slowest))
            shares.append(_holds([bound[0] for bound in model.errors.populations(RIGHT[model.active, None].astype(float))[1:]], right))
    wanted = f"{0.95 * N_SYSTEMS:.0f} of {N_SYSTEMS}"
    return [Row(name, f"TRAM as the model, {N_SYSTEMS} double wells of 3 to 5 kT, {FREE} x {FREE_FRAMES} frames without bias, 6 umbrellas of {WINDOW_FRAMES} frames, lag {LAG}: 95 % intervals that hold the exact t2",
                wanted, f"{sum(times)} of {N_SYSTEMS}", f">= {LEAST}", sum(times) >= LEAST),
            Row(name, "the same: 95 % intervals that hold the population of the right well", wanted, f"{sum(shares)} of {N_SYSTEMS}", f">= {LEAST}", sum(shares) >= LEAST),
            Row(name, "plain MSM of the frames without bias alone: 95 % intervals that hold the exact t2", wanted, f"{sum(alone)} of {N_SYSTEMS}", "none", True)]


CASES: dict[str, Callable[[str], list[Row]]] = {"tram-coverage": tram_coverage}


def chain(energy: np.ndarray) -> np.ndarray:
    """Metropolis steps to a neighbour, in detailed balance with exp(-energy); shape (n, n)."""
    n = len(energy)
    matrix = np.zeros((n, n))
    for i, j in [(k, m) for k in range(n) for m in (k - 1, k + 1) if 0 <= m < n]:
        matrix[i, j] = 0.5 * min(1.0, np.exp(energy[i] - energy[j]))
    return matrix + np.diag(1 - matrix.sum(axis=1))


def sampled(energy: np.ndarray, random: np.random.Generator) -> tuple[list[np.ndarray], Ensembles]:
    """Walks without bias from anywhere, and one in each window from its equilibrium; with their bias energies."""
    paths = _walks(chain(energy), random.integers(0, len(energy), FREE), FREE_FRAMES, random)
    for bias in BIAS.T[1:]:
        weights = np.exp(-energy - bias)
        paths += _walks(chain(energy + bias), random.choice(len(energy), 1, p=weights / weights.sum()), WINDOW_FRAMES, random)
    return paths, ensembles([BIAS[path] for path in paths], [0] * FREE + list(range(1, BIAS.shape[1])))


def exact(energy: np.ndarray) -> tuple[float, float]:
    """The slowest timescale in frames, and the population of the right well."""
    stationary = np.exp(-energy) / np.exp(-energy).sum()
    return float(implied_timescales(slow_modes(chain(energy), stationary, 1).eigenvalues[1:], 1)[0]), float(stationary[RIGHT].sum())


def _walks(matrix: np.ndarray, starts: np.ndarray, n_frames: int, random: np.random.Generator) -> list[np.ndarray]:
    ahead, states, found = np.cumsum(matrix, axis=1), np.asarray(starts), []
    for _ in range(n_frames):
        found.append(states)
        states = np.minimum((random.random(len(states))[:, None] > ahead[states]).sum(axis=1), len(matrix) - 1)
    return list(np.stack(found, axis=1))


def _holds(ends: Sequence[float], known: float) -> bool:
    return bool(ends[0] <= known <= ends[1])
