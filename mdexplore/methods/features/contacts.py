"""Contacts between residues: 1 where they touch, 0 where they do not."""
from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from mdexplore.base.errors import UserError
from mdexplore.methods.features.featurizer import Featurizer, alpha_carbons, heavy_atoms, residue_labels, select_atoms
from mdexplore.methods.method import Settings, method, setting

if TYPE_CHECKING:
    import mdtraj as md

MOST = 20_000
SOFTNESS_NM = 0.05   # width of a soft contact's edge


@dataclass(frozen=True)
class Contacts(Settings):
    """What counts as a contact."""

    cutoff_nm: float = setting(0.45, unit="nm", low=0.01, high=10.0, help="Residues nearer than this are in contact.")
    scheme: str = setting("closest-heavy", choices=("closest-heavy", "ca"), help="Distance of the closest heavy atoms, or of the CA atoms.")
    soft: bool = setting(False, help="Go smoothly from 1 to 0 over about 0.2 nm around the cut-off.")
    excluded_neighbours: int = setting(2, low=0, high=100, help="Leave out residues so near along the chain.")
    selection: str = setting("", help="Only residues with an atom in this mdtraj selection.")
    minimum_image: bool = setting(True, help="Measure through the faces of the box where that is shorter.")


@method("features", settings=Contacts, title="Contacts")
def contacts(settings: Contacts, topology: md.Topology, *, reference: md.Trajectory | None = None) -> Featurizer:
    """Contacts of all pairs of residues.

    Raises
    ------
    UserError
        If no pair of residues is left, or there are too many.
    """
    residues = _residues(settings, topology)
    first, second = np.triu_indices(len(residues), 1)
    pairs = np.stack([residues[first], residues[second]], axis=1)
    chain = np.array([r.chain.index for r in topology.residues])[pairs]
    near = (chain[:, 0] == chain[:, 1]) & (np.abs(pairs[:, 1] - pairs[:, 0]) <= settings.excluded_neighbours)
    pairs = pairs[~near]
    if not len(pairs):
        raise UserError("No feature is left: there is no such contact.", f"{len(residues)} residues were found, and neighbours up to {settings.excluded_neighbours} residues apart are left out.",
                        "Lower excluded_neighbours, widen the selection, or use torsions.")
    if len(pairs) > MOST:
        raise UserError(f"{len(pairs)} contacts are too many.", f"At most {MOST} can be used.", "Choose fewer residues by a selection, or use torsions.")
    label = residue_labels(topology)
    names = tuple(f"contact {label[a]} – {label[b]}" for a, b in pairs)
    of = _atoms_of(settings, topology, residues)
    compute = partial(_compute, pairs=pairs, settings=settings)
    return Featurizer(names, tuple(of[int(a)] + of[int(b)] for a, b in pairs), ("contact",) * len(names), compute)


def _residues(settings: Contacts, topology: Any) -> np.ndarray:
    use = alpha_carbons(topology) if settings.scheme == "ca" else heavy_atoms(topology)
    allowed = np.intersect1d(use, select_atoms(topology, settings.selection))
    return np.unique([topology.atom(int(i)).residue.index for i in allowed]).astype(int)


def _atoms_of(settings: Contacts, topology: Any, residues: np.ndarray) -> dict[int, tuple[int, ...]]:
    wanted = alpha_carbons(topology) if settings.scheme == "ca" else heavy_atoms(topology)
    of: dict[int, list[int]] = {int(r): [] for r in residues}
    for i in wanted:
        r = topology.atom(int(i)).residue.index
        if r in of:
            of[r].append(int(i))
    return {r: tuple(atoms) for r, atoms in of.items()}


def _compute(chunk: Any, *, pairs: np.ndarray, settings: Contacts) -> np.ndarray:
    import mdtraj as md

    distance, _ = md.compute_contacts(chunk, contacts=pairs, scheme=settings.scheme, periodic=settings.minimum_image and chunk.unitcell_lengths is not None, ignore_nonprotein=False)
    if not settings.soft:
        return (distance < settings.cutoff_nm).astype(np.float32)
    return (1 / (1 + np.exp((distance - settings.cutoff_nm) / SOFTNESS_NM))).astype(np.float32)
