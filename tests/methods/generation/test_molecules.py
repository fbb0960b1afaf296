"""Alanine dipeptide, generated: structures are sound and stand beside real frames; with OpenMM they have the energies of the molecule."""
from importlib.resources import files

import numpy as np
import pytest

from mdexplore.base.errors import UserError
from mdexplore.methods.generation.boltzmann import Boltzmann, boltzmann_generator
from mdexplore.methods.generation.checks import check_structures, side_by_side
from mdexplore.methods.generation.internal import internal_coordinates

torch = pytest.importorskip("torch", reason="flows need the deep extra")

FOLDER = files("mdexplore") / "data" / "bundled" / "alanine-dipeptide"
QUICK = Boltzmann(couplings=4, width=32, bins=4, likelihood_steps=150, energy_steps=0, n_generated=200, batch_size=128)


@pytest.fixture(scope="module")
def molecule():
    """Frames (1000, 22, 3) in nm, and the topology."""
    import mdtraj as md

    traj = md.load(str(FOLDER / "ala2-10.xtc"), top=str(FOLDER / "ala2.pdb"))[::4]
    return traj.xyz, traj.topology


@pytest.fixture(scope="module")
def generated(molecule):
    """Structures of a flow that has seen frames alone, without an energy."""
    xyz, topology = molecule
    coordinates = internal_coordinates(topology, xyz)
    nothing = coordinates.energy(lambda x: torch.zeros(len(x), dtype=x.dtype) + 0 * x.sum(1))
    return coordinates.structures(boltzmann_generator(nothing, coordinates.values(xyz), settings=QUICK).structures)


def test_most_generated_structures_are_as_sound_as_real_frames(molecule, generated):
    xyz, topology = molecule
    found = check_structures(generated, xyz, topology)
    assert found.is_sound.mean() > 0.8
    assert np.median(found.rmsd_nm) < 0.06


def test_each_generated_structure_lies_on_its_nearest_real_frame(molecule, generated):
    xyz, topology = molecule
    found = check_structures(generated[:5], xyz, topology)
    pairs = side_by_side(found, generated[:5], xyz, topology).xyz
    np.testing.assert_allclose(pairs[1::2], xyz[found.nearest], atol=1e-6)
    apart = np.sqrt(np.mean(np.sum((pairs[0::2] - pairs[1::2]) ** 2, axis=2), axis=1))
    np.testing.assert_allclose(apart, found.rmsd_nm, atol=2e-3)


def test_other_structures_than_those_checked_are_refused(molecule, generated):
    xyz, topology = molecule
    found = check_structures(generated[:5], xyz, topology)
    with pytest.raises(UserError, match="5 were"):
        side_by_side(found, generated[:6], xyz, topology)


@pytest.fixture(scope="module")
def vacuum():
    """System without constraints, and 2000 frames of it."""
    pytest.importorskip("openmm", reason="energies of molecules need the simulate extra")
    import mdtraj as md
    from openmm import app, unit

    from mdexplore.methods.sampling.molecules import MoleculeWalk

    system = app.ForceField("amber14/protein.ff14SB.xml").createSystem(app.PDBFile(str(FOLDER / "ala2.pdb")).topology, constraints=None, hydrogenMass=4 * unit.amu)
    start = md.load(str(FOLDER / "ala2.pdb"))
    walks = MoleculeWalk(system, start.topology, frame_ps=0.05)(np.repeat(start.xyz, 4, axis=0), 600, seed=1)
    return system, np.concatenate([w.xyz[100:] for w in walks])


def test_the_energy_of_openmm_has_its_gradient(vacuum):
    from mdexplore.methods.generation.energies import from_openmm

    system, xyz = vacuum
    energy = from_openmm(system)
    x = torch.tensor(xyz[:2].reshape(2, -1), dtype=torch.float64, requires_grad=True)
    (slope,) = torch.autograd.grad(energy(x).sum(), x)
    step = torch.zeros_like(x)
    step[:, 17] = 1e-5
    with torch.no_grad():
        np.testing.assert_allclose(slope[:, 17], (energy(x + step) - energy(x - step)) / 2e-5, rtol=1e-3, atol=0.1)


def test_the_energy_of_openmm_is_in_kT(vacuum):
    from mdexplore.methods.generation.energies import from_openmm

    system, xyz = vacuum
    x = torch.tensor(xyz[:3].reshape(3, -1))
    np.testing.assert_allclose(from_openmm(system, temperature=600)(x) * 2, from_openmm(system, temperature=300)(x), rtol=1e-5)


def test_atoms_on_each_other_have_infinite_energy_and_no_slope(vacuum):
    from mdexplore.methods.generation.energies import from_openmm

    system, xyz = vacuum
    x = torch.tensor(xyz[:2].reshape(2, -1), dtype=torch.float64)
    x[0], x[1, 5] = 0, torch.nan
    x.requires_grad_()
    found = from_openmm(system)(x)
    found.sum().backward()
    assert torch.isinf(found).all() and torch.isfinite(x.grad).all()


def test_a_system_with_constraints_is_refused():
    pytest.importorskip("openmm", reason="energies of molecules need the simulate extra")
    from openmm import app

    from mdexplore.methods.generation.energies import from_openmm

    system = app.ForceField("amber14/protein.ff14SB.xml").createSystem(app.PDBFile(str(FOLDER / "ala2.pdb")).topology, constraints=app.HBonds)
    with pytest.raises(UserError, match="constraints=None"):
        from_openmm(system)


def test_positions_of_another_molecule_are_refused(vacuum):
    from mdexplore.methods.generation.energies import from_openmm

    with pytest.raises(UserError, match="22 particles"):
        from_openmm(vacuum[0])(torch.zeros(2, 30))


def test_a_generator_makes_structures_with_energies_like_those_of_the_simulation(vacuum):
    import mdtraj as md

    from mdexplore.methods.generation.energies import from_openmm

    system, xyz = vacuum
    topology = md.load(str(FOLDER / "ala2.pdb")).topology
    coordinates = internal_coordinates(topology, xyz)
    energy, values = coordinates.energy(from_openmm(system)), coordinates.values(xyz)
    settings = Boltzmann(couplings=4, width=48, bins=4, likelihood_steps=200, energy_steps=100, energy_batch_size=200, batch_size=128, n_generated=1000)
    found = boltzmann_generator(energy, values, settings=settings)
    real = energy(torch.from_numpy(values[::10])).numpy()
    assert abs(np.median(found.energies) - np.median(real)) < 15   # kT, of 60 coordinates
    checks = check_structures(coordinates.structures(found.structures[:200]), xyz, topology)
    assert checks.is_sound.mean() > 0.9
