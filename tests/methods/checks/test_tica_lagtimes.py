"""TICA over lag times: deeptime's TICA at each of them, exact timescales of model systems, and lag times that cannot be."""
from __future__ import annotations

import numpy as np
import pytest

import mdexplore as mdx
from mdexplore.base.errors import UserError
from mdexplore.methods.checks.tica_lagtimes import tica_timescales
from mdexplore.methods.results import Features

LAGS = [1, 4, 20]


def features_of(arrays):
    d = arrays[0].shape[1]
    return Features(tuple(arrays), tuple(f"x{i}" for i in range(d)), ((),) * d, ("",) * d)


@pytest.fixture(scope="module")
def mixed():
    """Three autoregressive processes, mixed; their timescales are 100, 20 and 4 frames."""
    rng, memory = np.random.default_rng(1), np.exp(-1 / np.array([100.0, 20.0, 4.0]))
    made = []
    for n in (40_000, 30_000, 12):
        x = np.zeros((n, 3))
        noise = rng.standard_normal((n, 3)) * np.sqrt(1 - memory**2)
        for t in range(1, n):
            x[t] = memory * x[t - 1] + noise[t]
        made.append(x @ np.array([[1.0, 0.3, 0.1], [0.2, 1.0, 0.5], [0.4, 0.1, 1.0]]) + 5)
    return made


def test_the_timescales_of_linear_processes_are_found_at_every_lag_time(mixed):
    found = tica_timescales(features_of(mixed), LAGS)
    np.testing.assert_allclose(found.values[:, :2], np.broadcast_to([100, 20], (3, 2)), rtol=0.12)
    assert np.isnan(found.values[:, 3:]).all() and np.isnan(found.lower).all() and np.isnan(found.upper).all()


def test_each_lag_time_equals_deeptimes_tica(mixed):
    from deeptime.decomposition import TICA

    found = tica_timescales(features_of(mixed), LAGS, n_processes=3)
    for values, lag in zip(found.values, LAGS):
        estimator = TICA(lagtime=lag, scaling=None)
        for x in mixed:
            if len(x) > lag:
                estimator.partial_fit((x[:-lag], x[lag:]))
        theirs = estimator.fetch_model().timescales(lagtime=lag)
        np.testing.assert_allclose(values, theirs, rtol=1e-6)


def test_short_trajectories_are_said(mixed):
    assert "1 of 3 trajectories is not longer than the lag time" in tica_timescales(features_of(mixed), LAGS).notices[0].text
    assert not tica_timescales(features_of(mixed), [4]).notices


def test_a_lag_time_beyond_the_data_names_the_limit(mixed):
    with pytest.raises(UserError, match="below"):
        tica_timescales(features_of(mixed), [1, 40_000])


def test_a_study_scans_its_features(cache):
    study = mdx.Study(mdx.example("prinz", n_frames=4000, n_trajectories=2), lagtime=5)
    found = study.tica_timescales()
    assert 5 in found.lagtimes and found.values.shape == (len(found.lagtimes), 5)
    own = study.result("projection").singular_values
    np.testing.assert_allclose(found.values[list(found.lagtimes).index(5), 0], -5 / np.log(own[0]), rtol=1e-9)


def test_lag_times_with_a_unit_are_frames_of_the_data(cache):
    study = mdx.Study(mdx.example("alanine-dipeptide"), lagtime="20 ps")
    found = study.tica_timescales(["20 ps", "0.1 ns"])
    np.testing.assert_allclose(found.lagtimes_ns, [0.02, 0.1])
    assert "bars none" in repr(found) and "slowest: " in repr(found)


def test_a_scan_is_kept_and_found_again(cache, monkeypatch):
    data = mdx.example("two-state", n_frames=2000)
    first = mdx.Study(data, lagtime=5).tica_timescales([1, 5])
    monkeypatch.setattr("mdexplore.methods.checks.tica_lagtimes.moments_at", None)
    again = mdx.Study(data, lagtime=5).tica_timescales([1, 5])
    np.testing.assert_array_equal(again.values, first.values)
