"""load(): whatever holds trajectories -> a Dataset, checked at the door; every failure is a UserError."""
from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from mdexplore.base.errors import UserError, printable
from mdexplore.base.notices import Notice
from mdexplore.base.units import say_ns
from mdexplore.base.words import count_of
from mdexplore.data import feature_files, structures, wholeness
from mdexplore.data.clock import Clock, agree, read_clock, strides_to_common
from mdexplore.data.dataset import Dataset
from mdexplore.data.examination import look_quickly
from mdexplore.data.given import Given
from mdexplore.data.readers import Track
from mdexplore.data.report import FileReport, Finding, LoadReport
from mdexplore.data.sources import common_name, expand

if TYPE_CHECKING:
    import mdtraj as md

OnDamage = Literal["stop", "keep-good"]


def load(source: Any, top: Any = None, stride: int = 1, atoms: str | Sequence[int] | None = None, timestep_ns: float | None = None,
         on_damage: OnDamage = "stop", *, features: Any = None, resample: bool = False, make_whole: bool = False) -> Dataset:
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
    resample : bool
        Bring trajectories of different time steps to the shortest common one, by using every n-th frame of the finer ones.
    make_whole : bool
        Put molecules that are broken across the periodic box together, in every frame that is read.

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
    if resample and timestep_ns is not None:
        raise UserError("resample= and timestep_ns= do not go together.", "timestep_ns= says that all files have this time step; then there is nothing to resample.", "Leave one of them out.")
    try:
        return _load(source, top, int(stride), atoms, timestep_ns, on_damage, features, resample, make_whole)
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


def _load(source: Any, top: Any, stride: int, atoms: Any, timestep_ns: float | None, on_damage: str, extra: Any, resample: bool, make_whole: bool) -> Dataset:
    items = expand(source)
    if feature_files.are_features(items):
        if extra is not None:
            raise UserError("Features are given twice.", "The source holds no structures, and features= is there too.", "Give them in one place.")
        if top is not None or atoms is not None or make_whole:
            raise UserError("Features have no atoms.", "The source holds arrays of features, so top=, atoms= and make_whole= have no meaning.", "Leave them out.")
        if resample:
            raise UserError("Features cannot be resampled.", "Arrays do not say the time of each frame.", "Resample them where they are made.")
        given, clock = feature_files.read(items)
        return _finish(Parts([], None, None, given, [clock] * len(given.arrays)), stride, timestep_ns)
    found = structures.find(items, top, on_damage)
    chosen = structures.choose_atoms(found.topology, atoms)
    beside = feature_files.read(expand(extra))[0] if extra is not None else None
    tracks, notices, left_out = found.tracks, list(found.notices), found.left_out
    if on_damage == "keep-good":
        tracks, notices = structures.cut_bad_frames(tracks, found.topology, notices)
    if beside is not None:
        _check_lengths(tracks, beside)
    clocks = [read_clock(t.scan.times_ps) for t in tracks]
    whole = wholeness.whole(found.topology, chosen) if make_whole else None
    parts = Parts(tracks, found.topology, chosen, beside, clocks, whole, notices, left_out, found.topology_file)
    return _finish(_resampled(parts) if resample else parts, stride, timestep_ns)


@dataclass(frozen=True, eq=False)
class Parts:
    """What a data set is made of."""

    tracks: list[Track]
    topology: md.Topology | None
    atoms: np.ndarray | None
    given: Given | None
    clocks: list[Clock]
    whole: wholeness.Whole | None = None
    notices: list[Notice] = field(default_factory=list)
    left_out: tuple[FileReport, ...] = ()
    topology_file: str = ""

    @property
    def names(self) -> list[str]:
        return [t.name for t in self.tracks] or list(self.given.labels if self.given else ())

    @property
    def n_raw(self) -> list[int]:
        """Frames of each trajectory before stride."""
        return [t.n_frames for t in self.tracks] or [len(a) for a in (self.given.arrays if self.given else ())]


def _resampled(parts: Parts) -> Parts:
    """Every n-th frame of the finer trajectories, so that all have one time step."""
    every = strides_to_common(parts.clocks, parts.names)
    if max(every) == 1:
        return parts
    tracks = [replace(t, every=n, key=t.key if n == 1 else f"{t.key}/{n}") for t, n in zip(parts.tracks, every)]
    given = parts.given and Given(tuple(a[::n] for a, n in zip(parts.given.arrays, every)), parts.given.names, parts.given.labels, parts.given.origins)
    clocks = [replace(c, timestep_ns=(c.timestep_ns or 0) * n) for c, n in zip(parts.clocks, every)]
    finer = [f"{t.name} every {n}" for t, n in zip(tracks, every) if n > 1]
    more = f" and {len(finer) - 3} more" if len(finer) > 3 else ""
    notice = Notice("info", f"Resampled to one frame every {say_ns(clocks[0].timestep_ns or 0)}: {', '.join(finer[:3])} frames{more}.", "Load the files apart to use all frames.")
    return replace(parts, tracks=tracks, given=given, clocks=clocks, notices=[*parts.notices, notice])


def _check_lengths(tracks: list[Track], given: Given) -> None:
    if len(tracks) != len(given.arrays):
        raise UserError("The features do not go with the trajectories.", f"There {'is' if len(tracks) == 1 else 'are'} {count_of(len(tracks), 'trajectory', 'trajectories')} and {count_of(len(given.arrays), 'array')} of features.",
                        "Give one array for each trajectory, in the same order.")
    for track, array, label in zip(tracks, given.arrays, given.labels):
        if track.scan.n_frames != len(array):
            raise UserError("The features do not go with the trajectories frame by frame.", f"{track.name} has {track.scan.n_frames} frames, {label} has {len(array)} rows.",
                            "Write features for every frame of the file, before any stride.")


def _finish(parts: Parts, stride: int, given_ns: float | None) -> Dataset:
    tracks, names, clocks = parts.tracks, parts.names, parts.clocks
    notices = parts.notices + _check_frames(names, parts.n_raw, stride)
    timestep_ns, more = agree(clocks, names, given_ns)
    own_times = given_ns is None and all(c.timestep_ns is not None for c in clocks)
    topology = parts.topology
    if parts.atoms is not None and topology is not None:
        topology = topology.subset(parts.atoms)
    data = Dataset(tracks, topology, atoms=parts.atoms, stride=stride, timestep_ns=None if timestep_ns is None else timestep_ns * stride, own_times=own_times,
                   given=parts.given, whole=parts.whole, name=common_name(names), topology_file=parts.topology_file)
    twins = _duplicates(parts)
    looks = look_quickly(data) if tracks else [()] * len(names)
    if parts.whole is not None and tracks and data.frame(0, 0).unitcell_lengths is None:
        raise UserError("Molecules cannot be made whole.", f"{names[0]} has no unit cell.", "Load without make_whole=True.")
    scans = [t.scan.findings for t in tracks] or [()] * len(names)
    findings = [(*twin, *clock.oddities, *scan, *(f for f in look if f.kind != "duplicate" or not twin)) for twin, clock, scan, look in zip(twins, clocks, scans, looks)]
    report = LoadReport((*_file_reports(parts, stride), *parts.left_out), (*notices, *more))
    data.report = report.with_findings(findings, is_examined=False)
    return data


def _file_reports(parts: Parts, stride: int) -> list[FileReport]:
    if not parts.tracks:
        return [FileReport(label, "features", n, -(-n // stride)) for label, n in zip(parts.names, parts.n_raw)]
    return [FileReport(t.file or t.name, t.scan.layout.get("origin", t.scan.format), t.scan.n_frames, -(-t.n_frames // stride),
                       t.scan.damage.text if t.scan.damage else "", None if c.timestep_ns is None else c.timestep_ns / t.every, *_ends_ns(t.scan.times_ps),
                       lost=structures.say_lost(t.scan.damage), stride=stride * t.every) for t, c in zip(parts.tracks, parts.clocks)]


def _duplicates(parts: Parts) -> list[list[Finding]]:
    """For each trajectory, whether an earlier one holds the same."""
    seen: dict[Any, int] = {}
    found: list[list[Finding]] = []
    for i in range(len(parts.names)):
        content = parts.tracks[i].content if parts.tracks else feature_files.fingerprint(parts.given.arrays[i])   # type: ignore[union-attr]
        first = seen.setdefault(content, i)
        is_same_file = bool(parts.tracks and parts.tracks[i].file) and parts.tracks[i].file == parts.tracks[first].file
        text = "is there twice" if is_same_file else f"has the same content as {parts.names[first]}"
        found.append([] if first == i else [Finding("duplicate", text)])
    return found


def _check_frames(names: list[str], n_raw: list[int], stride: int) -> list[Notice]:
    kept = [-(-n // stride) for n in n_raw]
    if max(kept, default=0) < 2:
        raise UserError("One frame is not a trajectory." if kept else "There are no trajectories.",
                        f"{names[0]} has {count_of(n_raw[0], 'frame')}{f' and a stride of {stride} keeps {kept[0]}' if stride > 1 else ''}." if kept else "",
                        "Give trajectories with at least two frames" + (", or a smaller stride." if stride > 1 else "."))
    return [Notice("warning", f"{name} has only {count_of(n, 'frame')} and says nothing about motion.", "Leave it out if it is there by mistake.", name)
            for name, n in zip(names, kept) if n < 2]


def _ends_ns(times_ps: np.ndarray | None) -> tuple[float | None, float | None]:
    if times_ps is None or not len(times_ps) or not np.isfinite(times_ps[[0, -1]]).all():
        return None, None
    return float(times_ps[0]) / 1000, float(times_ps[-1]) / 1000
