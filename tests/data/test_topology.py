"""Topologies survive JSON; a file without one says so."""
from __future__ import annotations

import json

import mdtraj as md
import pytest
from mdtraj.core.topology import Double

import mdexplore as mdx
from mdexplore.base.errors import UserError
from mdexplore.data.examples import BUNDLED
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


def test_an_hdf5_file_that_has_lost_its_topology_says_so(tmp_path):
    import tables

    source = BUNDLED / "alanine-dipeptide"
    md.load(str(source / "ala2-00.xtc"), top=str(source / "ala2.pdb"))[:5].save(str(tmp_path / "bare.h5"))
    with tables.open_file(str(tmp_path / "bare.h5"), "a") as file:
        file.remove_node("/topology")
    with pytest.raises(UserError, match="has no atoms"):
        mdx.load(tmp_path / "bare.h5")
