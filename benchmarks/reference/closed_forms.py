"""Chains, processes and ensembles whose answers can be written down: Markov models, posteriors, MBAR and TRAM against them."""
from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

import mdexplore as mdx
from benchmarks.reference.page import Row
from mdexplore.base.numerics.spectrum import implied_timescales
from mdexplore.data.chains import ar1, birth_death, birth_death_matrix, chain_timescales, two_state, two_state_timescale
from mdexplore.data.toys import make
from mdexplore.methods.kinetics.bayesian_hmm import BayesianHMM, bayesian_hmm
from mdexplore.methods.kinetics.bayesian_msm import BayesianMSM, bayesian_msm
from mdexplore.methods.kinetics.estimators import find
from mdexplore.methods.kinetics.lagmodels import LagModels
from mdexplore.methods.results import Clustering, Kinetics

SEEDS = (0, 1, 2)
N_CHAINS, LEAST = 40, 35   # 95 % intervals hold 35 or more of 40 in 97 % of all tries
S = mdx.settings
LADDER = ([0, 0.1, 0.1, 0.02, 0.2, 0.2, 0.2], [0.2, 0.2, 0.02, 0.1, 0.1, 0.1, 0])


def chains(name: str) -> list[Row]:
    """Sequences in which every transition is seen exactly as often as it should be, through the whole pipeline."""
    a, b = 0.01, 0.02
    two = [[1 - a, a], [b, 1 - b]]
    three = [[1 - a, a, 0], [b, 1 - 2 * b, b], [0, a, 1 - a]]
    made = {"two states, a = 0.01, b = 0.02": (two, [b, a], [-1 / np.log(1 - a - b)], 1 / a),
            "three states in a row, a = 0.01, b = 0.02": (three, [b, a, b], [-1 / np.log(1 - a), -1 / np.log(1 - a - 2 * b)], 2 / a + 1 / b)}
    rows = []
    for title, (matrix, weights, times, passage) in made.items():
        populations = np.array(weights) / np.sum(weights)
        states = circuit(np.round(populations[:, None] * np.array(matrix) * 30_000))
        study = mdx.Study([states[:, None].astype(float)], projection="identity", lagtime=1, n_states=len(weights))
        found = study.metastable
        where = [int(found.assignments[0][np.flatnonzero(states == s)[0]]) for s in range(len(weights))]
        values = [*study.result("kinetics").timescales[: len(times)], *found.populations[where], found.mfpt[where[0], where[-1]]]
        known = [*times, *populations, passage]
        worst = float(np.max(np.abs(np.array(values) / known - 1)))
        rows.append(Row(name, f"{title}: timescales, populations, passage time from end to end / frames", _list(known), f"{_list(values)}; relative difference at most {worst:.0e}", "1e-12", worst <= 1e-12))
    return rows


def processes(name: str) -> list[Row]:
    """The autoregressive process is an Ornstein-Uhlenbeck process seen at intervals: its k-th eigenvalue is a^k, and the generator's rates are k."""
    known = -1 / (np.arange(1, 4) * np.log(0.98))
    data = [mdx.load([ar1(0.98, 100_000, 100 * seed + i)[:, None] for i in range(10)]) for seed in SEEDS]
    linear = [implied_timescales(mdx.Study(d, projection=S.TICA(dim=1), lagtime=5).result("projection").singular_values[:1], 5) for d in data]
    powers = [implied_timescales(mdx.Study(d, projection=S.EDMD(dim=3, basis="powers", degree=3), lagtime=5).result("projection").singular_values[:3], 5) for d in data]
    boxes = [mdx.Study(d, projection="identity", clustering=S.Box(n_boxes=60), lagtime=5).result("kinetics").timescales[:3] for d in data]
    title = "autoregressive process, a = 0.98, 1 000 000 frames: timescales / frames"
    grid = np.array(mdx.model_system(lambda x: x[:, 0] ** 2 / 2, [(-7, 7)], frame=0.01, n_frames=10, n_trajectories=1).exact.timescales) * 0.01
    exact = 1 / np.arange(1, 4)
    return [Row(name, f"{kind}, {title}", _list(known[: len(found[0])], 2), "; ".join(_list(f, 2) for f in found), f"{100 * bar:.0f} %", _within(found, known[: len(found[0])], bar))
            for kind, found, bar in (("TICA", linear, 0.02), ("EDMD with powers", powers, 0.05), ("MSM of 60 boxes", boxes, 0.05))] + \
        [Row(name, "generator on a grid, diffusion in x² / 2 at kT = 1: timescales / time units", _list(exact, 5), _list(grid, 5), "1e-4", _within([grid], exact, 1e-4))]


def triple_well(name: str) -> list[Row]:
    """Three time constants over a factor of fifty: fine boxes, or the fastest comes out too short."""
    known, times = np.array(mdx.example("triple-well").exact.timescales), []
    for seed in SEEDS:
        study = mdx.Study(make("triple-well", n_frames=100_000, seed=seed), projection="identity", clustering=S.Box(n_boxes=30), lagtime=3)
        times.append(study.result("kinetics").timescales[:3])
    return [Row(name, "MSM of 30 boxes a side, triple well, 1 000 000 frames, lag 3 frames: t2, t3, t4 / frames", _list(known, 2), "; ".join(_list(t, 2) for t in times), "5 %", _within(times, known, 0.05))]


def posteriors(name: str) -> list[Row]:
    """How many of forty 95 % intervals hold the exact slowest timescale, each from a chain of its own; at long lag times, too, where windows overlap most."""
    outputs, held = np.array([[0.6, 0.2, 0.2, 0.0], [0.0, 0.2, 0.2, 0.6]]), dict.fromkeys(("two 5", "two 20", "ladder 5", "ladder 20", "veiled 1"), 0)
    two, ladder = two_state_timescale((0.01, 0.02)), chain_timescales(birth_death_matrix(*LADDER))[0]
    for seed in range(N_CHAINS):
        path, steps = two_state((0.01, 0.02), 20_000, seed=seed), birth_death(*LADDER, 20_000, seed)
        symbols = (np.random.default_rng(seed).random(len(path))[:, None] > np.cumsum(outputs, axis=1)[path]).sum(axis=1)
        for lagtime in (5, 20):
            held[f"two {lagtime}"] += _holds(bayesian_msm(BayesianMSM(), clustered(path), lagtime=lagtime, seed=seed), two)
            held[f"ladder {lagtime}"] += _holds(bayesian_msm(BayesianMSM(), clustered(steps), lagtime=lagtime, seed=seed), ladder)
        held["veiled 1"] += _holds(bayesian_hmm(BayesianHMM(n_states=2), clustered(symbols), lagtime=1, seed=seed), two)
    what = {"two": f"Bayesian MSM, two states (t2 = {two:.1f} frames)", "ladder": f"Bayesian MSM, birth-death chain of seven states (t2 = {ladder:.1f} frames)",
            "veiled": "Bayesian HMM, two states seen through four symbols"}
    return [Row(name, f"{what[system]}, {N_CHAINS} chains of 20 000 frames, lag {lagtime}: 95 % intervals that hold the exact t2", f"{0.95 * N_CHAINS:.0f} of {N_CHAINS}", f"{n} of {N_CHAINS}", f">= {LEAST}", n >= LEAST)
            for (system, lagtime), n in ((key.split(), n) for key, n in held.items())]


def one_ensemble(name: str) -> list[Row]:
    """Without a bias and with one thermodynamic state TRAM is the plain Markov model."""
    gaps = []
    for seed in SEEDS:
        paths = [birth_death(*LADDER, 5_000, 10 * seed + i) for i in range(4)]
        found = mdx.ensembles.estimate_tram(mdx.ensembles.ensembles([np.zeros((len(p), 1)) for p in paths], [0] * len(paths)), paths, 3)
        plain = LagModels(paths, 7, find("msm")).at(3)
        gaps.append(max(float(np.abs(found.transition_matrices[0] - plain.transition_matrix).max()), float(np.abs(np.exp(-found.state_energies[0]) - plain.stationary).max())))
    return [Row(name, "TRAM of one ensemble without bias, birth-death chain, 4 x 5000 frames, lag 3: largest difference of transition matrix and populations from the plain model", "0",
                ", ".join(f"{g:.1e}" for g in gaps), "1e-6", max(gaps) <= 1e-6)]


def harmonic_windows(name: str) -> list[Row]:
    """Umbrellas of stiffness K at c over x² / 2: frames are normal, and f = ln(1 + K) / 2 + K c² / (2 (1 + K)) in kT."""
    stiffness, centers = 3.0, np.linspace(-2.5, 2.5, 11)
    known = np.log1p(stiffness) / 2 + stiffness * centers**2 / (2 * (1 + stiffness))
    known -= known.min()
    gaps, seconds = [], []
    for seed in SEEDS:
        random = np.random.default_rng(seed)
        values = [random.normal(stiffness * c / (1 + stiffness), (1 + stiffness) ** -0.5, 5_000) for c in centers]
        found = mdx.ensembles.estimate_mbar(mdx.ensembles.ensembles(mdx.ensembles.umbrella(values, centers, stiffness)))
        gaps.append(float(np.abs(found.free_energies - found.free_energies[5] - known).max()))
        seconds.append(found.average([v**2 for v in values]))
    return [Row(name, "MBAR, eleven umbrellas of stiffness 3 over x² / 2, 5000 frames each: largest error of a free energy / kT", "0", _list(gaps), "0.1", max(gaps) <= 0.1),
            Row(name, "the same: mean of x² without the umbrellas", "1", _list(seconds), "0.05", bool(np.abs(np.array(seconds) - 1).max() <= 0.05))]


CASES: dict[str, Callable[[str], list[Row]]] = {"closed-chains": chains, "closed-processes": processes, "triple-well": triple_well, "posteriors-chains": posteriors,
                                                "tram-identity": one_ensemble, "mbar-harmonic": harmonic_windows}


def circuit(counts: np.ndarray) -> np.ndarray:
    """A sequence of states with exactly these transition counts, shape (counts.sum() + 1,): an Eulerian circuit (Hierholzer's way)."""
    left, stack, found = np.array(counts, dtype=int), [0], []
    while stack:
        ways = np.flatnonzero(left[stack[-1]])
        if len(ways):
            left[stack[-1], ways[0]] -= 1
            stack.append(int(ways[0]))
        else:
            found.append(stack.pop())
    return np.array(found[::-1])


def clustered(states: np.ndarray) -> Clustering:
    return Clustering(np.zeros((int(states.max()) + 1, 1)), (states.astype(np.int32),))


def _holds(found: Kinetics, known: float) -> bool:
    return bool(found.timescales_lower[0] < known < found.timescales_upper[0])


def _within(found: Sequence[Any], known: np.ndarray, share: float) -> bool:
    return bool(np.all(np.abs(np.array(found) / known - 1) <= share))


def _list(values: Any, digits: int = 3) -> str:
    return ", ".join(f"{v:.{digits}f}" for v in values)
