"""From what a user passes as a source to a flat list: paths, trajectories in memory, arrays."""
from __future__ import annotations

import glob
import os
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from mdexplore.base import roots
from mdexplore.base.errors import UserError
from mdexplore.base.ordering import natural
from mdexplore.base.words import count_of


def expand(source: Any) -> list[Any]:
    """Existing files as absolute paths, globs filled in, and everything else as it is.

    Raises
    ------
    UserError
        If a file or a glob's match is missing, a folder is given, or there is nothing.
    """
    if isinstance(source, (str, os.PathLike)):
        return _paths(source)
    if isinstance(source, np.ndarray):
        return _arrays(source)
    if isinstance(source, Iterable) and not _is_structure(source):
        items = list(source)
        if items and all(isinstance(i, (int, float, np.number)) for i in items):
            return [np.asarray(items)]
        if not items:
            raise UserError("There is nothing to load.", "The list is empty.", "Give at least one trajectory.")
        return [e for item in items for e in (_paths(item) if isinstance(item, (str, os.PathLike)) else [_one_item(item)])]
    return [_one_item(source)]


def _arrays(array: np.ndarray) -> list[np.ndarray]:
    if array.ndim == 3:
        raise UserError(f"An array of shape {array.shape} is not clear.", "It may be several trajectories of features, or coordinates.",
                        "Give list(array) for one trajectory of features in each, or an mdtraj.Trajectory for coordinates.")
    return [array]


def _one_item(item: Any) -> Any:
    if isinstance(item, list):
        return np.asarray(item)
    if isinstance(item, np.ndarray) or _is_structure(item) or hasattr(item, "__array__"):
        return item if not hasattr(item, "__array__") or _is_structure(item) else np.asanyarray(item)
    raise UserError(f"A {type(item).__name__} cannot be loaded.", do="Give file names, mdtraj trajectories, an MDAnalysis Universe, or a list of 2-D arrays.")


def _is_structure(item: Any) -> bool:
    return kind_of(item) in ("mdtraj", "mdanalysis")


def kind_of(item: Any) -> str:
    """``"path"``, ``"array"``, ``"mdtraj"``, ``"mdanalysis"`` or ``""``, told without importing either package."""
    if isinstance(item, Path):
        return "path"
    if isinstance(item, np.ndarray):
        return "array"
    names = {f"{c.__module__.split('.')[0]}.{c.__name__}" for c in type(item).__mro__}
    if "mdtraj.Trajectory" in names:
        return "mdtraj"
    if names & {"MDAnalysis.Universe", "MDAnalysis.AtomGroup"}:
        return "mdanalysis"
    return ""


def _paths(text: str | os.PathLike) -> list[Path]:
    path = _path(text)
    roots.check_place(path if not glob.has_magic(str(path)) or _exists(path) else glob_folder(str(path)))
    if _exists(path):
        return [_file(path)]
    if path.is_symlink():
        raise UserError(f"{path} is a link to nothing.", f"It points to {os.readlink(path)}.", "Mend the link, or give the file itself.")
    pattern = str(path)
    if not glob.has_magic(pattern):
        raise UserError(f"There is no file {path}.", _nearest(path), "Check the name.")
    found = sorted(glob.glob(pattern, recursive=True), key=natural)
    files = [Path(f) for f in found if not Path(f).is_dir()]
    if not files:
        raise UserError(f"No file matches {path}.", _nearest(path), "Check the pattern and the folder.")
    return [_file(f) for f in files]


def glob_folder(pattern: str) -> str:
    """The part of a pattern before its first folder with a wildcard; what matches is checked file by file."""
    fixed = pattern
    while glob.has_magic(fixed):
        fixed = os.path.dirname(fixed)
    return fixed or "."


def _path(text: str | os.PathLike) -> Path:
    try:
        return Path(text).expanduser()
    except RuntimeError as error:   # no home folder of that name
        raise UserError(f"There is no file {text}.", f"{error}", "Write the whole path.") from error


def _exists(path: Path) -> bool:
    """Whether there is something; a path with impossible letters or a link to itself is nothing."""
    try:
        return path.exists()
    except (OSError, ValueError, RuntimeError):
        return False


def _file(path: Path) -> Path:
    roots.check_place(path)
    if path.is_dir():
        raise UserError(f"{path} is a folder.", "Trajectories are given as files.", f"Give for example {str(path / '*.xtc')!r}.")
    if not path.is_file():
        raise UserError(f"{path} is not an ordinary file.", do="Give trajectory files.")
    if not os.access(path, os.R_OK):
        raise UserError(f"{path} may not be read.", "Its permissions do not allow it.", "Ask its owner, or copy it to a place of your own.")
    if path.stat().st_size == 0:
        raise UserError(f"{path} is empty.", "It has 0 bytes.", "Check whether the program that should have written it had finished, and whether the disk was full.")
    return Path(os.path.abspath(path))


def _nearest(path: Path) -> str:
    """What of a path is there, as a sentence."""
    folder = path.parent
    if not folder.is_dir():
        return f"The folder {folder} does not exist."
    with os.scandir(folder) as entries:
        n = sum(1 for e in entries if e.name.endswith(path.suffix) and not e.is_dir(follow_symlinks=False)) if path.suffix else 0
    return f"The folder {os.path.abspath(folder)} has {count_of(n, f'{path.suffix} file')}." if path.suffix else f"It was looked for in {os.path.abspath(folder)}."


def common_name(names: Sequence[str]) -> str:
    """A title for files: how all their names begin, without their running numbers and marks at the end, or the first one's name."""
    stems = [Path(name).stem for name in names]
    if len(set(stems)) < 2:
        return stems[0] if stems else ""
    equal = 0
    while all(stem[equal:equal + 1] == stems[0][equal:equal + 1] != "" for stem in stems):
        equal += 1
    stem = stems[0][:equal]
    if any(name[equal:equal + 1].isdigit() for name in stems):   # the names part within a number: "run-0" of run-01 and run-02
        stem = stem.rstrip("0123456789")
    return stem.rstrip("-_. ") or stems[0]
