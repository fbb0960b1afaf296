"""From paths and trajectories in memory to tracks with one topology, atom counts checked, damage reported."""
from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from mdexplore.base import limits
from mdexplore.base.errors import UserError, printable
from mdexplore.base.notices import Mend, Notice
from mdexplore.base.words import count_of
from mdexplore.data import text_files, topology_files
from mdexplore.data.dataset import Dataset
from mdexplore.data.foreign import from_mdanalysis, from_mdtraj
from mdexplore.data.formats.common import Damage, Scan
from mdexplore.data.readers import BINARY, Track, identify, scan_file, track_of, unreadable
from mdexplore.data.report import FileReport
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
    left_out: tuple[FileReport, ...] = ()
    topology_file: str = ""


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
    _check_all(tracks, topology, "the topology" if given is not None else "the first trajectory")
    return Found(tracks, topology, topology_file=topology_files.file_of([], [], top))


def _from_files(paths: list[Path], top: Any, on_damage: str) -> Found:
    forms = [_trajectory_form(path) for path in paths]
    # Scanned before anything else opens them: a damaged HDF5 file can kill the reader of its topology.
    scans = [_guarded(path, scan_file, form) if form in BINARY else None for path, form in zip(paths, forms)]
    tracks, notices = [], []
    for path, scan in zip(paths, scans):
        if scan is not None and scan.damage is not None:
            notices.append(damage_notice(path, scan.damage, on_damage))
    if all(scan is not None and not scan.n_frames and scan.damage is None for scan in scans):
        raise UserError("There are no frames." if len(paths) > 1 else f"{paths[0]} has no frames.", "Nothing was written after the header.", "Give trajectories with at least two frames.")
    if all(scan is not None and not scan.n_frames for scan in scans):
        raise UserError("No sound frame is left.", f"{paths[0].name} and all others are damaged from their first frame.", "Copy the files again.")
    sound = [k for k, scan in enumerate(scans) if scan is None or scan.n_frames]
    topology, name = topology_files.choose([paths[k] for k in sound], [forms[k] for k in sound], top)
    for k in sound:
        scan = scans[k] or _guarded(paths[k], text_files.convert, forms[k], topology)
        if scans[k] is None and scan.damage is not None:
            notices.append(damage_notice(paths[k], scan.damage, on_damage))
        tracks.append(track_of(paths[k], scan))
    _check_all(tracks, topology, name)
    left_out = tuple(FileReport(str(paths[k]), forms[k], 0, 0, scan.damage.text if scan.damage else "it has no frames", lost="all of it")
                     for k, scan in enumerate(scans) if scan is not None and not scan.n_frames)
    odd = topology_files.own_misfit(top, topology)
    return Found(tracks, topology, (*notices, odd) if odd else tuple(notices), left_out, topology_files.file_of([paths[k] for k in sound], [forms[k] for k in sound], top))


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


def damage_notice(path: Path, damage: Damage, on_damage: str) -> Notice:
    """The notice of damage whose sound frames are kept; an error where damage stops."""
    lost = f", {say_lost(damage).partition(' after')[0]} lost" if damage.n_lost else ""
    where = f"after {count_of(damage.frame, 'sound frame')}, at byte {damage.byte}{lost}: {damage.text}"
    if on_damage == "stop":
        raise UserError(f"{path} is damaged.", f"{where[0].upper()}{where[1:]}.",
                        'Copy the file again or wait until it is written, or load with on_damage="keep-good" to use the sound frames.',
                        Mend("Use the sound frames", "load", (("on_damage", "keep-good"),)))
    return Notice("warning", f"{path.name} is damaged {where}. {'Its sound frames are used.' if damage.frame else 'It is left out.'}", "Copy the file again.", path.name)


def say_lost(damage: Damage | None) -> str:
    """What damage costs: ``"about 40 frames after frame 59"``; "" where there is none."""
    if damage is None or not damage.n_lost:
        return ""
    if damage.n_lost == 1:   # what is left of a frame says nothing about those that were to follow
        return f"at least 1 frame after frame {damage.frame - 1}"
    return f"about {damage.n_lost} frames after frame {damage.frame - 1}"


def check_atoms(trajectory: str, n_atoms: int, topology: md.Topology, name: str) -> None:
    """Refuse a trajectory, by its name and its number of atoms, that a topology of that name is not for; raises `UserError`."""
    if n_atoms != topology.n_atoms:
        raise UserError("The trajectory and the topology do not go together.", f"{trajectory} has {n_atoms} atoms, {name} has {topology.n_atoms}.",
                        "Give the topology of exactly the atoms that were written, in the same order.")


def _check_all(tracks: Sequence[Track], topology: md.Topology, name: str) -> None:
    for track in tracks:
        check_atoms(track.name, track.scan.n_atoms, topology, name)


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
        limits.check("text", len(atoms), "A selection")
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


def cut_bad_frames(tracks: Sequence[Track], topology: md.Topology, notices: Sequence[Notice]) -> tuple[list[Track], list[Notice]]:
    """Tracks that end before the first frame whose coordinates cannot be, and the notices to match; decodes everything once."""
    kept, told = [], list(notices)
    for track in tracks:
        damage = _first_damage(Dataset([track], topology))
        if damage is None:
            kept.append(track)
            continue
        behind = track.scan.damage.n_lost if track.scan.damage else 0
        damage = replace(damage, byte=_byte_of(track, damage.frame), n_lost=track.scan.n_frames - damage.frame + behind)
        notice = damage_notice(Path(track.file or track.name), damage, "keep-good")
        told = [n for n in told if n.where != notice.where] + [notice]   # the later damage of the same file is behind this one
        if damage.frame:
            kept.append(_shorter(track, damage))
    if not kept:
        raise UserError("No sound frame is left.", "Every file is damaged from its first frame.", "Copy the files again.")
    return kept, told


def _byte_of(track: Track, frame: int) -> int:
    """Where a frame begins in its file."""
    scan = track.scan
    if scan.offsets is not None:
        return int(scan.offsets[frame])
    size = scan.layout.get("frame", scan.layout.get("record", 0))
    return int(scan.layout.get("first", 0) + frame * size)


def _first_damage(data: Dataset) -> Damage | None:
    done = 0
    try:
        for start, block in data.blocks.pieces(0):
            bad = first_bad_frame(block.xyz)
            if bad is not None:
                return Damage(start + bad[0], 0, f"{bad[1][0].lower()}{bad[1][1:]}")
            done = start + len(block.xyz)
    except UserError:
        return _first_undecodable(data, done)
    return None


def _first_undecodable(data: Dataset, start: int) -> Damage:
    """The frame at which the decoder gives up, or that cannot be, at or after a frame."""
    frame = start
    try:
        while frame < data.lengths[0]:
            data.coordinates(0, frame)
            frame += 1
    except UserError:
        pass
    return Damage(frame, 0, "the frame cannot be decoded")


def _shorter(track: Track, damage: Damage) -> Track:
    scan: Scan = track.scan
    n = damage.frame
    cut = replace(scan, n_frames=n, offsets=None if scan.offsets is None else scan.offsets[:n],
                  times_ps=None if scan.times_ps is None else scan.times_ps[:n], damage=damage,
                  layout={**scan.layout, "end": damage.byte} if "end" in scan.layout else scan.layout)
    return replace(track, scan=cut, key=f"{track.key}-{n}", content=f"{track.content}-{n}")
