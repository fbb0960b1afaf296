"""Observables: closed forms of the two-state chain, deeptime's numbers, hidden states, and what is refused."""
import numpy as np
import pytest

from mdexplore.base.errors import UserError
from mdexplore.data.chains import two_state
from mdexplore.methods.kinetics.bayesian_msm import BayesianMSM, bayesian_msm
from mdexplore.methods.kinetics.hmm import HMM, hmm
from mdexplore.methods.kinetics.model import deeptime_model
from mdexplore.methods.kinetics.msm import MSM, msm
from mdexplore.methods.kinetics.observables import observable

CHAIN = (0.01, 0.02)


@pytest.fixture(scope="module")
def chain(clustered):
    return clustered(*[two_state(CHAIN, 20_000, seed=s) for s in range(4)])


@pytest.fixture(scope="module")
def found(chain):
    values = [3.0 + 2.0 * np.asarray(d) for d in chain.dtrajs]   # 3 in the first state, 5 in the second
    return observable(msm(MSM(), chain, lagtime=5), chain, values, name="a", start=[1])


def test_the_expectation_is_that_of_the_chain(found):
    assert found.expectation == pytest.approx(3 + 2 / 3, abs=0.1)
    assert found.lower < 3 + 2 / 3 < found.upper
    assert found.means.tolist() == [3, 5]


def test_the_autocorrelation_decays_as_the_chain_does(found):
    exact = 0.97**found.times
    np.testing.assert_allclose(found.autocorrelation, exact, atol=0.05)
    assert (found.autocorrelation_lower <= exact).all() and (exact <= found.autocorrelation_upper).all()
    np.testing.assert_allclose(found.measured, exact, atol=0.06)
    assert found.autocorrelation[0] == pytest.approx(1) and found.measured[0] == pytest.approx(1)


def test_the_relaxation_goes_from_the_start_to_equilibrium(found):
    np.testing.assert_allclose(found.relaxation, 3 + 2 * (1 / 3 + 2 / 3 * 0.97**found.times), atol=0.1)
    assert found.relaxation[0] == pytest.approx(5)
    assert (found.relaxation_lower <= found.relaxation).all() and (found.relaxation <= found.relaxation_upper).all()


def test_one_process_has_the_whole_fingerprint(found):
    assert found.amplitudes.tolist() == pytest.approx([1])
    assert found.timescales[0] == pytest.approx(-1 / np.log(0.97), rel=0.1)
    assert found.relaxation_amplitudes[0] == pytest.approx(5 - found.expectation)


def test_numbers_equal_those_of_deeptime(three_wells):
    clustering = three_wells[0]
    kinetics = msm(MSM(), clustering, lagtime=5)
    values = [np.sin(np.asarray(d)) + np.asarray(d) ** 1.5 for d in clustering.dtrajs]
    ours = observable(kinetics, clustering, values, start=[3, 4], n_samples=3)
    model, a = deeptime_model(kinetics), ours.means[kinetics.active]
    assert ours.expectation == pytest.approx(model.expectation(a))
    times, theirs = model.correlation(a, maxtime=int(ours.times[-1]) + 10)
    at = np.searchsorted(times, ours.times)
    mean = model.expectation(a) ** 2
    np.testing.assert_allclose(ours.autocorrelation, (theirs[at] - mean) / (theirs[0] - mean), atol=1e-8)
    _, shares = model.fingerprint_correlation(a)
    np.testing.assert_allclose(ours.amplitudes[:5], np.asarray(shares)[1:6] / np.sum(shares[1:]), atol=1e-8)
    p0 = np.zeros(len(a))
    p0[[3, 4]] = kinetics.stationary[[3, 4]] / kinetics.stationary[[3, 4]].sum()
    _, relaxed = model.relaxation(p0, a, maxtime=int(ours.times[-1]) + 10)
    np.testing.assert_allclose(ours.relaxation, np.asarray(relaxed)[at], rtol=1e-8)


def test_hidden_states_have_observables_too(clustered):
    rng, outputs = np.random.default_rng(0), np.array([[0.7, 0.3, 0.0], [0.0, 0.3, 0.7]])
    paths = [two_state(CHAIN, 10_000, seed=s) for s in range(4)]
    clustering = clustered(*[(rng.random(len(p))[:, None] > np.cumsum(outputs, axis=1)[p]).sum(axis=1) for p in paths])
    found = observable(hmm(HMM(n_states=2), clustering, lagtime=1), clustering, [np.asarray(d, float) for d in clustering.dtrajs], start=[0])
    assert found.expectation == pytest.approx(0.3 * 2 / 3 + 1.7 / 3, abs=0.05)
    np.testing.assert_allclose(found.autocorrelation, 0.97**found.times, atol=0.06)
    assert found.relaxation[0] == pytest.approx(0.3, abs=0.03)


def test_samples_of_a_bayesian_model_are_used(chain):
    kinetics = bayesian_msm(BayesianMSM(n_samples=20), chain, lagtime=5)
    values = [np.asarray(d, float) for d in chain.dtrajs]
    a, b = (observable(kinetics, chain, values, n_samples=n) for n in (2, 50))
    np.testing.assert_array_equal(a.autocorrelation_lower, b.autocorrelation_lower)


def test_a_constant_has_no_autocorrelation(chain):
    found = observable(msm(MSM(), chain, lagtime=5), chain, [np.ones(len(d)) for d in chain.dtrajs])
    assert found.expectation == pytest.approx(1) and np.isnan(found.autocorrelation).all()


def test_numbers_that_do_not_fit_are_refused(chain):
    kinetics = msm(MSM(), chain, lagtime=5)
    with pytest.raises(UserError, match="one number for each frame"):
        observable(kinetics, chain, [np.zeros(5)])
    with pytest.raises(UserError, match="finite"):
        observable(kinetics, chain, [np.full(len(d), np.nan) for d in chain.dtrajs])
    with pytest.raises(UserError, match="no start"):
        observable(kinetics, chain, [np.zeros(len(d)) for d in chain.dtrajs], start=[7])
