"""Coordinates that do not come from a binary trajectory file: put into the cache once, then read like any other.

Text formats, mdtraj trajectories and MDAnalysis Universes end here. What a user changes in memory afterwards does not reach the data set.
"""
from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from mdexplore.base.errors import UserError
from mdexplore.base.store import Entry, Store, array_key, content_key
from mdexplore.base.words import count_of
from mdexplore.data.formats.common import Block, Damage, Scan
from mdexplore.data.formats.pdb_models import PDBWalk, unit_cell
from mdexplore.data.report import Finding

if TYPE_CHECKING:
    import mdtraj as md

_COPY = 4096   # frames


class StoredReader:
    """Frames of a cache entry, as memory maps."""

    def __init__(self, path: Path, scan: Scan) -> None:
        entry = Store().load(scan.layout["entry"])
        if entry is None:
            raise UserError(f"The converted frames of {path} are not in the cache any more.", "The cache has been emptied.", "Load the data again.")
        self._xyz, self._lengths, self._angles = entry["xyz"], entry["lengths"], entry["angles"]

    def read(self, start: int, count: int, stride: int = 1, atoms: np.ndarray | None = None) -> Block:
        rows = slice(start, start + count * stride, stride)
        xyz = self._xyz[rows] if atoms is None else self._xyz[rows][:, atoms]
        cell = (None, None) if self._lengths is None else (np.array(self._lengths[rows]), np.array(self._angles[rows]))
        return Block(np.array(xyz), *cell)

    def close(self) -> None:
        self._xyz = self._lengths = self._angles = None


def trajectory_key(trajectory: md.Trajectory) -> str:
    """A content key of coordinates, cell and times in memory."""
    cell = None if trajectory.unitcell_lengths is None else [array_key(trajectory.unitcell_lengths), array_key(trajectory.unitcell_angles)]
    return content_key("memory", array_key(trajectory.xyz), array_key(trajectory.time), cell)


def keep(key: str, make: Callable[[], md.Trajectory], form: str, with_times: bool) -> Scan:
    """The scan of coordinates in the cache, made and written on the first call.

    Parameters
    ----------
    key : str
        Content key of the origin.
    make : callable
        Gives the whole trajectory.
    form : str
        Where it came from, such as ``"pdb"``.
    with_times : bool
        Whether its times mean anything.
    """
    entry = content_key("frames", 1, key)
    known = Store().load(entry)
    if known is None:
        known = Store().save(entry, contents(make(), with_times))
    return scan_of(entry, known, form)


class NotSimple(Exception):
    """The models of a PDB file do not simply hold the atoms of its topology."""


def keep_models(key: str, path: Path, form: str, n_atoms: int) -> Scan:
    """The scan of a PDB file's models in the cache, written there model by model on the first call.

    Raises
    ------
    NotSimple
        If the first model has not `n_atoms` atoms, as where atoms have alternate positions.
    """
    entry = content_key("models", 2, key)
    if Store().load(entry) is None:
        with Store().writing(entry) as making:
            making.value = _models_into(making, path, n_atoms)
    known = Store().load(entry)
    if known is None:
        raise UserError(f"The frames of {path} could not be kept in the cache.", f"{Store().root} loses what is written to it.", "Set MDEXPLORE_CACHE to another folder.")
    return scan_of(entry, known, form)


def _models_into(making: Entry, path: Path, n_atoms: int) -> dict[str, Any]:
    walk = PDBWalk(path, n_atoms)
    growing, n_frames = making.folder / "growing", 0   # how many there will be is known at the end
    with open(growing, "wb") as file:
        for xyz in walk.models():
            if len(xyz) != n_atoms:
                raise NotSimple
            xyz.tofile(file)
            n_frames += 1
    if not n_frames:
        raise NotSimple
    kept = making.array((n_frames, n_atoms, 3))
    frames = np.memmap(growing, np.float32, "r", shape=kept.shape)
    for first in range(0, n_frames, _COPY):
        kept[first:first + _COPY] = frames[first:first + _COPY]
    growing.unlink()
    cell = unit_cell(path)
    lengths, angles = (None, None) if cell is None else (np.tile(part, (n_frames, 1)) for part in cell)
    damage = walk.damage and [walk.damage.frame, walk.damage.byte, walk.damage.text, walk.damage.n_lost]
    return {"xyz": kept, "lengths": lengths, "angles": angles, "times_ps": None, "damage": damage, "findings": _oddities(walk)}


def _oddities(walk: PDBWalk) -> list[Finding]:
    found = []
    if walk.n_odd_lines:
        n = walk.n_odd_lines
        found.append(Finding("odd-text", f"has {count_of(n, 'line that is', 'lines that are')} no PDB record or no text, the first line {walk.first_odd_line}", n))
    if walk.skipped_models:
        found.append(Finding("gap", f"lacks {walk.skipped_models} of the models that its MODEL records count", walk.skipped_models))
    if not walk.has_end and walk.damage is None:
        found.append(Finding("no-end", "does not say where it ends: there is no END record"))
    return found


def contents(trajectory: md.Trajectory, with_times: bool) -> dict[str, Any]:
    """Coordinates (nm), cell (nm, degrees) and times (ps) of a trajectory as plain arrays; None for what it lacks."""
    cell = trajectory.unitcell_lengths is not None
    return {"xyz": np.asarray(trajectory.xyz, np.float32), "lengths": np.asarray(trajectory.unitcell_lengths, np.float32) if cell else None,
            "angles": np.asarray(trajectory.unitcell_angles, np.float32) if cell else None,
            "times_ps": np.asarray(trajectory.time, np.float64) if with_times else None}


def scan_of(entry: str, known: dict[str, Any], form: str) -> Scan:
    """The scan of a cache entry."""
    n_frames, n_atoms = known["xyz"].shape[:2]
    damage = known.get("damage") and Damage(*known["damage"])
    return Scan("stored", n_atoms, n_frames, None, known["times_ps"], damage, {"entry": entry, "origin": form}, tuple(known.get("findings", ())))
