"""The posterior: reversible samples around the estimate, the same for the same seed."""
import numpy as np
import pytest

from mdexplore.data.chains import two_state
from mdexplore.methods.kinetics.bayesian_msm import BayesianMSM, bayesian_msm
from mdexplore.methods.kinetics.model import deeptime_model
from mdexplore.methods.kinetics.msm import MSM, msm


def test_samples_are_reversible_transition_matrices(three_wells):
    found = bayesian_msm(BayesianMSM(n_samples=10), three_wells[0], lagtime=5, seed=1)
    assert found.samples.shape == (10, *found.transition_matrix.shape)
    assert np.abs(found.samples.sum(axis=2) - 1).max() < 1e-12
    for sample in deeptime_model(found).samples:
        flow = sample.stationary_distribution[:, None] * sample.transition_matrix
        assert np.abs(flow - flow.T).max() < 1e-10


def test_the_estimate_is_that_of_the_plain_model(three_wells):
    bayesian, plain = bayesian_msm(BayesianMSM(n_samples=10), three_wells[0], lagtime=5), msm(MSM(), three_wells[0], lagtime=5)
    assert np.array_equal(bayesian.transition_matrix, plain.transition_matrix)
    assert bayesian.title == "Bayesian MSM"


def test_the_same_seed_gives_the_same_samples(three_wells):
    first, again, other = (bayesian_msm(BayesianMSM(n_samples=10), three_wells[0], lagtime=5, seed=s).samples for s in (3, 3, 4))
    assert np.array_equal(first, again) and not np.array_equal(first, other)


def test_with_many_counts_the_mean_sample_is_the_estimate(clustered):
    found = bayesian_msm(BayesianMSM(n_samples=200), clustered(two_state((0.05, 0.1), 200_000, seed=2)), lagtime=1)
    assert np.abs(found.samples.mean(axis=0) - found.transition_matrix).max() < 0.001


def test_posterior_and_delta_method_agree_on_two_states(clustered):
    clustering = clustered(two_state((0.02, 0.04), 20_000, seed=2))
    posterior, delta = bayesian_msm(BayesianMSM(n_samples=400), clustering, lagtime=1), msm(MSM(), clustering, lagtime=1)
    widths = [np.log(k.timescales_upper[0] / k.timescales_lower[0]) for k in (posterior, delta)]
    assert widths[0] == pytest.approx(widths[1], rel=0.2)


def test_deeptimes_posterior_gathers_statistics(three_wells):
    posterior = deeptime_model(bayesian_msm(BayesianMSM(n_samples=10), three_wells[0], lagtime=5))
    assert len(posterior.samples) == 10
    assert posterior.gather_stats("timescales", k=1).mean > 0
