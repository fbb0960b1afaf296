"""Dataset: trajectories, their topology and time step; frames by (trajectory, frame), counted after stride."""
from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from mdexplore.base import limits, room
from mdexplore.base.store import content_key
from mdexplore.base.units import TimeUnit
from mdexplore.base.words import count_of
from mdexplore.data import travel
from mdexplore.data.blocks import Blocks
from mdexplore.data.formats.common import Block, join
from mdexplore.data.frames import FrameIndex
from mdexplore.data.given import Given
from mdexplore.data.readers import Track
from mdexplore.data.report import LoadReport
from mdexplore.data.wholeness import Whole

if TYPE_CHECKING:
    import mdtraj as md


class Dataset:
    """Trajectories that belong together; made by `mdexplore.load` and `mdexplore.example`.

    Every (trajectory, frame) counts from 0 and after stride. Nothing is read whole: `chunks` streams, single frames come through files kept open.

    Attributes
    ----------
    n_trajectories, n_frames : int
    lengths : tuple of int
        Frames of each trajectory.
    n_atoms : int or None
        Atoms kept; None without structures.
    timestep_ns : float or None
        Nanoseconds from frame to frame (stride included); None where nobody has said.
    unit : TimeUnit
    topology : mdtraj.Topology or None
        Of the atoms kept.
    report : LoadReport
        What was found, file by file, and notices.
    index : FrameIndex
    blocks : Blocks
        The same frames as decoded arrays, for code that needs no mdtraj objects.
    topology_file : str
        Where the topology was read from; empty where it was given in memory.
    key, key_as_stored : str
        Content key, equal for equal data; and that of the same frames with molecules as the files have them.
    name : str
        Short title.
    names : tuple of str
        Name of each trajectory.
    stride : int
    is_made_whole : bool
        Whether molecules broken across the box are put together in every frame that is handed out.
    tracks : tuple of Track
        The trajectories as they lie on disk, before stride; empty without structures.
    given : tuple of ndarray, shape (n_frames_i, d), or None
        Feature arrays that came instead of structures or along with them.
    source_arrays : mdexplore.data.given.Given or None
        The same before stride, with where each came from.
    given_names : tuple of str
        Their columns.
    exact : object or None
        Exact answers, for the model systems of `mdexplore.example`.
    """

    def __init__(self, tracks: Sequence[Track], topology: md.Topology | None, *, atoms: np.ndarray | None = None, stride: int = 1,
                 timestep_ns: float | None = None, own_times: bool = False, given: Given | None = None, report: LoadReport | None = None,
                 whole: Whole | None = None, name: str = "", exact: Any = None, topology_file: str = "") -> None:
        self.tracks, self._atoms, self._own_times, self.source_arrays, self._whole = tuple(tracks), atoms, own_times, given, whole
        self.topology, self.stride, self.timestep_ns, self.exact = topology, stride, timestep_ns, exact
        self.report, self.name, self.topology_file = report or LoadReport(), name, topology_file
        self.unit = TimeUnit(timestep_ns)
        raw = [t.n_frames for t in tracks] if tracks else [len(a) for a in given.arrays] if given else []
        self.index = FrameIndex(tuple(-(-n // stride) for n in raw))
        self.names = tuple(t.name for t in tracks) if tracks else given.labels if given else ()
        self.blocks = Blocks(self.tracks, self.index, stride, atoms, whole)

    @property
    def n_trajectories(self) -> int:
        return self.index.n_trajectories

    @property
    def n_frames(self) -> int:
        return self.index.n_frames

    @property
    def lengths(self) -> tuple[int, ...]:
        return self.index.lengths

    @property
    def has_structures(self) -> bool:
        """Whether there are coordinates, and not feature arrays alone."""
        return bool(self.tracks)

    @property
    def n_atoms(self) -> int | None:
        return None if self.topology is None else self.topology.n_atoms

    @property
    def n_atoms_of_files(self) -> int | None:
        """How many atoms a frame has in the files, kept or not."""
        return self.tracks[0].scan.n_atoms if self.tracks else None

    @property
    def is_made_whole(self) -> bool:
        return self._whole is not None

    @property
    def atoms(self) -> np.ndarray | None:
        """Indices, in the files, of the atoms kept; None where all are."""
        return self._atoms

    @cached_property
    def given(self) -> tuple[np.ndarray, ...] | None:
        return None if self.source_arrays is None else tuple(a[::self.stride] for a in self.source_arrays.arrays)

    @property
    def given_names(self) -> tuple[str, ...]:
        return () if self.source_arrays is None else self.source_arrays.names

    @cached_property
    def key(self) -> str:
        return self._key(self._whole)

    @cached_property
    def key_as_stored(self) -> str:
        return self._key(None)

    def _key(self, whole: Whole | None) -> str:
        atoms = None if self._atoms is None else self._atoms.tolist()
        topology = None if self.topology is None else travel.topology_key(self.topology)
        return content_key("data", 1, [self._trajectory_key(i, whole) for i in range(self.n_trajectories)], topology, atoms, self.stride, self.timestep_ns,
                           self.source_arrays.keys if self.source_arrays and self.tracks else None, *(["whole"] if whole else []))

    def trajectory_key(self, trajectory: int) -> str:
        """Content key of one trajectory as it lies on disk, whatever the stride."""
        self.index.check(trajectory)
        return self._trajectory_key(trajectory, self._whole)

    def _trajectory_key(self, trajectory: int, whole: Whole | None) -> str:
        if self.tracks:
            return self.tracks[trajectory].key + ("-whole" if whole else "")
        return "" if self.source_arrays is None else self.source_arrays.keys[trajectory]

    def frame(self, trajectory: int, frame: int) -> md.Trajectory:
        """One frame with its topology.

        Raises
        ------
        UserError
            If there is no such frame, or there are no structures.
        """
        block = self.blocks.sound(trajectory, frame, 1)
        return self._trajectory(block, self._times_ps(trajectory, [frame]))

    def frames(self, indices: Sequence[Sequence[int]] | np.ndarray) -> md.Trajectory:
        """Frames in the order given.

        Parameters
        ----------
        indices : array_like, shape (n, 2), int
            (trajectory, frame) of each.

        Raises
        ------
        UserError
            If there is no such frame, none is asked for, or there are no structures.
        """
        pairs = self.index.checked(indices)
        limits.check("frames", len(pairs))
        room.check(2 * 12.0 * len(pairs) * (self.n_atoms or 1), count_of(len(pairs), "structure"), "Ask for fewer structures, or for some of their atoms (atoms= of load).")
        order = np.lexsort((pairs[:, 1], pairs[:, 0]))   # a file is walked forwards
        found = {int(i): self.blocks.sound(int(pairs[i, 0]), int(pairs[i, 1]), 1) for i in order}
        times = np.concatenate([self._times_ps(int(t), [int(f)]) for t, f in pairs])
        return self._trajectory(join([found[i] for i in range(len(pairs))]), times)

    def coordinates(self, trajectory: int, frame: int) -> np.ndarray:
        """Positions of one frame in nm; shape (n_atoms, 3), float32."""
        return self.blocks.sound(trajectory, frame, 1).xyz[0]

    def chunks(self, trajectory: int, size: int | None = None) -> Iterator[tuple[int, md.Trajectory]]:
        """A trajectory piece by piece, in bounded memory.

        Parameters
        ----------
        trajectory : int
        size : int, optional
            Frames in a piece; by default what fits into 32 MiB.

        Yields
        ------
        start : int
            Number of the piece's first frame.
        piece : mdtraj.Trajectory

        Raises
        ------
        UserError
            If coordinates are not numbers, all zero or beyond 10 000 nm: damage that no header shows.
        """
        for start, block in self.blocks.pieces(trajectory, size):
            self.blocks.check(trajectory, start, block)
            yield start, self._trajectory(block, self._times_ps(trajectory, range(start, start + len(block.xyz))))

    def times_ns(self, trajectory: int) -> np.ndarray | None:
        """Time of each frame of a trajectory in ns, as its file says it; None where the time step is unknown."""
        self.index.check(trajectory)
        if self.timestep_ns is None:
            return None
        times = self._file_times(trajectory)
        return np.arange(self.lengths[trajectory]) * self.timestep_ns if times is None else times[::self.stride] / 1000

    def origin(self, trajectory: int, frame: int) -> tuple[str, int, float | None]:
        """Where a frame came from: the original file, the frame's number in it, and its time in ns."""
        self.index.check(trajectory, frame)
        file = (self.tracks and self.tracks[trajectory].file) or self.names[trajectory]
        number = frame * self.file_stride(trajectory)
        if self.timestep_ns is None:
            return file, number, None
        times = self._file_times(trajectory)
        return file, number, float(frame * self.timestep_ns if times is None else times[frame * self.stride] / 1000)

    def file_stride(self, trajectory: int) -> int:
        """How many frames of the file lie between two frames of a trajectory."""
        self.index.check(trajectory)
        return self.stride * (self.tracks[trajectory].every if self.tracks else 1)

    def examine(self, progress: Callable[[int, int, str], None] = lambda done, total, text: None) -> LoadReport:
        """Look at every frame once, and take what is found into `report`; a second time it comes from the cache.

        Parameters
        ----------
        progress : callable
            Called as ``progress(done, total, text)``, in frames.

        Returns
        -------
        LoadReport
            With repeated, broken, impossible and jumping frames of each file; damaged frames are told, not raised.
        """
        from mdexplore.data.examination import examine

        self.report = examine(self, progress)
        return self.report

    def check_sources(self) -> None:
        """Make sure that the files are still those that were loaded; cheap, since none is opened.

        Raises
        ------
        UserError
            If a file has gone, or its size or time of change is another.
        """
        for track in self.tracks:
            track.check_source()

    def spec(self) -> dict[str, Any]:
        """A plain dictionary (JSON) from which `from_spec` makes an equal data set in another process."""
        return travel.pack(self)

    @classmethod
    def from_spec(cls, spec: dict[str, Any]) -> Dataset:
        """The data set that `spec` described, without scanning its files again.

        Raises
        ------
        UserError
            If arrays that were given in memory have gone from the cache.
        """
        return cls(**travel.unpack(spec))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Dataset) and self.key == other.key

    def __hash__(self) -> int:
        return hash(self.key)

    def __repr__(self) -> str:
        atoms = "" if self.n_atoms is None else f", {count_of(self.n_atoms, 'atom')}"
        step = "time step unknown" if self.timestep_ns is None else f"{self.unit.say(1)} a frame"
        return f"<Dataset {self.name!r}: {count_of(self.n_trajectories, 'trajectory', 'trajectories')}, {count_of(self.n_frames, 'frame')}{atoms}, {step}>"

    def _file_times(self, trajectory: int) -> np.ndarray | None:
        return self.tracks[trajectory].times_ps if self.tracks and self._own_times else None

    def _times_ps(self, trajectory: int, frames: Sequence[int] | range) -> np.ndarray:
        """Times for mdtraj, in ps; frame numbers where the time step is unknown."""
        numbers = np.asarray(frames)
        times = self._file_times(trajectory)
        if times is not None:
            return times[numbers * self.stride]
        return numbers * (1.0 if self.timestep_ns is None else self.timestep_ns * 1000)

    def _trajectory(self, block: Block, times: np.ndarray) -> md.Trajectory:
        import mdtraj as md

        return md.Trajectory(block.xyz, self.topology, time=times, unitcell_lengths=block.lengths, unitcell_angles=block.angles)
