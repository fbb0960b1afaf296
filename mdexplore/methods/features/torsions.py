"""Torsion angles of backbone and side chains, as cosine and sine."""
from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from mdexplore.base.errors import UserError
from mdexplore.base.notices import Notice
from mdexplore.methods.features.featurizer import Featurizer, residue_labels, select_atoms
from mdexplore.methods.method import Settings, method, setting

if TYPE_CHECKING:
    import mdtraj as md


@dataclass(frozen=True)
class Torsions(Settings):
    """Which torsion angles to measure."""

    phi: bool = setting(True, help="Backbone angle phi.")
    psi: bool = setting(True, help="Backbone angle psi.")
    omega: bool = setting(False, help="Peptide bond angle omega.")
    chi: bool = setting(False, help="Side chain angles chi 1 to chi 5.")
    selection: str = setting("", help="Only torsions whose four atoms are all in this mdtraj selection.")
    minimum_image: bool = setting(False, help="Only when molecules are broken over the box: five times slower.")


@method("features", settings=Torsions, source="doi:10.1063/1.2746330", title="Torsions")
def torsions(settings: Torsions, topology: md.Topology, *, reference: md.Trajectory | None = None) -> Featurizer:
    """Cosine and sine of torsion angles.

    Raises
    ------
    UserError
        If no angle is chosen, or the structure has none of those chosen.
    """
    kinds = [name for name in ("phi", "psi", "omega") if getattr(settings, name)] + ([f"chi{i}" for i in range(1, 6)] if settings.chi else [])
    if not kinds:
        raise UserError("No feature is left.", "Torsions has phi, psi, omega and chi switched off.", "Switch on at least one of them.")
    found = {kind: torsion_atoms(topology, kind) for kind in kinds}
    if settings.selection:
        allowed = select_atoms(topology, settings.selection)
        found = {kind: quads[np.isin(quads, allowed).all(axis=1)] for kind, quads in found.items()}
    n = sum(map(len, found.values()))
    if n == 0:
        raise UserError("No feature is left: there is no such torsion.", f"None of {', '.join(kinds)} was found in {_what(topology, settings)}; phi needs the atoms C, N, CA, C "
                        "and psi N, CA, C, N of neighbouring residues.", 'Use distances or positions instead: features=mdexplore.settings.Distances(between="heavy") or features="positions".')
    labels = residue_labels(topology)
    names, atoms = [], []
    for kind, quads in found.items():
        for quad in quads:
            residue = labels[named_residue(topology, kind, quad)]
            names += [f"cos {kind} {residue}", f"sin {kind} {residue}"]
            atoms += [tuple(map(int, quad))] * 2
    quads = np.concatenate(list(found.values()))
    compute = partial(_compute, quads=quads, minimum_image=settings.minimum_image)
    return Featurizer(tuple(names), tuple(atoms), ("torsion",) * len(names), compute, _absent(found, settings))


def torsion_atoms(topology: md.Topology, kind: str) -> np.ndarray:
    """Atoms of every torsion of a kind (``"phi"``, ..., ``"chi5"``), by residue; shape (n, 4), int."""
    from mdtraj.geometry import dihedral

    return np.asarray(getattr(dihedral, f"indices_{kind}")(topology), dtype=int).reshape(-1, 4)


def named_residue(topology: md.Topology, kind: str, atoms: np.ndarray) -> int:
    """Index of the residue that a torsion is named for."""
    # phi turns about N-CA, its second bond atom lies in the residue it is named for; the others start in theirs.
    return int(topology.atom(int(atoms[2 if kind == "phi" else 1])).residue.index)


def _compute(chunk: Any, *, quads: np.ndarray, minimum_image: bool) -> np.ndarray:
    import mdtraj as md

    angles = md.compute_dihedrals(chunk, quads, periodic=minimum_image and chunk.unitcell_lengths is not None)
    values = np.empty((len(angles), 2 * len(quads)), np.float32)
    np.cos(angles, out=values[:, 0::2])
    np.sin(angles, out=values[:, 1::2])
    return values


def _what(topology: Any, settings: Torsions) -> str:
    where = f" within {settings.selection!r}" if settings.selection else ""
    return f"the {topology.n_atoms} atoms of {topology.n_residues} residues{where}"


def _absent(found: dict[str, np.ndarray], settings: Torsions) -> tuple[Notice, ...]:
    absent: list[str] = [kind for kind in ("phi", "psi", "omega") if kind in found and not len(found[kind])]
    if settings.chi and not any(len(quads) for kind, quads in found.items() if kind.startswith("chi")):
        absent.append("chi")
    return tuple(Notice("info", f"This structure has no {kind} angle.", where="features") for kind in absent)
