"""PDB text that a viewer understands: right elements, ATOM for polymers and HETATM for the rest, one chain letter for each copy."""
from __future__ import annotations

import string
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import mdtraj as md

CHAINS = string.ascii_uppercase + string.ascii_lowercase + string.digits
PROTEIN = frozenset([
    "ALA", "ARG", "ASN", "ASP", "ASH", "CYS", "CYM", "CYX", "GLN", "GLU", "GLH", "GLY", "HIS", "HID", "HIE", "HIP", "HSD", "HSE", "HSP",
    "ILE", "LEU", "LYS", "LYN", "MET", "MSE", "PHE", "PRO", "SER", "THR", "TRP", "TYR", "VAL",
])
NUCLEIC = frozenset([
    "A", "C", "G", "U", "I", "DA", "DC", "DG", "DT", "DI", "DU", "A5", "A3", "C5", "C3", "G5", "G3", "U5", "U3", "DA5", "DA3", "DC5", "DC3",
    "DG5", "DG3", "DT5", "DT3",
])
_TWO_LETTERS = frozenset(["CL", "BR", "NA", "MG", "ZN", "FE", "MN", "CU", "CO", "NI", "LI", "AL", "SE", "CS", "RB", "BA", "SR", "CD", "HG"])


def pdb_text(topology: md.Topology, positions: Sequence[np.ndarray], atoms: np.ndarray | None = None) -> str:
    """Copies of a molecule as one model.

    Parameters
    ----------
    topology : mdtraj.Topology
    positions : sequence of ndarray, shape (n_atoms, 3)
        Angstrom; more than one copy gives each copy a chain letter of its own.
    atoms : ndarray of int, optional
        Which atoms each copy has; by default all. Positions are those of these atoms.
    """
    chosen = list(topology.atoms) if atoms is None else [topology.atom(int(i)) for i in atoms]
    lines, serial = [], 0
    for copy, xyz in enumerate(positions):
        last = None
        for atom, place in zip(chosen, np.asarray(xyz, float)):
            chain = CHAINS[(copy if len(positions) > 1 else atom.residue.chain.index) % len(CHAINS)]
            if last is not None and last != atom.residue.chain.index:
                lines.append("TER")
            last = atom.residue.chain.index
            serial += 1
            lines.append(_line(atom, place, chain, serial))
        lines.append("TER")
    return "\n".join([*lines, "END", ""])


def element_of(atom: md.topology.Atom) -> str:
    """Chemical symbol; guessed from the name where the topology does not know it."""
    symbol = getattr(atom.element, "symbol", "") or ""
    if symbol and symbol != "VS":
        return symbol
    letters = "".join(c for c in atom.name.upper() if c.isalpha())
    # "CA" is a carbon in a residue of many atoms and calcium where it is alone.
    if letters[:2] in _TWO_LETTERS or (letters == "CA" and atom.residue.n_atoms == 1):
        return letters[:2].capitalize()
    return letters[:1] or "X"


def is_polymer(residue: md.topology.Residue) -> bool:
    """Whether a residue belongs to a protein or nucleic acid, judged by its name."""
    return residue.name.upper() in PROTEIN or residue.name.upper() in NUCLEIC


def _line(atom: md.topology.Atom, place: np.ndarray, chain: str, serial: int) -> str:
    residue, element = atom.residue, element_of(atom)
    record = "ATOM  " if is_polymer(residue) else "HETATM"
    name = _plain(atom.name)[:4]
    name = f" {name:<3s}" if len(element) == 1 and len(name) < 4 else f"{name:<4s}"
    x, y, z = np.clip(np.nan_to_num(place), -999.0, 9999.0)
    return (f"{record}{serial % 100000:5d} {name} {_plain(residue.name)[:3]:>3s} {chain}{residue.index % 9999 + 1:4d}    "
            f"{x:8.3f}{y:8.3f}{z:8.3f}  1.00  0.00          {element.upper():>2s}")


def _plain(text: str) -> str:
    """ASCII without blanks: columns would shift."""
    return "".join(c for c in text if c.isascii() and c.isprintable() and not c.isspace()) or "X"
