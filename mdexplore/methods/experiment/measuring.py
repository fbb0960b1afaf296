"""Lengths and angles of atoms in each frame, all in one pass, and the atoms by number, by name or by the torsion that they make."""
from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from mdexplore.base.errors import UserError
from mdexplore.base.words import listed
from mdexplore.base.work.threads import single_threaded

if TYPE_CHECKING:
    from mdexplore.data.dataset import Dataset

LONGEST_NUMBER = 20   # digits: there are no more atoms, and Python refuses to read thousands of digits


@single_threaded()
def measure(data: Dataset | None, wanted: Sequence[Sequence[int]]) -> list[tuple[np.ndarray, ...]]:
    """Distances of two atoms in nm, angles of three and torsions of four in degrees, in every frame.

    Parameters
    ----------
    data : Dataset or None
    wanted : sequence of sequence of int
        Two, three or four atoms each.

    Returns
    -------
    list of tuple of ndarray, shape (n_frames_i,)

    Raises
    ------
    UserError
        Without structures, or for atoms that do not exist.
    """
    known = with_structures(data)
    for atoms in wanted:
        check_atoms(known, atoms)
    parts = [[_of_piece(piece, wanted) for _, piece in known.chunks(i)] for i in range(known.n_trajectories)]
    return [tuple(np.concatenate([piece[k] for piece in pieces]) for pieces in parts) for k in range(len(wanted))]


def with_structures(data: Dataset | None) -> Dataset:
    """The data, where there are structures in them; else a `UserError`."""
    if data is None or not data.has_structures or data.n_atoms is None:
        raise UserError("There are no structures to compute this from.", "These data are features without structure files.", "Give its value for each frame in files.")
    return data


def check_atoms(data: Dataset, atoms: Sequence[int], count: int | None = None) -> None:
    """Raise `UserError` where these are not so many different atoms."""
    n, count = data.n_atoms or 0, count or len(atoms)
    if len(set(atoms)) != count or not all(0 <= a < n for a in atoms):
        raise UserError(f"Atoms {', '.join(map(str, atoms))} cannot be used.", f"{count} different atoms from 0 to {n - 1} are needed.")


def atom_number(word: str, names: Sequence[str]) -> int:
    """The atom that a number, or a name such as ``ALA2-CA``, stands for.

    Raises
    ------
    UserError
        If there is none, or more than one.
    """
    if word.isdecimal() and len(word) < LONGEST_NUMBER and int(word) < len(names):
        return int(word)
    places = [k for k, name in enumerate(names) if name.lower() == word.lower()]
    if len(places) != 1:
        raise UserError(f"There is no atom {word[:80]!r}." if not places else f"There are {len(places)} atoms {word!r}.", f"Atoms are numbered 0 to {len(names) - 1}, and named such as {names[0]}.", "Give its number.")
    return places[0]


def atoms_of(data: Dataset | None, words: Sequence[str]) -> tuple[int, ...]:
    """Atoms by numbers or names; raises `UserError` as `atom_number` does."""
    topology: Any = with_structures(data).topology
    names = [str(atom) for atom in topology.atoms]
    return tuple(atom_number(word, names) for word in words)


def torsion_of(data: Dataset | None, kind: str, residue: str) -> tuple[int, ...]:
    """The four atoms of a torsion.

    Parameters
    ----------
    data : Dataset or None
    kind : str
        ``"phi"``, ``"psi"``, ``"omega"``, ``"chi1"`` to ``"chi5"``.
    residue : str
        As features name it, such as ``"ALA2"``.

    Raises
    ------
    UserError
        If the residue has none, or several are called so.
    """
    found = torsions(data, kind)
    named = [atoms for label, atoms in found if label.lower() == residue.lower()]
    if len(named) > 1:
        raise UserError(f"There are {len(named)} residues {residue} with a torsion {kind}.", "The name stands for none of them alone.", "Give the four atoms by their numbers.")
    if not named:
        raise UserError(f"{residue} has no torsion {kind}.", f"Those that have one: {listed([label for label, _ in found[:12]]) or 'none'}.", "Choose one of them.")
    return named[0]


def torsions(data: Dataset | None, kind: str) -> list[tuple[str, tuple[int, ...]]]:
    """All torsions of a kind: name of the residue, which another one may have too, and four atoms."""
    from mdexplore.methods.features.featurizer import residue_labels
    from mdexplore.methods.features.torsions import named_residue, torsion_atoms

    topology: Any = with_structures(data).topology
    labels = residue_labels(topology)
    return [(labels[named_residue(topology, kind, quad)], tuple(map(int, quad))) for quad in torsion_atoms(topology, kind)]


def _of_piece(piece: Any, wanted: Sequence[Sequence[int]]) -> list[np.ndarray]:
    import mdtraj as md

    compute = {2: md.compute_distances, 3: lambda *of: np.degrees(md.compute_angles(*of)), 4: lambda *of: np.degrees(md.compute_dihedrals(*of))}
    return [np.asarray(compute[len(atoms)](piece, [list(atoms)])[:, 0], float) for atoms in wanted]
