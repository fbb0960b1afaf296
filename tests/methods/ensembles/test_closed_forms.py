"""Several ensembles where the answer can be written down: umbrellas over a harmonic well, and one ensemble that is the plain Markov model."""
import numpy as np
import pytest

from mdexplore.data.chains import birth_death
from mdexplore.methods.ensembles.estimate import estimate_mbar, estimate_tram
from mdexplore.methods.ensembles.inputs import ensembles, umbrella
from mdexplore.methods.kinetics.estimators import find
from mdexplore.methods.kinetics.lagmodels import LagModels

STIFF, CENTERS = 3.0, np.linspace(-2.5, 2.5, 11)


@pytest.fixture(scope="module")
def values():
    """Exact draws: under x² / 2 and an umbrella of stiffness K at c frames are normal, of mean K c / (1 + K) and variance 1 / (1 + K)."""
    random = np.random.default_rng(0)
    return [random.normal(STIFF * c / (1 + STIFF), (1 + STIFF) ** -0.5, 2000) for c in CENTERS]


@pytest.fixture(scope="module")
def made(values):
    return estimate_mbar(ensembles(umbrella(values, CENTERS, STIFF)))


def test_umbrellas_over_a_harmonic_well_have_closed_free_energies(made):
    known = np.log1p(STIFF) / 2 + STIFF * CENTERS**2 / (2 * (1 + STIFF))
    np.testing.assert_allclose(made.free_energies - made.free_energies[5], known - known[5], atol=0.1)


def test_without_the_umbrellas_the_well_has_its_variance(made, values):
    assert made.average([v**2 for v in values]) == pytest.approx(1, abs=0.08)
    assert made.average(values) == pytest.approx(0, abs=0.05)


def test_tram_of_several_trajectories_of_one_ensemble_is_the_plain_model_at_a_longer_lag_time():
    paths = [birth_death([0, 0.1, 0.1, 0.02, 0.2, 0.2, 0.2], [0.2, 0.2, 0.02, 0.1, 0.1, 0.1, 0], 5000, seed) for seed in range(4)]
    found = estimate_tram(ensembles([np.zeros((len(p), 1)) for p in paths], [0] * len(paths)), paths, 3)
    plain = LagModels(paths, 7, find("msm")).at(3)
    np.testing.assert_allclose(found.transition_matrices[0], plain.transition_matrix, atol=1e-6)
    np.testing.assert_allclose(np.exp(-found.state_energies[0]), plain.stationary, atol=1e-6)
