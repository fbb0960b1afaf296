"""Deep generative and reversible deep Markov models on the Prinz potential, against exact timescales, populations and averages."""
import importlib.util

import numpy as np
import pytest

import mdexplore as mdx
from mdexplore.base.errors import UserError
from mdexplore.methods.checks.timescales import timescales
from mdexplore.methods.clustering.fuzzy import FuzzyStates, fuzzy_states
from mdexplore.methods.deep.generative import landing_weights
from mdexplore.methods.generation.resampling import draw_frames, draw_path
from mdexplore.methods.projection.generative_msm import GenerativeMSM, generative_msm
from mdexplore.methods.projection.reversible_deep_msm import ReversibleDeepMSM, reversible_deep_msm

pytestmark = pytest.mark.skipif(importlib.util.find_spec("torch") is None, reason="networks need the deep extra")

LAG = 5
EXACT = np.array([83.40, 12.68, 6.51])
WELLS = np.array([0.3375, 0.2608, 0.2325, 0.1692])


@pytest.fixture(scope="module")
def features():
    return mdx.Study(mdx.example("prinz", n_frames=4000)).result("features")


@pytest.fixture(scope="module")
def drawn(features):
    return generative_msm(GenerativeMSM(width=32, layers=2, epochs=12, learning_rate=2e-3), features, lagtime=LAG)


@pytest.fixture(scope="module")
def balanced(features):
    return reversible_deep_msm(ReversibleDeepMSM(width=32, layers=2, epochs=12, learning_rate=3e-3), features, lagtime=LAG)


@pytest.fixture(params=["drawn", "balanced"])
def either(request):
    return request.getfixturevalue(request.param)


def test_timescales_are_found(either):
    np.testing.assert_allclose(either.parameters["timescales"], EXACT, rtol=0.2)


def test_populations_are_those_of_the_wells(either):
    np.testing.assert_allclose(either.parameters["populations"], WELLS, atol=0.05)


def test_the_matrix_is_a_transition_matrix_with_these_populations_and_timescales(either):
    p = either.parameters
    assert p["koopman"].min() >= 0
    np.testing.assert_allclose(p["koopman"].sum(axis=1), 1, atol=1e-5)
    np.testing.assert_allclose(p["populations"] @ p["koopman"], p["populations"], atol=1e-5)
    values = np.sort(np.abs(np.linalg.eigvals(p["koopman"])))[::-1][1:]
    np.testing.assert_allclose(-LAG / np.log(values), p["timescales"], rtol=1e-4)


def test_a_reversible_model_is_in_detailed_balance_by_construction(drawn, balanced):
    assert balanced.parameters["detailed_balance"] < 1e-12
    assert balanced.parameters["detailed_balance"] < drawn.parameters["detailed_balance"] < 0.1


def test_landing_in_all_states_by_population_gives_the_stationary_averages(either, features, prinz_modes):
    x, density, _ = prinz_modes
    weights = landing_weights(either.parameters, either.values, features.values, LAG)
    mean = sum((w @ either.parameters["populations"]) @ v[:, 0] for w, v in zip(weights, features.values))
    assert mean == pytest.approx(density @ x, abs=0.05)


def test_no_trajectory_lands_in_its_first_frames(either, features):
    weights = landing_weights(either.parameters, either.values, features.values, LAG)
    assert all((w[:LAG] == 0).all() for w in weights)
    np.testing.assert_allclose(np.sum([w.sum(axis=0) for w in weights], axis=0), 1)


def test_frames_drawn_from_a_state_lie_where_it_lands(either, features):
    places = draw_frames(either, features, 0, 2000, seed=1)
    reached = np.array([either.values[i][t] for i, t in places]).mean(axis=0)
    np.testing.assert_allclose(reached, _rewired(either, features)[0], atol=0.05)


def _rewired(projection, features):
    weights = landing_weights(projection.parameters, projection.values, features.values, LAG)
    return np.sum([w.T @ chi for w, chi in zip(weights, projection.values)], axis=0)


def test_a_path_visits_the_wells_as_often_as_it_should(either, features):
    places = draw_path(either, features, (0, 0), 4000, seed=2)
    visits = np.mean([either.values[i][t] for i, t in places], axis=0)
    np.testing.assert_allclose(visits, either.parameters["populations"], atol=0.1)


def test_its_states_go_on_into_the_kinetics(either):
    scan = timescales(fuzzy_states(FuzzyStates(), either), [LAG], estimator="fuzzy")
    np.testing.assert_allclose(scan.values[0, :3], EXACT, rtol=0.2)


def test_the_same_seed_gives_the_same_bits(features):
    a, b = (reversible_deep_msm(ReversibleDeepMSM(width=8, layers=1, epochs=1), features, lagtime=LAG, seed=4) for _ in range(2))
    np.testing.assert_array_equal(a.parameters["koopman"], b.parameters["koopman"])


def test_a_stop_keeps_the_best_so_far(features):
    class Stopped:
        def __call__(self, done, total, text=""):
            pass

        def is_stopped(self):
            return True

    found = generative_msm(GenerativeMSM(width=8, layers=1, epochs=50), features, lagtime=LAG, progress=Stopped())
    assert len(found.parameters["history"]) == 1
    assert any("stopped" in n.text for n in found.notices)


def test_other_projections_have_no_frames_to_draw(features):
    plain = mdx.Study(mdx.example("prinz", n_frames=4000), lagtime=LAG).result("projection")
    with pytest.raises(UserError, match="generative-msm"):
        draw_frames(plain, features, 0, 5)


def test_a_state_that_is_not_there_is_refused(either, features):
    with pytest.raises(UserError, match="no state 9"):
        draw_frames(either, features, 9, 5)
