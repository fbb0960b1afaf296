"""Text trajectories: read by mdtraj once and kept in the cache, where single frames are quick."""
from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from mdexplore.base.store import content_key
from mdexplore.data.formats.common import Scan
from mdexplore.data.memory import NotSimple, keep, keep_models
from mdexplore.data.topology_files import OWN_TOPOLOGY

if TYPE_CHECKING:
    import mdtraj as md

_ENDINGS = {"cif": ".pdbx", "cif.gz": ".pdbx.gz"}   # where mdtraj knows a format by another name
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
    return keep(key, lambda: _load(path, form, topology), form, form in _WITH_TIMES)


def _load(path: Path, form: str, topology: md.Topology) -> md.Trajectory:
    from mdtraj.formats.registry import FormatRegistry

    loader = FormatRegistry.loaders[_ENDINGS.get(form, f".{form}")]
    return loader(str(path)) if form in OWN_TOPOLOGY else loader(str(path), top=topology)
