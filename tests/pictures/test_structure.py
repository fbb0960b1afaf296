import mdtraj as md
import numpy as np
import pytest

from mdexplore.pictures.pdbtext import pdb_text
from mdexplore.pictures.structure import copy_atoms, fit_atoms, layers, look_at, representatives, superposed


def molecule(n_residues: int = 3, name: str = "ALA", atoms: tuple[str, ...] = ("N", "CA", "C", "O", "H")) -> md.Topology:
    topology = md.Topology()
    chain = topology.add_chain()
    for _ in range(n_residues):
        residue = topology.add_residue(name, chain)
        for atom in atoms:
            topology.add_atom(atom, md.element.get_by_symbol(atom[0]), residue)
    return topology


def test_superposing_undoes_a_turn_and_a_shift():
    rng = np.random.default_rng(0)
    reference = rng.normal(size=(12, 3))
    turn, _ = np.linalg.qr(rng.normal(size=(3, 3)))
    turn[:, 0] *= np.sign(np.linalg.det(turn))
    found = superposed(reference @ turn + 5, reference, np.arange(12))
    assert found == pytest.approx(reference, abs=1e-9)


def test_superposing_makes_no_mirror_image():
    reference = np.random.default_rng(1).normal(size=(8, 3))
    found = superposed(reference * [1, 1, -1], reference, np.arange(8))
    handedness = [np.linalg.det((x - x.mean(0))[:3]) for x in (found, reference * [1, 1, -1])]
    assert np.sign(handedness[0]) == np.sign(handedness[1])


def test_representatives_reach_rare_regions_and_come_once():
    rng = np.random.default_rng(2)
    points = np.concatenate([rng.normal(size=(900, 2)), rng.normal(size=(60, 2)) + 12])
    chosen = representatives(points, 24)
    assert len(set(chosen.tolist())) == 24
    assert (chosen >= 900).any()
    assert (chosen < 900).sum() >= 10


def test_few_frames_all_stand_for_themselves():
    assert representatives(np.zeros((3, 2)), 24).tolist() == [0, 1, 2]


def test_equal_points_still_give_different_frames():
    assert len(set(representatives(np.zeros((50, 1)), 24).tolist())) == 24


def test_pdb_marks_polymers_elements_and_chains():
    lines = pdb_text(molecule(1), [np.zeros((5, 3)), np.ones((5, 3))]).splitlines()
    atoms = [line for line in lines if line.startswith("ATOM")]
    assert len(atoms) == 10
    assert atoms[1][12:16] == " CA "
    assert atoms[1][76:78] == " C"
    assert {line[21] for line in atoms[:5]} == {"A"}
    assert {line[21] for line in atoms[5:]} == {"B"}
    assert float(atoms[5][30:38]) == 1.0
    assert lines[-1] == "END"


def test_pdb_guesses_missing_elements_and_keeps_its_columns():
    topology = md.Topology()
    residue = topology.add_residue("LONG NAME", topology.add_chain())
    topology.add_atom("C", None, residue)
    ion = topology.add_residue("CA", topology.add_chain())
    topology.add_atom("CA", None, ion)
    lines = pdb_text(topology, [np.array([[1.0, 2.0, 3.0], [np.nan, 1e7, 0.0]])]).splitlines()
    assert lines[0].startswith("HETATM")
    assert [line[76:78] for line in lines if line.startswith("HETATM")] == [" C", "CA"]
    assert {len(line) for line in lines if line.startswith("HETATM")} == {78}


def test_small_molecules_are_sticks_and_proteins_ribbons():
    assert look_at(molecule(3)).default_style == "licorice"
    assert look_at(molecule(40)).default_style == "cartoon"
    assert "cartoon" not in look_at(molecule(1, "LIG")).styles


def test_ligands_stay_visible_beside_a_ribbon():
    topology = molecule(40)
    assert [layer.kind for layer in layers(look_at(topology), "cartoon")] == ["cartoon"]
    topology.add_atom("C1", md.element.carbon, topology.add_residue("LIG", topology.add_chain()))
    assert [layer.kind for layer in layers(look_at(topology), "cartoon")] == ["cartoon", "licorice"]


def test_copies_of_large_molecules_are_traces():
    small, large = molecule(3), molecule(200)
    assert [small.atom(i).name for i in copy_atoms(small)] == ["N", "CA", "C", "O"] * 3
    assert {large.atom(i).name for i in copy_atoms(large)} == {"CA"}
    assert {large.atom(i).name for i in fit_atoms(large)} == {"CA"}
