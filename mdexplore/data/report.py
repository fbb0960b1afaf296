"""What loading found: for each file the frames kept and lost and the time step, and notices for the user."""
from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from mdexplore.base.notices import Notice
from mdexplore.base.plain import storable


@storable
@dataclass(frozen=True)
class FileReport:
    """One trajectory as it was found.

    Parameters
    ----------
    file : str
        Path, or a name for data given in memory.
    format : str
        What the file really is, such as ``"xtc"``.
    n_frames : int
        Sound frames in the file, before stride.
    n_kept : int
        Frames in the data set, after stride.
    damage : str
        What is wrong after the sound frames; empty where nothing is.
    timestep_ns : float or None
        As the file says it, before stride.
    first_ns, last_ns : float or None
        Time of the first and last sound frame as the file says it.
    """

    file: str
    format: str
    n_frames: int
    n_kept: int
    damage: str = ""
    timestep_ns: float | None = None
    first_ns: float | None = None
    last_ns: float | None = None


@storable
@dataclass(frozen=True)
class LoadReport:
    """Everything that loading has to say.

    Parameters
    ----------
    files : tuple of FileReport
    notices : tuple of Notice
    """

    files: tuple[FileReport, ...] = ()
    notices: tuple[Notice, ...] = ()

    def to_json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_json(cls, spec: dict[str, Any]) -> LoadReport:
        return cls(tuple(FileReport(**f) for f in spec["files"]), tuple(Notice(**n) for n in spec["notices"]))

    def __str__(self) -> str:
        lines = [f"{f.file}: {f.n_kept} frames ({f.format}){'; ' + f.damage if f.damage else ''}" for f in self.files]
        return "\n".join([*lines, *(str(n) for n in self.notices)])
