"""The posterior: reversible samples around the estimate, the same for the same seed."""
import numpy as np
import pytest

from mdexplore.data.chains import birth_death, birth_death_matrix, chain_timescales, two_state, two_state_timescale
from mdexplore.methods.checks.posterior import posterior_timescales
from mdexplore.methods.checks.timescales import timescales
from mdexplore.methods.kinetics.bayesian_msm import BayesianMSM, bayesian_msm, independent, widening_of
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


LADDER = [0, 0.1, 0.1, 0.02, 0.2, 0.2, 0.2], [0.2, 0.2, 0.02, 0.1, 0.1, 0.1, 0]


@pytest.mark.parametrize(("make", "exact"), [(lambda seed: two_state((0.01, 0.02), 20_000, seed), two_state_timescale((0.01, 0.02))),
                                             (lambda seed: birth_death(*LADDER, 20_000, seed), chain_timescales(birth_death_matrix(*LADDER))[0])])
def test_intervals_hold_the_exact_timescale_at_long_lag_times_too(make, exact, clustered):
    # By effective counts, as deeptime has them, 14 and 9 of 20 hold it.
    ends = [bayesian_msm(BayesianMSM(), clustered(make(seed)), lagtime=20, seed=seed) for seed in range(20)]
    assert sum(f.timescales_lower[0] < exact < f.timescales_upper[0] for f in ends) >= 17


@pytest.mark.parametrize("lagtime", [5, 20])
def test_posterior_over_lag_times_is_as_wide_as_the_delta_method(lagtime, three_wells):
    found, delta = posterior_timescales(three_wells[0], [lagtime], n_processes=1), timescales(three_wells[0], [lagtime], n_processes=1)
    assert np.log(found.upper[0, 0] / found.lower[0, 0]) == pytest.approx(np.log(delta.upper[0, 0] / delta.lower[0, 0]), rel=0.25)


def test_counts_of_overlapping_windows_are_divided_by_the_lag_time_as_long_as_there_is_one_for_each_pair():
    counts = np.array([[900.0, 100], [100, 0]])
    np.testing.assert_allclose(independent(counts, 10), counts / 10)
    np.testing.assert_allclose(independent(counts, 1000).sum(), 3)
    np.testing.assert_allclose(independent(np.eye(2), 10), np.eye(2))


def test_with_fewer_independent_transitions_than_pairs_bars_grow_with_the_lag_time_as_those_of_the_delta_method(alanine):
    widths = []
    for lagtime in (5, 50):
        found, plain = bayesian_msm(BayesianMSM(n_samples=60), alanine, lagtime=lagtime), msm(MSM(), alanine, lagtime=lagtime)
        assert any("independent transitions" in n.text for n in found.notices) == (widening_of(found) > 1)
        widths.append(np.log(found.timescales_upper[0] / found.timescales_lower[0]))
        assert 0.6 < widths[-1] / np.log(plain.timescales_upper[0] / plain.timescales_lower[0]) < 1.6
    assert widening_of(found) > 2 and widths[1] > widths[0]
    assert np.abs(found.samples.sum(axis=2) - 1).max() < 1e-9


def test_intervals_of_many_microstates_hold_the_exact_timescale_at_a_long_lag_time(clustered):
    energy = 2.0 * (np.linspace(-1.5, 1.5, 60) ** 2 - 1) ** 2
    up, down = (0.45 * np.append(np.minimum(1, np.exp(-np.diff(e))), 0) for e in (energy, energy[::-1]))
    exact, held = chain_timescales(birth_death_matrix(down[::-1], up))[0], 0
    for seed in range(12):
        found = bayesian_msm(BayesianMSM(n_samples=40), clustered(birth_death(down[::-1], up, 200_000, seed)), lagtime=500, seed=seed)
        assert widening_of(found) > 2
        held += found.timescales_lower[0] < exact < found.timescales_upper[0]
    assert held >= 11   # without the widening 5


def test_deeptimes_posterior_gathers_statistics(three_wells):
    posterior = deeptime_model(bayesian_msm(BayesianMSM(n_samples=10), three_wells[0], lagtime=5))
    assert len(posterior.samples) == 10
    assert posterior.gather_stats("timescales", k=1).mean > 0
