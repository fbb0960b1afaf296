"""Writing structures: every frame in a file says from which original file, frame and time it comes."""
from __future__ import annotations

import csv
import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from mdexplore.base import roots
from mdexplore.base.chunked import bincount, joined
from mdexplore.base.errors import UserError
from mdexplore.base.writing import write_whole
from mdexplore.methods.features.positions import superposed

if TYPE_CHECKING:
    from mdexplore.data.dataset import Dataset
    from mdexplore.session.study import Study

FORMATS = {"pdb": ".pdb", "xtc": ".xtc", "dcd": ".dcd", "h5": ".h5"}
COLUMNS = ("structure", "trajectory", "frame", "file", "frame_in_file", "time_ns", "state", "microstate", "weight")


def save_frames(data: Dataset, pairs: np.ndarray, path: str | Path, columns: dict[str, Sequence[Any]] | None = None) -> list[Path]:
    """Write frames as structures, with a table of their origin beside them.

    Parameters
    ----------
    data : Dataset
    pairs : ndarray, shape (n, 2), int
        (trajectory, frame), in the order in which they are written.
    path : str or Path
        Its suffix chooses the format: ``.pdb .xtc .dcd .h5``. A format without atom names gets a PDB file of the first structure beside it.
    columns : dict of str to sequence of length n
        Further columns of the table, such as ``{"state": [...]}``.

    Returns
    -------
    list of Path
        What was written: the structures, their table ``<name>.csv``, and a topology where one is needed.

    Raises
    ------
    UserError
        For data without structures, no frame, an unknown format, or a folder that cannot be written.
    """
    path, pairs = Path(path), np.asarray(pairs, dtype=np.int64).reshape(-1, 2)
    if path.suffix not in FORMATS.values():
        raise UserError(f"Structures cannot be written as {path.suffix or 'a file without suffix'}.", do=f"Choose one of: {', '.join(FORMATS.values())}.")
    if not data.has_structures:
        raise UserError("There are no structures to write.", "These data are features without structure files.", "Load the trajectories with their topology.")
    if not len(pairs):
        raise UserError("There are no structures to write.", "No frame is selected.", "Select frames first.")
    frames = data.frames(pairs)
    if len(pairs) > 1 and frames.n_atoms > 2:
        # Not mdtraj's superpose: 1.11 leaves some frames unturned ("unconverged rotation matrix").
        frames.xyz = superposed(frames.xyz, frames.xyz[0])
    frames.time = np.arange(len(pairs), dtype=float)
    written = [write_whole(path, lambda target: frames.save(str(target)))]
    if path.suffix in (".xtc", ".dcd"):
        written.append(write_whole(path.with_suffix(".pdb"), lambda target: frames[0].save(str(target))))
    written.append(write_whole(path.with_suffix(".csv"), lambda target: _write_table(target, data, pairs, columns or {})))
    return written


def save_structures(study: Study, folder: str | Path, *, per_state: int = 50, states: Sequence[int] | None = None, format: str = "pdb") -> list[Path]:
    """Draw structures of each metastable state by stationary weight and write them, a file a state.

    A frame weighs what the model says its microstate weighs, shared by the frames of that microstate; frames are drawn without
    replacement, with the study's seed. ``README.txt`` in the folder says how they were drawn.

    Parameters
    ----------
    study : Study
    folder : str or Path
        Made where it does not exist.
    per_state : int
        How many structures of each state; fewer where a state has fewer frames.
    states : sequence of int
        Which states; all where not given.
    format : {"pdb", "xtc", "dcd", "h5"}

    Returns
    -------
    list of Path
    """
    if format not in FORMATS:
        raise UserError(f"Structures cannot be written as {format!r}.", do=f"Choose one of: {', '.join(FORMATS)}.")
    if per_state < 1:
        raise UserError(f"per_state={per_state} leaves nothing to write.", do="Choose at least 1.")
    coarse = study.metastable
    chosen = range(coarse.n_states) if states is None else states
    for state in chosen:
        if not 0 <= state < coarse.n_states:
            raise UserError(f"There is no metastable state {state}.", f"States are numbered 0 to {coarse.n_states - 1}.")
    folder = Path(os.path.expanduser(folder))
    roots.check_write(folder / "README.txt")
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UserError(f"The folder {folder} cannot be made.", f"{error.strerror}.", "Choose another folder.") from error
    weights, micro = frame_weights(study), joined(study.result("clustering").dtrajs, np.int32)
    assigned = joined(coarse.assignments, np.int32)
    random = np.random.default_rng(study.recipe.seed)
    written: list[Path] = []
    for state in chosen:
        numbers = np.flatnonzero((assigned == state) & (weights > 0))
        drawn = np.sort(_draw(random, numbers, weights[numbers], per_state))
        table = {"state": [state + 1] * len(drawn), "microstate": micro[drawn], "weight": weights[drawn]}
        written += save_frames(study.data, study.data.index.pairs(drawn), folder / f"state-{state + 1}{FORMATS[format]}", table)
    written.append(write_whole(folder / "README.txt", lambda target: target.write_text(_say(study, per_state))))
    return written


def frame_weights(study: Study) -> np.ndarray:
    """Stationary weight of every frame by running number; sums to 1; 0 outside the model. Shape (n_frames,)."""
    kinetics = study.result("kinetics")
    if kinetics.unbiased is not None:   # frames of one microstate do not weigh alike
        return joined(kinetics.unbiased.weights, np.float64)
    micro = joined(study.result("clustering").dtrajs, np.int32)
    population = np.zeros(kinetics.n_clusters + 1)   # the last entry serves frames that are -1
    population[kinetics.active] = kinetics.stationary
    seen = bincount(lambda span: micro[span][micro[span] >= 0], len(micro), kinetics.n_clusters + 1)
    each = population / np.maximum(seen, 1)
    return joined([micro], np.float64, lambda states: each[states])


def _draw(random: np.random.Generator, numbers: np.ndarray, weights: np.ndarray, count: int) -> np.ndarray:
    if len(numbers) <= count:
        return numbers
    return random.choice(numbers, size=count, replace=False, p=weights / weights.sum())


def _say(study: Study, per_state: int) -> str:
    coarse, unit = study.metastable, study.data.unit
    lines = [f"Structures of the metastable states of {study.data.name}.", "",
             f"Model: {study.result('kinetics').title} at a lag time of {unit.say(study.lagtime)}.",
             f"Up to {per_state} frames of each state, drawn without replacement by stationary weight, seed {study.recipe.seed},",
             "superposed onto the first of each file. The .csv file beside each names the original file, frame and time of every structure.", ""]
    for k in range(coarse.n_states):
        lines.append(f"state {k + 1}: population {100 * coarse.populations[k]:.2f} % (95 %: {100 * coarse.lower[k]:.2f} to {100 * coarse.upper[k]:.2f} %)")
    return "\n".join(lines) + "\n"


def _write_table(target: Path, data: Dataset, pairs: np.ndarray, columns: dict[str, Sequence[Any]]) -> None:
    names = [c for c in COLUMNS if c in columns or c not in ("state", "microstate", "weight")] + [c for c in columns if c not in COLUMNS]
    with target.open("w", newline="", encoding="utf-8", errors="backslashreplace") as file:
        table = csv.writer(file)
        table.writerow(names)
        for row, (trajectory, frame) in enumerate(pairs):
            origin, number, time = data.origin(int(trajectory), int(frame))
            cells = {"structure": row, "trajectory": trajectory, "frame": frame, "file": origin, "frame_in_file": number,
                     "time_ns": "" if time is None else f"{time:.9g}", **{name: values[row] for name, values in columns.items()}}
            table.writerow([cells[name] for name in names])
