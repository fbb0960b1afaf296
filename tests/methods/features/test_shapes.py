"""Contacts, positions and RMSD on a bundled peptide."""
from __future__ import annotations

from pathlib import Path

import mdtraj as md
import numpy as np
import pytest

import mdexplore.data
from mdexplore.base.errors import UserError
from mdexplore.methods.features.contacts import Contacts, contacts
from mdexplore.methods.features.positions import Positions, positions
from mdexplore.methods.features.rmsd import RMSD, rmsd


def test_hard_contacts_are_the_closest_heavy_atoms_below_the_cutoff(ala5):
    made = contacts(Contacts(cutoff_nm=0.4), ala5.topology)
    pairs = [(a, b) for a in range(7) for b in range(a + 3, 7)]
    wanted = md.compute_contacts(ala5, pairs, scheme="closest-heavy", ignore_nonprotein=False)[0] < 0.4
    np.testing.assert_array_equal(made.compute(ala5), wanted)
    assert made.names[0] == "contact ACE1 – ALA4"
    assert 0 < wanted.mean() < 1


def test_soft_contacts_are_one_half_at_the_cutoff(ala5):
    hard, soft = contacts(Contacts(), ala5.topology).compute(ala5), contacts(Contacts(soft=True), ala5.topology).compute(ala5)
    np.testing.assert_array_equal(soft > 0.5, hard > 0.5)
    assert len(np.unique(soft)) > 100


def test_contacts_of_alpha_carbons_leave_out_caps(ala5):
    made = contacts(Contacts(scheme="ca", cutoff_nm=0.6), ala5.topology)
    assert made.n_features == 3
    assert made.atoms[0] == (8, 38)


def test_no_pair_of_residues_left_is_said(ala2):
    with pytest.raises(UserError, match="excluded_neighbours"):
        contacts(Contacts(), ala2.topology)


def test_positions_equal_those_superposed_by_mdtraj(ala5):
    made = positions(Positions(selection="name CA"), ala5.topology, reference=ala5[:1])
    ca = ala5.topology.select("name CA")
    wanted = ala5.atom_slice(ca).superpose(ala5[0].atom_slice(ca)).xyz.reshape(len(ala5), -1)
    before = ala5.xyz.copy()
    np.testing.assert_allclose(made.compute(ala5), wanted, atol=1e-5)
    np.testing.assert_array_equal(ala5.xyz, before)
    assert made.names[:3] == ("x ALA2 CA", "y ALA2 CA", "z ALA2 CA")


def test_positions_of_two_atoms_cannot_be_superposed(ala5):
    with pytest.raises(UserError, match="three"):
        positions(Positions(selection="index 0 1"), ala5.topology, reference=ala5[:1])


def test_rmsd_equals_that_of_mdtraj_and_is_nought_at_the_reference(ala5):
    made = rmsd(RMSD(references=[(0, 0), (0, 17)], selection="element C"), ala5.topology, reference=ala5[[0, 17]])
    found = made.compute(ala5)
    np.testing.assert_allclose(found[:, 1], md.rmsd(ala5, ala5, frame=17, atom_indices=ala5.topology.select("element C")), atol=1e-5)
    assert found[17, 1] == pytest.approx(0, abs=1e-3)
    assert made.names[1] == "RMSD to trajectory 0 frame 17"


def test_frames_that_mdtraj_leaves_unturned_are_superposed(ala2):
    folder = Path(mdexplore.data.__file__).parent / "bundled" / "alanine-dipeptide"
    frames = md.load(folder / "ala2-04.xtc", top=folder / "ala2.pdb")[[1536, 3816]]   # "unconverged rotation matrix" in mdtraj 1.11.1
    target = md.load_frame(folder / "ala2-00.xtc", 0, top=folder / "ala2.pdb")
    found = positions(Positions(selection="all"), frames.topology, reference=target).compute(frames).reshape(2, -1, 3)
    distance = np.sqrt(((found - target.xyz) ** 2).sum(axis=2).mean(axis=1))
    np.testing.assert_allclose(distance, md.rmsd(frames, target), atol=1e-5)


def test_a_distance_to_a_reference_does_not_depend_on_what_was_measured_before(ala5):
    compute = rmsd(RMSD(), ala5.topology, reference=ala5[0]).compute
    np.testing.assert_array_equal(compute(ala5), compute(ala5))
