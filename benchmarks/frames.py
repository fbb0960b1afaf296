"""One frame by random access, of every binary format: what a click on the map costs before anything is drawn."""
from __future__ import annotations

import tempfile
from pathlib import Path

import numpy as np

import mdexplore as mdx
from benchmarks.goals import at_most
from benchmarks.systems import waters
from benchmarks.timing import HEAD, Table, Times, once, row, summary

FORMATS = ("xtc", "trr", "dcd", "nc", "h5")
GOAL_MS = 5


def run(n_atoms: int = 20_000, n_frames: int = 40) -> list[Table]:
    """Frames that nobody has read yet, in no order, and the same once more; files are open, as after the first click."""
    trajectory = waters(n_atoms, n_frames)
    order = np.random.default_rng(0).permutation(np.arange(1, n_frames))
    table = Table(f"A single frame, {n_atoms:,} atoms", HEAD)
    with tempfile.TemporaryDirectory(prefix="mdexplore-bench-") as folder:
        top = Path(folder) / "top.pdb"
        trajectory[0].save(str(top))
        for form in FORMATS:
            path = Path(folder) / f"run.{form}"
            trajectory.save(str(path))
            first, again = _times(mdx.load(str(path), top=str(top)), order)
            table.rows += [row(f"single frame, {n_atoms:,} atoms, {form}, first visit", first), row(f"  {form}, again", again)]
            table.goals.append(at_most(10, f"a single frame of {n_atoms:,} atoms, {form}, first visit, milliseconds", 1000 * first.cpu, GOAL_MS, " ms"))
    table.notes.append("Processor time counts. A first visit to a frame of an XTC file follows its packing before it is decoded.")
    return [table]


def _times(data: mdx.Dataset, order: np.ndarray) -> tuple[Times, Times]:
    data.coordinates(0, 0)
    first, again = ([once(lambda frame=frame: data.coordinates(0, int(frame))) for frame in order] for _ in range(2))
    return summary(first), summary(again)
