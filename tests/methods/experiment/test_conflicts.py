"""Which measurements are said to be in conflict with the others: seldom one without fault, and one that is."""
import numpy as np
import pytest

from mdexplore.methods.coarse.pcca import PCCA, pcca
from mdexplore.methods.experiment.estimate import augment
from mdexplore.methods.experiment.observables import Observable
from mdexplore.methods.kinetics.msm import MSM, msm

MATRIX = np.array([[0.94, 0.05, 0.01, 0.0], [0.05, 0.90, 0.05, 0.0], [0.01, 0.05, 0.90, 0.04], [0.0, 0.0, 0.04, 0.96]])   # symmetric: all states are as likely
LEVELS = np.array([[4.0, 6.0, 7.0, 9.0], [1.0, 0.0, 1.0, 0.2], [0.3, 0.6, 0.1, 0.9]])


@pytest.fixture(scope="module")
def models(clustered):
    """Models of the chain from trajectories of 2000 frames, one for each seed."""
    made = []
    for seed in range(40):
        random, steps = np.random.default_rng(seed), np.cumsum(MATRIX, axis=1)
        drawn, path = random.random(2000), np.zeros(2000, int)
        path[0] = random.integers(4)
        for t in range(1, len(path)):
            path[t] = min(int(np.searchsorted(steps[path[t - 1]], drawn[t])), 3)
        clustering = clustered(path, n_clusters=4)
        kinetics = msm(MSM(), clustering, lagtime=1)
        made.append((clustering, kinetics, pcca(PCCA(n_states=2), kinetics, clustering), path))
    return made


def observed(path, level, measured, error, name="J"):
    return Observable(name, [LEVELS[level][path]], measured, error)


def test_measurements_without_fault_are_seldom_flagged(models):
    flagged = 0
    for seed, (clustering, kinetics, coarse, path) in enumerate(models):
        random = np.random.default_rng(1000 + seed)
        errors = [0.3, 0.05, 0.05]
        found = augment(kinetics, clustering, coarse, [observed(path, k, random.normal(LEVELS[k].mean(), errors[k]), errors[k], f"J{k}") for k in range(3)])
        flagged += len(found.conflicts)
    assert flagged <= 6   # of 120; 2.5 errors off are 1.5 of them


def test_departures_are_as_wide_as_normal_deviates(models):
    departures = []
    for seed, (clustering, kinetics, coarse, path) in enumerate(models):
        random = np.random.default_rng(2000 + seed)
        found = augment(kinetics, clustering, coarse, [observed(path, k, random.normal(LEVELS[k].mean(), error), error, f"J{k}") for k, error in enumerate([0.3, 0.05, 0.05])])
        departures += found.departures.tolist()
    assert np.mean(np.square(departures)) == pytest.approx(1, abs=0.45)


def test_two_values_for_the_same_coupling_are_in_conflict(models):
    clustering, kinetics, coarse, path = models[0]
    found = augment(kinetics, clustering, coarse, [observed(path, 0, 6.4, 0.02, "sharp"), observed(path, 0, 5.0, 0.5, "other")])
    assert found.departures[1] == pytest.approx(2.8, abs=0.1)
    assert [found.names[k] for k in found.conflicts][-1] == "other"
    assert any("other (2.8 errors off)" in n.text for n in found.notices)


def test_what_only_the_simulation_contradicts_is_in_no_conflict(models):
    clustering, kinetics, coarse, path = models[0]
    found = augment(kinetics, clustering, coarse, [observed(path, 0, 8.5, 0.02, "far"), Observable("flat", [np.random.default_rng(0).normal(1.0, 1.0, len(path))], 1.0, 5.0)])
    assert found.conflicts == ()
