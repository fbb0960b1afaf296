"""Looking at every frame of a data set: coordinates, cells, bonds and jumps, in one pass of bounded memory; or at a few frames when it is loaded."""
from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from mdexplore.base.errors import UserError
from mdexplore.base.store import Store, content_key
from mdexplore.data.formats.common import Block, join
from mdexplore.data.geometry import Geometry, nearest_image, same_points
from mdexplore.data.report import Finding, LoadReport
from mdexplore.data.sanity import bad_frames

if TYPE_CHECKING:
    from mdexplore.data.dataset import Dataset

Progress = Callable[[int, int, str], None]

VERSION = 1
CELL_STEP = 0.2        # share by which a cell may change from frame to frame
JUMP_NM = 1.0          # an atom may always move this far from frame to frame,
DRIFT_NM = 0.5         # and all of them together this far;
JUMP_TIMES = 8         # else it is many times the usual that is odd
SAMPLES = 4            # frames of each piece that are looked at closely
_QUICK_ATOMS = 2_000_000
_QUICK_FRAMES = 8

_TEXTS = {
    "not-numbers": "has coordinates that are not numbers",
    "zero": "has only zeros for coordinates",
    "far": "has coordinates beyond 10 000 nm",
    "frozen": "repeats the frame before it",
    "coincident": "has atoms on one point",
    "broken": "has molecules broken across the box",
    "torn": "has bonds longer than 0.5 nm",
    "jump": "moves much farther than usual from one frame to the next",
    "cell": "has a unit cell that is impossible or jumps",
}
_HEADER_KINDS = frozenset({"duplicate", "overlap", "doubled-times", "gap", "uneven-times", "odd-times", "odd-text", "no-end", "half-cell"})


class Watch:
    """Looks at the pieces of one trajectory, in their order.

    Parameters
    ----------
    geometry : Geometry
    stride : int
        Frames of the file for each frame that is seen.
    is_sample : bool
        Whether the pieces are a sample, so that one does not follow the other.
    """

    def __init__(self, geometry: Geometry, stride: int = 1, is_sample: bool = False) -> None:
        self._geometry, self._stride, self._is_sample = geometry, stride, is_sample
        self._odd: dict[str, list[int]] = {}
        self._last: np.ndarray | None = None
        self._last_cell: np.ndarray | None = None
        self._farthest: list[np.ndarray] = []   # each piece: shape (n,), largest move of an atom since the frame before, in nm
        self._together: list[np.ndarray] = []   # and root mean square over atoms
        self._with_cell = self._without_cell = 0
        self._misfit = self._small = ""
        self._small_at = self._seen = 0
        self.unreadable: Finding | None = None

    def take(self, at: np.ndarray, block: Block) -> None:
        """Look at frames; `at`, shape (n,), says which of the trajectory they are."""
        bad = bad_frames(block.xyz)
        for kind, frames in bad.items():
            self._note(kind, at[frames])
        sound = ~np.logical_or.reduce(list(bad.values()))
        if not self._seen and len(sound) and sound[0]:
            self._misfit = self._geometry.misfit(block)
        for kind, frames in self._geometry.look(block).items():
            if kind != "torn" or not self._misfit:
                self._note(kind, at[frames & sound])
        self._closely(at, block, sound)
        if not self._is_sample:
            self._moves(at, block, sound)
        self._cell(at, block)
        self._seen += len(block.xyz)

    def _note(self, kind: str, frames: np.ndarray) -> None:
        if len(frames):
            self._odd.setdefault(kind, []).extend(frames.tolist())

    def _closely(self, at: np.ndarray, block: Block, sound: np.ndarray) -> None:
        """What costs more, in a few frames."""
        rows = np.unique(np.linspace(0, len(block.xyz) - 1, SAMPLES).astype(int))
        rows = rows[sound[rows]]
        few = Block(block.xyz[rows], *(None if part is None else part[rows] for part in (block.lengths, block.angles)))
        self._note("coincident", at[rows][same_points(few.xyz)])
        small, text = self._geometry.beyond_box(few)
        real = small & ~np.isin(at[rows], self._odd.get("broken", ()))   # a broken molecule is as long as its box
        if real.any() and not self._small:
            self._small, self._small_at = text, int(at[rows][real.argmax()])

    def _moves(self, at: np.ndarray, block: Block, sound: np.ndarray) -> None:
        xyz = block.xyz if self._last is None else np.concatenate([self._last[None], block.xyz])
        self._last = block.xyz[-1].copy()
        if len(xyz) < 2:
            return
        with np.errstate(all="ignore"):
            moves = np.diff(xyz, axis=0)
            squares = np.einsum("fax,fax->fa", moves, moves)
            farthest, together = np.sqrt(squares.max(axis=1)), np.sqrt(squares.mean(axis=1))
        self._note("frozen", at[-len(farthest):][(farthest == 0) & sound[-len(farthest):]])
        if block.lengths is not None and block.angles is not None:
            self._across_the_box(block, moves, farthest, together)
        usable = np.isfinite(farthest)
        farthest[~usable] = together[~usable] = np.nan
        self._farthest.append(farthest)
        self._together.append(together)

    def _across_the_box(self, block: Block, moves: np.ndarray, farthest: np.ndarray, together: np.ndarray) -> None:
        """A step through the wall of the box is no jump."""
        lengths, angles = block.lengths[-len(moves):], block.angles[-len(moves):]   # type: ignore[index]
        with np.errstate(all="ignore"):
            wide = np.flatnonzero(farthest > 0.5 * lengths.min(axis=1))
            for frame in wide:
                n = moves.shape[1]
                near = nearest_image(moves[frame], np.broadcast_to(lengths[frame], (n, 3)), np.broadcast_to(angles[frame], (n, 3)))
                squares = (near ** 2).sum(axis=1)
                farthest[frame], together[frame] = np.sqrt(squares.max()), np.sqrt(squares.mean())

    def _cell(self, at: np.ndarray, block: Block) -> None:
        if block.lengths is None or block.angles is None:
            self._without_cell += len(block.xyz)
            return
        self._with_cell += len(block.xyz)
        lengths, angles = block.lengths, block.angles
        with np.errstate(all="ignore"):
            sound = (np.isfinite(lengths) & (lengths > 0) & (lengths < 1e4)).all(axis=1) & ((angles > 10) & (angles < 170)).all(axis=1)
            before = np.concatenate([lengths[:1] if self._last_cell is None else self._last_cell[None], lengths[:-1]])
            steps = (np.abs(lengths - before) > CELL_STEP * np.maximum(lengths, before)).any(axis=1)
        self._note("cell", at[~sound | (steps & (not self._is_sample))])
        self._last_cell = lengths[-1].copy()

    def findings(self) -> list[Finding]:
        """What is odd, frames counted as in the file."""
        self._judge_jumps()
        found = [self._finding(kind, sorted(set(self._odd[kind]))) for kind in _TEXTS if self._odd.get(kind)]
        if self._with_cell and self._without_cell:
            found.append(Finding("cell", f"has no unit cell in about {self._without_cell} of its {self._with_cell + self._without_cell} frames", self._without_cell))
        if self._misfit:
            found.append(Finding("misfit", self._misfit))
        if self._small:
            found.append(Finding("small-box", f"has {self._small} (frame {self._small_at * self._stride})", 1, self._small_at * self._stride))
        return found + ([self.unreadable] if self.unreadable else [])

    def _judge_jumps(self) -> None:
        if not self._farthest:
            return
        for steps, least in ((np.concatenate(self._farthest), JUMP_NM), (np.concatenate(self._together), DRIFT_NM)):
            known = steps[np.isfinite(steps)]
            if len(known) > 2:
                with np.errstate(invalid="ignore"):
                    self._note("jump", 1 + np.flatnonzero(steps > max(least, JUMP_TIMES * float(np.median(known)))))

    def _finding(self, kind: str, frames: list[int]) -> Finding:
        n, first = len(frames), frames[0] * self._stride
        if self._is_sample:
            return Finding(kind, f"{_TEXTS[kind]} in {n} of {self._seen} frames looked at, the first {first}", n, first)
        share = f"all {n} frames" if n == self._seen and n > 1 else f"{n} frames, the first {first}" if n > 1 else f"frame {first}"
        return Finding(kind, f"{_TEXTS[kind]} in {share}", n, first)


def examine(data: Dataset, progress: Progress) -> LoadReport:
    """The report of a data set after a look at every frame; see `Dataset.examine`."""
    entry = content_key("examined", VERSION, data.key)
    known = Store().load(entry) if data.has_structures else None
    deep = known if isinstance(known, list) and len(known) == data.n_trajectories else None
    if deep is None:
        deep = _look_at_all(data, progress) if data.has_structures else [()] * data.n_trajectories
        if data.has_structures:
            Store().save(entry, deep)
    return with_frames(data.report, deep, is_examined=True)


def _look_at_all(data: Dataset, progress: Progress) -> list[tuple[Finding, ...]]:
    geometry, found, done = Geometry(data.topology), [], 0
    for trajectory, n_frames in enumerate(data.lengths):
        watch = Watch(geometry, data.file_stride(trajectory))
        at = 0
        try:
            for start, block in data.blocks.pieces(trajectory):
                watch.take(np.arange(start, start + len(block.xyz)), block)
                at = start + len(block.xyz)
                progress(done + at, data.n_frames, f"looking at {data.names[trajectory]}")
        except UserError as error:
            first = at * data.file_stride(trajectory)
            watch.unreadable = Finding("unreadable", f"cannot be read from frame {first} or soon after it on: {error.why or error.what}".rstrip("."), n_frames - at, first)
        done += n_frames
        found.append(tuple(watch.findings()))
    return found


def look_quickly(data: Dataset) -> list[tuple[Finding, ...]]:
    """Findings in the first, the last and some frames between; for each trajectory, empty for those that are skipped to stay quick.

    Raises
    ------
    UserError
        If one of these frames is damaged.
    """
    n, atoms = data.n_trajectories, data.n_atoms or 1
    found: list[tuple[Finding, ...]] = [()] * n
    geometry = Geometry(data.topology)
    chosen = np.unique(np.linspace(0, n - 1, max(1, min(n, _QUICK_ATOMS // (2 * atoms)))).astype(int))
    n_frames = int(np.clip(_QUICK_ATOMS // (atoms * len(chosen)), 2, _QUICK_FRAMES))
    beginnings: dict[bytes, int] = {}
    for trajectory in chosen.tolist():
        watch, last = Watch(geometry, data.file_stride(trajectory), is_sample=True), data.lengths[trajectory] - 1
        first = data.blocks.sound(trajectory, 0, min(2, last + 1))
        others = np.unique(np.linspace(2, last, n_frames - 2).astype(int)).tolist() if last > 1 and n_frames > 2 else []
        watch.take(np.array([0, 1][:last + 1] + others), join([first, *(data.blocks.sound(trajectory, frame, 1) for frame in others)]))
        found[trajectory] = tuple(watch.findings())
        twin = beginnings.setdefault(first.xyz.tobytes(), trajectory)
        if twin != trajectory and last > 0:
            found[trajectory] += (Finding("duplicate", f"begins with the same two frames as {data.names[twin]}"),)
    data.blocks.close()
    return found


def with_frames(report: LoadReport, findings: Sequence[Sequence[Finding]], *, is_examined: bool) -> LoadReport:
    """A report in which what headers say stays, and what frames say is replaced."""
    kept = [tuple(f for f in file.findings if f.kind in _HEADER_KINDS) for file in report.files[:len(findings)]]
    return report.with_findings([(*header, *frames) for header, frames in zip(kept, findings)], is_examined=is_examined)


def examine_spec(spec: dict[str, Any], *, progress: Progress) -> LoadReport:
    """`examine` of the data set that a specification describes; for a worker process."""
    from mdexplore.data.dataset import Dataset

    return examine(Dataset.from_spec(spec), progress)
