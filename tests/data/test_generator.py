"""Discretised generators meet closed forms and the reference numbers of the model systems."""
from __future__ import annotations

import numpy as np
import pytest

import mdexplore as mdx
from mdexplore.base.errors import UserError
from mdexplore.data import toys
from mdexplore.data.diffusion import GridWalk, equilibrium, walk
from mdexplore.data.generator import exact_modes, propagator
from mdexplore.data.potentials import POTENTIALS, Potential, modes_of

REFERENCE = {"prinz": (0.83402, 0.12677, 0.06510), "quadruple-well": (33.580, 33.580, 16.790), "quadruple-well-asymmetric": (130.09, 85.58, 51.62),
             "triple-well": (12.685, 1.338, 0.256), "double-well": (33.58,)}


def test_a_harmonic_well_relaxes_in_whole_fractions():
    found = exact_modes(lambda x: x[:, 0] ** 2 / 2, [(-8, 8)], n_modes=4)
    np.testing.assert_allclose(found.timescales, 1 / np.arange(1, 5), rtol=1e-5)
    x = np.linspace(-2, 2, 9)
    np.testing.assert_allclose(found.at(x)[:, 0], x, atol=1e-3)                       # the first Hermite polynomial
    np.testing.assert_allclose(np.abs(found.at(x)[:, 1]), np.abs(x**2 - 1) / np.sqrt(2), atol=1e-2)


def test_a_plane_of_two_harmonic_wells_has_the_times_of_both():
    found = exact_modes(lambda x: x[:, 0] ** 2 / 2 + x[:, 1] ** 2, [(-6, 6), (-5, 5)], n_modes=3)
    np.testing.assert_allclose(found.timescales, [1, 1 / 2, 1 / 2], rtol=1e-3)


@pytest.mark.parametrize("name", list(REFERENCE))
def test_model_systems_meet_the_reference_timescales(name):
    times = modes_of(name).timescales * POTENTIALS[name].frame
    np.testing.assert_allclose(times[:len(REFERENCE[name])], REFERENCE[name], rtol=2e-3)


@pytest.mark.parametrize("name", list(POTENTIALS))
def test_the_answers_that_examples_carry_are_those_of_the_generator(name):
    exact, modes = toys.SYSTEMS[name].exact, modes_of(name)
    np.testing.assert_allclose(exact.timescales, modes.timescales, rtol=2e-3)
    np.testing.assert_allclose(exact.populations, POTENTIALS[name].populations(modes), atol=2e-4)
    assert modes.density.sum() == pytest.approx(1)
    flat = modes.eigenfunctions.reshape(len(modes.timescales), -1)
    np.testing.assert_allclose((flat * modes.density.ravel()) @ flat.T, np.eye(len(flat)), atol=1e-6)


@pytest.mark.parametrize("name, maker", [("prinz", "prinz_potential"), ("quadruple-well", "quadruple_well"), ("quadruple-well-asymmetric", "quadruple_well_asymmetric"),
                                         ("triple-well", "triple_well_2d"), ("double-well", "double_well_2d"), ("triple-well-line", "triple_well_1d")])
def test_energies_are_those_of_deeptime(name, maker):
    import deeptime.data

    potential = POTENTIALS[name]
    points = np.random.default_rng(0).uniform(*np.array(potential.bounds).T, size=(30, potential.dim))
    np.testing.assert_allclose(potential.energy(points), getattr(deeptime.data, maker)().potential(points), atol=1e-9)


@pytest.mark.parametrize("name", ["prinz", "triple-well-line", "mueller-brown"])
def test_gradients_are_those_of_the_energies(name):
    potential = POTENTIALS[name]
    points = np.random.default_rng(0).uniform(*np.array(potential.bounds).T, size=(30, potential.dim))
    np.testing.assert_allclose(potential.force(points), potential.biased(lambda x: 0 * x[:, 0]).force(points), rtol=1e-4, atol=1e-3)


def test_any_potential_becomes_a_data_set_with_exact_answers():
    data = mdx.model_system(lambda x: 4 * (x[:, 0] ** 2 - 1) ** 2, [(-2, 2)], n_frames=300, n_trajectories=4)
    exact = data.exact
    assert exact.timescales[0] == pytest.approx(100) and exact.eigenvalues(100)[0] == pytest.approx(np.exp(-1))
    assert exact.vamp2(100, 1) == pytest.approx(1 + np.exp(-2))
    assert data.lengths == (300,) * 4
    again = type(data).from_spec(data.spec()).exact
    assert again == exact and np.array_equal(again.modes.density, exact.modes.density)
    assert exact.modes.at(np.array([[-1.0], [1.0]]))[:, 0] == pytest.approx([-1, 1], abs=0.05)


def test_walkers_keep_the_exact_density():
    modes, potential = modes_of("triple-well-line"), POTENTIALS["triple-well-line"]
    frames = walk(potential, equilibrium(modes, 400, seed=1), 20, seed=2).frames
    share = np.bincount(potential.wells(frames[:, -1])) / 400
    np.testing.assert_allclose(share, potential.populations(modes), atol=0.08)


@pytest.mark.parametrize("wrong, text", [
    (lambda: exact_modes(lambda x: x[:, 0], [(0, 1)] * 3), "3 dimensions"), (lambda: exact_modes(lambda x: x[:, 0], [(1, 0)]), "no length"),
    (lambda: exact_modes(lambda x: x[:, 0] * np.nan, [(0, 1)]), "not finite"), (lambda: exact_modes(lambda x: x, [(0, 1)]), "shape"),
    (lambda: walk(POTENTIALS["prinz"], np.zeros((3, 2)), 10), "coordinates"), (lambda: modes_of("none"), "no potential"),
    (lambda: walk(Potential(lambda x: 1e6 * x[:, 0] ** 4, ((-2, 2),)), np.ones((2, 1)), 10), "lost"),
    (lambda: exact_modes(lambda x: x[:, 0] ** 2, [(-1, 1)]).at(np.zeros((2, 2))), "coordinates")])
def test_wrong_use_is_said(wrong, text):
    with np.errstate(all="ignore"), pytest.raises(UserError, match=text):
        wrong()


def test_jumps_on_the_grid_have_the_exact_eigenvalues():
    potential = POTENTIALS["triple-well-line"]
    _, matrix = propagator(potential.energy, potential.bounds, 200, kT=potential.kT, diffusion=potential.kT * potential.frame)
    values = np.sort(np.linalg.eigvals(matrix).real)[::-1]
    np.testing.assert_allclose(-1 / np.log(values[1:3]), modes_of("triple-well-line").timescales[:2], rtol=0.01)
    walks = GridWalk(potential)(np.array([[0.5], [3.1]]), 400, seed=3)
    assert walks.shape == (2, 400, 1) and np.abs(walks[:, 0, 0] - [0.5, 3.1]).max() < 0.05
