"""Distances: mdtraj's numbers, pairs near along the chain left out."""
from __future__ import annotations

import mdtraj as md
import numpy as np
import pytest

from mdexplore.base.errors import UserError
from mdexplore.methods.features.distances import Distances, distances


def test_distances_between_alpha_carbons_equal_those_of_mdtraj(ala5):
    made = distances(Distances(), ala5.topology)
    assert made.names == ("d(ALA2 CA, ALA5 CA)", "d(ALA2 CA, ALA6 CA)", "d(ALA3 CA, ALA6 CA)")
    np.testing.assert_allclose(made.compute(ala5), md.compute_distances(ala5, made.atoms), atol=1e-6)


def test_heavy_atoms_joined_by_one_or_two_bonds_are_left_out(ala2):
    made = distances(Distances(between="heavy"), ala2.topology)
    all_pairs = distances(Distances(between="heavy", excluded_neighbours=0), ala2.topology)
    assert all_pairs.n_features == 10 * 9 // 2
    bonded = {frozenset((a.index, b.index)) for a, b in ala2.topology.bonds}
    two = {frozenset((i, k)) for x in bonded for y in bonded if len(x & y) == 1 for i, k in [tuple(x ^ y)]}
    left_out = {frozenset(p) for p in all_pairs.atoms} - {frozenset(p) for p in made.atoms}
    heavy = {a.index for a in ala2.topology.atoms if a.element.symbol != "H"}
    assert left_out == {p for p in bonded | two if p <= heavy}


def test_given_pairs_are_taken_in_their_order(ala2):
    made = distances(Distances(pairs=[[14, 4], [6, 16]]), ala2.topology)
    assert made.atoms == ((14, 4), (6, 16))
    assert made.names[0] == "d(ALA2 C, ACE1 C)"


def test_an_atom_that_does_not_exist_is_named(ala2):
    with pytest.raises(UserError, match=r"no atom 99.*22 atoms"):
        distances(Distances(pairs=[(0, 99)]), ala2.topology)


def test_unclear_pairs_are_refused():
    with pytest.raises(UserError, match="pairs"):
        Distances(pairs=[(1, 2, 3)])


def test_too_few_alpha_carbons_names_what_works(ala2):
    with pytest.raises(UserError, match="heavy"):
        distances(Distances(), ala2.topology)


def test_a_selection_without_atoms_names_what_there_is(ala2):
    with pytest.raises(UserError, match="ALA"):
        distances(Distances(between="heavy", selection="resname LYS"), ala2.topology)


def test_a_selection_that_cannot_be_read_is_said(ala2):
    with pytest.raises(UserError, match="not an atom selection"):
        distances(Distances(between="heavy", selection="resname ((("), ala2.topology)
