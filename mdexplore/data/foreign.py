"""Trajectories of other packages in memory: mdtraj's and MDAnalysis's, copied into the cache."""
from __future__ import annotations

from pathlib import PurePath
from typing import TYPE_CHECKING, Any

import numpy as np

from mdexplore.base.errors import UserError
from mdexplore.data.memory import keep, trajectory_key
from mdexplore.data.readers import Track

if TYPE_CHECKING:
    import mdtraj as md


def from_mdtraj(trajectory: md.Trajectory, number: int) -> tuple[Track, md.Topology]:
    """A track of an mdtraj trajectory; its times count unless they are mdtraj's 0, 1, 2, ... of files that have none."""
    return _track(trajectory, f"trajectory {number}", "mdtraj", number)


def _track(trajectory: md.Trajectory, name: str, package: str, number: int) -> tuple[Track, md.Topology]:
    if trajectory.topology is None:
        raise UserError(f"A trajectory of {package} without topology cannot be used.", do="Load it with its topology.")
    if not trajectory.n_frames:
        raise UserError(f"Trajectory {number} has no frame.", do="Leave it out.")
    key = trajectory_key(trajectory)
    has_times = not np.array_equal(trajectory.time, np.arange(trajectory.n_frames))
    return Track(name, "", keep(key, lambda: trajectory, package, has_times), key, key), trajectory.topology


def from_mdanalysis(source: Any, number: int) -> tuple[Track, md.Topology]:
    """A track of an MDAnalysis Universe or AtomGroup: Angstrom become nm, ps stay ps."""
    atoms = source.atoms
    if not len(atoms):
        raise UserError("The MDAnalysis selection has no atoms.", do="Choose other atoms.")
    return _track(_copy(atoms), _file_of(atoms.universe.trajectory) or f"trajectory {number}", "MDAnalysis", number)


def _file_of(reader: Any) -> str:
    """Name of the file an MDAnalysis reader reads, of the first of several; empty for frames in memory."""
    names = getattr(reader, "filenames", None) or [getattr(reader, "filename", None)]
    first = PurePath(str(names[0])).name if len(names) and names[0] is not None else ""
    return f"{first} and {len(names) - 1} more" if first and len(names) > 1 else first


def _copy(atoms: Any) -> md.Trajectory:
    """All frames of an AtomGroup; leaves its Universe at the frame where it was."""
    import mdtraj as md

    frames = atoms.universe.trajectory
    at = frames.frame
    xyz = np.empty((len(frames), len(atoms), 3), np.float32)
    times, cells = np.empty(len(frames)), np.zeros((len(frames), 6), np.float32)
    for i, step in enumerate(frames):
        xyz[i], times[i] = atoms.positions / 10, step.time
        if step.dimensions is not None:
            cells[i] = step.dimensions
    frames[at]
    has_cell = bool(cells[:, :3].all())
    return md.Trajectory(xyz, _topology(atoms), time=times, unitcell_lengths=cells[:, :3] / 10 if has_cell else None,
                         unitcell_angles=cells[:, 3:] if has_cell else None)


def _topology(atoms: Any) -> md.Topology:
    """Names, residues and segments of an AtomGroup, with elements and bonds where they are known."""
    import mdtraj as md

    topology = md.Topology()
    names, resnames, segments = (_attribute(atoms, name, "") for name in ("names", "resnames", "segids"))
    elements, resids = _attribute(atoms, "elements", ""), _attribute(atoms, "resids", 1)
    made: list[Any] = []
    chain = residue = None
    for i in range(len(atoms)):
        if chain is None or segments[i] != segments[i - 1]:
            chain = topology.add_chain()
            residue = None
        if residue is None or atoms.resindices[i] != atoms.resindices[i - 1]:
            residue = topology.add_residue(str(resnames[i]), chain, int(resids[i]), str(segments[i]))
        made.append(topology.add_atom(str(names[i]) or f"A{i}", _element(str(elements[i]), str(names[i])), residue))
    place = {int(index): i for i, index in enumerate(atoms.indices)}
    for first, second in atoms.universe.bonds.indices if hasattr(atoms.universe, "bonds") else ():
        if int(first) in place and int(second) in place:
            topology.add_bond(made[place[int(first)]], made[place[int(second)]])
    if not topology.n_bonds:
        topology.create_standard_bonds()
    return topology


def _attribute(atoms: Any, name: str, default: Any) -> Any:
    """An attribute that a Universe may lack."""
    return getattr(atoms, name) if hasattr(atoms, name) else [default] * len(atoms)


def _element(symbol: str, name: str) -> Any:
    """The element by its symbol, or by the first letter of the atom's name where no symbol is known."""
    import mdtraj as md

    for text in (symbol, name.lstrip("0123456789")[:1]):
        if text:
            try:
                return md.element.Element.getBySymbol(text.capitalize())
            except KeyError:
                continue
    return None
