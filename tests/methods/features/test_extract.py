"""Extraction: written once, read from the cache afterwards, only what is missing computed; sentences for what cannot be done."""
from __future__ import annotations

from pathlib import Path

import mdtraj as md
import numpy as np
import pytest

import mdexplore.data
from mdexplore.base import room
from mdexplore.base.errors import UserError
from mdexplore.data.dataset import Dataset
from mdexplore.data.loading import load
from mdexplore.methods.features.distances import Distances
from mdexplore.methods.features.extract import COPIES, PIECE_BYTES, extract_features
from mdexplore.methods.features.identity import Identity
from mdexplore.methods.features.rmsd import RMSD
from mdexplore.methods.features.torsions import Torsions


@pytest.fixture
def reads(monkeypatch):
    """Which trajectories are read."""
    seen = []
    original = Dataset.chunks

    def chunks(self, trajectory, size=None):
        seen.append(trajectory)
        return original(self, trajectory, size)

    monkeypatch.setattr(Dataset, "chunks", chunks)
    return seen


def test_the_default_for_a_peptide_is_its_torsions_and_is_said(dipeptide):
    found = extract_features(dipeptide)
    assert found.names == ("cos phi ALA2", "sin phi ALA2", "cos psi ALA2", "sin psi ALA2")
    assert [v.shape for v in found.values] == [(300, 4), (100, 4)]
    assert any("torsions" in n.text and n.level == "info" for n in found.notices)


def test_values_are_those_of_the_frames(dipeptide, ala2):
    found = extract_features(dipeptide, [Torsions()])
    np.testing.assert_allclose(found.values[0][:, 0], np.cos(md.compute_phi(ala2)[1][:, 0]), atol=1e-5)
    np.testing.assert_array_equal(found.values[0][50:150], found.values[1])


def test_the_second_call_reads_nothing(dipeptide, reads):
    first = extract_features(dipeptide, [Torsions()])
    assert reads == [0, 1]
    second = extract_features(dipeptide, [Torsions()])
    assert reads == [0, 1]
    np.testing.assert_array_equal(first.values[0], second.values[0])


def test_adding_a_kind_of_features_computes_only_that(dipeptide, reads, monkeypatch):
    extract_features(dipeptide, [Torsions()])
    monkeypatch.setattr(md, "compute_dihedrals", None)
    found = extract_features(dipeptide, [Torsions(), RMSD()])
    assert found.n_features == 5
    assert reads == [0, 1, 0, 1]


def test_adding_a_trajectory_computes_only_that(dipeptide, ala2, reads):
    extract_features(dipeptide, [Torsions()])
    extract_features(load([ala2, ala2[50:150], ala2[7:60]]), [Torsions()])
    assert reads == [0, 1, 2]


def test_another_stride_and_other_atoms_are_other_entries(cache, ala2):
    whole = extract_features(load([ala2]), [Torsions()]).values[0]
    thinned = extract_features(load([ala2], stride=2), [Torsions()]).values[0]
    np.testing.assert_array_equal(thinned, whole[::2])
    twice = ala2.stack(ala2[::-1])
    first = extract_features(load([twice], atoms=range(22)), [Torsions()]).values[0]
    second = extract_features(load([twice], atoms=range(22, 44)), [Torsions()]).values[0]
    assert not np.array_equal(first, second)


def test_several_kinds_stand_side_by_side(dipeptide, reads):
    both = extract_features(dipeptide, [Torsions(), Distances(pairs=[(4, 14)])])
    assert reads == [0, 1]
    assert both.kinds == ("torsion",) * 4 + ("distance",)
    np.testing.assert_array_equal(both.values[0][:, 4:], extract_features(dipeptide, [Distances(pairs=[(4, 14)])]).values[0])


def test_names_of_kinds_stand_for_their_default_settings(dipeptide):
    assert extract_features(dipeptide, "torsions").names == extract_features(dipeptide, [Torsions()]).names


def test_given_arrays_are_taken_as_they_are(cache):
    x = np.random.default_rng(0).standard_normal((50, 3)).astype(np.float32)
    found = extract_features(load([x]))
    np.testing.assert_array_equal(found.values[0], x)
    assert found.kinds == ("given",) * 3
    assert np.shares_memory(found.values[0], load([x]).given[0]) or isinstance(found.values[0], np.ndarray)


def test_structures_without_given_arrays_have_no_identity(dipeptide):
    with pytest.raises(UserError, match="no given features"):
        extract_features(dipeptide, [Identity()])


def test_arrays_without_structures_have_no_torsions(cache):
    with pytest.raises(UserError, match="without structures"):
        extract_features(load([np.zeros((5, 2))]), [Torsions()])


def test_a_molecule_without_torsions_gets_distances(cache, ala2):
    caps = ala2.atom_slice(ala2.topology.select("resname ACE"))
    found = extract_features(load([caps]))
    assert set(found.kinds) == {"distance"}
    assert "no backbone torsions" in found.notices[0].text


def test_many_heavy_atoms_are_thinned(cache):
    topology = md.Topology()
    chain = topology.add_chain()
    for i in range(90):
        topology.add_atom("C", md.element.carbon, topology.add_residue("UNK", chain, resSeq=i))
    found = extract_features(load([md.Trajectory(np.random.default_rng(0).random((1600, 90, 3)), topology)]))
    assert found.n_features == 40 * 39 // 2


def test_a_single_atom_gets_its_position(cache):
    topology = md.Topology()
    topology.add_atom("AR", md.element.argon, topology.add_residue("AR", topology.add_chain()))
    found = extract_features(load([md.Trajectory(np.random.default_rng(0).random((4, 1, 3)), topology)]))
    assert found.names == ("x AR1 AR", "y AR1 AR", "z AR1 AR") or found.n_features == 3


def test_a_frame_that_is_not_a_number_is_named(cache, ala2, monkeypatch):
    data = load([ala2[:40]])
    original = md.compute_dihedrals
    monkeypatch.setattr(md, "compute_dihedrals", lambda *a, **k: np.where(np.arange(40)[:, None] == 23, np.nan, original(*a, **k)))
    with pytest.raises(UserError, match="frame 23 of trajectory 0"):
        extract_features(data, [Torsions()])


def test_a_reference_frame_that_does_not_exist_is_named(dipeptide):
    with pytest.raises(UserError, match="no frame 500 in trajectory 1"):
        extract_features(dipeptide, [RMSD(references=[(1, 500)])])


def test_progress_reaches_the_number_of_frames(dipeptide):
    seen = []
    extract_features(dipeptide, [Torsions()], progress=lambda done, total, text: seen.append((done, total)))
    assert seen[-1] == (400, 400)


def test_a_molecule_broken_over_the_box_is_noticed(cache, ala2):
    xyz = ala2.xyz[:5].copy()
    xyz[:, 8:] += 3.0
    broken = md.Trajectory(xyz, ala2.topology, unitcell_lengths=np.full((5, 3), 3.0), unitcell_angles=np.full((5, 3), 90.0))
    found = extract_features(load([broken]))
    assert "across the box" in found.notices[0].text
    np.testing.assert_allclose(found.values[0], extract_features(load([ala2[:5]])).values[0], atol=1e-4)
    asked = extract_features(load([broken]), [Torsions()])
    assert asked.notices[0].level == "warning" and "minimum_image=True" in asked.notices[0].hint


def test_a_file_whose_last_flag_is_its_last_bit_is_measured_to_the_end(cache):
    folder = Path(mdexplore.data.__file__).parent / "bundled" / "penta-alanine"
    assert extract_features(load(folder / "ala5-15.xtc", folder / "ala5.pdb")).values[0].shape == (1477, 20)


def test_pieces_are_small_where_memory_is_short(dipeptide, ala2, monkeypatch):
    sizes, original = [], Dataset.chunks
    monkeypatch.setattr(Dataset, "chunks", lambda self, trajectory, size=None: sizes.append(size) or original(self, trajectory, size))
    monkeypatch.setattr(room, "free_bytes", lambda: 200_000)
    found = extract_features(dipeptide, [Torsions()])
    assert sizes == [200_000 // (2 * COPIES) // (22 * 12)] * 2
    np.testing.assert_allclose(found.values[0][:, 0], np.cos(md.compute_phi(ala2)[1][:, 0]), atol=1e-5)


def test_features_wider_than_the_coordinates_are_measured_in_smaller_pieces(dipeptide, monkeypatch):
    sizes, original = [], Dataset.chunks
    monkeypatch.setattr(Dataset, "chunks", lambda self, trajectory, size=None: sizes.append(size) or original(self, trajectory, size))
    found = extract_features(dipeptide, [Distances(between="heavy", excluded_neighbours=0), Distances(between="heavy", excluded_neighbours=1)])
    assert 4 * found.n_features > 22 * 12
    assert set(sizes) == {PIECE_BYTES // (4 * found.n_features)}
