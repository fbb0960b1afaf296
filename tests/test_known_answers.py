"""Known answers, end to end: from arrays or trajectory files through `Study` to timescales, populations and passage times.

Three kinds of truth: closed forms met by chains whose counts are exact, discretised generators of model systems, and real molecular
dynamics that ships with reference numbers.
"""
from __future__ import annotations

from functools import cache

import numpy as np
import pytest

import mdexplore as mdx
from mdexplore.data import chains
from mdexplore.session.export import frame_weights

DOWN = (0, .1, .1, .02, .2, .2, .2)
UP = (.2, .2, .02, .1, .1, .1, 0)


@cache
def study(name, n_frames=None, lagtime=None):
    """A study of an example; all tests share what it has computed."""
    return mdx.Study(mdx.example(name) if n_frames is None else mdx.example(name, n_frames=n_frames), lagtime=lagtime)


def at_lag(made):
    """Timescales of a study at its own lag time, in frames: values, lower and upper ends, shape (k,)."""
    found = made.timescales
    row = list(found.lagtimes).index(made.lagtime)
    return found.values[row], found.lower[row], found.upper[row]


def walk(counts):
    """A sequence of states with exactly these transition counts: an Eulerian circuit (Hierholzer's way)."""
    counts = np.array(counts, dtype=int)
    assert np.array_equal(counts.sum(0), counts.sum(1))
    stack, circuit = [0], []
    while stack:
        ways = np.flatnonzero(counts[stack[-1]])
        if len(ways):
            counts[stack[-1], ways[0]] -= 1
            stack.append(int(ways[0]))
        else:
            circuit.append(stack.pop())
    return np.array(circuit[::-1])


def exact_study(matrix, populations, n, **options):
    """A study of a chain in which every transition is seen exactly as often as it should be."""
    counts = np.asarray(populations)[:, None] * np.asarray(matrix) * n
    assert np.allclose(counts, np.round(counts), atol=1e-6)
    states = walk(np.round(counts))
    return mdx.Study([states[:, None].astype(float)], projection="identity", lagtime=1, **options), states


# -- closed forms ----------------------------------------------------------------------------------------------------------------------


def test_two_state_chain_is_recovered_to_the_last_digits():
    a, b = 0.01, 0.02
    made, _ = exact_study([[1 - a, a], [b, 1 - b]], [b / (a + b), a / (a + b)], 30_000)
    assert at_lag(made)[0][0] == pytest.approx(-1 / np.log(1 - a - b), rel=1e-9)
    np.testing.assert_allclose(made.metastable.populations, [2 / 3, 1 / 3], rtol=1e-9)
    np.testing.assert_allclose(made.metastable.mfpt, [[0, 1 / a], [1 / b, 0]], rtol=1e-9)
    flux = made.flux(0, 1)
    assert flux.rate == pytest.approx(a, rel=1e-9)
    assert made.metastable.passages.tolist() == [[0, 200], [200, 0]]


def test_three_states_in_a_row_are_recovered_to_the_last_digits():
    a, b = 0.01, 0.02
    made, states = exact_study([[1 - a, a, 0], [b, 1 - 2 * b, b], [0, a, 1 - a]], np.array([b, a, b]) / (a + 2 * b), 30_000, n_states=3)
    np.testing.assert_allclose(at_lag(made)[0][:2], [-1 / np.log(1 - a), -1 / np.log(1 - a - 2 * b)], rtol=1e-12)
    where = [made.metastable.assignments[0][np.flatnonzero(states == s)[0]] for s in range(3)]
    np.testing.assert_allclose(made.metastable.populations[where], [0.4, 0.2, 0.4], rtol=1e-12)
    assert made.metastable.mfpt[where[0], where[2]] == pytest.approx(2 / a + 1 / b, rel=1e-12)


@pytest.fixture(scope="module")
def ladder():
    matrix, populations = chains.birth_death_matrix(DOWN, UP), chains.birth_death_populations(DOWN, UP)
    return *exact_study(matrix, populations, 29_000), matrix, populations


def test_birth_death_chain_has_its_timescales_and_populations(ladder):
    made, states, matrix, populations = ladder
    exact = chains.chain_timescales(matrix)
    np.testing.assert_allclose(at_lag(made)[0][:3], exact[:3], rtol=1e-7)
    weights = np.bincount(states, weights=frame_weights(made), minlength=7)
    np.testing.assert_allclose(weights, populations, rtol=1e-7)


def test_birth_death_chain_has_its_committor_rate_and_passage_time(ladder):
    made, states, matrix, populations = ladder
    flux = made.flux(states == 0, states == 6)
    resistance = np.concatenate([[0], np.cumsum(1 / (populations[:-1] * np.asarray(UP)[:-1]))])
    micro = made.result("clustering").dtrajs[0]
    committor = np.array([flux.committor[micro[states == s][0]] for s in range(7)])
    np.testing.assert_allclose(committor, resistance / resistance[-1], atol=1e-8)
    total = 1 / resistance[-1]
    reactive = populations @ (1 - resistance / resistance[-1])
    assert flux.rate == pytest.approx(total / reactive, rel=1e-7)
    ends = made.change(n_states=7).metastable
    first, last = (ends.assignments[0][states == s][0] for s in (0, 6))
    inner = np.eye(6) - matrix[:6, :6]
    assert ends.mfpt[first, last] == pytest.approx(np.linalg.solve(inner, np.ones(6))[0], rel=1e-6)


def test_reversing_time_leaves_the_estimates(ladder):
    made, states, _, _ = ladder
    back = mdx.Study([states[::-1, None].astype(float)], projection="identity", lagtime=1)
    np.testing.assert_allclose(at_lag(back)[0], at_lag(made)[0], rtol=1e-8)
    np.testing.assert_allclose(np.sort(back.metastable.populations), np.sort(made.metastable.populations), rtol=1e-8)


def test_lumping_states_never_raises_the_slowest_timescale(ladder):
    made, states, _, _ = ladder
    for lumps in ([0, 0, 0, 1, 1, 1, 1], [0, 1, 1, 2, 2, 3, 3], [0, 0, 1, 1, 1, 1, 1], [0, 1, 0, 1, 0, 1, 0]):
        lumped = mdx.Study([np.array(lumps, float)[states][:, None]], projection="identity", lagtime=1)
        assert np.nan_to_num(at_lag(lumped)[0][0]) <= at_lag(made)[0][0] * (1 + 1e-9)


def test_autoregressive_process_has_its_timescale():
    values, lower, upper = at_lag(study("ar1"))
    assert values[0] == pytest.approx(49.4983, rel=0.05)
    assert lower[0] < 49.4983 < upper[0]


def test_powers_of_an_autoregressive_process_decay_as_those_of_its_coefficient():
    made = study("ar1").change(projection=mdx.settings.EDMD(dim=3, basis="powers", degree=3), lagtime=5)
    np.testing.assert_allclose(made.result("projection").singular_values[:3], 0.98 ** (5 * np.arange(1, 4)), atol=0.03)


# -- model systems: exact answers of the discretised generator ------------------------------------------------------------------------------

# Frames of each of ten trajectories, lag time (None: chosen from the data), and for the timescales: how many, and their tolerance.
SYSTEMS = {"two-state": (None, None, 1, 0.05), "birth-death": (None, None, 2, 0.05), "prinz": (40_000, None, 3, 0.05), "quadruple-well": (100_000, 10, 3, 0.05),
           "quadruple-well-asymmetric": (30_000, 10, 3, 0.10), "triple-well": (40_000, None, 2, 0.05), "sqrt-model": (None, None, 1, 0.02)}


@pytest.mark.parametrize("name", SYSTEMS)
def test_model_system_has_its_exact_timescales(name):
    n_frames, lagtime, n_slow, tolerance = SYSTEMS[name]
    made = study(name, n_frames, lagtime)
    values, lower, upper = at_lag(made)
    exact = np.array(made.data.exact.timescales[:n_slow])
    np.testing.assert_allclose(values[:n_slow], exact, rtol=tolerance)
    assert (lower[:n_slow] < values[:n_slow]).all() and (values[:n_slow] < upper[:n_slow]).all()


def test_fine_boxes_resolve_the_fastest_process_of_the_triple_well():
    # t4 is a fiftieth of t2: 15 boxes a side make it 7 % too short.
    made = study("triple-well", 40_000).change(projection="identity", clustering=mdx.settings.Box(n_boxes=30), lagtime=3)
    np.testing.assert_allclose(made.result("kinetics").timescales[:3], made.data.exact.timescales, rtol=0.06)


WELLS = {
    "prinz": lambda x: np.digitize(x[:, 0], [-0.5, 0.0, 0.47]),
    "quadruple-well": lambda x: 2 * (x[:, 0] > 0) + (x[:, 1] > 0),
    "quadruple-well-asymmetric": lambda x: 2 * (x[:, 0] > 0) + (x[:, 1] > 0),
    "two-state": lambda x: (x[:, 0] > 0.5).astype(int),
}


@pytest.mark.parametrize("name", WELLS)
def test_model_system_has_its_exact_populations(name):
    made = study(name, *SYSTEMS[name][:2])
    well = WELLS[name](np.concatenate(made.data.given))
    found = np.bincount(well, weights=frame_weights(made))
    np.testing.assert_allclose(found, made.data.exact.populations, atol=0.03)


def test_metastable_states_of_prinz_are_its_wells():
    made = study("prinz", 40_000)
    assert made.metastable.n_states == 4
    np.testing.assert_allclose(made.metastable.populations, sorted(made.data.exact.populations, reverse=True), atol=0.025)
    well = WELLS["prinz"](np.concatenate(made.data.given))
    state = np.concatenate(made.metastable.assignments)
    assert sum(np.bincount(well[state == k]).max() for k in range(4)) > 0.97 * len(state)


def test_nonlinear_slow_process_of_the_square_root_model_is_found():
    # The two hidden states are not separated by any line: linear TICA sees little, the Markov model all.
    assert study("sqrt-model").metastable.n_states == 2
    np.testing.assert_allclose(study("sqrt-model").metastable.populations, 0.5, atol=0.03)


# -- alanine dipeptide --------------------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def alanine():
    return study("alanine-dipeptide")


def test_alanine_dipeptide_has_its_slow_timescale(alanine):
    row = list(alanine.timescales.lagtimes).index(alanine.lagtime)
    assert alanine.timescales.values_ns[row, 0] == pytest.approx(2.56, abs=0.05)
    assert alanine.timescales.values_ns[row, 1] == pytest.approx(0.0256, abs=0.0006)
    assert alanine.timescales.lagtimes_ns[row] == pytest.approx(0.02)


@pytest.mark.parametrize("clustering", ["minibatch-kmeans", "box", "regular-space"])
def test_alanine_dipeptide_is_the_same_by_other_microstates(alanine, clustering):
    made = alanine.change(clustering=clustering)
    times = made.result("kinetics").timescales[:2] * made.data.timestep_ns
    assert times[0] == pytest.approx(2.56, abs=0.05) and times[1] == pytest.approx(0.0256, abs=0.0006)
    assert made.metastable.populations[-1] == pytest.approx(0.02, abs=0.003)


def test_alanine_dipeptide_bootstrap_covers_the_reference_with_its_standard_error(alanine):
    boot = alanine.timescales_bootstrap
    row = list(boot.lagtimes).index(alanine.lagtime)
    low, high = boot.lower_ns[row, 0], boot.upper_ns[row, 0]
    assert low < 2.56 < high
    assert (high - low) / (2 * 1.96) == pytest.approx(0.84, abs=0.15)
    assert boot.values_ns[row, 0] == pytest.approx(2.56, abs=0.05)


def test_alanine_dipeptide_slow_timescale_is_level_in_the_lag_time(alanine):
    found = alanine.timescales
    level = found.lagtimes_ns <= 0.2
    assert level.sum() >= 3
    np.testing.assert_allclose(found.values_ns[level, 0], 2.56, rtol=0.05)


def test_alanine_dipeptide_rests_two_percent_of_the_time_at_positive_phi(alanine):
    sine, cosine = (np.concatenate(alanine.features)[:, next(i for i, n in enumerate(alanine.feature_names) if n.startswith(f"{f} phi"))] for f in ("sin", "cos"))
    # Positive phi beyond 120 degrees belongs to the extended basin.
    assert frame_weights(alanine)[(sine > 0) & (cosine > -0.5)].sum() == pytest.approx(0.02, abs=0.003)
    assert alanine.metastable.populations[-1] == pytest.approx(0.02, abs=0.003)
    assert alanine.metastable.lower[-1] < 0.02 < alanine.metastable.upper[-1]


def test_alanine_dipeptide_has_its_passage_times(alanine):
    two = alanine.change(n_states=2).metastable
    assert two.mfpt_ns[1, 0] == pytest.approx(2.65, rel=0.05)
    assert two.mfpt_ns[0, 1] == pytest.approx(124, rel=0.05)
    assert two.rate_per_ns[1, 0] == pytest.approx(1 / 2.65, rel=0.05)
    assert two.mfpt_lower_ns[1, 0] < 2.65 < two.mfpt_upper_ns[1, 0]


def test_alanine_dipeptide_says_how_many_real_passages_carry_its_slow_rate(alanine):
    passages = alanine.metastable.passages
    rare = int(np.argmin(passages.sum(0)))
    assert 20 <= passages[rare].sum() + passages[:, rare].sum() <= 30
    assert any("real passages" in notice.text for notice in alanine.health)


def test_alanine_dipeptide_is_warned_that_no_linear_coordinate_follows_phi(alanine):
    assert any("linear" in n.hint for n in alanine.health if n.level == "warning")


# -- penta-alanine --------------------------------------------------------------------------------------------------------------------------


def test_penta_alanine_has_its_helix_coil_timescale():
    made = study("penta-alanine")
    found = made.timescales
    row = list(found.lagtimes).index(made.lagtime)
    assert np.abs(found.values_ns[row] - 0.320).min() < 0.020
    assert made.lagtime < 0.3 / made.data.timestep_ns, "the lag time resolves helix and coil"


def test_penta_alanine_spends_its_time_in_the_helix():
    made = study("penta-alanine")
    values = dict(zip(made.feature_names, np.concatenate(made.features).T))
    helical = np.ones(made.data.n_frames, bool)
    for name in [n[4:] for n in values if n.startswith("cos ")]:
        degrees = np.degrees(np.arctan2(values[f"sin {name}"], values[f"cos {name}"]))
        helical &= (degrees < 0) if name.startswith("phi") else (degrees > -100) & (degrees < 50)
    assert frame_weights(made)[helical].sum() == pytest.approx(0.370, abs=0.03)


# -- units and what must hold for every model ---------------------------------------------------------------------------------------------------


def test_lag_time_in_ns_and_in_frames_are_the_same(alanine):
    assert alanine.change(lagtime="0.1 ns").lagtime == alanine.change(lagtime="100 ps").lagtime == alanine.change(lagtime=5).lagtime == 5
    np.testing.assert_array_equal(alanine.change(lagtime="0.1 ns").timescales.values, alanine.change(lagtime=5).timescales.values)
    assert alanine.change(lagtime="0.1 ns").key("coarse") == alanine.change(lagtime=5).key("coarse")


def test_without_a_time_step_everything_is_in_frames():
    made = study("two-state")
    assert made.data.timestep_ns is None
    assert made.timescales.lagtimes_ns is None and made.timescales.values_ns is None and made.timescales.lower_ns is None and made.timescales.upper_ns is None
    assert made.metastable.mfpt_ns is None and made.metastable.rate_per_ns is None
    assert made.chapman_kolmogorov.lagtimes_ns is None
    assert made.flux(0, 1).rate_per_ns is None and made.flux(0, 1).rate > 0
    with pytest.raises(mdx.errors.UserError, match="time step"):
        made.change(lagtime="1 ns")


def test_with_a_time_step_every_time_has_its_twin_in_ns():
    data = mdx.load([np.array(x) for x in mdx.example("two-state", n_frames=2000, n_trajectories=3).given], timestep_ns=0.5)
    made = mdx.Study(data, lagtime="1 ns")
    assert made.lagtime == 2
    np.testing.assert_allclose(made.timescales.values_ns, made.timescales.values * 0.5)
    np.testing.assert_allclose(made.metastable.mfpt_ns, made.metastable.mfpt * 0.5)
    assert made.flux(0, 1).rate_per_ns == pytest.approx(made.flux(0, 1).rate / 0.5)


@pytest.mark.parametrize("name, n_frames", [("alanine-dipeptide", None), ("penta-alanine", None), ("prinz", 40_000)])
def test_every_model_is_in_detailed_balance_and_its_memberships_sum_to_one(name, n_frames):
    made = study(name, n_frames)
    model, coarse = made.msm, made.metastable
    flow = model.stationary_distribution[:, None] * model.transition_matrix
    np.testing.assert_allclose(model.transition_matrix.sum(1), 1, atol=1e-9)
    np.testing.assert_allclose(flow, flow.T, atol=1e-9)
    inside = coarse.microstates >= 0
    assert coarse.memberships.min() >= 0
    np.testing.assert_allclose(coarse.memberships[inside].sum(1), 1, atol=1e-9)
    assert coarse.populations.sum() == pytest.approx(1, abs=1e-9)
    assert [len(a) for a in coarse.assignments] == list(made.data.lengths)


def test_the_chapman_kolmogorov_test_holds_where_the_model_is_right():
    found = study("prinz", 40_000).chapman_kolmogorov
    assert found.lagtimes[0] == study("prinz", 40_000).lagtime
    np.testing.assert_allclose(found.predicted[0], found.estimated[0], atol=1e-9)
    np.testing.assert_allclose(found.predicted, found.estimated, atol=0.03)
    np.testing.assert_allclose(found.predicted.sum(2), 1, atol=1e-9)


def test_the_bayesian_mean_goes_to_the_maximum_likelihood_as_data_grow(ladder):
    made, _, _, _ = ladder
    model = made.change(kinetics="bayesian-msm").model("kinetics")
    mean = np.mean([np.asarray(sample.transition_matrix) for sample in model.samples], axis=0)
    np.testing.assert_allclose(mean, np.asarray(made.msm.transition_matrix), atol=0.03)


def test_adding_a_feature_never_lowers_the_score_on_the_data_itself():
    full = study("penta-alanine").features
    scores = []
    for d in (2, 6, 12, full[0].shape[1]):
        made = mdx.Study(mdx.load([np.array(x[:, :d]) for x in full]), lagtime=5)
        scores.append(float((np.asarray(made.result("projection").singular_values) ** 2).sum()))
    assert np.diff(scores).min() > -1e-9
