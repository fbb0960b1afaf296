"""Features of several files: one process, all cores, and the script a user of mdtraj would write."""
from __future__ import annotations

import os
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

import mdexplore as mdx
from benchmarks.moments import read
from benchmarks.timing import HEAD, Table, paired, row
from mdexplore.base.work import launch
from mdexplore.base.work.cores import VARIABLE, cores


def run(n_files: int = 8, n_frames: int = 150_000, rounds: int = 3) -> list[Table]:
    """Torsions of penta-alanine, its bundled frames again and again until each file has so many."""
    with tempfile.TemporaryDirectory(prefix="mdexplore-bench-") as folder:
        files, top = copies(Path(folder), n_files, n_frames)
        found: dict[str, list[np.ndarray]] = {}
        candidates: dict[str, Callable[[], object]] = {"mdtraj, file after file": lambda: found.update(hand=by_hand(files, top)),
                      "mdexplore, one process": lambda: found.update(one=by_study(files, top, 1)),
                      f"mdexplore, all cores ({all_cores()})": lambda: found.update(all=by_study(files, top, None)),
                      "limit of one process: the files read, frames decoded": lambda: decode(files, top),
                      "limit of the disk: every byte read once": lambda: [read(file) for file in files]}
        launch.warm_up()   # as on a page; a script that has yet to start its server goes on alone until there is more to gain
        while not launch.launcher().is_warm():
            time.sleep(0.05)
        times, sizes = paired(candidates, rounds), [file.stat().st_size for file in files]
    table = Table(f"Torsions of {n_files} files of {n_frames:,} frames", HEAD, [row(name, t) for name, t in times.items()])
    same = all(np.array_equal(a, b) for a, b in zip(found["one"], found["all"], strict=True))
    furthest = max(float(np.abs(a - b).max()) for a, b in zip(found["one"], found["hand"], strict=True))
    hand, one, every, decoded, raw = (t.wall for t in times.values())
    size = sum(sizes)
    table.notes.append(f"On all cores {one / every:.1f} times as fast as in one process, {hand / every:.1f} times as fast as the script; CPU is that of the asking process alone. "
                       f"The files have {size / 1e6:.0f} MB, in the memory of the system already; reading and decoding them is {100 * decoded / one:.0f} %, reading them {100 * raw / one:.0f} % of the time in one process. "
                       f"Equal to the last bit: {'yes' if same else 'NO'}; largest difference from the script {furthest:.0e}.")
    return [table]


def copies(folder: Path, n_files: int, frames: int) -> tuple[list[Path], Path]:
    data, top = mdx.example("penta-alanine"), folder / "top.pdb"
    few = data.frames(np.array([(i, k) for i in range(data.n_trajectories) for k in range(data.lengths[i])])[:frames])
    many = few[np.arange(frames) % few.n_frames]
    many.time = np.arange(frames)
    files = [folder / f"{k}.xtc" for k in range(n_files)]
    for file in files:
        many.save_xtc(file)
    many[0].save_pdb(top)
    return files, top


def by_hand(files: list[Path], top: Path) -> list[np.ndarray]:
    """The script."""
    import mdtraj as md

    found = []
    for file in files:
        trajectory = md.load(file, top=top)
        angles = np.concatenate([md.compute_phi(trajectory)[1], md.compute_psi(trajectory)[1]], axis=1)
        found.append(np.stack([np.cos(angles), np.sin(angles)], axis=2).reshape(len(angles), -1))
    return found


def decode(files: list[Path], top: Path) -> None:
    """Every frame of every file, by the reader that both use, and nothing done with it."""
    import mdtraj as md

    topology = md.load_topology(str(top))
    for file in files:
        for _ in md.iterload(str(file), top=topology, chunk=1000):
            pass


def by_study(files: list[Path], top: Path, n: int | None) -> list[np.ndarray]:
    """The same by a study, in an empty cache, on so many cores."""
    before, given = os.environ.get("MDEXPLORE_CACHE"), os.environ.pop(VARIABLE, None)
    with tempfile.TemporaryDirectory() as cache:
        os.environ["MDEXPLORE_CACHE"] = cache
        if n is not None:
            os.environ[VARIABLE] = str(n)
        try:
            study = mdx.Study(mdx.load(files, top), features="torsions")
            study.result("features", lambda done, total, text: None)
            return [np.array(x) for x in study.features]
        finally:
            put_back("MDEXPLORE_CACHE", before)
            put_back(VARIABLE, given)


def all_cores() -> int:
    """How many cores there are where nobody holds them back."""
    given = os.environ.pop(VARIABLE, None)
    try:
        return cores()
    finally:
        put_back(VARIABLE, given)


def put_back(name: str, value: str | None) -> None:
    os.environ.pop(name, None)
    if value is not None:
        os.environ[name] = value
