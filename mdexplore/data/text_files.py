"""Text trajectories: read by mdtraj once and kept in the cache, where single frames are quick."""
from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from mdexplore.base.store import content_key
from mdexplore.data.formats.common import Scan
from mdexplore.data.memory import keep
from mdexplore.data.topology_files import OWN_TOPOLOGY

if TYPE_CHECKING:
    import mdtraj as md

_LOADERS = {"pdb": "load_pdb", "pdb.gz": "load_pdb", "gro": "load_gro", "xyz": "load_xyz", "xyz.gz": "load_xyz", "lammpstrj": "load_lammpstrj", "mdcrd": "load_mdcrd",
            "arc": "load_arc", "cif": "load_pdbx", "cif.gz": "load_pdbx", "mol2": "load_mol2", "rst7": "load_restrt"}
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
    return keep(key, lambda: _load(path, form, topology), form, form in _WITH_TIMES)


def _load(path: Path, form: str, topology: md.Topology) -> md.Trajectory:
    import mdtraj as md

    loader = getattr(md, _LOADERS[form], None) or getattr(md.formats, _LOADERS[form])
    return loader(str(path)) if form in OWN_TOPOLOGY else loader(str(path), top=topology)
