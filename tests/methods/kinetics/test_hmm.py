"""Hidden Markov models: known answers, the plain model where nothing is hidden, paths, and what the other panels get."""
import dataclasses

import numpy as np
import pytest

from mdexplore.base.errors import UserError
from mdexplore.data.chains import two_state, two_state_timescale
from mdexplore.methods.checks.chapman import chapman_kolmogorov
from mdexplore.methods.checks.timescales import timescales
from mdexplore.methods.coarse.pcca import PCCA, pcca
from mdexplore.methods.kinetics.bayesian_hmm import BayesianHMM, bayesian_hmm
from mdexplore.methods.kinetics.flux import reactive_flux
from mdexplore.methods.kinetics.hidden import sets_of
from mdexplore.methods.kinetics.hmm import HMM, hmm
from mdexplore.methods.kinetics.model import deeptime_model
from mdexplore.methods.kinetics.msm import MSM, msm

CHAIN = (0.01, 0.02)


@pytest.fixture(scope="module")
def veiled(clustered):
    """A two-state chain seen through four symbols, two of which both states show; with the hidden paths."""
    rng = np.random.default_rng(0)
    paths = [two_state(CHAIN, 10_000, seed=s) for s in range(4)]
    outputs = np.array([[0.6, 0.2, 0.2, 0.0], [0.0, 0.2, 0.2, 0.6]])
    return clustered(*[(rng.random(len(p))[:, None] > np.cumsum(outputs, axis=1)[p]).sum(axis=1) for p in paths]), paths, outputs


@pytest.fixture(scope="module")
def found(veiled):
    return hmm(HMM(n_states=2), veiled[0], lagtime=1)


def test_hidden_states_have_the_exact_timescale_that_the_plain_model_misses(veiled, found):
    assert found.timescales[0] == pytest.approx(two_state_timescale(CHAIN), rel=0.08)
    assert found.timescales_lower[0] < two_state_timescale(CHAIN) < found.timescales_upper[0]
    assert msm(MSM(), veiled[0], lagtime=1).timescales[0] < 0.1 * two_state_timescale(CHAIN)


def test_outputs_and_populations_are_those_of_the_chain(veiled, found):
    np.testing.assert_allclose(found.hidden.outputs, veiled[2], atol=0.02)
    np.testing.assert_allclose(found.hidden.stationary, [2 / 3, 1 / 3], atol=0.03)
    np.testing.assert_allclose(found.hidden.memberships.sum(axis=1), 1)


def test_the_most_likely_path_is_nearly_the_true_one(veiled, found):
    assert np.mean(np.concatenate(found.hidden.paths) == np.concatenate(veiled[1])) > 0.98


def test_where_nothing_is_hidden_it_is_the_plain_model(three_wells, clustered):
    clustering = clustered(*[np.asarray(d)[:2000] // 5 for d in three_wells[0].dtrajs])
    plain, same = msm(MSM(), clustering, lagtime=4), hmm(HMM(n_states=6), clustering, lagtime=4)
    order = np.argsort(-plain.stationary, kind="stable")
    np.testing.assert_allclose(same.hidden.transition_matrix, plain.transition_matrix[np.ix_(order, order)], atol=1e-6)
    np.testing.assert_allclose(same.transition_matrix, plain.transition_matrix, atol=1e-6)
    np.testing.assert_allclose(same.stationary, plain.stationary, atol=1e-6)
    np.testing.assert_allclose(same.timescales, plain.timescales, rtol=1e-6)
    np.testing.assert_allclose(same.timescales_upper, plain.timescales_upper, rtol=1e-4)


def test_the_likelihood_is_that_of_deeptimes_estimator(veiled, found):
    from deeptime.markov.hmm import MaximumLikelihoodHMM, init

    dtrajs = [np.asarray(d) for d in veiled[0].dtrajs]
    start = init.discrete.metastable_from_data(dtrajs, n_hidden_states=2, lagtime=1)
    theirs = MaximumLikelihoodHMM(start, lagtime=1, stationary=True).fit(dtrajs).fetch_model()
    assert found.timescales[0] == pytest.approx(theirs.timescales()[0], rel=2e-2)


def test_timescales_over_lag_times_are_those_of_the_hidden_states(veiled):
    scan = timescales(veiled[0], [1, 2, 5], n_processes=1, estimator="hmm 2")
    np.testing.assert_allclose(scan.values[:, 0], two_state_timescale(CHAIN), rtol=0.1)


def test_metastable_states_are_the_hidden_ones_in_microstates_and_frames(veiled, found):
    coarse = pcca(PCCA(), found, veiled[0])
    assert coarse.n_states == 2 and coarse.microstates.shape == (4,) and coarse.memberships.shape == (4, 2)
    assert coarse.microstates[[0, 3]].tolist() == [0, 1]
    np.testing.assert_allclose(coarse.memberships[1], [2 / 3, 1 / 3], atol=0.05)
    np.testing.assert_allclose(coarse.populations, [2 / 3, 1 / 3], atol=0.03)
    assert coarse.mfpt[0, 1] == pytest.approx(100, rel=0.1) and coarse.mfpt_lower[0, 1] < 100 < coarse.mfpt_upper[0, 1]
    assert all(np.array_equal(a, b) for a, b in zip(coarse.assignments, found.hidden.paths))


def test_the_chapman_kolmogorov_test_compares_hidden_models(veiled, found):
    test = chapman_kolmogorov(veiled[0], found, pcca(PCCA(), found, veiled[0]), n_points=3)
    assert not test.fails
    np.testing.assert_allclose(test.predicted[:, 0, 0], 2 / 3 + 1 / 3 * 0.97 ** test.lagtimes, atol=0.03)


def test_a_rare_hidden_state_that_shows_what_others_show_is_still_itself(clustered):
    rng, outputs = np.random.default_rng(0), np.array([[0.95, 0.05], [0.4, 0.6]])
    paths = [two_state((0.002, 0.01), 20_000, seed=s) for s in range(4)]
    clustering = clustered(*[(rng.random(len(p)) > outputs[p, 0]).astype(int) for p in paths])
    found = hmm(HMM(n_states=2), clustering, lagtime=1)
    sets = sets_of(pcca(PCCA(n_states=2), found, clustering), np.arange(2), found.hidden.stationary, found.hidden.outputs)
    assert sets.tolist() == [[1, 0], [0, 1]]


def test_the_flux_is_that_between_hidden_states(veiled, found):
    flux = reactive_flux(found, pcca(PCCA(), found, veiled[0]), [0], [3])
    assert flux.rate == pytest.approx(0.01, rel=0.1)
    np.testing.assert_allclose(flux.committor, [0, 1 / 3, 1 / 3, 1], atol=0.05)
    assert flux.pathways == ((0, 1),) and flux.net_flux.shape == (4, 4)


def test_the_deeptime_object_has_the_same_numbers(found):
    model = deeptime_model(found)
    assert type(model).__name__ == "HiddenMarkovModel" and model.lagtime == 1
    assert model.timescales()[0] == pytest.approx(found.timescales[0])
    np.testing.assert_allclose(model.output_probabilities, found.hidden.outputs)


def test_the_posterior_holds_the_exact_timescale_and_repeats(veiled):
    a, b = (bayesian_hmm(BayesianHMM(n_states=2, n_samples=30), veiled[0], lagtime=1, seed=3) for _ in range(2))
    assert a.timescales_lower[0] < two_state_timescale(CHAIN) < a.timescales_upper[0]
    np.testing.assert_array_equal(a.hidden.samples, b.hidden.samples)
    flow = a.hidden.samples[:, 0, 1] / a.hidden.samples[:, 1, 0]
    assert np.all(flow > 0) and a.samples is None
    coarse = pcca(PCCA(), a, veiled[0])
    assert coarse.lower[0] < 2 / 3 < coarse.upper[0]
    assert len(deeptime_model(a).samples) == 30


def test_frames_outside_have_no_hidden_state(clustered):
    chain = two_state((0.05, 0.05), 5000, seed=3)
    chain[::50] = -1
    found = hmm(HMM(n_states=2), clustered(chain), lagtime=3)
    assert (found.hidden.paths[0][::50] == -1).all() and (found.hidden.paths[0][1:50] >= 0).all()
    assert found.timescales[0] == pytest.approx(-1 / np.log(0.9), rel=0.15)


def test_a_lag_time_beyond_every_process_is_refused(veiled):
    with pytest.raises(UserError, match="nothing to find"):
        hmm(HMM(n_states=2), veiled[0], lagtime=400)


def test_more_hidden_states_than_microstates_are_refused(veiled):
    with pytest.raises(UserError, match="at most 4"):
        hmm(HMM(n_states=5), veiled[0], lagtime=1)


def test_the_number_of_hidden_states_follows_the_plain_model(clustered):
    rng = np.random.default_rng(0)
    switch = np.repeat(rng.integers(0, 3, 400), 50)
    assert hmm(HMM(), clustered(switch, n_clusters=3), lagtime=5).hidden.n_hidden == 3


@pytest.fixture(scope="module")
def with_a_fast_state(clustered):
    """Three states seen through forty symbols: two exchange within 3 steps, one in hundreds; the slow timescale is 96 steps."""
    rng = np.random.default_rng(1)
    matrix = np.array([[0.795, 0.2, 0.005], [0.3, 0.695, 0.005], [0.003, 0.003, 0.994]])
    steps = np.cumsum(matrix, axis=1)
    symbols = []
    for _ in range(4):
        drawn, path = rng.random(6000), np.zeros(6000, int)
        for t in range(1, len(path)):
            path[t] = min(int(np.searchsorted(steps[path[t - 1]], drawn[t])), 2)
        symbols.append(path * 13 + rng.integers(0, 14, len(path)))
    values = np.sort(np.linalg.eigvals(matrix).real)[::-1]
    return clustered(*symbols, n_clusters=40), -1 / np.log(values[1])


def test_a_lag_time_at_which_a_hidden_state_no_longer_moves_warns_and_keeps_the_slow_process(with_a_fast_state):
    clustering, exact = with_a_fast_state
    found = hmm(HMM(n_states=3), clustering, lagtime=20)
    assert found.timescales_lower[0] < exact < found.timescales_upper[0]
    assert any("only 2 are told apart" in n.text or "more than the data bear" in n.text for n in found.notices)
    assert any("2 hidden states" in n.hint for n in found.notices)
    assert not any("told apart" in n.text for n in hmm(HMM(n_states=3), clustering, lagtime=1).notices)


def test_little_gain_in_likelihood_is_judged_on_held_out_data(with_a_fast_state):
    clustering, exact = with_a_fast_state
    found = hmm(HMM(n_states=2), clustering, lagtime=100)   # 240 frames apart for 40 symbols: what is gained in the fit alone says little, and flatters the timescale
    assert exact / 1.5 < found.timescales[0] < 2 * exact
    rng = np.random.default_rng(0)
    for seed in range(3):
        noise = rng.integers(0, 40, (4, 6000))
        with pytest.raises(UserError, match="nothing to find"):
            hmm(HMM(n_states=2), type(clustering)(centers=clustering.centers, dtrajs=tuple(noise)), lagtime=20 + seed)


def test_the_chapman_kolmogorov_test_follows_the_same_hidden_states_to_long_lag_times(with_a_fast_state):
    clustering, _ = with_a_fast_state
    found = hmm(HMM(n_states=3), clustering, lagtime=1)
    test = chapman_kolmogorov(clustering, found, pcca(PCCA(n_states=3), found, clustering))
    assert test.lagtimes[-1] >= 90 and np.isfinite(test.estimated).all() and not test.fails
    np.testing.assert_allclose(test.estimated[0], test.predicted[0], atol=1e-3)


def test_the_chapman_kolmogorov_test_sees_too_few_hidden_states(clustered):
    rng = np.random.default_rng(0)
    slow, fast = (np.concatenate([two_state(rates, 20_000, seed=seed)]) for rates, seed in (((0.002, 0.002), 1), ((0.1, 0.1), 2)))
    clustering = clustered(2 * slow + fast * (rng.random(20_000) < 0.9), n_clusters=4)   # two processes; the symbols show the fast one nearly as well
    wrong = hmm(HMM(n_states=2), clustering, lagtime=1)
    mixed = dataclasses.replace(wrong, hidden=dataclasses.replace(wrong.hidden, transition_matrix=np.array([[0.98, 0.02], [0.02, 0.98]])))
    assert chapman_kolmogorov(clustering, mixed, pcca(PCCA(), wrong, clustering)).fails
