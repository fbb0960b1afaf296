"""Walkers of alanine dipeptide with OpenMM: right temperature, the same seed the same frames, what cannot be simulated is refused."""
from importlib.resources import files

import numpy as np
import pytest

from mdexplore.base.errors import UserError
from mdexplore.methods.sampling.molecules import MoleculeWalk

openmm = pytest.importorskip("openmm", reason="simulations need the simulate extra")


@pytest.fixture(scope="module")
def molecule():
    """A system of alanine dipeptide in vacuum, its topology and a structure (1, 22, 3)."""
    import mdtraj as md
    from openmm import app, unit

    path = str(files("mdexplore") / "data" / "bundled" / "alanine-dipeptide" / "ala2.pdb")
    system = app.ForceField("amber14/protein.ff14SB.xml").createSystem(app.PDBFile(path).topology, constraints=None, hydrogenMass=4 * unit.amu)
    frame = md.load(path)
    return system, frame.topology, frame.xyz


def test_walkers_begin_at_their_starts_and_go_on_by_the_time_of_a_frame(molecule):
    system, topology, start = molecule
    walks = MoleculeWalk(system, topology, frame_ps=0.05)(np.repeat(start, 2, axis=0), 20, seed=1)
    assert [w.n_frames for w in walks] == [20, 20]
    np.testing.assert_allclose(walks[0].xyz[0], start[0], atol=1e-6)
    assert walks[0].time[-1] == pytest.approx(19 * 0.05)
    assert not np.allclose(walks[0].xyz[-1], walks[1].xyz[-1], atol=1e-3)


def test_the_same_seed_gives_the_same_frames(molecule):
    system, topology, start = molecule
    simulate = MoleculeWalk(system, topology, frame_ps=0.05)
    a, b, other = (simulate(start, 20, seed=seed)[0].xyz for seed in (3, 3, 4))
    np.testing.assert_array_equal(a, b)
    assert not np.allclose(a[-1], other[-1], atol=1e-3)


@pytest.fixture(scope="module")
def gas():
    """27 argon atoms in a box of 3 nm with a barostat of a seed of its own, their topology and a structure (1, 27, 3)."""
    import mdtraj as md

    system, force, topology = openmm.System(), openmm.NonbondedForce(), md.Topology()
    system.setDefaultPeriodicBoxVectors((3, 0, 0), (0, 3, 0), (0, 0, 3))
    force.setNonbondedMethod(openmm.NonbondedForce.CutoffPeriodic)
    chain = topology.add_chain()
    for _ in range(27):
        system.addParticle(39.95)
        force.addParticle(0.0, 0.34, 1.0)
        topology.add_atom("Ar", md.element.argon, topology.add_residue("AR", chain))
    barostat = openmm.MonteCarloBarostat(50.0, 300.0, 5)
    barostat.setRandomNumberSeed(7)
    system.addForce(force)
    system.addForce(barostat)
    return system, topology, np.stack(np.meshgrid(*[[0.5, 1.5, 2.5]] * 3), axis=-1).reshape(1, 27, 3)


def test_each_frame_has_the_box_that_the_barostat_gave_it(gas):
    system, topology, start = gas
    walked = MoleculeWalk(system, topology, frame_ps=0.1, step_fs=2)(start, 40, seed=1)[0]
    np.testing.assert_allclose(walked.unitcell_lengths[0], 3, rtol=1e-6)
    assert len(np.unique(walked.unitcell_lengths[:, 0])) > 5


def test_the_same_seed_gives_the_same_frames_where_the_barostat_has_one_too(gas):
    system, topology, start = gas
    a, b = (MoleculeWalk(system, topology, frame_ps=0.1, step_fs=2)(start, 40, seed=1)[0] for _ in range(2))
    np.testing.assert_array_equal(a.xyz, b.xyz)
    np.testing.assert_array_equal(a.unitcell_vectors, b.unitcell_vectors)


def test_bonds_vibrate_as_equipartition_says(molecule):
    system, topology, start = molecule
    force = next(f for f in system.getForces() if isinstance(f, openmm.HarmonicBondForce))
    xyz = MoleculeWalk(system, topology, frame_ps=0.1, friction_per_ps=10)(np.repeat(start, 4, axis=0), 300, seed=2)
    energies = []
    for k in range(force.getNumBonds()):
        i, j, _, stiffness = force.getBondParameters(k)
        r = np.concatenate([np.linalg.norm(w.xyz[50:, i] - w.xyz[50:, j], axis=1) for w in xyz])
        energies.append(0.5 * stiffness._value * np.var(r))   # other forces move the mean
    assert np.mean(energies) == pytest.approx(0.5 * 0.0083145 * 300, rel=0.05)


@pytest.mark.parametrize(("spoiled", "word"), [(lambda x: x[:, :5], "22 atoms"), (lambda x: x[0], "22 atoms"), (lambda x: x * np.nan, "finite")])
def test_starts_that_do_not_fit_are_refused(molecule, spoiled, word):
    system, topology, start = molecule
    with pytest.raises(UserError, match=word):
        MoleculeWalk(system, topology)(spoiled(start), 5)


def test_a_system_of_another_molecule_is_refused(molecule):
    system, topology, _ = molecule
    with pytest.raises(UserError, match="22 particles"):
        MoleculeWalk(system, topology.subset(range(10)))


def test_a_frame_that_is_no_multiple_of_the_step_is_refused(molecule):
    system, topology, _ = molecule
    with pytest.raises(UserError, match="multiple"):
        MoleculeWalk(system, topology, step_fs=3, frame_ps=0.1)


def test_a_walker_that_comes_apart_is_said(molecule):
    system, topology, start = molecule
    with pytest.raises(UserError, match="come apart"):
        MoleculeWalk(system, topology, step_fs=50, frame_ps=1)(start, 20)


def test_a_platform_that_is_not_there_names_those_that_are(molecule):
    system, topology, start = molecule
    with pytest.raises(UserError, match="Reference"):
        MoleculeWalk(system, topology, platform="Abacus")(start, 3)
