"""One frame by random access, of every binary format: what a click on the map costs before anything is drawn."""
from __future__ import annotations

import tempfile
from pathlib import Path

import numpy as np

import mdexplore as mdx
from benchmarks.systems import waters
from benchmarks.timing import HEAD, Table, once, row, summary

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
            table.rows += _rows(form, mdx.load(str(path), top=str(top)), order)
    table.notes.append(f"The goal is {GOAL_MS} ms of processor time. A first visit to a frame of an XTC file follows its packing before it is decoded.")
    return [table]


def _rows(form: str, data: mdx.Dataset, order: np.ndarray) -> list[list[str]]:
    data.coordinates(0, 0)
    first, again = ([once(lambda frame=frame: data.coordinates(0, int(frame))) for frame in order] for _ in range(2))
    return [row(f"single frame, {data.n_atoms:,} atoms, {form}, first visit", summary(first)), row(f"  {form}, again", summary(again))]
