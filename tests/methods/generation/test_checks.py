"""Checks of generated structures, on alanine dipeptide: real frames pass, frames that were spoiled are found and the spoiled place is named."""
from importlib.resources import files

import numpy as np
import pytest

from mdexplore.base.errors import UserError
from mdexplore.methods.generation.checks import check_structures


@pytest.fixture(scope="module")
def molecule():
    """Frames (500, 22, 3) in nm, and the topology."""
    import mdtraj as md

    folder = files("mdexplore") / "data" / "bundled" / "alanine-dipeptide"
    traj = md.load(str(folder / "ala2-00.xtc"), top=str(folder / "ala2.pdb"))[::4][:500]
    return traj.xyz, traj.topology


def test_a_real_frame_is_its_own_nearest_frame_and_sound(molecule):
    xyz, topology = molecule
    found = check_structures(xyz[[3, 77, 400]], xyz, topology)
    assert found.nearest.tolist() == [3, 77, 400]
    assert found.rmsd_nm == pytest.approx(0, abs=1e-3)
    assert found.is_sound.all()


def test_turning_and_moving_a_structure_changes_nothing(molecule):
    from scipy.spatial.transform import Rotation

    xyz, topology = molecule
    turned = xyz[[10]] @ Rotation.random(random_state=1).as_matrix().T + 5
    a, b = check_structures(xyz[[10]], xyz, topology), check_structures(turned, xyz, topology)
    assert b.nearest[0] == 10
    assert b.bond_z == pytest.approx(a.bond_z, abs=0.01)
    assert b.clash_z == pytest.approx(a.clash_z, abs=0.01)


def test_a_stretched_bond_is_named_with_its_score(molecule):
    xyz, topology = molecule
    bonds = np.array([[a.index, b.index] for a, b in topology.bonds])
    i, j = bonds[4]
    spoiled = xyz[[20]].copy()
    side = 1.5 * (spoiled[0, j] - spoiled[0, i])
    spoiled[0, j] = spoiled[0, i] + side
    lengths = np.linalg.norm(xyz[:, i] - xyz[:, j], axis=1)
    found = check_structures(spoiled, xyz, topology)
    assert not found.is_sound[0]
    assert found.bond_z[0] >= (np.linalg.norm(side) - lengths.mean()) / max(lengths.std(), 1e-3) * 0.999
    assert j in found.worst_bond[0]


def test_a_clash_is_found_and_its_atoms_are_named(molecule):
    xyz, topology = molecule
    spoiled = xyz[[20]].copy()
    first, last = 0, topology.n_atoms - 1
    spoiled[0, last] = spoiled[0, first] + np.float32(0.02)
    found = check_structures(spoiled, xyz, topology)
    assert found.clash_z[0] > found.clash_limit
    assert set(found.worst_contact[0]) == {first, last}


def test_noise_on_all_atoms_makes_scores_grow(molecule):
    xyz, topology = molecule
    random = np.random.default_rng(0)
    scores = [check_structures(xyz[:50] + random.normal(size=xyz[:50].shape) * s, xyz, topology).bond_z.mean() for s in (0.0, 0.005, 0.02)]
    assert scores[0] < scores[1] < scores[2]


def test_structures_of_another_molecule_are_refused(molecule):
    xyz, topology = molecule
    with pytest.raises(UserError, match="22 atoms"):
        check_structures(xyz[:, :10], xyz, topology)


def test_a_topology_without_bonds_is_refused(molecule):
    import mdtraj as md

    xyz, topology = molecule
    bare = md.Topology.from_dataframe(topology.to_dataframe()[0])
    with pytest.raises(UserError, match="has none"):
        check_structures(xyz[:2], xyz, bare)
