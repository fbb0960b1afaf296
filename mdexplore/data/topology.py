"""mdtraj topologies as plain JSON, so that they travel between processes and into saved studies."""
from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import mdtraj as md


def to_json(topology: md.Topology) -> dict[str, Any]:
    """Chains, residues, atoms and bonds as lists of plain values.

    Returns
    -------
    dict
        ``chains`` [id], ``residues`` [name, resSeq, segment, chain], ``atoms`` [name, element, residue, serial, formal charge],
        ``bonds`` [atom, atom, type, order].
    """
    return {
        "chains": [chain.chain_id for chain in topology.chains],
        "residues": [[r.name, int(r.resSeq), r.segment_id, r.chain.index] for r in topology.residues],
        "atoms": [[a.name, None if a.element is None else a.element.symbol, a.residue.index, _whole(a.serial), _whole(a.formal_charge)] for a in topology.atoms],
        "bonds": [[b.atom1.index, b.atom2.index, None if b.type is None else float(b.type), _whole(b.order)] for b in topology.bonds],
    }


def _whole(value: Any) -> int | None:
    return None if value is None else int(value)


def from_json(spec: dict[str, Any]) -> md.Topology:
    """The topology that `to_json` described."""
    import mdtraj as md
    from mdtraj.core.topology import float_to_bond_type

    topology = md.Topology()
    chains = [topology.add_chain(chain_id) for chain_id in spec["chains"]]
    residues = [topology.add_residue(name, chains[chain], resSeq, segment) for name, resSeq, segment, chain in spec["residues"]]
    atoms = [topology.add_atom(name, None if symbol is None else md.element.Element.getBySymbol(symbol), residues[residue], serial, charge)
             for name, symbol, residue, serial, charge in spec["atoms"]]
    for first, second, kind, order in spec["bonds"]:
        topology.add_bond(atoms[first], atoms[second], None if kind is None else float_to_bond_type(kind), order)
    return topology
