"""Atoms that differ by their number alone, such as the hydrogens of a methyl group: which one goes where says nothing, but a flow would have to learn it."""
from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import mdtraj

    Measured = tuple[np.ndarray, np.ndarray, np.ndarray]


@dataclass(frozen=True, eq=False)
class Alike:
    """Atoms of one element that end at the same atom and are placed from the same three.

    Parameters
    ----------
    places : ndarray, shape (k,), int
        In the order in which atoms are placed.
    ranks : ndarray, shape (k,), int
        Which of them comes first, second ... around the bond in most frames.
    """

    places: np.ndarray
    ranks: np.ndarray


def atoms_alike(topology: mdtraj.Topology, order: np.ndarray, references: np.ndarray, torsions: np.ndarray) -> tuple[Alike, ...]:
    """Groups of atoms that differ by their number alone.

    Parameters
    ----------
    topology : mdtraj Topology
    order : ndarray, shape (n_atoms,), int
    references : ndarray, shape (n_atoms, 3), int
        As `internal.InternalCoordinates` has them.
    torsions : ndarray, shape (n, n_atoms - 3)
        Of frames.
    """
    ends = np.bincount([atom.index for bond in topology.bonds for atom in bond], minlength=topology.n_atoms) == 1
    elements = [atom.element.symbol if atom.element else atom.name for atom in topology.atoms]
    groups: dict[tuple, list[int]] = {}
    for place in range(3, len(order)):
        atom = int(order[place])
        if ends[atom] and not np.any(references == atom):   # nothing is placed from it
            groups.setdefault((elements[atom], *references[place]), []).append(place)
    found = []
    for members in groups.values():
        if len(members) > 1:
            seen, times = np.unique(np.argsort(_around(torsions, members), axis=1).argsort(axis=1), axis=0, return_counts=True)
            found.append(Alike(np.array(members), seen[times.argmax()]))
    return tuple(found)


def numbered_alike(measured: Measured, groups: Sequence[Alike]) -> Measured:
    """Lengths, angles and torsions of frames, with atoms of each group numbered as in most frames.

    Parameters
    ----------
    measured : tuple of ndarray
        Lengths (n, n_atoms - 1), angles (n, n_atoms - 2), torsions (n, n_atoms - 3).
    groups : sequence of Alike

    Returns
    -------
    tuple of ndarray
        Copies, of the same shapes.
    """
    found = tuple(part.copy() for part in measured)
    for group in groups:
        turned = np.argsort(_around(measured[2], group.places), axis=1)[:, group.ranks]
        for before, part in enumerate(found, start=1):
            part[:, group.places - before] = np.take_along_axis(part[:, group.places - before], turned, axis=1)
    return found   # type: ignore[return-value]


def _around(torsions: np.ndarray, places: Sequence[int] | np.ndarray) -> np.ndarray:
    """Torsions from a quarter of a turn on, where neither tetrahedral nor flat centres have an atom."""
    return np.mod(torsions[:, np.asarray(places) - 3] + np.pi / 2, 2 * np.pi)
