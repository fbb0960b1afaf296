"""Where the topology comes from: the file or object given, or the trajectory itself."""
from __future__ import annotations

import os
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mdexplore.base.errors import UserError
from mdexplore.base.notices import Notice
from mdexplore.data.formats.common import Block
from mdexplore.data.formats.naming import ascii_name
from mdexplore.data.formats.pdb_models import PDBWalk, first_model
from mdexplore.data.readers import identify, unreadable
from mdexplore.data.sources import expand

if TYPE_CHECKING:
    import mdtraj as md

OWN_TOPOLOGY = frozenset({"pdb", "pdb.gz", "cif", "cif.gz", "gro", "h5", "arc", "mol2"})


def choose(paths: Sequence[Path], forms: Sequence[str], top: Any) -> tuple[md.Topology, str]:
    """The topology of files, and its name in messages.

    Raises
    ------
    UserError
        If there is none, or it cannot be read.
    """
    if top is not None:
        return topology_of(top), Path(top).name if isinstance(top, (str, os.PathLike)) else "the topology"
    for path, form in zip(paths, forms):
        if form in OWN_TOPOLOGY:
            return topology_of(path), path.name
    raise UserError("There is no topology.", f"{paths[0].name} holds coordinates without atom names.",
                    'Give the structure file that goes with it, such as top="protein.pdb".')


def file_of(paths: Sequence[Path], forms: Sequence[str], top: Any) -> str:
    """The file that `choose` takes the topology from; "" where it was given in memory."""
    if top is not None:
        return str(expand(top)[0]) if isinstance(top, (str, os.PathLike)) else ""
    return next((str(path) for path, form in zip(paths, forms) if form in OWN_TOPOLOGY), "")


def topology_of(top: Any) -> md.Topology:
    """A topology from a file, an mdtraj Topology or an mdtraj Trajectory.

    Raises
    ------
    UserError
        If it cannot be read or has no atoms.
    """
    import mdtraj as md

    if isinstance(top, md.Trajectory):
        return top.topology
    if isinstance(top, md.Topology):
        return top
    if not isinstance(top, (str, os.PathLike)):
        raise UserError(f"A {type(top).__name__} is no topology.", do="Give a file such as a PDB, an mdtraj Topology or an mdtraj Trajectory.")
    found = expand(top)
    if len(found) > 1:
        raise UserError(f"{top} matches {len(found)} files.", "There is one topology for all trajectories.", "Name one file.")
    path = found[0]
    try:
        topology: md.Topology | None = _load_topology(path)
    except Exception as error:   # mdtraj's readers raise whatever they like
        form, instead = identify(path)
        why = f"It is {instead}." if not form and instead not in ("text", "") else unreadable(path, error).why
        raise UserError(f"The topology {path} could not be read.", why, "Give a file that holds atom names, such as PDB, GRO, PRMTOP or PSF.") from error
    if topology is None or not topology.n_atoms:   # mdtraj gives None for an HDF5 file without topology
        raise UserError(f"The topology {path} has no atoms.", do="Give the structure file that goes with the trajectories.")
    return topology


def _load_topology(path: Path) -> md.Topology:
    """mdtraj's topology; of a PDB file, the first model is all that it gets to read."""
    import mdtraj as md

    if identify(path)[0] not in ("pdb", "pdb.gz"):
        return md.load_topology(str(ascii_name(path)))
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder) / "first.pdb"
        copy.write_bytes(first_model(path))
        return md.load_topology(str(copy))


def own_misfit(top: Any, topology: md.Topology) -> Notice | None:
    """What there is to say where the coordinates in a PDB file do not fit its own bonds; None where they do."""
    from mdexplore.data.geometry import Geometry

    if not isinstance(top, (str, os.PathLike)):
        return None
    path = expand(top)[0]
    if identify(path)[0] != "pdb":
        return None
    try:
        xyz = next(PDBWalk(path).models())
    except (ValueError, StopIteration):   # only names are needed of it
        return None
    text = Geometry(topology).misfit(Block(xyz[None])) if xyz.shape == (topology.n_atoms, 3) else ""
    if not text:
        return None
    return Notice("warning", f"{path.name}, the topology, {text.replace('its topology', 'its own bonds')}.", "If its atoms are not in the order of the trajectory, all angles and distances are wrong.", path.name)
