"""Networks as slow coordinates: VAMPnets, SRVs and time-lagged autoencoders on systems whose answer is known."""
from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

import mdexplore as mdx
from benchmarks.reference.page import Row
from benchmarks.reference.prinz import modes
from mdexplore.data.chains import ar1
from mdexplore.methods.method import method_of
from mdexplore.methods.projection.model import transform
from mdexplore.methods.results import Features, Projection

SEEDS = (0, 1, 2)
LAG = 5             # frames of the Prinz potential, 0.05 time units
FRAME = 0.01        # time units


def prinz_vampnet(name: str) -> list[Row]:
    exact = np.array(mdx.example("prinz").exact.timescales)
    known = 1 + np.sum(np.exp(-2 * LAG / exact))
    found = _fits(mdx.settings.VAMPNet(output="fuzzy states", dim=4), _features(mdx.example("prinz", n_frames=10_000)), LAG)
    sums, times = [1 + float(np.sum(f.singular_values**2)) for f in found], np.array([f.parameters["timescales"] for f in found])
    held_out = [f.parameters["history"][f.parameters["best_epoch"], 1] for f in found]
    wells, shares = np.sort(mdx.example("prinz").exact.populations)[::-1], np.array([f.parameters["populations"] for f in found])
    return [Row(name, "VAMPnet, 4 fuzzy states, Prinz potential, 100 000 frames: VAMP-2", f"{known:.4f}", f"{_list(sums, 4)} (held out {_list(held_out)})", ">= 2.54", min(sums) >= 2.54),
            Row(name, "the same: timescales / time units", _list(exact * FRAME), "; ".join(_list(t * FRAME) for t in times), "5 %", _within(times, exact, 0.05)),
            Row(name, "the same: populations of the states", _list(wells), "; ".join(_list(p) for p in shares), "0.03", bool(np.abs(shares - wells).max() <= 0.03))]


def sqrt_vampnet(name: str) -> list[Row]:
    import deeptime.data

    settings = mdx.settings.VAMPNet(output="fuzzy states", dim=2)
    found = _fits(settings, _features(mdx.example("sqrt-model")), 1)
    made = [deeptime.data.sqrt_model(20_000, seed=seed) for seed in SEEDS]
    states = [np.argmax(f.values[0], axis=1) for f in (method_of(settings).run(settings, _features(mdx.load([seen])), lagtime=1, seed=seed) for seed, (_, seen) in zip(SEEDS, made))]
    shares = [max(right, 1 - right) for right in (float(np.mean(hidden == s)) for (hidden, _), s in zip(made, states))]
    held_out = [f.parameters["history"][f.parameters["best_epoch"], 1] for f in found]
    return [Row(name, "VAMPnet, 2 fuzzy states, square-root model: held-out VAMP-2", "1.81 (linear 1.28)", _list(held_out), ">= 1.75", min(held_out) >= 1.75),
            Row(name, "VAMPnet, 2 fuzzy states, square-root model, 20 000 frames: frames in the right hidden state", "1", _list(shares, 4), ">= 0.97", min(shares) >= 0.97)]


def prinz_srv(name: str) -> list[Row]:
    x, density, exact_modes, exact = modes()
    found = _fits(mdx.settings.SRV(dim=3), _features(mdx.example("prinz", n_frames=10_000)), LAG)
    overlaps = [_overlaps(f, x, density, exact_modes) for f in found]
    times = np.array([f.parameters["timescales"] for f in found]) * FRAME
    return [Row(name, "SRV, Prinz potential, 100 000 frames: overlap with the exact eigenfunctions", "1", "; ".join(_list(o, 4) for o in overlaps), ">= 0.98", bool(np.min(overlaps) >= 0.98)),
            Row(name, "the same: timescales / time units", _list(exact), "; ".join(_list(t) for t in times), "5 %", _within(times, exact, 0.05))]


def slow_bottleneck(name: str) -> list[Row]:
    rows, kind = [], {"tae": mdx.settings.TAE, "tvae": mdx.settings.TVAE, "vde": mdx.settings.VDE}[name.split("-")[0]]
    arrays = []
    for seed in range(10):
        slow, fast = ar1(0.98, 10_000, seed), ar1(0.3, 10_000, 100 + seed)
        arrays.append(np.stack([slow + fast, slow - fast], axis=1).astype(np.float32))
    found = _fits(kind(dim=1), _features(mdx.load(arrays)), 3)
    truth = np.concatenate([a.sum(axis=1) for a in arrays])
    follows = [abs(float(np.corrcoef(np.concatenate(f.values)[:, 0], truth)[0, 1])) for f in found]
    times = np.array([f.parameters["timescales"][:1] for f in found])
    rows.append(Row(name, f"{kind.__name__}, a slow and a fast process mixed in two features: correlation of the bottleneck with the slow one", "1", _list(follows), ">= 0.98", min(follows) >= 0.98))
    rows.append(Row(name, "the same: timescale / frames", "49.50", _list(times[:, 0]), "10 %", _within(times, np.array([-1 / np.log(0.98)]), 0.1)))
    return rows


CASES: dict[str, Callable[[str], list[Row]]] = {"vampnet-prinz": prinz_vampnet, "vampnet-sqrt": sqrt_vampnet, "srv-prinz": prinz_srv,
                                                "tae-mixed": slow_bottleneck, "tvae-mixed": slow_bottleneck, "vde-mixed": slow_bottleneck}


def _features(data: Any) -> Features:
    return mdx.Study(data).result("features")


def _fits(settings: Any, features: Features, lagtime: int) -> list[Projection]:
    return [method_of(settings).run(settings, features, lagtime=lagtime, seed=seed) for seed in SEEDS]


def _overlaps(found: Projection, x: np.ndarray, density: np.ndarray, exact: np.ndarray) -> np.ndarray:
    ours = transform(found, x[:, None].astype(np.float32)).astype(float)
    ours -= density @ ours
    return np.abs(np.sum(density[:, None] * exact * ours, axis=0)) / np.sqrt(density @ ours**2)


def _within(found: np.ndarray, exact: np.ndarray, share: float) -> bool:
    return bool(np.all(np.abs(found / exact - 1) <= share))


def _list(values: Any, digits: int = 3) -> str:
    return ", ".join(f"{v:.{digits}f}" for v in values)
