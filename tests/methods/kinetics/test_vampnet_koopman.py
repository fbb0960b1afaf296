"""Koopman models of fuzzy states: the plain model where states have borders, exact timescales where they overlap."""
import numpy as np
import pytest

import mdexplore as mdx
from mdexplore.base.errors import UserError
from mdexplore.methods.checks.chapman import chapman_kolmogorov
from mdexplore.methods.checks.timescales import timescales
from mdexplore.methods.coarse.pcca import PCCA, pcca
from mdexplore.methods.kinetics.vampnet_koopman import FuzzyKoopman, fuzzy_koopman
from mdexplore.methods.results import Clustering
from mdexplore.session.sound import check_result

LAG = 5   # frames; a frame is 0.01 time units
EXACT = np.array([83.40, 12.68, 6.51])


@pytest.fixture(scope="module")
def prinz():
    return mdx.example("prinz", n_frames=10_000)


@pytest.fixture(scope="module")
def fuzzy(prinz):
    """Four states on the Prinz potential that go over into each other over a tenth of the way."""
    def steps(x):
        return 1 / (1 + np.exp(-(x - np.array([-0.5, 0.0, 0.5])) / 0.05))

    memberships = []
    for x in prinz.given:
        above = np.hstack([np.ones((len(x), 1)), np.minimum.accumulate(steps(x), axis=1), np.zeros((len(x), 1))])
        memberships.append((above[:, :-1] - above[:, 1:]).astype(np.float32))
    return Clustering(np.eye(4), tuple(m.argmax(axis=1).astype(np.int32) for m in memberships), (), tuple(memberships))


@pytest.fixture(scope="module")
def found(fuzzy):
    return fuzzy_koopman(FuzzyKoopman(), fuzzy, lagtime=LAG)


def test_states_with_borders_give_the_plain_reversible_model():
    random = np.random.default_rng(0)
    matrix = np.array([[0.9, 0.1, 0.0], [0.05, 0.9, 0.05], [0.0, 0.2, 0.8]])
    d = [0]
    for u in random.random(20_000):
        d.append(int(np.searchsorted(np.cumsum(matrix[d[-1]]), u)))
    d = np.array(d, dtype=np.int32)
    crisp = Clustering(np.eye(3), (d,), (), (np.eye(3, dtype=np.float32)[d],))
    found = fuzzy_koopman(FuzzyKoopman(), crisp, lagtime=1)
    counts = np.zeros((3, 3))
    np.add.at(counts, (d[:-1], d[1:]), 1)
    counts += counts.T
    np.testing.assert_allclose(found.transition_matrix, counts / counts.sum(axis=1, keepdims=True), atol=1e-6)
    np.testing.assert_allclose(found.stationary, counts.sum(axis=1) / counts.sum(), atol=1e-6)


def test_timescales_of_overlapping_states_are_exact(found):
    np.testing.assert_allclose(found.timescales, EXACT, rtol=0.07)
    assert np.all((found.timescales_lower < found.timescales) & (found.timescales < found.timescales_upper))


def test_a_plain_model_of_the_same_states_is_worse(fuzzy, found):
    plain = timescales(fuzzy, [LAG]).values[0, :3]
    assert abs(plain[0] / EXACT[0] - 1) > abs(found.timescales[0] / EXACT[0] - 1)


def test_the_transition_matrix_is_one_with_detailed_balance_and_the_same_timescales(found):
    matrix, pi = found.transition_matrix, found.stationary
    assert matrix.min() >= 0
    np.testing.assert_allclose(matrix.sum(axis=1), 1, atol=1e-9)
    np.testing.assert_allclose(pi[:, None] * matrix, (pi[:, None] * matrix).T, atol=1e-9)
    values = np.sort(np.linalg.eigvals(matrix).real)[-2::-1]
    np.testing.assert_allclose(-LAG / np.log(values), found.timescales, rtol=1e-5)


def test_populations_are_mean_memberships(fuzzy, found):
    mean = np.concatenate(fuzzy.memberships).mean(axis=0)
    np.testing.assert_allclose(found.stationary, mean, atol=2e-3)
    assert any("mean memberships" in n.text for n in found.notices)


def test_timescales_over_lag_times_are_those_of_the_same_kind_of_model(fuzzy, found):
    scan = timescales(fuzzy, [2, LAG, 10], estimator=found.estimator)
    np.testing.assert_allclose(scan.values[1, :3], found.timescales)
    np.testing.assert_allclose(scan.values[:, 0], EXACT[0], rtol=0.1)


def test_the_chapman_kolmogorov_test_is_passed(fuzzy, found):
    states = pcca(PCCA(n_states=2), found, fuzzy)
    test = chapman_kolmogorov(fuzzy, found, states)
    assert np.nanmax(np.abs(test.predicted - test.estimated)) < 0.06


def test_the_result_can_be_saved(prinz, fuzzy, found):
    check_result("clustering", fuzzy, prinz)
    check_result("kinetics", found, prinz)


def test_microstates_without_memberships_are_refused(clustered):
    with pytest.raises(UserError, match="fuzzy-states"):
        fuzzy_koopman(FuzzyKoopman(), clustered([0, 1, 0, 1]), lagtime=1)


def test_timescales_of_microstates_without_memberships_are_refused_alike(clustered):
    with pytest.raises(UserError, match="fuzzy-states"):
        timescales(clustered([0, 1, 0, 1]), estimator="fuzzy")


def test_a_lag_time_beyond_the_data_is_refused(fuzzy):
    with pytest.raises(UserError, match="too long"):
        fuzzy_koopman(FuzzyKoopman(), fuzzy, lagtime=20_000)


def test_observables_of_fuzzy_states_have_intervals(prinz, fuzzy, found):
    from mdexplore.methods.kinetics.observables import observable

    seen = observable(found, fuzzy, [x[:, 0] for x in prinz.given], name="x")
    assert seen.autocorrelation[0] == pytest.approx(1)
