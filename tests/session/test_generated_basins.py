"""The free energy between the sides of a torsion: known from the weights, or honestly not."""
from __future__ import annotations

import re

import numpy as np
import pytest

from mdexplore.methods.features.torsions import torsion_atoms
from mdexplore.methods.generation.boltzmann import Generated
from mdexplore.session.generated_basins import effective, set_aside, told_sides


@pytest.fixture(scope="module")
def frames(alanine):
    """Frames of alanine dipeptide with their phi."""
    import mdtraj

    found = alanine.frames([[10, f] for f in range(0, 4000, 4)])
    phi = mdtraj.compute_dihedrals(found, torsion_atoms(found.topology, "phi"), periodic=False)[:, 0]
    assert 20 < (phi > 0).sum() < 980
    return found, phi


def weighted(log_weights):
    n = len(log_weights)
    return Generated(None, np.zeros((n, 2)), np.zeros((n, 2)), np.zeros(n), np.asarray(log_weights, float), np.empty((0, 3)))


def test_the_difference_is_that_of_the_weights_with_its_error(frames):
    trajectory, phi = frames
    right = phi > 0
    shares = right.mean(), 1 - right.mean()
    made = np.where(right, np.log(0.2 / shares[0]), np.log(0.8 / shares[1]))   # a fifth of the weight on the right
    (said,) = told_sides(weighted(made), trajectory.xyz, trajectory.topology)
    error = np.sqrt(1 / right.sum() + 1 / (~right).sum())
    assert f"of ALA2: {np.log(4):.2f} ± {error:.2f} kT" in said
    assert f"count as {right.sum()} and {(~right).sum()} samples" in said


def test_one_heavy_structure_is_no_difference(frames):
    trajectory, phi = frames
    made = np.zeros(len(phi))
    made[np.flatnonzero(phi > 0)[0]] = 12.0
    (said,) = told_sides(weighted(made), trajectory.xyz, trajectory.topology)
    assert said.startswith("There is no sound free-energy difference") and "with φ > 0 count as 1.0 samples" in said


def test_a_side_that_was_never_reached_is_said(frames):
    trajectory, phi = frames
    left = np.flatnonzero(phi < 0)
    (said,) = told_sides(weighted(np.zeros(len(left))), trajectory.xyz[left], trajectory.topology)
    assert f"the 0 of {len(left)} structures with φ > 0 count as 0.0 samples" in said


def test_structures_without_a_weight_count_for_nothing():
    weights = np.array([0.5, 0.25, 0.25, 0.0])
    assert effective(weights, np.array([False, True, True, True])) == pytest.approx(2)
    assert effective(weights, np.array([False, False, False, True])) == 0


def test_a_molecule_without_phi_has_no_sentence(frames):
    trajectory, _ = frames
    cap = trajectory.atom_slice(trajectory.topology.select("resname ACE"))
    assert told_sides(weighted(np.zeros(len(cap))), cap.xyz, cap.topology) == ()


def test_frames_that_the_flow_has_not_seen_are_part_of_the_answer(frames):
    trajectory, phi = frames
    n = len(phi)
    found = Generated(None, np.zeros((n, 2)), np.zeros((n, 2)), np.zeros(n), np.zeros(n), np.empty((0, 3)), held_out=np.zeros((3 * n, 2)), held_out_log_weights=np.zeros(3 * n))
    (said,) = told_sides(found, trajectory.xyz, trajectory.topology, np.concatenate([trajectory.xyz] * 3))
    assert f"{3 * (phi > 0).sum()} and {3 * (phi < 0).sum()} real frames that the flow has not seen" in said
    assert f"of ALA2: {np.log((phi < 0).sum() / (phi > 0).sum()):.2f} ±" in said and "lower bound" not in said


def test_one_heavy_structure_cannot_carry_a_side_that_frames_show_too(frames):
    trajectory, phi = frames
    n, made = len(phi), np.zeros(len(phi))
    made[np.flatnonzero(phi > 0)[0]] = 8.0
    found = Generated(None, np.zeros((n, 2)), np.zeros((n, 2)), np.zeros(n), made, np.empty((0, 3)), held_out=np.zeros((3 * n, 2)), held_out_log_weights=np.zeros(3 * n))
    (said,) = told_sides(found, trajectory.xyz, trajectory.topology, np.concatenate([trajectory.xyz] * 3))
    value, error = map(float, re.search(r"of ALA2: ([-\d.]+) ± ([\d.]+) kT", said).groups())
    assert abs(value - np.log((phi < 0).sum() / (phi > 0).sum())) < 2 * error < 1


def test_without_them_the_error_is_a_lower_bound(frames):
    trajectory, phi = frames
    (said,) = told_sides(weighted(np.zeros(len(phi))), trajectory.xyz, trajectory.topology)
    assert "a lower bound" in said


def test_a_third_is_set_aside_in_stretches():
    mask = set_aside(300)
    assert mask.sum() == 100 and mask[:10].all() and not mask[10:30].any()
