"""MBAR and TRAM meet exact free energies, the plain Markov model, and deeptime's TRAM."""
from __future__ import annotations

import numpy as np
import pytest

from mdexplore.base.errors import UserError
from mdexplore.base.numerics.mle import reversible_mle
from mdexplore.data import chains
from mdexplore.data.diffusion import walk
from mdexplore.data.generator import exact_modes
from mdexplore.data.potentials import Potential
from mdexplore.methods.ensembles.estimate import estimate_mbar, estimate_tram
from mdexplore.methods.ensembles.inputs import ensembles, evaluated, read_ensembles, tempering, umbrella

BOX, STIFF, BARRIER = (-2.2, 2.2), 20.0, 0.05
CENTERS = np.linspace(-1.5, 1.5, 12)


def energy(x):
    return (x[:, 0] ** 2 - 1) ** 4 + 0.8 * x[:, 0]


@pytest.fixture(scope="module")
def windows():
    """Ten walkers in each of twelve umbrella windows over a tilted double well."""
    plain = Potential(energy, (BOX,), 1.0, 0.05, n_steps=25)
    found = []
    for i, c in enumerate(CENTERS):
        window = plain.biased(lambda x, c=c: STIFF / 2 * (x[:, 0] - c) ** 2)
        found += list(walk(window, np.full((10, 1), c), 300, seed=i).frames[:, 20:, 0])
    return found, ensembles(umbrella(found, CENTERS, STIFF), np.repeat(np.arange(12), 10))


@pytest.fixture(scope="module")
def exact():
    modes = exact_modes(energy, [BOX])
    x, density = modes.axes[0], modes.density
    return -np.log(density[x > BARRIER].sum() / density[x < BARRIER].sum()), x, density


def difference(found, values):
    right = found.average([v > BARRIER for v in values])
    return -np.log(right / (1 - right))


def test_mbar_finds_the_exact_free_energy_difference(windows, exact):
    values, data = windows
    found = estimate_mbar(data)
    assert difference(found, values) == pytest.approx(exact[0], abs=0.2)
    np.testing.assert_allclose(found.overlap.sum(axis=1), 1, atol=1e-9)
    assert found.weakest_links.min() > 0.03 and not found.notices


def test_free_energies_of_windows_are_exact(windows, exact):
    _, x, density = exact
    known = -np.log([(density * np.exp(-STIFF / 2 * (x - c) ** 2)).sum() for c in CENTERS])
    found = estimate_mbar(windows[1]).free_energies
    np.testing.assert_allclose(found - found.mean(), known - known.mean(), atol=0.3)


def test_tram_finds_it_too_and_keeps_detailed_balance(windows, exact):
    values, data = windows
    found = estimate_tram(data, [np.digitize(v, np.linspace(-1.7, 1.7, 20)) for v in values], 2)
    assert difference(found, values) == pytest.approx(exact[0], abs=0.2)
    assert found.stationary.sum() == pytest.approx(1) and sum(w.sum() for w in found.weights) == pytest.approx(1)
    np.testing.assert_allclose(found.transition_matrices.sum(axis=2), 1, atol=1e-9)
    for matrix, free in zip(found.transition_matrices, found.state_energies):
        flow = np.exp(-(free - free.min()))[:, None] * matrix
        np.testing.assert_allclose(flow, flow.T, atol=1e-7)
    centres, profile = found.profile(values, 30)
    inside = np.isfinite(profile) & (np.abs(centres) < 1.3)
    known = energy(centres[:, None])
    np.testing.assert_allclose((profile - profile[inside].min())[inside], (known - known[inside].min())[inside], atol=0.7)


def test_tram_of_one_ensemble_is_the_plain_model():
    chain = chains.birth_death([0, 0.1, 0.1, 0.02, 0.2, 0.2, 0.2], [0.2, 0.2, 0.02, 0.1, 0.1, 0.1, 0], 20_000)
    found = estimate_tram(ensembles([np.zeros((len(chain), 1))]), [chain], 1)
    counts = np.zeros((7, 7))
    np.add.at(counts, (chain[:-1], chain[1:]), 1)
    matrix, stationary = reversible_mle(counts)
    np.testing.assert_allclose(found.transition_matrices[0], matrix, atol=1e-6)
    np.testing.assert_allclose(np.exp(-found.state_energies[0]), stationary, atol=1e-6)
    assert found.timescales(0)[0] == pytest.approx(-1 / np.log(np.sort(np.linalg.eigvals(matrix).real)[-2]), rel=1e-5)


def test_tram_equals_that_of_deeptime(windows):
    from deeptime.markov.msm import TRAM, TRAMDataset

    values, data = windows
    few = [20, 30, 40, 50]
    bias = [np.ascontiguousarray(data.bias[i][:, [2, 3, 4, 5]]) for i in few]
    dtrajs = [np.digitize(values[i], [-1.2, -0.9, -0.6, -0.3, 0]).astype(np.int32) for i in few]
    found = estimate_tram(ensembles(bias), dtrajs, 1)
    assert len(found.active) == 6
    theirs = TRAM(lagtime=1, maxiter=2000, maxerr=1e-8, callback_interval=1000).fit_fetch(TRAMDataset(dtrajs, bias, lagtime=1))
    np.testing.assert_allclose(found.free_energies - found.free_energies[0], theirs.therm_state_energies - theirs.therm_state_energies[0], atol=1e-4)


def test_temperatures_of_a_harmonic_well_have_closed_free_energies():
    random = np.random.default_rng(0)
    temperatures = [300.0, 400.0, 500.0]
    u = [0.008314462618 * t * random.standard_normal(4000) ** 2 / 2 for t in temperatures]
    found = estimate_mbar(ensembles(tempering(u, temperatures, 300.0)))
    mean = np.mean(np.concatenate(u))
    known = -0.5 * np.log(temperatures) - mean / (0.008314462618 * np.array(temperatures))
    np.testing.assert_allclose(found.free_energies - found.free_energies[0], known - known[0], atol=0.03)


def test_a_periodic_umbrella_wraps():
    assert umbrella([np.array([-170.0])], [170.0], 0.01, period=360)[0][0, 0] == pytest.approx(0.005 * 400)


def test_energies_come_from_files(tmp_path):
    for i in range(2):
        np.savetxt(tmp_path / f"{i}.csv", np.random.default_rng(i).normal(size=(30, 2)) * 2.494, delimiter=",", header="cold,warm", comments="")
    data = read_ensembles([tmp_path / "0.csv", tmp_path / "1.csv"], kT=2.494)
    assert data.names == ("cold", "warm") and data.counts.tolist() == [30, 30]
    assert abs(np.concatenate(data.bias)).max() < 5


def far_apart():
    values = [np.random.default_rng(i).normal(10 * i, 0.1, 50) for i in range(2)]
    return ensembles(umbrella(values, [0, 10], 100.0))


@pytest.mark.parametrize("wrong, text", [
    (lambda: ensembles([]), "no bias energies"), (lambda: read_ensembles([]), "no bias energies"), (lambda: ensembles([np.zeros((3, 2))]), "windows="),
    (lambda: ensembles([np.zeros((3, 2)), np.zeros((3, 3))]), "shape"), (lambda: ensembles([np.full((3, 1), np.nan)]), "not all numbers"),
    (lambda: ensembles([np.zeros((3, 0))]), "no bias energies"), (lambda: ensembles([np.zeros((3, 1))], names=("a", "b")), "2 names and 1 window"),
    (lambda: tempering([], [300], 300), "no potential energies"), (lambda: tempering([np.zeros(3)], [], 300), "no temperatures"), (lambda: tempering([np.zeros(3)], [0], 300), "above 0"),
    (lambda: tempering([np.zeros((3, 2))], [300], 300), r"shape \(3, 2\)"), (lambda: tempering([np.array([1.0, np.inf])], [300], 300), "not all numbers"),
    (lambda: umbrella([], [0], 1), "no values"), (lambda: umbrella([np.zeros(3)], [], 1), "no windows"), (lambda: umbrella([np.zeros((3, 1))], [0], 1), "shape"),
    (lambda: umbrella([np.zeros(3)], [0, 1], [1, 2, 3]), "3 values of the stiffness and 2 windows"), (lambda: umbrella([np.zeros(3)], [0], 1, kT=0), "kT = 0"),
    (lambda: evaluated([np.zeros((3, 1))], []), "no biases"), (lambda: evaluated([], [abs]), "no frames"),
    (lambda: ensembles([np.zeros((3, 2))], [2]), "does not exist"), (lambda: estimate_mbar(far_apart()), "do not overlap.*Add a window between"),
    (lambda: estimate_tram(ensembles([np.zeros((3, 1))]), [np.zeros(2, int)], 1), "do not fit"),
    (lambda: estimate_tram(ensembles([np.zeros((3, 1))]), [np.zeros(3, int)], 5), "too long"),
    (lambda: estimate_mbar(ensembles([np.zeros((3, 1))])).timescales(0), "no timescales")])
def test_wrong_use_is_said(wrong, text):
    with pytest.raises(UserError, match=text):
        wrong()
