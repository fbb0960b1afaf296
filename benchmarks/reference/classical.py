"""Projections, Markov models and hidden states without networks on systems whose answer is known; three seeds choose the data."""
from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

import mdexplore as mdx
from benchmarks.reference.page import Row
from mdexplore.base.numerics.spectrum import implied_timescales
from mdexplore.data.toys import make
from mdexplore.methods.projection.tica import tica
from mdexplore.methods.results import Features

SEEDS = (0, 1, 2)
S = mdx.settings


def prinz_projections(name: str) -> list[Row]:
    exact, rows = np.array(mdx.example("prinz").exact.timescales), []
    data = [make("prinz", seed=seed) for seed in SEEDS]
    for settings in (S.EDMD(dim=3), S.EDMD(dim=3, basis="waves", degree=10), S.KernelEDMD(dim=3), S.KernelCCA(dim=3)):
        times = [implied_timescales(mdx.Study(d, projection=settings, lagtime=5).result("projection").singular_values[:3], 5) for d in data]
        rows.append(Row(name, f"{_title(settings)}, Prinz potential, 200 000 frames: timescales / frames", _list(exact, 1), "; ".join(_list(t, 1) for t in times), "10 %", _within(times, exact, 0.1)))
    score = [mdx.Study(d, projection=S.KVAD(dim=3), lagtime=5).score(folds=5).mean for d in data]
    known = 1 + float(np.sum(np.exp(-10 / exact)))
    return [*rows, Row(name, "KVAD, the same: held-out VAMP-2", f"{known:.3f}", _list(score), ">= 2.5", min(score) >= 2.5)]


def square_root(name: str) -> list[Row]:
    import deeptime.data

    rows, made = [], [deeptime.data.sqrt_model(20_000, seed=seed) for seed in SEEDS]
    for settings, bar in ((S.VAMP(dim=1, degree=2), 0.97), (S.EDMD(dim=1), 0.99), (S.KernelEDMD(dim=1), 0.99)):
        shares = []
        for hidden, seen in made:
            found = mdx.Study(mdx.load([seen]), projection=settings, clustering=S.KMeans(n_clusters=2), lagtime=1).result("clustering").dtrajs[0]
            shares.append(max(np.mean(found == hidden), np.mean(found != hidden)))
        rows.append(Row(name, f"{_title(settings)} and 2-means, square-root model, 20 000 frames: frames in the right hidden state", "0.976" if bar == 0.97 else "1", _list(shares, 4),
                        f">= {bar}", min(shares) >= bar))
    return rows


def quadruple_wells(name: str) -> list[Row]:
    rows = []
    for system, share in (("quadruple-well", 0.1), ("quadruple-well-asymmetric", 0.15)):
        exact, data = mdx.example(system).exact, [make(system, n_frames=40_000, seed=seed) for seed in SEEDS]
        for kinetics in ("msm", "koopman-msm", "oom-msm", S.HMM(n_states=4)):
            found = [mdx.Study(d, projection="identity", clustering=S.Box(n_boxes=10), kinetics=kinetics, lagtime=20, n_states=4).result("kinetics") for d in data]
            times = [f.timescales[:3] for f in found]
            rows.append(Row(name, f"{found[0].title}, {system.replace('-', ' ')}, 400 000 frames: timescales / frames", _list(exact.timescales, 0), "; ".join(_list(t, 0) for t in times),
                            f"{100 * share:.0f} %", _within(times, np.array(exact.timescales), share)))
    return rows


def alanine(name: str) -> list[Row]:
    study = mdx.Study(mdx.example("alanine-dipeptide"), lagtime=5)
    rows = []
    for kinetics in ("msm", "koopman-msm", "oom-msm", "hmm"):
        found = study.change(kinetics=kinetics).result("kinetics")
        times = found.timescales[0] * study.data.timestep_ns
        rows.append(Row(name, f"{found.title}, alanine dipeptide, lag 0.1 ns: slowest timescale / ns", "2.56 ± 0.84", f"{times:.2f}", "1.72 to 3.40", bool(abs(times - 2.56) <= 0.84)))
    return rows


def out_of_equilibrium(name: str) -> list[Row]:
    from mdexplore.methods.kinetics.estimators import find
    from mdexplore.methods.kinetics.lagmodels import LagModels

    matrix = np.array([[0.9, 0.1, 0.0], [0.02, 0.93, 0.05], [0.0, 0.1, 0.9]])
    exact, rows = np.linalg.matrix_power(matrix, 1000)[0], []
    swarms = [_swarm(matrix, 4000, 12, seed) for seed in SEEDS]
    for kind in ("koopman", "oom"):
        populations = [LagModels(swarm, 3, find(kind)).at(1).stationary for swarm in swarms]
        rows.append(Row(name, f"{kind} reweighted, 4000 trajectories of 12 frames that start in one of three states: populations", _list(exact), "; ".join(map(_list, populations)), "0.03",
                        bool(np.max(np.abs(np.array(populations) - exact)) <= 0.03)))
    eigenvalues = np.sort(np.linalg.eigvals(matrix).real)[::-1][1:]
    for sampling in ("as sampled", "reweighted"):
        features = [Features(tuple(np.eye(3)[:, 1:][path] for path in swarm), ("b", "c"), ((), ()), ("given", "given")) for swarm in swarms]
        found = [tica(S.TICA(sampling=sampling), f, lagtime=1).singular_values for f in features]
        rows.append(Row(name, f"TICA {sampling}, the same: eigenvalues", _list(eigenvalues), "; ".join(map(_list, found)), "0.02" if sampling == "reweighted" else "none",
                        sampling == "as sampled" or _within(found, eigenvalues, 0.02)))
    return rows


def nothing_hidden(name: str) -> list[Row]:
    gaps = []
    for seed in SEEDS:
        data = make("birth-death", n_frames=5000, seed=seed)
        made = [mdx.Study(data, projection="identity", clustering=S.KMeans(n_clusters=7), kinetics=k, lagtime=4).result("kinetics") for k in ("msm", S.HMM(n_states=7))]
        gaps.append(float(np.abs(made[0].transition_matrix - made[1].transition_matrix).max()))
    return [Row(name, "HMM with a hidden state for each microstate, birth-death chain: largest difference from the plain model", "0", ", ".join(f"{g:.1e}" for g in gaps), "1e-6", max(gaps) <= 1e-6)]


CASES: dict[str, Callable[[str], list[Row]]] = {"projections-prinz": prinz_projections, "two-means-sqrt": square_root, "kinetics-wells": quadruple_wells, "kinetics-alanine": alanine,
                                                "reweighting": out_of_equilibrium, "hmm-identity": nothing_hidden}


def _swarm(matrix: np.ndarray, n: int, length: int, seed: int) -> list[np.ndarray]:
    rng, states, frames = np.random.default_rng(seed), np.zeros(n, int), []
    for _ in range(length):
        frames.append(states)
        states = (rng.random(n)[:, None] > np.cumsum(matrix, axis=1)[states]).sum(axis=1)
    return list(np.stack(frames, axis=1))


def _title(settings: Any) -> str:
    from mdexplore.methods.method import method_of

    kind = getattr(settings, "basis", "")
    degree = getattr(settings, "degree", 1)
    return f"{method_of(settings).title}{f' with {kind}' if kind else ' of products of two features' if degree == 2 else ''}"


def _within(found: Any, exact: np.ndarray, share: float) -> bool:
    return bool(np.all(np.abs(np.array(found) / np.asarray(exact) - 1) <= share))


def _list(values: Any, digits: int = 3) -> str:
    return ", ".join(f"{v:.{digits}f}" for v in values)
