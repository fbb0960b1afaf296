"""A real session with made-up results, for tests of panels: nothing is computed, no worker starts."""
from __future__ import annotations

from typing import Any

import numpy as np
import traitlets as tl

import mdexplore as mdx
from mdexplore.methods.results import Clustering, Features, Flux, Kinetics, Metastable, Projection
from mdexplore.session.session import Session


class NoJobs(tl.HasTraits):
    """Takes requests and does nothing."""

    states = tl.Dict()
    previews = tl.Dict()

    def submit(self, *args: Any, **options: Any) -> None: ...

    def cancel(self, name: str) -> None: ...

    def close(self) -> None: ...


def wells(lengths: tuple[int, ...] = (400, 300, 50), seed: int = 1) -> tuple[list[np.ndarray], list[np.ndarray]]:
    """Points in three wells and the well of each frame; trajectory 0 starts in well 0 and ends in well 2."""
    rng = np.random.default_rng(seed)
    centers = np.array([[-2.0, 0.0], [0.0, 2.0], [2.0, -1.0]])
    states = [np.sort(rng.integers(0, 3, n)) for n in lengths]
    points = [(centers[s] + 0.3 * rng.normal(size=(len(s), 2))).astype(np.float32) for s in states]
    return points, states


def results(lengths: tuple[int, ...] = (400, 300, 50), outside: int = 0) -> dict[str, Any]:
    """Results that fit `wells`: six microstates, two a well; the last `outside` frames of the last trajectory lie outside the model."""
    points, states = wells(lengths)
    angle = [np.arctan2(p[:, 1], p[:, 0]) for p in points]
    features = Features(tuple(np.stack([np.cos(a), np.sin(a), p[:, 0]], axis=1).astype(np.float32) for a, p in zip(angle, points)),
                        ("cos phi ALA2", "sin phi ALA2", "CA1 - CA5"), ((0, 1, 2, 3), (0, 1, 2, 3), (0, 4)), ("torsion", "torsion", "distance"))
    projection = Projection(tuple(points), ("IC 1", "IC 2"), "TICA", 5)
    micro = [(2 * s + (p[:, 1] > np.array([0.0, 2.0, -1.0])[s])).astype(np.int32) for p, s in zip(points, states)]
    assignments = [s.astype(np.int16) for s in states]
    if outside:
        assignments[-1][-outside:] = -1
    n = np.bincount(np.concatenate(micro), minlength=6).astype(float)
    eye = np.eye(6)
    kinetics = Kinetics(5, eye, np.arange(6), eye, n / n.sum(), np.ones(1), np.ones(1), np.ones(1), 1, 1.0, 1.0)
    populations = np.bincount(np.concatenate(states), minlength=3) / sum(lengths)
    square = np.zeros((3, 3))
    coarse = Metastable(np.arange(6) // 2, np.repeat(np.eye(3), 2, 0), tuple(assignments), populations, populations, populations, square, square, square,
                        square, square.astype(int), (0, 1, 2))
    return {"features": features, "projection": projection, "clustering": Clustering(np.zeros((6, 2)), tuple(micro)), "kinetics": kinetics, "coarse": coarse}


def flux() -> Flux:
    """From well 0 to well 2."""
    return Flux((0, 1), (4, 5), np.array([0, 0, 0.5, 0.5, 1, 1.0]), np.zeros((6, 6)), np.zeros((3, 3)), ((0, 2),), (1.0,), 1e-3, 5e-4, 2e-3)


def session(lengths: tuple[int, ...] = (400, 300, 50), *, with_results: bool = True, timestep_ns: float | None = 0.02, outside: int = 0) -> Session:
    """A session over `wells` that shows `results`."""
    points, _ = wells(lengths)
    data = mdx.load(points, timestep_ns=timestep_ns)
    made = Session(mdx.Study(data), jobs=NoJobs(), start=False)
    if with_results:
        made.results = results(lengths, outside)
    return made


def listening(job: str, made: Session | None = None) -> Session:
    """A session that notes what is asked of one job and answers nothing.

    Its ``asked`` has ``(arguments after the study, done, failed)`` of each question, its ``cancelled`` the names of jobs that were given up.
    """
    made = made or session()
    made.asked, made.cancelled = [], []
    made.work.submit = lambda name, task, *args, **options: made.asked.append((args[1:], options["done"], options["failed"])) if name == job else None
    made.work.cancel = made.cancelled.append
    return made
