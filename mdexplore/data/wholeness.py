"""Molecules that a simulation wrote broken across its box, put together again frame by frame."""
from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from mdexplore.base.errors import UserError
from mdexplore.data.formats.common import Block

if TYPE_CHECKING:
    import mdtraj as md


@dataclass(frozen=True, eq=False)
class Whole:
    """Which atoms must be read, and along which bonds they are put together.

    Parameters
    ----------
    needed : ndarray, shape (n,), int, or None
        Atoms of the file that are read: those kept and the rest of their molecules; None for all.
    bonds : ndarray, shape (n_bonds, 2), int32
        Pairs of positions in `needed`; the first of each pair is in place before the second.
    kept : ndarray, shape (n_atoms,), int, or None
        Positions in `needed` of the atoms that are kept; None for all.
    """

    needed: np.ndarray | None
    bonds: np.ndarray
    kept: np.ndarray | None

    @property
    def n_atoms(self) -> int | None:
        """How many atoms of a frame are read; None for all."""
        return None if self.needed is None else len(self.needed)

    def apply(self, block: Block) -> Block:
        """The kept atoms of frames that hold the needed atoms; as they are where a frame has no box."""
        from mdtraj.geometry import _geometry
        from mdtraj.utils.unitcell import lengths_and_angles_to_box_vectors

        xyz = np.array(block.xyz, dtype=np.float32, order="C")
        if block.lengths is not None and block.angles is not None:
            vectors = lengths_and_angles_to_box_vectors(*block.lengths.T, *block.angles.T)
            box = np.ascontiguousarray(np.stack(vectors, axis=1).astype(np.float32))
            _geometry.whole_molecules(xyz, box, self.bonds)
        return Block(xyz if self.kept is None else xyz[:, self.kept], block.lengths, block.angles)

    def to_json(self) -> dict[str, Any]:
        return {"needed": None if self.needed is None else self.needed.tolist(), "bonds": self.bonds.tolist(), "kept": None if self.kept is None else self.kept.tolist()}

    @classmethod
    def from_json(cls, spec: dict[str, Any]) -> Whole:
        needed, kept = (None if spec[k] is None else np.array(spec[k], dtype=np.int64) for k in ("needed", "kept"))
        return cls(needed, np.array(spec["bonds"], dtype=np.int32).reshape(-1, 2), kept)


def whole(topology: md.Topology, atoms: np.ndarray | None) -> Whole:
    """How to make the molecules of some atoms whole.

    Parameters
    ----------
    topology : mdtraj.Topology
        Of the files.
    atoms : ndarray, shape (n_atoms,), int, or None
        Atoms that are kept; None for all.

    Raises
    ------
    UserError
        If the topology has no bonds.
    """
    bonds = bond_pairs(topology)
    if not len(bonds):
        raise UserError("Molecules cannot be made whole.", "The topology has no bonds, so nobody knows which atoms belong together.",
                        "Give a topology with bonds, such as PSF, PRMTOP or a PDB with CONECT records.")
    molecule = molecules(topology.n_atoms, bonds)
    if atoms is None:
        return Whole(None, _in_order(topology.n_atoms, bonds), None)
    needed = np.flatnonzero(np.isin(molecule, molecule[atoms]))
    place = np.full(topology.n_atoms, -1)
    place[needed] = np.arange(len(needed))
    inside = place[bonds[place[bonds[:, 0]] >= 0]]
    return Whole(needed, _in_order(len(needed), inside), place[atoms])


def bond_pairs(topology: md.Topology) -> np.ndarray:
    """Atoms of each bond; shape (n_bonds, 2), int64."""
    return np.array([(a.index, b.index) for a, b in topology.bonds], dtype=np.int64).reshape(-1, 2)


def molecules(n_atoms: int, bonds: np.ndarray) -> np.ndarray:
    """Number of the molecule of each atom; shape (n_atoms,)."""
    from scipy.sparse.csgraph import connected_components

    return connected_components(_graph(n_atoms, bonds), directed=False)[1]


def _graph(n_atoms: int, bonds: np.ndarray) -> Any:
    from scipy.sparse import coo_array

    return coo_array((np.ones(len(bonds), dtype=np.int8), (bonds[:, 0], bonds[:, 1])), shape=(n_atoms, n_atoms)).tocsr()


def _in_order(n_atoms: int, bonds: np.ndarray) -> np.ndarray:
    """A tree of bonds for each molecule, from its first atom on; shape (n, 2), int32."""
    neighbours: list[list[int]] = [[] for _ in range(n_atoms)]
    for a, b in bonds.tolist():
        neighbours[a].append(b)
        neighbours[b].append(a)
    seen, ordered = [False] * n_atoms, []
    for root in range(n_atoms):
        if seen[root]:
            continue
        seen[root] = True
        queue = [root]
        for atom in queue:   # grows while it is walked
            for other in neighbours[atom]:
                if not seen[other]:
                    seen[other] = True
                    ordered.append((atom, other))
                    queue.append(other)
    return np.array(ordered, dtype=np.int32).reshape(-1, 2)
