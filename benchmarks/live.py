"""Moving the lag dial: everything that follows it, by the function that a worker runs."""
from __future__ import annotations

import mdexplore as mdx
from benchmarks.systems import hopping
from benchmarks.timing import HEAD, Table, paired, row
from mdexplore.base.work.threads import single_threaded
from mdexplore.methods.method import ignore
from mdexplore.session import tasks
from mdexplore.session.study import Study

GOAL_MS = 100


def run(n_frames: int = 1_000_000, n_clusters: int = 200) -> list[Table]:
    """Implied timescales at the new lag time, kinetics, states and Chapman-Kolmogorov test."""
    study = Study(mdx.load(hopping(n_frames, 3)), clustering=mdx.settings.KMeans(n_clusters=n_clusters), lagtime=20)
    study.result("clustering")
    lags = iter(range(20, 10_000))
    with single_threaded():
        tasks.run_model(_at(study, next(lags)), progress=ignore)   # counting starts warm, as after the first result
        whole = paired({"all together": lambda: tasks.run_model(_at(study, next(lags)), progress=ignore)}, rounds=9)
        found = {}
        parts: dict[str, list] = {step: [] for step in tasks.MODEL_STEPS}
        for _ in range(9):
            spec = _at(study, next(lags))
            made = tasks.study_of_spec(spec)
            for step in tasks.MODEL_STEPS:
                parts[step].append(_timed(made, step))
    from benchmarks.timing import summary

    found = {**{step: summary(times) for step, times in parts.items()}, **whole}
    table = Table(f"A change of the lag time, {n_frames:,} frames, {n_clusters} microstates", HEAD, [row(name, times) for name, times in found.items()])
    table.notes.append(f"The goal is {GOAL_MS} ms of processor time for all together; each lag time is a new one, so that nothing is remembered.")
    return [table]


def _at(study: Study, lagtime: int) -> dict:
    return study.change(kinetics=mdx.settings.MSM(lagtime=lagtime)).spec()


def _timed(study: Study, step: str) -> tuple[float, float]:
    from benchmarks.timing import once

    return once(lambda: study.result(step, ignore))
