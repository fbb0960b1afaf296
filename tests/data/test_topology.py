"""Topologies survive JSON."""
from __future__ import annotations

import json

import mdtraj as md
from mdtraj.core.topology import Double

from mdexplore.data.topology import from_json, to_json


def test_names_segments_chains_bonds_and_elements_come_back(molecule):
    topology = molecule.topology.copy()
    chain = topology.add_chain("B")
    residue = topology.add_residue("LIG", chain, 900, "SEG1")
    first = topology.add_atom("X1", md.element.virtual_site, residue, serial=77)
    second = topology.add_atom("C9", md.element.carbon, residue, formal_charge=-1)
    topology.add_bond(first, second, Double, 2)
    again = from_json(json.loads(json.dumps(to_json(topology))))
    assert again == topology
    assert to_json(again) == to_json(topology)
    assert again.residue(3).segment_id == "SEG1" and again.atom(23).formal_charge == -1 and list(again.bonds)[-1].order == 2


def test_the_same_atoms_are_selected_afterwards(molecule):
    again = from_json(to_json(molecule.topology))
    for query in ("backbone", "resname ALA and not element H", "resSeq 2"):
        assert again.select(query).tolist() == molecule.topology.select(query).tolist()
