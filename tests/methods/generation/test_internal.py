"""Internal coordinates: there and back again, their volume is that of the Jacobian, and the torsions are those that mdtraj measures."""
from importlib.resources import files

import numpy as np
import pytest

from mdexplore.base.errors import UserError
from mdexplore.methods.generation.internal import internal_coordinates

torch = pytest.importorskip("torch", reason="placing atoms needs the deep extra")


@pytest.fixture(scope="module")
def molecule():
    """Frames (200, 22, 3) in nm, and the topology."""
    import mdtraj as md

    folder = files("mdexplore") / "data" / "bundled" / "alanine-dipeptide"
    traj = md.load(str(folder / "ala2-10.xtc"), top=str(folder / "ala2.pdb"))[::20]
    return traj.xyz, traj.topology


def distances(xyz):
    return np.linalg.norm(xyz[:, :, None] - xyz[:, None], axis=-1)


def test_structures_come_back_but_for_place_and_turn(molecule):
    xyz, topology = molecule
    coordinates = internal_coordinates(topology, xyz)
    values = coordinates.values(xyz)
    assert values.shape == (200, coordinates.dim) == (200, 60)
    again = coordinates.structures(values)
    np.testing.assert_allclose(distances(again), distances(xyz), atol=1e-5)
    np.testing.assert_allclose(coordinates.values(again), values, atol=1e-6)


def test_handedness_is_kept(molecule):
    xyz, topology = molecule
    coordinates = internal_coordinates(topology, xyz)
    around = [topology.select(f"resid 1 and name {name}")[0] for name in ("CA", "N", "C", "CB")]

    def volume(x):
        ca, n, c, cb = (x[:, i] for i in around)
        return np.einsum("ij,ij->i", np.cross(n - ca, c - ca), cb - ca)

    np.testing.assert_allclose(volume(coordinates.structures(coordinates.values(xyz))), volume(xyz), atol=1e-6)


def test_torsions_never_jump_in_the_frames(molecule):
    xyz, topology = molecule
    coordinates = internal_coordinates(topology, xyz)
    torsions = coordinates.values(xyz)[:, 41:]
    assert np.all(torsions >= coordinates.cuts) and np.all(torsions < coordinates.cuts + 2 * np.pi)
    # Of the relative places of hydrogens on one carbon, all vary by little: none is cut in its middle.
    assert np.sum(torsions.std(axis=0) < 0.25) >= 13


def test_the_energy_holds_the_volume_of_the_coordinates(molecule):
    xyz, topology = molecule
    coordinates = internal_coordinates(topology, xyz)
    values = torch.from_numpy(coordinates.values(xyz[:1]))
    jacobian = torch.autograd.functional.jacobian(lambda v: coordinates._placed(v).reshape(-1), values)[:, 0]
    moved = jacobian[[3 * a + k for a in range(22) for k in range(3) if (a, k) not in _fixed(coordinates.order)]]
    found = coordinates.energy(lambda x: torch.zeros(len(x), dtype=x.dtype))(values)
    # Place and turn of the whole: the second atom sweeps a sphere of r^2, the third a circle of r sin(angle).
    r2, r3 = values[0, 0], values[0, 1] * torch.sin(values[0, 21])
    expected = torch.log(torch.abs(torch.linalg.det(moved))) + 2 * torch.log(r2) + torch.log(r3)
    assert float(-found[0]) == pytest.approx(float(expected), abs=1e-6)


def _fixed(order):
    first, second, third = order[:3]
    return {(first, 0), (first, 1), (first, 2), (second, 1), (second, 2), (third, 2)}


def test_impossible_coordinates_have_no_energy_and_no_slope(molecule):
    xyz, topology = molecule
    coordinates = internal_coordinates(topology, xyz)
    values = torch.from_numpy(coordinates.values(xyz[:3]))
    values[0, 4], values[1, 25] = -0.1, 3.5
    values.requires_grad_()
    found = coordinates.energy(lambda x: x.square().sum(1))(values)
    assert torch.isinf(found[:2]).all() and torch.isfinite(found[2])
    found[2].backward()
    assert torch.isfinite(values.grad).all()


def test_a_torsion_beyond_its_turn_costs_energy(molecule):
    xyz, topology = molecule
    coordinates = internal_coordinates(topology, xyz)
    values = torch.from_numpy(coordinates.values(xyz[:1])).repeat(2, 1)
    values[1, 45] = coordinates.cuts[4] + 2 * np.pi + 0.1
    found = coordinates.energy(lambda x: torch.zeros(len(x), dtype=x.dtype))(values)
    assert float(found[1] - found[0]) == pytest.approx(1000)


def test_two_molecules_are_refused(molecule):
    xyz, topology = molecule
    two = topology.join(topology)
    with pytest.raises(UserError, match="22 of 44"):
        internal_coordinates(two, np.concatenate([xyz, xyz], axis=1))


def test_frames_of_another_molecule_are_refused(molecule):
    xyz, topology = molecule
    with pytest.raises(UserError, match="22 atoms"):
        internal_coordinates(topology, xyz[:, :9])
    with pytest.raises(UserError, match="22 atoms"):
        internal_coordinates(topology, xyz).values(xyz[:, :9])
