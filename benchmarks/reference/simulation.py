"""Model systems, measurements, several ensembles and adaptive sampling against exact answers."""
from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np

import mdexplore as mdx
from benchmarks.reference.page import Row
from mdexplore.data.generator import exact_modes
from mdexplore.data.potentials import POTENTIALS, modes_of
from mdexplore.methods.experiment.augmented import augmented_model, log_likelihood
from mdexplore.sampling import GridWalk, Potential, adaptive_rounds, equilibrium, rave_rounds, walk

KNOWN = {"prinz": (0.83402, 0.12677, 0.06510), "quadruple-well": (33.580, 33.580, 16.790), "quadruple-well-asymmetric": (130.09, 85.58, 51.62),
         "triple-well": (12.685, 1.338, 0.256), "double-well": (33.58,)}
SEEDS = (0, 1, 2)


def exact_systems(name: str) -> list[Row]:
    rows = []
    for system, known in KNOWN.items():
        found = modes_of(system).timescales[:len(known)] * POTENTIALS[system].frame
        rows.append(Row(name, f"generator on a grid, {system}: timescales / time units", _list(known), _list(found), "0.2 %", bool(np.allclose(found, known, rtol=2e-3))))
    return rows


def augmented(name: str) -> list[Row]:
    from scipy.optimize import minimize

    random, worst = np.random.default_rng(0), 0.0
    for _ in range(5):
        counts = random.poisson(np.exp(-np.abs(np.subtract.outer(np.arange(5), np.arange(5))) * 1.5) * 500).astype(float) + 1
        means = random.normal(size=(5, 2))
        measured, weights = means.mean(axis=0), np.array([200.0, 20.0])
        seen = np.triu_indices(5)

        def flow(z: np.ndarray, seen: Any = seen) -> np.ndarray:
            made = np.zeros((5, 5))
            made[seen] = np.exp(z)
            made = np.triu(made) + np.triu(made, 1).T
            return made / made.sum()

        def loss(z: np.ndarray, counts: Any = counts, means: Any = means, measured: Any = measured, weights: Any = weights, flow: Any = flow) -> float:
            x = flow(z)
            pi = x.sum(axis=1)
            return float(-log_likelihood(counts, x / pi[:, None]) + weights @ (measured - pi @ means) ** 2)

        best = minimize(loss, np.log((counts + counts.T)[seen]), method="BFGS", options={"gtol": 1e-7, "maxiter": 5000})
        worst = max(worst, float(np.abs(augmented_model(counts, means, measured, weights).averages - flow(best.x).sum(axis=1) @ means).max()))
    return [Row(name, "augmented MSM, five random models: largest difference in <e> from a direct optimiser", "0", f"{worst:.1e}", "<= 1e-3", worst <= 1e-3)]


def umbrella_windows(name: str) -> list[Row]:
    box, centers, barrier = (-2.2, 2.2), np.linspace(-1.6, 1.6, 20), 0.0

    def energy(x: np.ndarray) -> np.ndarray:
        return (x[:, 0] ** 2 - 1) ** 4 + 0.8 * x[:, 0]

    density = exact_modes(energy, [box])
    right = density.axes[0] > barrier
    known = float(-np.log(density.density[right].sum() / density.density[~right].sum()))
    found: dict[str, list[float]] = {"MBAR": [], "TRAM": []}
    for seed in SEEDS:
        plain, values = Potential(energy, (box,), 1.0, 0.05, n_steps=25), []
        for i, c in enumerate(centers):
            window = plain.biased(lambda x, c=c: 10 * (x[:, 0] - c) ** 2)
            values += list(walk(window, np.full((5, 1), c), 420, seed=1000 * seed + i).frames[:, 20:, 0])
        data = mdx.ensembles.ensembles(mdx.ensembles.umbrella(values, centers, 20.0), np.repeat(np.arange(20), 5))
        dtrajs = [np.digitize(v, np.linspace(-1.8, 1.8, 30)) for v in values]
        for made in (mdx.ensembles.estimate_mbar(data), mdx.ensembles.estimate_tram(data, dtrajs, 2)):
            share = made.average([v > barrier for v in values])
            found[made.title].append(float(-np.log(share / (1 - share))))
    return [Row(name, f"{title}, (x² - 1)⁴ + 0.8 x, 20 windows of 2000 frames: dF / kT", f"{known:.3f}", _list(values), "0.2", bool(np.all(np.abs(np.array(values) - known) <= 0.2)))
            for title, values in found.items()]


def tram_as_model(name: str) -> list[Row]:
    """Short simulations without bias from everywhere, beside umbrellas on the barrier: the slowest timescale, which none of the short ones outlives."""
    plain, centers, stiffness = Potential(lambda x: 4 * (x[:, 0] ** 2 - 1) ** 2 + 0.5 * x[:, 0], ((-2.2, 2.2),), 1.0, 0.05, n_steps=25), np.linspace(-0.9, 0.9, 7), 20.0
    known, windows, found, within = float(plain.modes(1).timescales[0]), [0] * 200 + np.repeat(np.arange(1, 8), 5).tolist(), [], []
    with TemporaryDirectory() as folder:
        for seed in SEEDS:
            values = list(walk(plain, np.random.default_rng(seed).uniform(-1.4, 1.4, (200, 1)), 100, seed=1000 * seed).frames[..., 0])
            for i, c in enumerate(centers):
                window = plain.biased(lambda x, c=c: stiffness / 2 * (x[:, 0] - c) ** 2)
                values += list(walk(window, np.full((5, 1), c), 1020, seed=1000 * seed + i + 1).frames[:, 20:, 0])
            files = [f"{folder}/bias-{seed}-{i:03d}.npy" for i in range(len(values))]
            for file, bias in zip(files, mdx.ensembles.umbrella(values, centers, stiffness)):
                np.save(file, np.column_stack([np.zeros(len(bias)), bias]))
            made = mdx.Study([v[:, None] for v in values], features="identity", projection="identity", clustering=mdx.settings.KMeans(n_clusters=40), lagtime=5,
                             kinetics=mdx.settings.Tram(bias=f"{folder}/bias-{seed}-*.npy", windows=windows)).result("kinetics")
            found.append(float(made.timescales[0]))
            within.append(bool(made.timescales_lower[0] <= known <= made.timescales_upper[0]))
    right = [abs(t / known - 1) <= 0.1 or inside for t, inside in zip(found, within)]
    return [Row(name, "TRAM as the model, double well of 4 kT: 200 simulations of 100 frames without bias, 7 umbrellas of 5000 frames on the barrier: t2 / frames", f"{known:.1f}", _list(found), "10 % or 95 % interval", all(right))]


def other_potentials(name: str) -> list[Row]:
    plain, rows = Potential(lambda x: 2 * (x[:, 0] ** 2 - 1) ** 2, ((-2.2, 2.2),), 1.0, 0.05, n_steps=10), []
    for height in (0.8, -0.8):
        def bias(x: np.ndarray, height: float = height) -> np.ndarray:
            return height * np.exp(-4 * x[:, 0] ** 2)

        known, found = float(plain.biased(bias).modes(1).timescales[0]), []
        for seed in SEEDS:
            walks = walk(plain, equilibrium(plain.modes(1), 2000, seed), 60, seed=seed, bias=bias)
            dtrajs = [np.digitize(x[:, 0], np.linspace(-1.6, 1.6, 24)) for x in walks.frames]
            found.append(float(mdx.ensembles.other_potential(dtrajs, list(walks.bias), list(walks.log_weights), 6).timescales[0]))
        rows.append(Row(name, f"Girsanov, double well with its barrier {'raised' if height > 0 else 'lowered'} by 0.8 kT (plain: {plain.modes(1).timescales[0]:.2f}): t2 / frames",
                        f"{known:.2f}", _list(found), "10 %", bool(np.all(np.abs(np.array(found) / known - 1) <= 0.1))))
    return rows


def adaptive(name: str) -> list[Row]:
    potential = replace(POTENTIALS["triple-well-line"], kT=0.6)
    simulate, exact = GridWalk(potential, 150), float(potential.modes(1).timescales[0])
    medians = {}
    for policy, walkers in (("uncertainty", 10), ("least-counts", 10), ("random", 10), ("continued", 10), ("one long run", 1)):
        found = [adaptive_rounds(potential, "continued" if walkers == 1 else policy, simulate, np.array([0.5]), n_rounds=120, n_walkers=walkers, n_frames=400 // walkers, lagtime=10,
                                 seed=seed, exact=exact).frames_within(0.1) for seed in range(20)]
        medians[policy] = float(np.quantile(found, 0.5, method="nearest"))
    said = ", ".join(f"{policy} {frames:.0f}" if np.isfinite(frames) else f"{policy} > 48000" for policy, frames in medians.items())
    others = [frames for policy, frames in medians.items() if policy != "uncertainty"]
    return [Row(name, f"adaptive sampling, triple well on a line at kT = 0.6 (t2 = {exact:.0f} frames), 20 seeds: median of the frames after which t2 stays within 10 %", "-", said,
                "uncertainty least", medians["uncertainty"] <= min(others))]


def rave(name: str) -> list[Row]:
    """Two wells along a line that is turned by 30 degrees, and the Müller-Brown potential: free energies without a coordinate being given."""
    along = np.array([np.cos(np.pi / 6), np.sin(np.pi / 6)])
    across = np.array([-along[1], along[0]])

    def energy(x: np.ndarray) -> np.ndarray:
        return 8 * ((x @ along) ** 2 / 4 - 1) ** 2 + 0.5 * (x @ along) + 20 * (x @ across) ** 2

    def gradient(x: np.ndarray) -> np.ndarray:
        u = x @ along
        return (8 * u * (u**2 / 4 - 1) + 0.5)[:, None] * along + (40 * (x @ across))[:, None] * across

    turned = Potential(energy, ((-3.5, 3.5), (-3.5, 3.5)), 1.0, 0.05, lambda x: (x @ along >= 0).astype(int), gradient, 25)
    edges, rows = np.linspace(-2.8, 2.8, 29), []
    middle = slice(10, 18)
    for title, potential, start, ends in (("two wells along a line turned by 30°", turned, -2 * along, (0, 1)), ("Müller-Brown potential", POTENTIALS["mueller-brown"], np.array([-0.55, 1.44]), (0, 2))):
        modes = potential.modes()
        wells = potential.populations(modes)
        known = float(np.log(wells[ends[0]] / wells[ends[1]]))
        made = [rave_rounds(potential, start, n_rounds=8, n_walkers=20, n_frames=1000, lagtime=5, seed=seed) for seed in SEEDS]
        found = [m.free_energy_difference(*(partial(_in_well, potential, k) for k in ends)) for m in made]
        what = f"RAVE, 8 rounds from one well, {title} (t2 = {modes.timescales[0]:.0f} frames, {made[0].n_simulated // 1000} 000 in all)"
        rows.append(Row(name, f"{what}: dF / kT", f"{known:.3f}", ", ".join(f"{value:.3f} ± {error:.3f}" for value, error in found), "0.2", all(abs(value - known) <= 0.2 for value, _ in found)))
        if potential is turned:
            points = np.stack([a.ravel() for a in np.meshgrid(*modes.axes, indexing="ij")], axis=1)
            barrier = _barrier(-np.log(np.histogram(points @ along, edges, weights=modes.density.ravel())[0]), middle)
            heights = [_barrier(m.profile(lambda x: x @ along, edges), middle) for m in made]
            rows += [Row(name, "the same: barrier / kT", f"{barrier:.3f}", _list(heights), "0.2", bool(np.all(np.abs(np.array(heights) - barrier) <= 0.2))),
                     Row(name, "the same: cosine between the coordinate of the last round and the line", "1", _list([abs(m.directions[-1] @ along) for m in made]), ">= 0.9",
                         all(abs(m.directions[-1] @ along) >= 0.9 for m in made))]
    return rows


CASES: dict[str, Callable[[str], list[Row]]] = {"exact-systems": exact_systems, "augmented-msm": augmented, "umbrella": umbrella_windows, "tram-model": tram_as_model, "girsanov": other_potentials, "adaptive": adaptive, "rave": rave}


def _in_well(potential: Potential, well: int, x: np.ndarray) -> np.ndarray:
    return potential.wells(x) == well   # type: ignore[misc, no-any-return]


def _barrier(profile: np.ndarray, middle: slice) -> float:
    return float(profile[middle].max() - profile.min())


def _list(values: Any, digits: int = 3) -> str:
    return ", ".join(f"{v:.{digits}f}" for v in values)
