"""VAMPnets: known scores and timescales, the same bits each time, and sentences about what cannot be done."""
import importlib.util
from dataclasses import replace

import numpy as np
import pytest

import mdexplore as mdx
from mdexplore.base.errors import UserError
from mdexplore.methods.method import find
from mdexplore.methods.projection.model import deeptime_model, transform
from mdexplore.methods.projection.vampnet import FUZZY, VAMPNet, vampnet
from mdexplore.methods.results import Features

needs_torch = pytest.mark.skipif(importlib.util.find_spec("torch") is None, reason="networks need the deep extra")


def example(name, n_frames):
    arrays = tuple(mdx.example(name, n_frames=n_frames).given)
    d = arrays[0].shape[1]
    return Features(arrays, tuple(f"f{i}" for i in range(d)), ((),) * d, ("given",) * d)


@pytest.fixture(scope="module")
def prinz():
    return example("prinz", 3000)


@pytest.fixture(scope="module")
def fuzzy(prinz):
    return vampnet(VAMPNet(output=FUZZY, width=32, epochs=18), prinz, lagtime=5)


def said(found):
    return " ".join(map(str, found.notices))


@needs_torch
def test_the_prinz_potential_reaches_its_exact_score(fuzzy):
    """1 + the exact squared eigenvalues are 2.5566; 30 000 frames scatter by some per cent."""
    assert 1 + np.sum(fuzzy.singular_values**2) == pytest.approx(2.5566, abs=0.05)


@needs_torch
def test_the_prinz_potential_gets_its_timescales(fuzzy):
    np.testing.assert_allclose(fuzzy.parameters["timescales"], [83.4, 12.68, 6.51], rtol=0.15)


@needs_torch
def test_fuzzy_states_are_memberships_with_a_stationary_koopman_model(fuzzy):
    chi = np.concatenate(fuzzy.values)
    assert chi.min() >= 0
    np.testing.assert_allclose(chi.sum(1), 1, atol=1e-5)
    p = fuzzy.parameters
    np.testing.assert_allclose(p["koopman"].sum(1), 1, atol=1e-6)
    np.testing.assert_allclose(p["populations"] @ p["koopman"], p["populations"], atol=1e-6)
    assert (np.diff(p["populations"]) <= 0).all()
    assert fuzzy.names == ("State 1", "State 2", "State 3", "State 4")


@needs_torch
def test_fuzzy_states_are_the_wells(fuzzy, prinz):
    """The score alone would take any mixture of the wells."""
    x, chi = np.concatenate(prinz.values)[:, 0], np.concatenate(fuzzy.values)
    shares = [np.mean(x < -0.5), np.mean((x >= -0.5) & (x < 0)), np.mean((x >= 0) & (x < 0.47)), np.mean(x >= 0.47)]
    np.testing.assert_allclose(np.sort(chi.mean(0)), np.sort(shares), atol=0.05)


@needs_torch
def test_a_network_separates_what_no_straight_line_does():
    found = vampnet(VAMPNet(dim=2, width=32, epochs=15, score="VAMP-E", output=FUZZY), example("sqrt-model", 1000), lagtime=1)
    assert 1 + found.singular_values[0] ** 2 > 1.75


@needs_torch
def test_its_two_fuzzy_states_are_the_hidden_ones_of_the_square_root_model():
    import deeptime.data

    hidden, seen = deeptime.data.sqrt_model(10_000, seed=0)
    found = vampnet(VAMPNet(dim=2, width=16, epochs=10, output=FUZZY), Features((seen.astype(np.float32),), ("x", "y"), ((),) * 2, ("given",) * 2), lagtime=1)
    right = np.mean(np.argmax(found.values[0], axis=1) == hidden)
    assert max(right, 1 - right) >= 0.97


@needs_torch
def test_coordinates_are_uncorrelated_and_have_unit_variance(prinz):
    found = vampnet(VAMPNet(dim=3, width=16, epochs=4), prinz, lagtime=5)
    np.testing.assert_allclose(np.cov(np.concatenate(found.values).T), np.eye(3), atol=0.02)
    assert (np.diff(found.singular_values) <= 0).all()
    strongest = found.loadings[0]
    assert (strongest >= 0).all()


@needs_torch
def test_new_frames_are_projected_as_those_of_the_fit(fuzzy, prinz):
    np.testing.assert_allclose(transform(fuzzy, prinz.values[2]), fuzzy.values[2], atol=1e-6)
    with pytest.raises(UserError, match="takes 1 features"):
        transform(fuzzy, np.zeros((3, 2)))


@needs_torch
@pytest.mark.parametrize("output", ["coordinates", FUZZY])
def test_deeptimes_model_of_the_network_transforms_alike(prinz, output):
    found = vampnet(VAMPNet(dim=2, width=16, epochs=2, output=output), prinz, lagtime=5)
    np.testing.assert_allclose(deeptime_model(found).transform(prinz.values[0]), found.values[0], atol=1e-4)


@needs_torch
def test_the_same_seed_gives_the_same_bits_and_another_does_not(prinz):
    a, b, c = (vampnet(VAMPNet(dim=2, width=8, epochs=2), prinz, lagtime=5, seed=s) for s in (1, 1, 2))
    np.testing.assert_array_equal(a.values[0], b.values[0])
    assert (a.values[0] != c.values[0]).any()


@needs_torch
def test_the_history_holds_both_scores_of_every_epoch(fuzzy):
    history = fuzzy.parameters["history"]
    assert history.shape[1] == 2
    assert f"{history[fuzzy.parameters['best_epoch'], 1]:.3f} on" in said(fuzzy)


@needs_torch
def test_a_sample_of_pairs_is_said(prinz):
    assert "random sample of 1000 of 23960 pairs" in said(vampnet(VAMPNet(dim=2, width=8, epochs=1, max_pairs=1000), prinz, lagtime=5))


@needs_torch
def test_features_that_never_change_are_left_out(prinz):
    wide = replace(prinz, values=tuple(np.column_stack([np.full(len(x), 5, np.float32), x]) for x in prinz.values), names=("still", "x"), atoms=((), ()), kinds=("given",) * 2)
    found = vampnet(VAMPNet(dim=2, width=8, epochs=1), wide, lagtime=5)
    np.testing.assert_array_equal(found.parameters["saliency"][0], 0)


@needs_torch
def test_constant_features_only_are_refused():
    still = Features((np.ones((500, 2), np.float32),), ("a", "b"), ((), ()), ("given",) * 2)
    with pytest.raises(UserError, match="constant"):
        vampnet(VAMPNet(), still, lagtime=2)


@needs_torch
def test_a_lag_time_beyond_all_trajectories_names_the_limit(prinz):
    with pytest.raises(UserError, match="below 3000 frames"):
        vampnet(VAMPNet(), prinz, lagtime=3000)


@needs_torch
def test_a_study_takes_it_by_name_and_finds_it_again_on_disk(monkeypatch, tmp_path):
    monkeypatch.setenv("MDEXPLORE_CACHE", str(tmp_path))
    settings = VAMPNet(dim=2, width=8, epochs=2)
    data = mdx.load(list(example("prinz", 500).values))
    made = mdx.Study(data, projection=settings, lagtime=5).projection
    again = mdx.Study(data, projection=settings, lagtime=5)
    assert again.peek("projection") is not None
    np.testing.assert_array_equal(again.projection[3], made[3])


def test_without_torch_the_line_that_installs_it_is_said(monkeypatch):
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(UserError, match=r"pip install .*torch=="):
        find("projection", "vampnet")
