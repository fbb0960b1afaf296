"""Torsions: mdtraj's angles, labels as in the file, and sentences where there are none."""
from __future__ import annotations

import mdtraj as md
import numpy as np
import pytest

from mdexplore.base.errors import UserError
from mdexplore.methods.features.torsions import Torsions, torsions


def test_values_equal_cosine_and_sine_of_mdtraj(ala5):
    made = torsions(Torsions(), ala5.topology)
    found = made.compute(ala5)
    phi, psi = md.compute_phi(ala5, periodic=False)[1], md.compute_psi(ala5, periodic=False)[1]
    wanted = np.concatenate([phi, psi], axis=1)
    np.testing.assert_allclose(found[:, 0::2], np.cos(wanted), atol=1e-6)
    np.testing.assert_allclose(found[:, 1::2], np.sin(wanted), atol=1e-6)
    assert found.dtype == np.float32


def test_a_capped_residue_has_its_torsions_and_its_label(ala2):
    made = torsions(Torsions(), ala2.topology)
    assert made.names == ("cos phi ALA2", "sin phi ALA2", "cos psi ALA2", "sin psi ALA2")
    assert made.kinds == ("torsion",) * 4
    assert [ala2.topology.atom(i).name for i in made.atoms[0]] == ["C", "N", "CA", "C"]
    assert [ala2.topology.atom(i).name for i in made.atoms[2]] == ["N", "CA", "C", "N"]


def test_chains_with_the_same_residues_have_different_names(ala2):
    twice = ala2.topology.join(ala2.topology)
    assert len(set(torsions(Torsions(), twice).names)) == 8


def test_a_selection_keeps_only_its_torsions(ala5):
    made = torsions(Torsions(psi=False, selection="resSeq 2 to 4"), ala5.topology)
    assert made.names == ("cos phi ALA3", "sin phi ALA3", "cos phi ALA4", "sin phi ALA4")


def test_angles_that_do_not_exist_beside_others_are_said(ala2):
    made = torsions(Torsions(chi=True), ala2.topology)
    assert made.n_features == 4
    assert any("chi" in str(n) for n in made.notices)


def test_no_torsion_at_all_says_what_works_instead(ala2):
    with pytest.raises(UserError, match="distances"):
        torsions(Torsions(phi=False, psi=False, chi=True), ala2.topology)


def test_everything_switched_off_is_refused(ala2):
    with pytest.raises(UserError, match="No feature is left"):
        torsions(Torsions(phi=False, psi=False), ala2.topology)


def test_a_molecule_broken_over_the_box_needs_the_minimum_image(ala2):
    broken = md.Trajectory(ala2.xyz[:5].copy(), ala2.topology, unitcell_lengths=np.full((5, 3), 3.0), unitcell_angles=np.full((5, 3), 90.0))
    broken.xyz[:, 8:] += 3.0
    wanted = torsions(Torsions(), ala2.topology).compute(ala2[:5])
    found = torsions(Torsions(minimum_image=True), ala2.topology).compute(broken)
    np.testing.assert_allclose(found, wanted, atol=1e-4)
    assert np.abs(torsions(Torsions(), ala2.topology).compute(broken) - wanted).max() > 0.1
