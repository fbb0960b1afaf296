"""Held-out VAMP-2: known values, no gain from noise, one score whichever way it is computed."""
from __future__ import annotations

import numpy as np
import pytest
from deeptime.covariance import Covariance
from scipy.signal import lfilter

from mdexplore.base.errors import UserError
from mdexplore.methods.checks import score as module
from mdexplore.methods.checks.score import vamp2_score
from mdexplore.methods.projection.identity import Unprojected
from mdexplore.methods.projection.tica import TICA
from mdexplore.methods.results import Features


def features(arrays):
    d = arrays[0].shape[1]
    return Features(tuple(arrays), tuple(f"f{i}" for i in range(d)), ((),) * d, ("given",) * d)


def ar1(coefficients, n_frames, seed):
    rng = np.random.default_rng(seed)
    return np.stack([lfilter([np.sqrt(1 - a * a)], [1, -a], rng.standard_normal(n_frames)) for a in coefficients], axis=1)


@pytest.fixture(scope="module")
def chains():
    return features([ar1([0.95, 0.8], 8000, seed) for seed in range(6)])


def test_independent_ar1_processes_have_their_exact_score(chains):
    found = vamp2_score(chains, TICA(), lagtime=2)
    assert found.mean == pytest.approx(1 + 0.95**4 + 0.8**4, abs=0.03)
    assert found.folds.shape == found.train.shape == (5,)
    assert found.mean == pytest.approx(found.folds.mean()) and found.std == pytest.approx(found.folds.std())


def test_the_training_score_of_all_coordinates_is_that_of_deeptime(chains):
    found = vamp2_score(features(chains.values[:2]), Unprojected(), lagtime=3, folds=2)
    x = chains.values[0]
    cov = Covariance(3, compute_c0t=True, compute_ctt=True, remove_data_mean=True, bessels_correction=False).fit_fetch(x)
    from deeptime.decomposition import VAMP

    wanted = VAMP(lagtime=3).fit_from_covariances(cov).fetch_model().score(2)
    assert min(abs(found.train - wanted)) < 1e-6


def test_noise_scores_less_held_out_than_in_training():
    noise = features([np.random.default_rng(s).standard_normal((500, 50)) for s in range(5)])
    found = vamp2_score(noise, TICA(dim=3), lagtime=10)
    assert found.train.mean() > found.mean + 0.05
    assert found.mean == pytest.approx(1, abs=0.05)


def test_few_frames_for_many_coordinates_are_warned_about():
    noise = features([np.random.default_rng(s).standard_normal((150, 20)) for s in range(5)])
    found = vamp2_score(noise, TICA(dim=10), lagtime=10)
    assert "even noise would score 1.71" in found.notices[0].text


def test_a_fast_feature_does_not_raise_the_score_of_one_coordinate(chains):
    wide = features([np.column_stack([x, np.random.default_rng(0).standard_normal(len(x))]) for x in chains.values])
    one, two = (vamp2_score(f, TICA(dim=1), lagtime=2).mean for f in (chains, wide))
    assert two == pytest.approx(one, abs=0.01)


def test_moments_and_refits_give_the_same_score(chains, monkeypatch):
    quick = vamp2_score(chains, TICA(dim=1), lagtime=2, folds=3)
    monkeypatch.setattr(module, "_tica_folds", lambda *given: module._other_folds(*given[:-1], 0, given[-1]))
    slow = vamp2_score(chains, TICA(dim=1), lagtime=2, folds=3)
    np.testing.assert_allclose(quick.folds, slow.folds, rtol=1e-5)
    np.testing.assert_allclose(quick.train, slow.train, rtol=1e-5)


def test_one_long_trajectory_is_cut_into_blocks_with_gaps():
    found = vamp2_score(features([ar1([0.95], 40_000, 0)]), TICA(), lagtime=5, folds=4)
    assert found.mean == pytest.approx(1 + 0.95**10, abs=0.06)
    blocks = module.segments_of([100], 4, 5, 0, None)
    assert blocks == [(0, 0, 0, 25), (1, 0, 30, 50), (2, 0, 55, 75), (3, 0, 80, 100)]


def test_folds_hold_whole_trajectories_of_about_the_same_length():
    segments = module.segments_of([100, 50, 50, 90, 10, 3], 3, 5, 0, None)
    frames = [sum(b - a for f, _, a, b in segments if f == k) for k in range(3)]
    assert sorted(frames) == [100, 100, 100]
    assert sorted(i for _, i, _, _ in segments) == [0, 1, 2, 3, 4]


def test_trajectories_too_short_for_the_folds_name_the_limit():
    with pytest.raises(UserError, match="fewer folds"):
        vamp2_score(features([ar1([0.5], 40, 0)]), TICA(), lagtime=10, folds=5)


def test_an_object_of_the_users_is_fitted_again_for_each_fold(chains):
    from deeptime.decomposition import TICA as Deeptime

    found = vamp2_score(chains, Deeptime(lagtime=2, dim=1, scaling=None), lagtime=2, folds=3)
    np.testing.assert_allclose(found.folds, vamp2_score(chains, TICA(dim=1), lagtime=2, folds=3).folds, rtol=1e-5)


def test_one_fold_is_refused(chains):
    with pytest.raises(UserError, match="at least 2"):
        vamp2_score(chains, TICA(), lagtime=1, folds=1)
