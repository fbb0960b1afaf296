"""Internal coordinates: there and back again, their volume is that of the Jacobian, rigid bonds stay rigid, and a torsion counts once wherever it is."""
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


@pytest.fixture(scope="module")
def loose(molecule):
    """The same with no bond rigid."""
    xyz, topology = molecule
    return xyz + np.random.default_rng(0).normal(0, 0.002, xyz.shape), topology


def distances(xyz):
    return np.linalg.norm(xyz[:, :, None] - xyz[:, None], axis=-1)


def test_structures_come_back_but_for_place_and_turn(loose):
    xyz, topology = loose
    coordinates = internal_coordinates(topology, xyz)
    values = coordinates.values(xyz)
    assert values.shape == (200, coordinates.dim) == (200, 60)
    again = coordinates.structures(values)
    np.testing.assert_allclose(distances(again), distances(xyz), atol=1e-5)
    np.testing.assert_allclose(coordinates.values(again), values, atol=1e-6)


def test_rigid_bonds_are_no_coordinates_and_keep_their_length(molecule):
    xyz, topology = molecule
    coordinates = internal_coordinates(topology, xyz)
    rigid = [(a.index, b.index) for a, b in topology.bonds if "H" in (a.element.symbol, b.element.symbol)]
    assert len(rigid) == 12 and coordinates.dim == 60 - 12
    again = coordinates.structures(coordinates.values(xyz))
    lengths = np.array([np.linalg.norm(again[:, a] - again[:, b], axis=1) for a, b in rigid])
    np.testing.assert_allclose(np.sort(lengths[:, 0]), [0.101] * 2 + [0.109] * 10, atol=1e-4)
    assert lengths.std(axis=1).max() < 1e-9
    # Files round positions to 0.001 nm, which is all that rigid bonds differ by.
    np.testing.assert_allclose(distances(again), distances(xyz), atol=4e-3)


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
    torsions = coordinates.values(xyz)[:, -19:]
    assert np.all(torsions >= coordinates.cuts) and np.all(torsions < coordinates.cuts + 2 * np.pi)
    # Of the relative places of hydrogens on one carbon, all vary by little: none is cut in its middle.
    assert np.sum(torsions.std(axis=0) < 0.25) >= 13


def test_the_energy_holds_the_volume_of_the_coordinates(loose):
    xyz, topology = loose
    coordinates = internal_coordinates(topology, xyz)
    values = torch.from_numpy(coordinates.values(xyz[:1]))
    values[:, -19:] = torch.from_numpy(coordinates.cuts) + np.pi   # as far from the cuts as can be
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


def test_shares_of_a_torsion_in_one_turn_and_the_next_add_up_to_one(molecule):
    xyz, topology = molecule
    coordinates = internal_coordinates(topology, xyz)
    flat = coordinates.energy(lambda x: torch.zeros(len(x), dtype=x.dtype))
    cut, place = coordinates.cuts[7], coordinates.dim - 19 + 7
    for beyond in (0.0, 0.1, 0.3, 1.0, 3.0):
        values = torch.from_numpy(coordinates.values(xyz[:1])).repeat(4, 1)
        values[:, place] = cut + beyond + 2 * np.pi * torch.tensor([-1.0, 0.0, 1.0, 2.0])
        alone = values[:1].clone()
        alone[:, place] = cut + np.pi
        assert float(torch.exp(flat(alone) - flat(values)).sum()) == pytest.approx(1, abs=1e-6)


def test_opened_torsions_lie_on_either_side_of_the_cut_as_the_energy_counts_them(molecule):
    xyz, topology = molecule
    coordinates = internal_coordinates(topology, xyz)
    values, place = coordinates.values(np.repeat(xyz[:1], 20_000, axis=0)), coordinates.dim - 19 + 7
    values[:, place] = coordinates.cuts[7] + 0.15
    moved = coordinates.opened(values, seed=1) - values
    turns = np.rint(moved[:, place] / (2 * np.pi))
    np.testing.assert_allclose(moved[:, place], 2 * np.pi * turns, atol=1e-9)
    # Half a standard deviation inside, a normal distribution has 0.309 of its share outside.
    assert np.mean(turns == 1) == pytest.approx(0.3085, abs=0.01) and np.mean(turns == 0) == pytest.approx(0.6915, abs=0.01)
    np.testing.assert_allclose(distances(coordinates.structures((values + moved)[:50])), distances(coordinates.structures(values[:50])), atol=1e-9)


def test_hydrogens_that_differ_by_their_number_alone_are_numbered_as_in_most_frames(loose):
    xyz, topology = loose
    two = [topology.select(f"resid 1 and name {name}")[0] for name in ("HB2", "HB3")]
    other = xyz[:80].copy()
    other[:, two] = other[:, two[::-1]]
    mixed = internal_coordinates(topology, np.concatenate([xyz, other]))
    assert sorted(mixed.order[group.places].tolist() for group in mixed.alike) == sorted([[topology.select(f"resid {r} and name {a}")[0] for a in names] for r, names in
                                                                                         enumerate((("H2", "H3"), ("HB2", "HB3"), ("H2", "H3")))])
    np.testing.assert_allclose(mixed.values(other), mixed.values(xyz[:80]), atol=1e-9)
    np.testing.assert_allclose(distances(mixed.structures(mixed.values(other))), distances(xyz[:80]), atol=1e-5)


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
