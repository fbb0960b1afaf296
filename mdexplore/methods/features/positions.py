"""Positions of atoms after superposition on a reference, in nm."""
from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from mdexplore.base.errors import UserError
from mdexplore.base.words import count_of
from mdexplore.methods.features.featurizer import Featurizer, alpha_carbons, atom_labels, heavy_atoms, select_atoms
from mdexplore.methods.method import Settings, method, setting

if TYPE_CHECKING:
    import mdtraj as md


@dataclass(frozen=True)
class Positions(Settings):
    """Which atoms to follow."""

    references: ClassVar[tuple[tuple[int, int], ...]] = ((0, 0),)

    selection: str = setting("", help="mdtraj selection; where empty the CA atoms, or the heavy atoms of a molecule without them.")
    superpose: bool = setting(True, help="Superpose every frame on the first frame of the first trajectory.")


@method("features", settings=Positions, title="Positions")
def positions(settings: Positions, topology: md.Topology, *, reference: md.Trajectory | None = None) -> Featurizer:
    """x, y and z of atoms, superposed on the reference's first frame.

    Raises
    ------
    UserError
        If fewer than three atoms are to be superposed.
    """
    chosen = chosen_atoms(topology, settings.selection)
    if settings.superpose:
        check_superposable(chosen, "Choose more atoms, or set superpose=False.")
        if reference is None:
            raise UserError("The structures cannot be superposed.", "No reference frame was given.", "Give a reference trajectory.")
    label = atom_labels(topology, chosen)
    names = tuple(f"{axis} {label[int(i)]}" for i in chosen for axis in "xyz")
    atoms = tuple((int(i),) for i in chosen for _ in "xyz")
    target = reference.xyz[0, chosen] if settings.superpose and reference is not None else None
    return Featurizer(names, atoms, ("position",) * len(names), partial(_compute, chosen=chosen, target=target))


def check_superposable(atoms: np.ndarray, do: str) -> None:
    """Raise `UserError` where atoms are too few to say how a molecule is turned."""
    if len(atoms) < 3:
        raise UserError("The structures cannot be superposed.", f"The selection has {count_of(len(atoms), 'atom')}; three are needed.", do)


def chosen_atoms(topology: Any, selection: str) -> np.ndarray:
    """The atoms of a selection; where it is empty the CA atoms, or the heavy atoms where there are fewer than three; shape (n,), int."""
    if selection.strip():
        return select_atoms(topology, selection)
    carbons = alpha_carbons(topology)
    if len(carbons) >= 3:
        return carbons
    heavy = heavy_atoms(topology)
    return heavy if len(heavy) else np.arange(topology.n_atoms)


def _compute(chunk: Any, *, chosen: np.ndarray, target: Any) -> np.ndarray:
    xyz = chunk.xyz[:, chosen]
    if target is not None:
        xyz = superposed(xyz, target)
    return xyz.reshape(len(xyz), -1).astype(np.float32, copy=False)


def superposed(xyz: np.ndarray, target: np.ndarray) -> np.ndarray:
    """Frames moved and turned onto a target with the least RMSD.

    mdtraj 1.11.1 leaves a frame unturned, with no more than a line on the terminal, where its iteration does not converge.

    Parameters
    ----------
    xyz : ndarray, shape (n, n_atoms, 3)
    target : ndarray, shape (n_atoms, 3)

    Returns
    -------
    ndarray, shape (n, n_atoms, 3), float64

    Notes
    -----
    Kabsch 1976, doi:10.1107/S0567739476001873.
    """
    middle = target.mean(axis=0, dtype=np.float64)
    centred = xyz - xyz.mean(axis=1, keepdims=True, dtype=np.float64)
    u, _, v = np.linalg.svd(centred.transpose(0, 2, 1) @ (target - middle))
    u[:, :, 2] *= np.sign(np.linalg.det(u) * np.linalg.det(v))[:, None]   # a turn, never a mirror image
    return centred @ (u @ v) + middle
