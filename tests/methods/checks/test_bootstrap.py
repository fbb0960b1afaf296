"""Resampled intervals: what they rest on is said, and real data get an honest bar."""
import numpy as np
import pytest

from mdexplore.data.chains import two_state, two_state_timescale
from mdexplore.methods.checks.bootstrap import bootstrap_timescales
from mdexplore.methods.checks.intervals import nan_interval
from mdexplore.methods.checks.posterior import posterior_timescales
from mdexplore.methods.checks.timescales import timescales


def test_the_exact_timescale_lies_in_the_interval(clustered):
    chains = [two_state((0.02, 0.04), 2000, seed) for seed in range(12)]
    found = bootstrap_timescales(clustered(*chains), [1, 5], n_processes=1, seed=1)
    exact = two_state_timescale((0.02, 0.04))
    assert np.all((found.lower < exact) & (exact < found.upper))
    assert found.interval == "95 %, bootstrap over trajectories"


def test_the_same_seed_gives_the_same_interval(clustered):
    clustering = clustered(*[two_state((0.02, 0.04), 500, seed) for seed in range(6)])
    first, again = (bootstrap_timescales(clustering, [1], n_resamples=20, seed=3) for _ in range(2))
    assert np.array_equal(first.lower, again.lower, equal_nan=True)


def test_one_trajectory_is_resampled_in_blocks_and_said_so(clustered):
    found = bootstrap_timescales(clustered(two_state((0.02, 0.04), 20_000, seed=1)), [1], n_processes=1, seed=1)
    assert "blocks" in found.interval and any("blocks" in str(n) for n in found.notices)
    assert found.lower[0, 0] < two_state_timescale((0.02, 0.04)) < found.upper[0, 0]


def test_resamples_without_connected_states_are_survived(clustered):
    chains = [np.zeros(50, int)] * 5 + [np.array([0, 1] * 25)]
    found = bootstrap_timescales(clustered(*chains), [1], n_resamples=30)
    assert found.values.shape == (1, 5)


def test_progress_is_told(clustered):
    told = []
    bootstrap_timescales(clustered(two_state(n_frames=400)), [1], n_resamples=20, progress=lambda *args: told.append(args[:2]))
    assert told[0][0] == 0 and told[-1] == (20, 20)


def test_draws_that_are_missing_are_left_out():
    lower, upper = nan_interval(np.array([[1.0, np.nan, np.nan], [2.0, 5.0, np.nan], [3.0, 6.0, 7.0]]))
    assert lower[0] == pytest.approx(1.05) and upper[1] == pytest.approx(5.975) and np.isnan(lower[2])


def test_posterior_and_delta_method_have_bars_of_one_size(clustered):
    clustering = clustered(two_state((0.02, 0.04), 20_000, seed=2))
    posterior, delta = posterior_timescales(clustering, [1], n_processes=1, n_samples=300), timescales(clustering, [1], n_processes=1)
    assert posterior.interval == "95 %, Bayesian posterior"
    ratio = np.log(posterior.upper / posterior.lower) / np.log(delta.upper / delta.lower)
    assert ratio[0, 0] == pytest.approx(1.0, abs=0.25)


def test_alanine_dipeptides_bar_is_honest(alanine):
    found = bootstrap_timescales(alanine, [1], n_resamples=60, seed=1, timestep_ns=0.02, n_processes=2)
    assert found.lower_ns[0, 0] < 2.56 < found.upper_ns[0, 0]
    assert (found.upper_ns - found.lower_ns)[0, 0] / 3.92 == pytest.approx(0.84, abs=0.25)
    assert found.lower_ns[0, 1] < 0.0256 < found.upper_ns[0, 1]
