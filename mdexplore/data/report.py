"""What was found about the data: for each file the frames kept and lost, the time step and what is odd, and notices for the user."""
from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import PurePath
from typing import Any

from mdexplore.base.errors import printable
from mdexplore.base.notices import Level, Mend, Notice
from mdexplore.base.plain import storable
from mdexplore.base.units import say_ns
from mdexplore.base.words import count_of

_MOST_LINES = 200
_KEEP = 'Load with on_damage="keep-good" to use the frames before the first of them, or write the file again.'
_TIMES = "Check whether files were joined or frames lost; lag times assume evenly spaced frames."

# What a finding of each kind means for the user: the level of its notice, and what to do.
MEANING: dict[str, tuple[Level, str]] = {
    "unreadable": ("error", _KEEP),
    "not-numbers": ("error", _KEEP),
    "zero": ("error", _KEEP),
    "far": ("error", _KEEP),
    "duplicate": ("warning", "Leave one out, or its frames count double."),
    "overlap": ("warning", _TIMES),
    "doubled-times": ("warning", _TIMES),
    "gap": ("warning", _TIMES),
    "uneven-times": ("warning", _TIMES),
    "odd-times": ("warning", _TIMES),
    "odd-text": ("warning", "The file may be damaged: look at that line, or write the file again."),
    "no-end": ("info", "Check that its last model is the last that was written."),
    "misfit": ("warning", "Give the topology of exactly these atoms in the order in which they were written."),
    "torn": ("warning", "Look at that frame: it may be damaged, or two files were joined there."),
    "jump": ("warning", "Look at that frame: it may be damaged, or two files were joined there."),
    "frozen": ("warning", "Check whether frames were written twice; repeated frames look like slow motion."),
    "coincident": ("warning", "Look at that frame: atoms cannot lie on one point, and angles there have no meaning."),
    "broken": ("warning", "Load with make_whole=True, or distances across the box are wrong."),
    "small-box": ("warning", "Check the unit cell; a molecule that reaches its own image gives wrong periodic distances."),
    "half-cell": ("warning", "Check the unit cell in the file; periodic distances would use it."),
    "cell": ("warning", "Check the unit cell in the file; periodic distances use it."),
}

# What mends it, where one change does: as `Session.configure` takes it.
MENDS = {"broken": Mend("Make molecules whole", "data", (("make_whole", True),))}


@storable
@dataclass(frozen=True)
class Finding:
    """Something odd in one trajectory.

    Parameters
    ----------
    kind : str
        One of `MEANING`.
    text : str
        A sentence without its subject: ``"has gaps in time in 3 places, the first after frame 49"``.
    n : int
        How many frames or places.
    first : int
        The first frame it is about, counted in the file.
    """

    kind: str
    text: str
    n: int = 1
    first: int = 0


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
    lost : str
        What is lost after the sound frames: ``"about 40 frames after frame 59"``; empty where nothing is.
    findings : tuple of Finding
    stride : int
        The data set keeps one frame in so many; the text says the time between kept ones.
    """

    file: str
    format: str
    n_frames: int
    n_kept: int
    damage: str = ""
    timestep_ns: float | None = None
    first_ns: float | None = None
    last_ns: float | None = None
    lost: str = ""
    findings: tuple[Finding, ...] = ()
    stride: int = 1

    def __str__(self) -> str:
        parts = [f"{PurePath(self.file).name}: {count_of(self.n_kept, 'frame')}"]
        if self.n_kept != self.n_frames:
            parts[0] += f" of {self.n_frames}"
        if self.timestep_ns is not None:
            parts.append(f"one every {say_ns(self.timestep_ns * self.stride)}")
        if self.first_ns is not None and self.last_ns is not None and self.timestep_ns is not None:
            parts.append(f"from {say_ns(self.first_ns)} to {say_ns(self.last_ns)}")
        parts += [text for text in (f"damaged: {self.damage}" if self.damage else "", f"lost: {self.lost}" if self.lost else "") if text]
        return printable(", ".join([*parts, self.format, *(f.text for f in self.findings)]))


@storable
@dataclass(frozen=True, repr=False)
class LoadReport:
    """Everything that loading has to say.

    Parameters
    ----------
    files : tuple of FileReport
        One for each trajectory, and for each file that was left out.
    notices : tuple of Notice
    is_examined : bool
        Whether every frame has been looked at (`Dataset.examine`), and not headers, times and a few frames alone.
    """

    files: tuple[FileReport, ...] = ()
    notices: tuple[Notice, ...] = field(default=())
    is_examined: bool = False

    def to_json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_json(cls, spec: dict[str, Any]) -> LoadReport:
        files = tuple(FileReport(**{**f, "findings": tuple(Finding(**g) for g in f.get("findings", ()))}) for f in spec["files"])
        return cls(files, tuple(Notice(**{**n, "mend": _mend(n.get("mend"))}) for n in spec["notices"]), bool(spec.get("is_examined", False)))

    def with_findings(self, findings: Sequence[Sequence[Finding]], *, is_examined: bool) -> LoadReport:
        """The report with other findings of its first files, and notices to match."""
        others = self._other_notices()
        files = tuple(replace(f, findings=tuple(found)) for f, found in zip(self.files, findings)) + self.files[len(findings):]
        return LoadReport(files, (*others, *notices_of(files)), is_examined)

    def _other_notices(self) -> list[Notice]:
        """Notices that do not come from findings."""
        derived = {n.text for n in notices_of(self.files)}   # a command may have put what to do into words of its own
        return [n for n in self.notices if n.text not in derived]

    def __str__(self) -> str:
        lines = [str(f) for f in self.files]
        if len(lines) > _MOST_LINES:
            odd = [str(f) for f in self.files if f.damage or f.findings][:_MOST_LINES]
            lines = [*odd, count_of(len(lines) - len(odd), "more trajectory", "more trajectories")]
        return "\n".join([*lines, *(str(n) for n in self._other_notices())])

    def __repr__(self) -> str:
        n_kept, n_damaged = sum(f.n_kept for f in self.files), sum(bool(f.damage) for f in self.files)
        told = [count_of(len(self.files), "trajectory", "trajectories"), f"{count_of(n_kept, 'frame')} kept", f"{n_damaged} damaged", count_of(len(self.notices), "notice")]
        return f"<LoadReport: {', '.join(told)}; {'every frame' if self.is_examined else 'headers, times and some frames'} looked at; print it for the files>"


def _mend(spec: dict[str, Any] | None) -> Mend | None:
    return None if spec is None else Mend(spec["label"], spec["slot"], tuple((name, value) for name, value in spec["settings"]))


def notices_of(files: Sequence[FileReport]) -> list[Notice]:
    """One notice for each kind of finding: the first file's, and how many others are alike."""
    made = []
    for kind, (level, hint) in MEANING.items():
        found = [(PurePath(f.file).name, finding) for f in files for finding in f.findings if finding.kind == kind]
        if found:
            name, finding = found[0]
            others = len({file for file, _ in found}) - 1
            more = f" ({count_of(others, 'other file')} alike)" if others else ""
            made.append(Notice(level, f"{name} {finding.text}{more}.", hint, name, MENDS.get(kind)))
    return made
