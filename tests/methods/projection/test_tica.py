"""TICA: known answers, equality with deeptime, independence of units, and sentences about what cannot be done."""
from __future__ import annotations

import numpy as np
import pytest
from deeptime.decomposition import TICA as Deeptime
from scipy.signal import lfilter

from mdexplore.base.errors import UserError
from mdexplore.methods.projection.model import deeptime_model, transform
from mdexplore.methods.projection.tica import TICA, tica
from mdexplore.methods.results import Features


def features(*arrays):
    d = arrays[0].shape[1]
    return Features(arrays, tuple(f"f{i}" for i in range(d)), ((),) * d, ("given",) * d)


def ar1(coefficients, n_frames, seed=0):
    rng = np.random.default_rng(seed)
    return np.stack([lfilter([np.sqrt(1 - a * a)], [1, -a], rng.standard_normal(n_frames)) for a in coefficients], axis=1)


@pytest.fixture(scope="module")
def mixed():
    mix = np.random.default_rng(3).standard_normal((4, 4))
    return [ar1([0.99, 0.97, 0.9, 0.8], n, seed) @ mix + 5 for n, seed in ((20_000, 1), (15_000, 2))]


def test_an_ar1_process_gets_its_exact_timescale():
    found = tica(TICA(dim=1), features(ar1([0.98, 0.3], 200_000)), lagtime=5)
    assert -5 / np.log(found.singular_values[0]) == pytest.approx(-1 / np.log(0.98), rel=0.05)


def test_eigenvalues_equal_those_of_deeptime(mixed):
    found = tica(TICA(dim=4), features(*mixed), lagtime=7)
    wanted = Deeptime(lagtime=7, scaling=None).fit_fetch(mixed)
    np.testing.assert_allclose(found.singular_values, wanted.singular_values, rtol=1e-8)


@pytest.mark.parametrize(("scaling", "name"), [("none", None), ("kinetic map", "kinetic_map"), ("commute map", "commute_map")])
def test_coordinates_equal_those_of_deeptime_up_to_sign(mixed, scaling, name):
    found = tica(TICA(dim=3, scaling=scaling), features(*mixed), lagtime=7)
    wanted = Deeptime(lagtime=7, dim=3, scaling=name).fit_fetch(mixed).transform(mixed[1])
    np.testing.assert_allclose(np.abs(found.values[1]), np.abs(wanted), rtol=1e-4, atol=2e-5)


def test_coordinates_have_unit_variance_by_default(mixed):
    found = tica(TICA(), features(*mixed), lagtime=2)
    np.testing.assert_allclose(np.concatenate(found.values).std(axis=0), 1, rtol=1e-2)


def test_a_linear_map_of_the_features_changes_nothing(mixed):
    mapped = [x @ np.array([[2.0, 1, 0, 0], [0, 1, 3, 0], [0, 0, 1, 1], [1, 0, 0, 1]]) - 7 for x in mixed]
    a, b = tica(TICA(), features(*mixed), lagtime=3), tica(TICA(), features(*mapped), lagtime=3)
    np.testing.assert_allclose(a.singular_values, b.singular_values, rtol=1e-9)
    np.testing.assert_allclose(np.abs(a.values[0]), np.abs(b.values[0]), atol=1e-4)


def test_units_do_not_hide_a_slow_feature():
    x = ar1([0.99, 0.2], 20_000)
    a, b = tica(TICA(), features(x), lagtime=3), tica(TICA(), features(x * [1e-6, 1]), lagtime=3)
    assert b.dim == 2
    np.testing.assert_allclose(a.singular_values, b.singular_values, rtol=1e-9)
    np.testing.assert_allclose(a.values[0], b.values[0], atol=1e-4)


def test_the_model_is_deeptimes_and_transforms_alike(mixed):
    found = tica(TICA(dim=3), features(*mixed), lagtime=7)
    model = deeptime_model(found)
    np.testing.assert_allclose(model.transform(mixed[0]), found.values[0], atol=1e-4)
    np.testing.assert_allclose(transform(found, mixed[0][:5]), found.values[0][:5], atol=1e-6)
    wanted = Deeptime(lagtime=7, scaling=None).fit_fetch(mixed)
    np.testing.assert_allclose(model.timescales(), wanted.timescales(), rtol=1e-7)
    assert model.score(2) == pytest.approx(Deeptime(lagtime=7, dim=3, scaling=None).fit_fetch(mixed).score(2))


def test_loadings_are_the_correlations_of_features_and_coordinates(mixed):
    found = tica(TICA(dim=2), features(*mixed), lagtime=1)
    x, y = np.concatenate(mixed), np.concatenate(found.values)
    wanted = np.corrcoef(x.T, y.T)[:4, 4:]
    np.testing.assert_allclose(found.loadings, wanted, atol=5e-3)
    strongest = np.abs(found.loadings).argmax(axis=0)
    assert (found.loadings[strongest, [0, 1]] > 0).all()


def test_repeated_and_constant_features_are_dropped_and_said(mixed):
    wide = [np.column_stack([x, x[:, 0] + x[:, 1], np.full(len(x), 3.0)]).astype(np.float32) for x in mixed]
    found = tica(TICA(dim=6), features(*wide), lagtime=7)
    plain = tica(TICA(dim=6), features(*mixed), lagtime=7)
    np.testing.assert_allclose(found.singular_values, plain.singular_values, rtol=1e-4)
    said = " ".join(map(str, found.notices))
    assert "f5" in said and "rank 4" in said and "4 slow coordinates are kept" in said


def test_negative_eigenvalues_come_last():
    found = tica(TICA(), features(ar1([-0.95, 0.5], 20_000)), lagtime=1)
    assert found.singular_values[0] == pytest.approx(0.5, abs=0.03)
    assert found.singular_values[1] == pytest.approx(-0.95, abs=0.03)


def test_trajectories_are_never_joined():
    low, high = np.zeros((50, 1)), np.ones((50, 1))
    x = [a + 0.1 * np.random.default_rng(i).standard_normal((50, 1)) for i, a in enumerate([low, high] * 20)]
    assert tica(TICA(), features(*x), lagtime=25).singular_values[0] > 0.9


def test_short_trajectories_are_skipped_and_said(mixed):
    found = tica(TICA(), features(mixed[0], mixed[1][:5]), lagtime=7, timestep_ns=0.01)
    assert len(found.values[1]) == 5
    np.testing.assert_allclose(found.singular_values, tica(TICA(), features(mixed[0]), lagtime=7).singular_values, rtol=1e-9)
    assert any("1 of 2 trajectories" in n.text and "70 ps" in n.text for n in found.notices)


def test_a_lag_time_beyond_all_trajectories_names_the_limit():
    with pytest.raises(UserError, match="below 20 frames"):
        tica(TICA(), features(ar1([0.5], 20)), lagtime=20)


def test_constant_features_only_are_refused():
    with pytest.raises(UserError, match="constant"):
        tica(TICA(), features(np.full((100, 2), 0.1, np.float32)), lagtime=1)


def test_few_frames_for_many_features_are_warned_about():
    found = tica(TICA(), features(np.random.default_rng(0).standard_normal((100, 30))), lagtime=10)
    assert any(n.level == "warning" and "noise" in n.text for n in found.notices)


def test_the_same_data_give_the_same_bits(mixed):
    a, b = (tica(TICA(), features(*mixed), lagtime=2) for _ in range(2))
    np.testing.assert_array_equal(a.values[0], b.values[0])


def test_new_frames_with_other_features_are_refused(mixed):
    found = tica(TICA(), features(*mixed), lagtime=2)
    with pytest.raises(UserError, match="takes 4 features"):
        transform(found, np.zeros((3, 5)))
