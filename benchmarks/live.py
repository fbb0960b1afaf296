"""Moving the lag dial: everything that follows it, by the function that a worker runs, and the pictures of all panels in the real app."""
from __future__ import annotations

from collections.abc import Callable
from itertools import count
from typing import Any

import traitlets as tl

import mdexplore as mdx
from benchmarks.goals import at_most
from benchmarks.lasso import listen
from benchmarks.systems import hopping
from benchmarks.timing import HEAD, Table, Times, once, row, summary
from mdexplore.base.numerics.nearest import backend
from mdexplore.base.work.threads import single_threaded
from mdexplore.methods.method import ignore
from mdexplore.session import tasks
from mdexplore.session.session import Session
from mdexplore.session.study import Study

GOAL_MS, GOAL_KMEANS_MS = 100, 300
LEAST_S = 0.001   # of a part that has a row
FITS = ("features", "projection", "clustering")
MODEL = "mdexplore.session.tasks:run_model"


class JobsHere(tl.HasTraits):
    """Computes the model at once where it is asked for, and notes the time; all else is left undone."""

    states = tl.Dict()
    previews = tl.Dict()

    def __init__(self) -> None:
        super().__init__()
        self.times: list[tuple[float, float]] = []

    def submit(self, name: str, function: str, *args: Any, lane: str = "heavy", done: Callable[[Any], None] | None = None, failed: Any = None) -> None:
        if function == MODEL and done is not None:
            found: list[Any] = []
            self.times.append(once(lambda: found.append(tasks.run_model(*args, progress=ignore))))
            done(found[0])

    def cancel(self, name: str) -> None: ...

    def close(self) -> None: ...


def run(n_frames: int = 1_000_000, n_clusters: int = 200, rounds: int = 9) -> list[Table]:
    """Implied timescales at the new lag time, kinetics, states and Chapman-Kolmogorov test; then what all panels make of them."""
    study = Study(mdx.load(hopping(n_frames, 3)), clustering=mdx.settings.KMeans(n_clusters=n_clusters), lagtime=20)
    lags = iter(range(20, 10_000))
    with single_threaded():
        study.result("clustering")
        parts = _parts(study, lags, rounds)
        models, pictures, whole, drawn = _followed(study, lags, rounds)
        again = summary([_clustered(study) for _ in range(3)])
    found = {**{f"  {step}": times for step, times in parts.items()}, "models": models, **{f"  {name}": times for name, times in drawn.items()}, "pictures of all panels": pictures, "all together": whole, "k-means again": again}
    size = f"{n_frames:,} frames, {n_clusters} microstates"
    table = Table(f"A change of the lag time, {size}", HEAD, [row(name, times) for name, times in found.items()])
    table.notes.append("Processor time counts; each lag time is a new one, so that nothing is remembered. Rows that are set in are parts of what stands below them, those of the models timed apart. Pictures are all that the page's own process does from the "
                       f"change to the last widget's new state, without a browser. k-means again is centres and microstates of all frames, by {backend()}, kept in the cache.")
    slow = f"models take {1000 * models.cpu:.0f} ms, pictures {1000 * pictures.cpu:.0f} ms."
    table.goals = [at_most(9, f"{size}, models, milliseconds", 1000 * models.cpu, GOAL_MS, " ms"), at_most(9, f"{size}, models and pictures, milliseconds", 1000 * whole.cpu, GOAL_MS, " ms", slow),
                   at_most(16, f"{size}, milliseconds", 1000 * again.cpu, GOAL_KMEANS_MS, " ms")]
    return [table]


def _parts(study: Study, lags: Any, rounds: int) -> dict[str, Times]:
    """Each step of the model alone."""
    tasks.run_model(_at(study, next(lags)), progress=ignore)   # counting starts warm, as after the first result
    taken: dict[str, list[tuple[float, float]]] = {step: [] for step in tasks.MODEL_STEPS}
    for _ in range(rounds):
        made = tasks.study_of_spec(_at(study, next(lags)))
        for step, times in taken.items():
            times.append(once(lambda made=made, step=step: made.result(step, ignore)))
    return {step: summary(times) for step, times in taken.items()}


def _followed(study: Study, lags: Any, rounds: int) -> tuple[Times, Times, Times, dict[str, Times]]:
    """The dial of the real app, moved: models, pictures, both, and the panels that take longest."""
    from mdexplore.app.explorer import Explorer

    session = Session(study, jobs=(jobs := JobsHere()), start=False)
    explorer = Explorer(session)
    session.results = {step: study.result(step) for step in (*FITS, *tasks.MODEL_STEPS)}
    session.configure("kinetics", lagtime=next(lags))   # the first drawing makes widgets
    drawn: dict[str, list[tuple[float, float]]] = {}
    for name, panel in explorer.panels.items():
        for act in ("draw", "show_selection", "show_current"):
            if hasattr(panel, act):
                listen(panel, act, drawn.setdefault(f"{name}, {act.replace('_', ' ')}", []))
    whole, jobs.times = [], []
    for _ in range(rounds):
        lag = next(lags)
        whole.append(once(lambda lag=lag: session.configure("kinetics", lagtime=lag)))
        if session.lagtime != lag or not all(panel.is_ready for panel in explorer.panels.values() if hasattr(panel, "is_ready")):
            raise RuntimeError("the panels did not follow the lag time")
    pictures = [(a - b, c - d) for (a, c), (b, d) in zip(whole, jobs.times, strict=True)]
    parts = {name: summary(times) for name, times in drawn.items() if times}
    slowest = {name: parts[name] for name in sorted(parts, key=lambda name: -parts[name].cpu) if parts[name].cpu > LEAST_S}
    return summary(jobs.times), summary(pictures), summary(whole), slowest


def _clustered(study: Study) -> tuple[float, float]:
    """The same centres under settings that nobody has asked for yet: rounds end when nothing moves."""
    settings = (mdx.settings.KMeans(n_clusters=study.recipe.clustering.n_clusters, max_iter=n) for n in count(31))
    new = next(changed for changed in (study.change(clustering=chosen) for chosen in settings) if not changed.is_cached("clustering"))
    return once(lambda: tasks.run_step(new.spec(), "clustering", progress=ignore))


def _at(study: Study, lagtime: int) -> dict[str, Any]:
    return study.change(kinetics=mdx.settings.MSM(lagtime=lagtime)).spec()
