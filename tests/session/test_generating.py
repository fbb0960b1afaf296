"""What can be generated from a study, what cannot and why, and each generated frame beside its nearest real one."""
from __future__ import annotations

import importlib.util
from types import SimpleNamespace

import numpy as np
import pytest

import mdexplore as mdx
from mdexplore.base.errors import UserError
from mdexplore.methods.results import Projection
from mdexplore.pictures.structure import superposed
from mdexplore.session import generated_structures as structures
from mdexplore.session.generated_frames import network_state
from mdexplore.session.generating import (
    BOLTZMANN,
    FLOW,
    LANDING,
    MADE,
    generate,
    is_one_molecule,
    potential_of,
    why_not,
)
from mdexplore.session.generating_jobs import GenerationWanted, generation_wanted, run_generate
from mdexplore.session.selection import Selection

has_torch = pytest.mark.skipif(importlib.util.find_spec("torch") is None, reason="networks need the deep extra")


def silent(*args): ...


@pytest.fixture(scope="module")
def study(wells):
    return mdx.Study(wells, projection="identity", clustering=mdx.settings.KMeans(n_clusters=12), lagtime=5, n_states=3)


@pytest.fixture(scope="module")
def peptide(alanine):
    few = mdx.load(alanine.frames([[t, f] for t in (0, 10) for f in range(300)]))
    return mdx.Study(few, clustering=mdx.settings.KMeans(n_clusters=10), lagtime=1, n_states=2)


def test_frames_that_a_state_lands_in_follow_the_model(study):
    found = generate(study, LANDING, 4000, state=1)
    states = np.array([study.metastable.assignments[t][f] for t, f in found.frames])
    kinetics, shares = study.result("kinetics"), study.metastable.memberships
    within = kinetics.stationary * shares[kinetics.active, 1]
    micro = np.array([study.result("clustering").dtrajs[t][f] for t, f in found.frames])
    expected = within / within.sum() @ kinetics.transition_matrix
    np.testing.assert_allclose(np.bincount(micro, minlength=12)[kinetics.active] / len(micro), expected, atol=0.03)
    assert (found.distances == 0).all() and "after state 2" in found.said[0] and set(states) <= {0, 1, 2}


def test_a_state_is_the_one_that_the_page_calls_so(study):
    found = run_generate(study.spec(), GenerationWanted(LANDING, 20, 0), (2, 0, 1), progress=silent)
    assert found.frames.tolist() == generate(study, LANDING, 20, state=2).frames.tolist() and "after state 1" in found.said[0]


def test_a_network_state_is_the_one_that_shares_most_frames(study):
    coarse = study.metastable
    turned = Projection(tuple(np.eye(3, dtype=np.float32)[(np.asarray(a) + 1) % 3] for a in coarse.assignments), ("a", "b", "c"), "network", 5)
    assert [network_state(turned, coarse, k) for k in range(3)] == [(1, 1.0), (2, 1.0), (0, 1.0)]


@has_torch
def test_a_flow_makes_structures_each_beside_its_nearest_frame(peptide, monkeypatch):
    monkeypatch.setattr(structures, "ALONE", structures.ALONE.replace(couplings=2, width=16, likelihood_steps=40))
    found = generate(peptide, FLOW, 5)
    assert found.xyz_nm.shape == (5, 22, 3) and len(found.checks.bond_z) == 5
    near = peptide.data.frames(found.frames).xyz
    for made, real, distance in zip(found.xyz_nm, near, found.distances):
        turned = superposed(made, real, np.arange(22))
        assert np.sqrt(((turned - real) ** 2).sum(1).mean()) == pytest.approx(distance, abs=2e-3)
    assert "no weight" in found.said[0] and found.measured[0].name == "Sound" and found.weights is None
    latent = found.latent
    assert len(latent.points) == len(latent.made.frames) == len(latent.made.xyz_nm) == 1000 and len(latent.real) == len(latent.frames) == 600
    np.testing.assert_array_equal(latent.made.xyz_nm[:5], found.xyz_nm)
    np.testing.assert_array_equal(latent.made.rows(np.arange(5)).checks.bond_z, found.checks.bond_z)
    assert np.abs(latent.points.mean(axis=0)).max() < 0.15 and np.abs(latent.points.std(axis=0) - 1).max() < 0.15   # a plane of a normal distribution


@has_torch
def test_a_flow_of_frames_opens_torsions_by_the_seed_of_the_study(peptide, monkeypatch):
    from mdexplore.methods.generation.internal import InternalCoordinates

    class Seen(Exception):
        pass

    def seen(self, values, seed=0):
        raise Seen(seed)

    monkeypatch.setattr(InternalCoordinates, "opened", seen)
    with pytest.raises(Seen, match="7"):
        generate(mdx.Study(peptide.data, clustering=mdx.settings.KMeans(n_clusters=10), lagtime=1, n_states=2, seed=7), FLOW, 5)


def test_a_flow_learns_from_the_frames_it_is_given(peptide, wells):
    mask = np.zeros(600, bool)
    mask[100:180] = True
    pairs = structures.frames_to_learn(peptide, peptide.metastable, None, mask)
    assert len(pairs) == 80 and peptide.data.index.numbers(pairs).min() == 100
    of_state = structures.frames_to_learn(peptide, peptide.metastable, 0, None)
    assert all(peptide.metastable.assignments[t][f] == 0 for t, f in of_state)
    with pytest.raises(UserError, match="too few"):
        structures.frames_to_learn(peptide, peptide.metastable, None, np.arange(600) < 20)


def test_rare_states_are_drawn_as_often_as_others_by_half():
    states, weights = np.array([0] * 90 + [1] * 5 + [-1] * 5), np.full(100, 2.0)
    found = structures._half_even(weights, states)
    assert found.sum() == pytest.approx(1)
    assert found[states == 1].sum() == pytest.approx((0.05 + 0.5) / 2)
    assert found[states == 0].sum() == pytest.approx((0.90 + 0.5) / 2)
    assert found[states == -1].sum() == pytest.approx(0.05 / 2)


@has_torch
def test_a_generator_of_a_model_system_knows_energies_and_nearest_frames(monkeypatch):
    monkeypatch.setattr(structures, "OF_POINTS", structures.OF_POINTS.replace(couplings=4, width=32, likelihood_steps=150, energy_steps=100, energy_batch_size=200, n_generated=4000))
    study = mdx.Study(mdx.example("double-well", n_frames=1000, n_trajectories=3), projection="identity", lagtime=5)
    found = generate(study, BOLTZMANN, 6)
    potential, points = potential_of(study.data), np.concatenate(study.data.given)
    np.testing.assert_allclose(found.energies, potential.energy(found.points) / potential.kT, rtol=1e-6)
    np.testing.assert_allclose(found.distances, [np.linalg.norm(points - p, axis=1).min() for p in found.points])
    share, gained = found.measured
    assert (share.name, gained.name, gained.text) == ("Effective share", "F of well 2 less well 1", "exact 0.000.") and " ± " in gained.value
    made = found.latent.made
    np.testing.assert_array_equal(made.points[: len(found.points)], found.points)
    assert len(made.frames) == 1000 and made.latent is None


@has_torch
def test_latent_points_and_weights_of_a_model_system_are_those_of_its_flow(monkeypatch):
    seen = []
    of = structures.boltzmann_generator
    monkeypatch.setattr(structures, "boltzmann_generator", lambda *args, **options: seen.append(of(*args, **options)) or seen[-1])
    monkeypatch.setattr(structures, "OF_POINTS", structures.OF_POINTS.replace(couplings=2, width=16, likelihood_steps=40, energy_steps=20, energy_batch_size=100, n_generated=3000))
    study = mdx.Study(mdx.example("double-well", n_frames=1000, n_trajectories=3), projection="identity", lagtime=5)
    found, (trained,) = generate(study, BOLTZMANN, 6), seen
    latent, given = found.latent, study.data.given
    frames = np.array([given[t][f] for t, f in latent.frames])
    np.testing.assert_allclose(latent.real, trained.flow.latent(frames)[0], atol=1e-4)
    np.testing.assert_allclose(trained.flow.generate(latent.points)[0], latent.made.points, atol=1e-3)
    rows = [int(np.flatnonzero((trained.structures == p).all(axis=1))[0]) for p in latent.made.points]
    np.testing.assert_allclose(latent.made.weights, trained.weights[rows] * 3000)




def test_frames_of_biased_windows_are_never_held_out_as_frames_of_equilibrium():
    free = np.arange(100) % 2 == 0
    made = SimpleNamespace(data=SimpleNamespace(n_frames=100), result=lambda step: SimpleNamespace(unbiased=SimpleNamespace(sampled=(free[:40], free[40:]))))
    found = structures.held_out(made)
    assert found.sum() == 20 and free[found].all() and free.sum() == 50
    plain = SimpleNamespace(data=made.data, result=lambda step: SimpleNamespace(unbiased=None))
    assert structures.held_out(plain).sum() == 40


@has_torch
@pytest.mark.skipif(importlib.util.find_spec("openmm") is None, reason="energies of molecules need the simulate extra")
def test_a_generator_of_a_molecule_weighs_its_structures_and_says_by_which_energy(peptide, monkeypatch):
    monkeypatch.setattr(structures, "OF_MOLECULES", structures.OF_MOLECULES.replace(couplings=2, width=16, likelihood_steps=60, energy_steps=10, energy_batch_size=32, n_generated=300))
    found = generate(peptide, BOLTZMANN, 5)
    assert 1 <= len(found.frames) <= 5 and found.xyz_nm.shape[1:] == (22, 3) and np.isfinite(found.energies).all()
    assert "worth" in found.measured[0].text and any("φ > 0" in row.text and "ALA2" in row.text for row in found.measured) and "AMBER ff14SB" in found.said[-1]
    assert len(found.weights) == len(found.frames) and len(found.latent.points) == len(found.latent.made.weights) <= 300


@pytest.mark.parametrize(("sentence", "value", "text"), [
    ("Free energy of φ > 0 less that of φ < 0 of ALA2: 3.61 ± 0.23 kT (95 %: 3.16 to 4.06), from structures.", "3.61 ± 0.23 kT", "of φ > 0 less that of φ < 0 of ALA2 (95 %: 3.16 to 4.06), from structures."),
    ("There is no sound free-energy difference of ALA2: the 3 of 40 count.", "", "There is no sound free-energy difference of ALA2: the 3 of 40 count.")])
def test_the_number_of_a_free_energy_stands_in_front(sentence, value, text):
    found = structures._side(sentence)
    assert (found.name, found.value, found.text) == ("Free energy", value, text)


@pytest.mark.parametrize(("name", "means", "said"), [
    ("two-state", FLOW, "features have no inverse"), ("two-state", BOLTZMANN, "no potential"), ("prinz", BOLTZMANN, "This potential has one")])
def test_what_is_not_possible_says_why(name, means, said):
    data = mdx.example(name, n_frames=200, n_trajectories=2)
    assert said in str(why_not(data, means))
    with pytest.raises(UserError, match=said):
        generation_wanted(data, means, "5")


def test_a_large_molecule_and_a_torn_one_say_why(alanine, monkeypatch):
    assert is_one_molecule(alanine.topology)
    two = alanine.topology.join(alanine.topology)
    assert not is_one_molecule(two)
    monkeypatch.setattr(alanine, "topology", two)
    assert "do not connect" in str(why_not(alanine, FLOW))
    monkeypatch.setattr("mdexplore.session.generating.MOST_ATOMS", 30)
    assert "44 atoms" in str(why_not(alanine, FLOW))


def test_molecules_without_openmm_and_networks_without_torch_say_what_to_install(alanine, monkeypatch):
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    assert "openmm==" in str(why_not(alanine, BOLTZMANN)) and "torch==" in str(why_not(alanine, FLOW)) and "torch==" in str(why_not(alanine, MADE))
    assert why_not(alanine, LANDING) is None


def test_a_form_is_read_as_a_question(alanine):
    chosen = Selection.of(np.arange(alanine.n_frames) < 60)
    assert generation_wanted(alanine, LANDING, " 4 ", 1) == GenerationWanted(LANDING, 4, 1)
    assert generation_wanted(alanine, LANDING, "4", 1, chosen) == GenerationWanted(LANDING, 4, 1)
    if importlib.util.find_spec("torch") is not None:
        assert generation_wanted(alanine, FLOW, "4", None, chosen) == GenerationWanted(FLOW, 4, None, chosen.bits.tobytes())
        with pytest.raises(UserError, match="No frame is selected"):
            generation_wanted(alanine, FLOW, "4", None, Selection.empty(9))


@pytest.mark.parametrize(("n", "said"), [("", "no number"), ("0", "no number"), ("2.5", "no number"), ("100000", "'generated'"), ("9" * 9999, "'text'")])
def test_a_number_that_cannot_be_is_refused_at_the_door(alanine, n, said):
    with pytest.raises(UserError, match=said):
        generation_wanted(alanine, LANDING, n, 0)


@pytest.mark.parametrize("wrong", [{"means": "magic"}, {"means": LANDING}, {"means": LANDING, "state": 3}, {"means": LANDING, "state": -1}])
def test_wrong_use_is_said(study, wrong):
    with pytest.raises(UserError):
        generate(study, n=3, **wrong)
