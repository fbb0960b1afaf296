"""Frames made by a network that was trained with the energy distance, on the Prinz potential."""
import importlib.util

import numpy as np
import pytest

import mdexplore as mdx
from mdexplore.base.errors import UserError
from mdexplore.data.potentials import POTENTIALS
from mdexplore.methods.deep.energy import made
from mdexplore.methods.deep.koopman import reversible_koopman
from mdexplore.methods.generation.making import make_frames, make_path, nearest_frames
from mdexplore.methods.generation.resampling import draw_frames
from mdexplore.methods.projection.generative_msm import GenerativeMSM, generative_msm
from mdexplore.methods.projection.model import transform

pytestmark = pytest.mark.skipif(importlib.util.find_spec("torch") is None, reason="networks need the deep extra")

LAG = 5
EXACT = np.array([83.40, 12.68, 6.51])
WELLS = np.array([0.1692, 0.2325, 0.3375, 0.2608])


@pytest.fixture(scope="module")
def features():
    return mdx.Study(mdx.example("prinz", n_frames=4000)).result("features")


@pytest.fixture(scope="module")
def made_by(features):
    return generative_msm(GenerativeMSM(generator="energy distance", width=32, layers=2, epochs=12, learning_rate=3e-3), features, lagtime=LAG)


def of_well(frames):
    return np.bincount(POTENTIALS["prinz"].wells(np.asarray(frames, float)), minlength=4) / len(frames)


def test_the_fuzzy_states_hold_the_slow_processes(made_by):
    alone = reversible_koopman(made_by.values, LAG)
    np.testing.assert_allclose(-LAG / np.log(alone.eigenvalues), EXACT, rtol=0.1)


def test_timescales_of_the_frames_made_are_near(made_by):
    np.testing.assert_allclose(made_by.parameters["timescales"], EXACT, rtol=0.4)


def test_frames_made_in_all_states_by_population_fill_the_wells_as_they_should(made_by):
    shares = sum(p * of_well(make_frames(made_by, i, 5000, seed=i)) for i, p in enumerate(made_by.parameters["populations"]))
    np.testing.assert_allclose(shares, WELLS, atol=0.05)


def test_the_matrix_is_where_frames_made_belong(made_by):
    p = made_by.parameters
    np.testing.assert_allclose(p["koopman"].sum(axis=1), 1, atol=1e-6)
    np.testing.assert_allclose(p["populations"] @ p["koopman"], p["populations"], atol=1e-6)
    np.testing.assert_allclose(transform(made_by, make_frames(made_by, 1, 20_000)).mean(axis=0), p["koopman"][1], atol=0.02)


def test_the_most_populated_state_is_the_first_input_of_the_generator(made_by):
    assert (np.diff(made_by.parameters["populations"]) <= 0).all()
    for i, row in enumerate(made_by.parameters["koopman"]):
        assert row.argmax() == i


def test_a_path_spends_its_time_where_frames_do(made_by, features):
    path = make_path(made_by, features.values[0][0], 3000, seed=1)
    assert path.shape == (3001, 1)
    np.testing.assert_array_equal(path[0], features.values[0][0])
    np.testing.assert_allclose(of_well(path), WELLS, atol=0.15)


def test_frames_made_are_new_and_stand_beside_the_nearest_real_ones(made_by, features):
    new = make_frames(made_by, 0, 50, seed=3)
    places, distances = nearest_frames(made_by, features, new)
    every = np.concatenate(features.values)[:, 0]
    scale = made_by.parameters["scale"][0]
    for x, (trajectory, frame), distance in zip(new[:, 0], places, distances):
        assert abs(features.values[trajectory][frame, 0] - x) / scale == pytest.approx(np.abs(every - x).min() / scale, abs=1e-5)
        assert distance == pytest.approx(np.abs(every - x).min() / scale, abs=1e-5)
    assert not np.isin(new[:, 0], every).all()


def test_the_same_seed_makes_the_same_frames(made_by):
    np.testing.assert_array_equal(make_frames(made_by, 2, 10, seed=5), make_frames(made_by, 2, 10, seed=5))
    assert (made(made_by.parameters, 2, 10, np.random.default_rng(0)) != made(made_by.parameters, 2, 10, np.random.default_rng(1))).any()


def test_features_that_never_change_keep_their_value():
    random = np.random.default_rng(0)
    values = [np.column_stack([np.sign(np.sin(np.arange(400) / 30)) + 0.1 * random.normal(size=400), np.full(400, 7.0)]) for _ in range(3)]
    found = generative_msm(GenerativeMSM(generator="energy distance", dim=2, width=8, layers=1, epochs=1), mdx.Study(values).result("features"), lagtime=2)
    assert (make_frames(found, 0, 5)[:, 1] == 7).all()


def test_other_models_make_no_frames(features):
    plain = mdx.Study(mdx.example("prinz", n_frames=4000), lagtime=LAG).result("projection")
    with pytest.raises(UserError, match="energy distance"):
        make_frames(plain, 0, 5)
    with pytest.raises(UserError, match="other features"):
        nearest_frames(plain, features, np.zeros((3, 1)))


def test_a_network_that_makes_frames_draws_none_of_the_data(made_by, features):
    with pytest.raises(UserError, match="make_frames"):
        draw_frames(made_by, features, 0, 5)


def test_what_does_not_fit_the_model_is_refused(made_by, features):
    with pytest.raises(UserError, match="no state 7"):
        make_frames(made_by, 7, 5)
    with pytest.raises(UserError, match="does not fit"):
        make_path(made_by, np.zeros(2), 5)
    with pytest.raises(UserError, match="other features"):
        nearest_frames(made_by, features, np.zeros((3, 2)))


@pytest.mark.parametrize("n", [0, -1])
def test_fewer_than_one_frame_or_step_is_refused(made_by, n):
    with pytest.raises(UserError, match="at least one"):
        make_frames(made_by, 0, n)
    with pytest.raises(UserError, match="at least one"):
        make_path(made_by, np.zeros(1), n)


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_a_start_that_is_not_finite_is_refused(made_by, value):
    with pytest.raises(UserError, match="finite"):
        make_path(made_by, np.array([value]), 5)


def test_a_saved_study_still_makes_frames(tmp_path):
    study = mdx.Study(mdx.example("prinz", n_frames=500), projection=GenerativeMSM(generator="energy distance", dim=2, width=8, layers=1, epochs=1), lagtime=LAG)
    before = study.result("projection")
    after = mdx.open(study.save(tmp_path / "a.mdx")).result("projection")
    np.testing.assert_array_equal(make_frames(after, 0, 5), make_frames(before, 0, 5))
