"""A lasso over a million frames: from the loop on the projection until every panel has drawn it, on the Python side."""
from __future__ import annotations

from typing import Any

import numpy as np
import traitlets as tl

import mdexplore as mdx
from benchmarks.goals import at_most
from benchmarks.systems import hopping
from benchmarks.timing import HEAD, Table, once, row, summary
from mdexplore.session.session import Session
from mdexplore.session.study import Study

GOAL_MS = 100
STEPS = ("features", "projection", "clustering", "timescales", "kinetics", "coarse", "chapman")


class NoJobs(tl.HasTraits):
    """Nothing is computed while the panels are timed."""

    states = tl.Dict()

    def submit(self, *args: Any, **options: Any) -> None: ...

    def cancel(self, name: str) -> None: ...

    def close(self) -> None: ...


def run(n_frames: int = 1_000_000) -> list[Table]:
    """The real app without a page: its root, all its panels, and state sent as it is to a browser."""
    from mdexplore.app.explorer import Explorer

    study = Study(mdx.load(hopping(n_frames, 10)), lagtime=20)
    results = {step: study.result(step) for step in STEPS}
    session = Session(study, jobs=NoJobs(), start=False)
    explorer = Explorer(session)
    drawn = once(lambda: setattr(session, "results", results))
    panels = explorer.panels
    parts: dict[str, list[tuple[float, float]]] = {}
    for name, panel in panels.items():
        for act in ("show_selection", "show_current"):
            if hasattr(panel, act):
                listen(panel, act, parts.setdefault(f"{name}, {act.replace('_', ' ')}", []))
    projection = panels["projection"]
    n_cells, random = len(projection.cells.x), np.random.default_rng(0)
    whole = []
    for _ in range(9):
        first = int(random.integers(n_cells // 2))
        loop = list(range(first, first + n_cells // 3))
        whole.append(once(lambda loop=loop: setattr(projection.cells, "selected", loop)))
        projection.cells.selected = None
        assert session.selection.n > 0
    click = [once(lambda frame=frame: session.show_frame(0, int(frame))) for frame in np.linspace(0, study.data.lengths[0] - 1, 9).astype(int)]
    table = Table(f"Lasso over {n_frames:,} frames ({n_cells} cells on the projection)", HEAD)
    table.rows += [row("lasso to all panels", summary(whole)), row("show another frame in all panels", summary(click)),
                   row("first drawing of all panels", summary([drawn]))]
    table.rows += [row(f"  {name}", summary(times)) for name, times in sorted(parts.items(), key=lambda item: -summary(item[1]).cpu) if summary(times).cpu > 0.0005]
    table.notes.append("Rows that are set in are parts of the first two.")
    table.goals.append(at_most(10, f"a lasso over {n_frames:,} frames, milliseconds", 1000 * summary(whole).cpu, GOAL_MS, " ms"))
    return [table]


def listen(panel: Any, act: str, times: list[tuple[float, float]]) -> None:
    """Note the time of every call of a method of a panel."""
    real = getattr(panel, act)
    setattr(panel, act, lambda: times.append(once(real)))
