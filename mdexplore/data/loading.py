"""load(): whatever holds trajectories -> a Dataset, checked at the door; every failure is a UserError."""
from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from mdexplore.base.errors import UserError, printable
from mdexplore.base.notices import Notice
from mdexplore.data import feature_files, structures
from mdexplore.data.clock import Clock, agree, read_clock
from mdexplore.data.dataset import Dataset
from mdexplore.data.given import Given
from mdexplore.data.readers import Track
from mdexplore.data.report import FileReport, LoadReport
from mdexplore.data.sources import common_name, expand

if TYPE_CHECKING:
    import mdtraj as md

OnDamage = Literal["stop", "keep-good"]


def load(source: Any, top: Any = None, stride: int = 1, atoms: str | Sequence[int] | None = None, timestep_ns: float | None = None,
         on_damage: OnDamage = "stop", *, features: Any = None) -> Dataset:
    """Open trajectories.

    Files are scanned, not read: frames are decoded when they are asked for. Trajectories are never joined.

    Parameters
    ----------
    source : path, glob, mdtraj.Trajectory, MDAnalysis Universe or AtomGroup, 2-D array, a list of these, or Dataset
        Trajectory files of any format of mdtraj; feature arrays (one row a frame) or feature files (.npy, .npz, PLUMED COLVAR) without structures.
        Globs are sorted as people count: run2 before run10. A Dataset comes back as it is.
    top : path, mdtraj.Topology or mdtraj.Trajectory, optional
        Topology, for formats that hold none.
    stride : int
        Keep every stride-th frame.
    atoms : str or sequence of int, optional
        Atoms to keep: an mdtraj selection or indices.
    timestep_ns : float, optional
        Nanoseconds from frame to frame in the files (before stride), where they do not say it or say it wrongly.
    on_damage : {"stop", "keep-good"}
        Whether a damaged file is an error, or its sound frames before the damage are used, with a notice. "keep-good" decodes everything once.
    features : path, glob, 2-D array, or a list of these, optional
        Features that go with the structures frame by frame, one for each trajectory.

    Returns
    -------
    Dataset

    Raises
    ------
    UserError
        Whenever something cannot be loaded.
    """
    if isinstance(source, Dataset):
        return source
    _check_options(stride, timestep_ns, on_damage)
    try:
        return _load(source, top, int(stride), atoms, timestep_ns, on_damage, features)
    except UserError:
        raise
    except PermissionError as error:
        raise UserError(f"{error.filename or 'A file'} may not be read.", "Its permissions do not allow it.", "Ask its owner, or copy it to a place of your own.") from error
    except (OSError, MemoryError, ValueError, RuntimeError) as error:
        raise UserError("The data could not be loaded.", printable(str(error) or type(error).__name__)[:300], "Check the files with the program that wrote them.") from error


def _check_options(stride: Any, timestep_ns: Any, on_damage: Any) -> None:
    if isinstance(stride, bool) or not isinstance(stride, (int, np.integer)) or stride < 1:
        raise UserError(f"A stride of {stride!r} cannot be used.", "Every stride-th frame is kept.", "Give a whole number of at least 1.")
    if timestep_ns is not None and not (isinstance(timestep_ns, (int, float, np.number)) and not isinstance(timestep_ns, bool)
                                        and np.isfinite(timestep_ns) and timestep_ns > 0):
        raise UserError(f"A time step of {timestep_ns!r} ns cannot be used.", do="Give a number above 0, in nanoseconds.")
    if on_damage not in ("stop", "keep-good"):
        raise UserError(f"on_damage={on_damage!r} is unknown.", do='Choose "stop" or "keep-good".')


def _load(source: Any, top: Any, stride: int, atoms: Any, timestep_ns: float | None, on_damage: str, extra: Any) -> Dataset:
    items = expand(source)
    if feature_files.are_features(items):
        if extra is not None:
            raise UserError("Features are given twice.", "The source holds no structures, and features= is there too.", "Give them in one place.")
        if top is not None or atoms is not None:
            raise UserError("Features have no atoms.", "The source holds arrays of features, so top= and atoms= have no meaning.", "Leave them out.")
        given, clock = feature_files.read(items)
        return _finish([], None, None, stride, timestep_ns, given, [], [clock] * len(given.arrays))
    found = structures.find(items, top, on_damage)
    chosen = structures.choose_atoms(found.topology, atoms)
    beside = feature_files.read(expand(extra))[0] if extra is not None else None
    tracks, notices = found.tracks, list(found.notices)
    if on_damage == "keep-good":
        tracks, more = structures.cut_bad_frames(tracks, found.topology)
        notices += more
    if beside is not None:
        _check_lengths(tracks, beside)
    return _finish(tracks, found.topology, chosen, stride, timestep_ns, beside, notices, [read_clock(t.scan.times_ps) for t in tracks])


def _check_lengths(tracks: list[Track], given: Given) -> None:
    if len(tracks) != len(given.arrays):
        raise UserError("The features do not go with the trajectories.", f"There are {len(tracks)} trajectories and {len(given.arrays)} arrays of features.",
                        "Give one array for each trajectory, in the same order.")
    for track, array, label in zip(tracks, given.arrays, given.labels):
        if track.scan.n_frames != len(array):
            raise UserError("The features do not go with the trajectories frame by frame.", f"{track.name} has {track.scan.n_frames} frames, {label} has {len(array)} rows.",
                            "Write features for every frame of the file, before any stride.")


def _finish(tracks: list[Track], topology: md.Topology | None, atoms: np.ndarray | None, stride: int, given_ns: float | None, given: Given | None,
            notices: list[Notice], clocks: list[Clock]) -> Dataset:
    names = [t.name for t in tracks] or list(given.labels if given else ())
    n_raw = [t.scan.n_frames for t in tracks] or [len(a) for a in (given.arrays if given else ())]
    notices = notices + _check_frames(names, n_raw, stride)
    timestep_ns, more = agree(clocks, names, given_ns)
    notices += more
    own_times = given_ns is None and all(c.timestep_ns is not None for c in clocks)
    reports = [FileReport(t.file or t.name, t.scan.layout.get("origin", t.scan.format), n, -(-n // stride), t.scan.damage.text if t.scan.damage else "",
                          c.timestep_ns, *_ends_ns(t.scan.times_ps)) for t, n, c in zip(tracks, n_raw, clocks)]
    reports += [FileReport(label, "features", n, -(-n // stride)) for label, n in zip(names, n_raw) if not tracks]
    if atoms is not None and topology is not None:
        topology = topology.subset(atoms)
    return Dataset(tracks, topology, atoms=atoms, stride=stride, timestep_ns=None if timestep_ns is None else timestep_ns * stride, own_times=own_times,
                   given=given, report=LoadReport(tuple(reports), tuple(notices)), name=common_name(names))


def _check_frames(names: list[str], n_raw: list[int], stride: int) -> list[Notice]:
    kept = [-(-n // stride) for n in n_raw]
    if max(kept, default=0) < 2:
        raise UserError("One frame is not a trajectory." if kept else "There are no trajectories.",
                        f"{names[0]} has {n_raw[0]} frame{'' if n_raw[0] == 1 else 's'}{f' and a stride of {stride} keeps {kept[0]}' if stride > 1 else ''}." if kept else "",
                        "Give trajectories with at least two frames" + (", or a smaller stride." if stride > 1 else "."))
    return [Notice("warning", f"{name} has only {n} frame{'' if n == 1 else 's'} and says nothing about motion.", "Leave it out if it is there by mistake.", name)
            for name, n in zip(names, kept) if n < 2]


def _ends_ns(times_ps: np.ndarray | None) -> tuple[float | None, float | None]:
    if times_ps is None or not len(times_ps) or not np.isfinite(times_ps[[0, -1]]).all():
        return None, None
    return float(times_ps[0]) / 1000, float(times_ps[-1]) / 1000
