"""From paths and trajectories in memory to tracks with one topology, atom counts checked, damage reported."""
from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from mdexplore.base.errors import UserError, printable
from mdexplore.base.notices import Notice
from mdexplore.data import text_files, topology_files
from mdexplore.data.dataset import Dataset
from mdexplore.data.foreign import from_mdanalysis, from_mdtraj
from mdexplore.data.formats.common import Damage, Scan
from mdexplore.data.readers import BINARY, Track, file_key, identify, scan_file, unreadable
from mdexplore.data.sanity import first_bad_frame
from mdexplore.data.sources import kind_of

if TYPE_CHECKING:
    import mdtraj as md


@dataclass(frozen=True, eq=False)
class Found:
    """Tracks, their topology, and what there is to say about them."""

    tracks: list[Track]
    topology: md.Topology
    notices: tuple[Notice, ...] = ()


def find(items: list[Any], top: Any, on_damage: str) -> Found:
    """Tracks and topology of paths or trajectories in memory.

    Raises
    ------
    UserError
        If something is no trajectory, is damaged (with ``on_damage="stop"``), or does not fit the topology.
    """
    kinds = {kind_of(item) for item in items}
    if len(kinds) > 1:
        raise UserError("Different kinds of data are mixed.", f"The list holds {', '.join(sorted(kinds))}.", "Give files, or objects in memory, not both.")
    if kinds == {"path"}:
        return _from_files(items, top, on_damage)
    convert = from_mdtraj if kinds == {"mdtraj"} else from_mdanalysis
    given = None if top is None else topology_files.topology_of(top)
    converted = [convert(item, i) for i, item in enumerate(items)]
    tracks = [track for track, _ in converted]
    topology = given or converted[0][1]
    _check_atoms(tracks, topology, "the topology" if given is not None else "the first trajectory")
    return Found(tracks, topology)


def _from_files(paths: list[Path], top: Any, on_damage: str) -> Found:
    forms = [_trajectory_form(path) for path in paths]
    # Scanned before anything else opens them: a damaged HDF5 file can kill the reader of its topology.
    scans = [_guarded(path, scan_file, form) if form in BINARY else None for path, form in zip(paths, forms)]
    tracks, notices = [], list(_twice(paths))
    for path, scan in zip(paths, scans):
        if scan is not None and scan.damage is not None:
            notices.append(_damaged(path, scan.damage, on_damage))
    if all(scan is not None and not scan.n_frames for scan in scans):
        raise UserError("No sound frame is left.", f"{paths[0].name} and all others are damaged from their first frame.", "Copy the files again.")
    sound = [k for k, scan in enumerate(scans) if scan is None or scan.n_frames]
    topology, name = topology_files.choose([paths[k] for k in sound], [forms[k] for k in sound], top)
    for k in sound:
        scan = scans[k] or _guarded(paths[k], text_files.convert, forms[k], topology)
        tracks.append(Track(paths[k].name, str(paths[k]), scan, file_key(paths[k], scan)))
    _check_atoms(tracks, topology, name)
    return Found(tracks, topology, tuple(notices))


def _guarded(path: Path, work: Callable[..., Scan], *args: Any) -> Scan:
    try:
        return work(path, *args)
    except UserError:
        raise
    except Exception as error:   # decoders of other packages raise whatever they like
        raise unreadable(path, error) from error


def _trajectory_form(path: Path) -> str:
    form, instead = identify(path)
    if form in ("npy", "npz", "colvar"):
        raise UserError(f"{path} holds features, not structures.", "It stands in a list with trajectories.", "Give it as features=.")
    if not form:
        raise UserError(f"{path} is not a trajectory.", f"It is {instead}.", "Give a file of a format that mdtraj reads, such as XTC, TRR, DCD, NetCDF, HDF5, PDB or GRO.")
    return form


def _twice(paths: Sequence[Path]) -> list[Notice]:
    return [Notice("warning", f"{path} is there twice.", "Leave one out, or its frames count double.", path.name)
            for i, path in enumerate(paths) if path in paths[:i]]


def _damaged(path: Path, damage: Damage, on_damage: str) -> Notice:
    """The notice of damage whose sound frames are kept; an error where damage stops."""
    where = f"after {damage.frame} sound frame{'' if damage.frame == 1 else 's'}, at byte {damage.byte}: {damage.text}"
    if on_damage == "stop":
        raise UserError(f"{path} is damaged.", f"{where[0].upper()}{where[1:]}.",
                        'Copy the file again or wait until it is written, or load with on_damage="keep-good" to use the sound frames.')
    return Notice("warning", f"{path.name} is damaged {where}. {'Its sound frames are used.' if damage.frame else 'It is left out.'}", "Copy the file again.", path.name)


def _check_atoms(tracks: Sequence[Track], topology: md.Topology, name: str) -> None:
    for track in tracks:
        if track.scan.n_atoms != topology.n_atoms:
            raise UserError("The trajectory and the topology do not go together.",
                            f"{track.name} has {track.scan.n_atoms} atoms, {name} has {topology.n_atoms}.",
                            "Give the topology of exactly the atoms that were written, in the same order.")


def choose_atoms(topology: md.Topology, atoms: str | Sequence[int] | None) -> np.ndarray | None:
    """Indices of the atoms to keep, increasing; None for all.

    Raises
    ------
    UserError
        If the selection cannot be understood or finds nothing, or an index does not exist.
    """
    if atoms is None:
        return None
    if isinstance(atoms, str):
        try:
            chosen = np.asarray(topology.select(atoms))
        except Exception as error:   # mdtraj's parser raises many kinds
            raise UserError(f"The atom selection {atoms!r} is not understood.", " ".join(printable(error).split())[:200],
                            'Write it as mdtraj does, such as "protein", "name CA" or "resid 0 to 9 and not element H".') from error
    else:
        chosen = np.asarray(atoms)
        if chosen.ndim != 1 or (len(chosen) and chosen.dtype.kind not in "iu"):
            raise UserError("The atoms are not clear.", "They are neither a selection nor a list of whole numbers.", 'Give for example atoms="name CA".')
        wrong = chosen[(chosen < 0) | (chosen >= topology.n_atoms)] if len(chosen) else chosen
        if len(wrong):
            raise UserError(f"There is no atom {wrong[0]}.", f"The topology has {topology.n_atoms} atoms, numbered from 0.", f"Choose from 0 to {topology.n_atoms - 1}.")
    if not len(chosen):
        raise UserError("No atom is left.", f"The selection {atoms!r} finds none of {topology.n_atoms} atoms.", "Choose other atoms.")
    chosen = np.unique(chosen).astype(np.int64)
    return None if len(chosen) == topology.n_atoms else chosen


def cut_bad_frames(tracks: Sequence[Track], topology: md.Topology) -> tuple[list[Track], list[Notice]]:
    """Tracks that end before the first frame whose coordinates cannot be; decodes everything once."""
    kept, notices = [], []
    for track in tracks:
        damage = _first_damage(Dataset([track], topology))
        if damage is None:
            kept.append(track)
            continue
        notices.append(_damaged(Path(track.file or track.name), damage, "keep-good"))
        if damage.frame:
            kept.append(_shorter(track, damage))
    if not kept:
        raise UserError("No sound frame is left.", "Every file is damaged from its first frame.", "Copy the files again.")
    return kept, notices


def _first_damage(data: Dataset) -> Damage | None:
    offsets = data._tracks[0].scan.offsets
    done = 0
    try:
        for start, block in data._blocks(0, None):
            bad = first_bad_frame(block.xyz)
            if bad is not None:
                frame = start + bad[0]
                return Damage(frame, 0 if offsets is None else int(offsets[frame]), f"{bad[1][0].lower()}{bad[1][1:]}")
            done = start + len(block.xyz)
    except UserError:
        return _first_undecodable(data, done)
    return None


def _first_undecodable(data: Dataset, start: int) -> Damage:
    """The frame at which the decoder gives up, at or after a frame."""
    offsets = data._tracks[0].scan.offsets
    frame = start
    try:
        while frame < data.lengths[0]:
            data.coordinates(0, frame)
            frame += 1
    except UserError:
        pass
    return Damage(frame, 0 if offsets is None or frame >= len(offsets) else int(offsets[frame]), "the frame cannot be decoded")


def _shorter(track: Track, damage: Damage) -> Track:
    scan: Scan = track.scan
    n = damage.frame
    cut = replace(scan, n_frames=n, offsets=None if scan.offsets is None else scan.offsets[:n],
                  times_ps=None if scan.times_ps is None else scan.times_ps[:n], damage=damage,
                  layout={**scan.layout, "end": damage.byte} if "end" in scan.layout else scan.layout)
    return replace(track, scan=cut, key=f"{track.key}-{n}")
