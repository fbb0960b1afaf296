"""Text trajectories: read by mdtraj once and kept in the cache, where single frames are quick."""
from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from mdexplore.base.store import content_key
from mdexplore.data.formats.common import Damage, Scan
from mdexplore.data.formats.pdb_models import open_text
from mdexplore.data.memory import NotSimple, keep, keep_models
from mdexplore.data.report import Finding
from mdexplore.data.topology_files import OWN_TOPOLOGY

if TYPE_CHECKING:
    import mdtraj as md

_ENDINGS = {"cif": ".pdbx", "cif.gz": ".pdbx.gz"}   # where mdtraj knows a format by another name
# Lines before the first frame, and in each frame.
_LINES: dict[str, Callable[[int], tuple[int, int]]] = {
    "xyz": lambda n: (0, n + 2), "xyz.gz": lambda n: (0, n + 2), "lammpstrj": lambda n: (0, n + 9), "mdcrd": lambda n: (1, -(-3 * n // 10)),
}
_WITH_TIMES = frozenset({"gro"})


def convert(path: Path, form: str, topology: md.Topology) -> Scan:
    """The scan of a text trajectory's copy in the cache, made on the first call.

    Raises
    ------
    Exception
        Whatever mdtraj raises for a file it cannot read.
    """
    stat = path.stat()
    key = content_key("text", str(path), stat.st_size, stat.st_mtime_ns)
    if form in ("pdb", "pdb.gz"):
        try:
            return keep_models(key, path, form, topology.n_atoms)
        except NotSimple:
            pass   # mdtraj chooses among alternate positions
    return _counted(path, form, keep(key, lambda: _load(path, form, topology), form, form in _WITH_TIMES))


def _counted(path: Path, form: str, scan: Scan) -> Scan:
    """The scan, damaged where the file has other lines than its frames need: mdtraj leaves a cut frame out without a word."""
    title, lines = _LINES[form](scan.n_atoms) if form in _LINES else (0, 0)
    if not lines:
        return scan
    found, is_whole = _count_lines(path)
    sizes = {lines, lines + 1} if form == "mdcrd" else {lines}   # a line with the box may follow each frame
    findings = () if is_whole else (Finding("odd-text", "ends in the middle of a line"),)
    if any(found == title + scan.n_frames * size for size in sizes):
        return replace(scan, findings=findings)
    wanted = title + scan.n_frames * max(sizes if found > title + scan.n_frames * lines else {lines})
    return replace(scan, damage=Damage(scan.n_frames, 0, f"the file has {found} lines and its {scan.n_frames} whole frames need {wanted}", 1), findings=findings)


def _count_lines(path: Path) -> tuple[int, bool]:
    """How many lines there are up to the last that is not empty, and whether that one ends as a line."""
    count, last, tail = 0, 0, b""
    with open_text(path) as file:
        for line in file:
            count, tail = count + 1, line
            if line.strip():
                last = count
    return last, tail.endswith(b"\n")


def _load(path: Path, form: str, topology: md.Topology) -> md.Trajectory:
    from mdtraj.formats.registry import FormatRegistry

    loader = FormatRegistry.loaders[_ENDINGS.get(form, f".{form}")]
    return loader(str(path)) if form in OWN_TOPOLOGY else loader(str(path), top=topology)
