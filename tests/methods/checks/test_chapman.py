"""The Chapman-Kolmogorov test: passes where the model is right, fails where it is wrong."""
import numpy as np
import pytest

from mdexplore.data.chains import two_state
from mdexplore.methods.checks.chapman import chapman_kolmogorov
from mdexplore.methods.coarse.pcca import PCCA, pcca
from mdexplore.methods.kinetics.msm import MSM, msm


def checked(clustering, lagtime, n_states, **more):
    kinetics = msm(MSM(), clustering, lagtime=lagtime, timestep_ns=0.02)
    return chapman_kolmogorov(clustering, kinetics, pcca(PCCA(n_states=n_states), kinetics, clustering), **more)


def test_at_the_lag_time_itself_both_are_the_same(three_wells):
    found = checked(three_wells[0], 5, 3)
    assert found.lagtimes[0] == 5 and np.allclose(found.predicted[0], found.estimated[0], atol=1e-12)


def test_rows_sum_to_one_and_bands_hold_the_estimate(three_wells):
    found = checked(three_wells[0], 5, 3)
    assert np.allclose(found.predicted.sum(axis=2), 1) and np.allclose(found.estimated.sum(axis=2), 1)
    assert np.all((found.lower <= found.estimated) & (found.estimated <= found.upper))


def test_an_exact_chain_is_predicted_by_its_powers(clustered):
    found = checked(clustered(two_state((0.02, 0.05), 200_000, seed=4)), 1, 2)
    decay = (1 - 0.07) ** found.lagtimes
    assert np.allclose(found.predicted[:, 0, 0], (0.05 + 0.02 * decay) / 0.07, atol=0.02)
    assert np.median(found.deviation[1:]) < 1
    assert found.notices == ()


def test_a_model_that_forgets_is_caught(clustered):
    # Two wells of two states each, seen through a lumping that hides which well it is: not Markov at all.
    rng = np.random.default_rng(0)
    wells = np.repeat(rng.permutation(np.tile([0, 1], 60)), 500)
    seen = (rng.random(len(wells)) < np.where(wells == 0, 0.2, 0.8)).astype(int)
    found = checked(clustered(seen), 1, 2)
    assert found.deviation.max() > 2
    assert (found.deviation[1:] > 1).mean() > 0.1


def test_the_prediction_is_the_power_of_the_matrix(three_wells):
    clustering = three_wells[0]
    kinetics = msm(MSM(), clustering, lagtime=5)
    coarse = pcca(PCCA(n_states=3), kinetics, clustering)
    found = chapman_kolmogorov(clustering, kinetics, coarse)
    sets = np.eye(3)[coarse.microstates[kinetics.active]]
    start = kinetics.stationary[:, None] * sets
    for lagtime, predicted in zip(found.lagtimes, found.predicted):
        power = np.linalg.matrix_power(kinetics.transition_matrix, lagtime // 5)
        assert np.allclose(predicted, (start / start.sum(axis=0)).T @ power @ sets, atol=1e-10)


def test_multiples_end_where_the_data_do(clustered):
    found = checked(clustered(two_state((0.1, 0.1), 100, seed=4)), 10, 2)
    assert found.lagtimes.tolist() == [10, 20, 30]


def test_one_state_stays_with_certainty(clustered):
    clustering = clustered(np.zeros(50, int))
    kinetics = msm(MSM(), clustering, lagtime=1)
    found = chapman_kolmogorov(clustering, kinetics, pcca(PCCA(), kinetics, clustering))
    assert np.all(found.predicted == 1) and np.all(found.estimated == 1)


def test_alanine_dipeptide_passes(alanine):
    found = checked(alanine, 1, 3)
    assert found.lagtimes_ns[0] == pytest.approx(0.02)
    short = found.lagtimes <= 5
    assert np.abs(found.predicted - found.estimated)[short].max() < 0.02
    assert found.notices == ()
