"""Health says what a reader of the numbers should know, whatever has happened."""
from __future__ import annotations

import dataclasses
from types import SimpleNamespace

import numpy as np
import pytest
from running import NoJobs

import mdexplore as mdx
from mdexplore.base.errors import UserError
from mdexplore.base.notices import Mend, Notice
from mdexplore.base.plain import decode, encode
from mdexplore.base.units import TimeUnit
from mdexplore.data.chains import two_state
from mdexplore.methods import method
from mdexplore.methods.results import ChapmanKolmogorov, Features, Kinetics, Projection, Score, Timescales, Unbiased
from mdexplore.session import health
from mdexplore.session.health import bars, fits, inputs, lags, sampling, seams
from mdexplore.session.session import Session

UNIT = TimeUnit()


def test_a_package_whose_method_cannot_be_loaded_is_told(chain, monkeypatch):
    def broken():
        raise ImportError("no module named 'nowhere'")

    entry = SimpleNamespace(name="theirs", load=broken)
    monkeypatch.setattr(method, "_notices", [])
    monkeypatch.setattr(method, "_loaded", False)
    monkeypatch.setattr("importlib.metadata.entry_points", lambda group: [entry])
    study = mdx.Study(chain, lagtime=2)
    said = [n.text for n in study.health]
    assert any("'theirs' could not be loaded" in text and "nowhere" in text for text in said)
    session = Session(study, jobs=NoJobs(), start=False)
    assert any("'theirs' could not be loaded" in n.text for n in session.notices)


def test_a_sound_study_has_no_errors(chain):
    found = mdx.Study(chain, lagtime=2).health
    assert found and not [n for n in found if n.level == "error"]
    assert len(set(found)) == len(found)


def test_a_lag_time_between_two_frames_is_told_once(chain):
    data = mdx.load(chain.given, timestep_ns=0.04)
    assert [n.text for n in mdx.Study(data, lagtime="0.1 ns").health if "lies between" in n.text] == ["The lag time of 0.1 ns lies between two frames of 40 ps: 80 ps is used."]


@pytest.mark.parametrize("error", [UserError("It broke.", "Because.", "Mend it."), RuntimeError("broken \udcff name"), ZeroDivisionError(), MemoryError("much")])
@pytest.mark.parametrize("step", ["features", "projection", "clustering", "kinetics", "coarse", "chapman"])
def test_a_broken_step_becomes_a_notice(chain, monkeypatch, cache, step, error):
    from mdexplore.session import steps

    real = steps.compute

    def compute(study, asked, progress):
        if asked == step:
            raise error
        return real(study, asked, progress)

    monkeypatch.setattr("mdexplore.session.computed.compute", compute)
    found = mdx.Study(chain, lagtime=2).health
    broken = [n for n in found if n.level == "error"]
    assert len(broken) == 1 and broken[0].where == step
    str(broken[0]).encode("utf-8")


def test_hopeless_data_still_get_an_answer():
    for data in ([np.zeros((50, 2))], [np.arange(30.0)[:, None]], [np.random.default_rng(0).normal(size=(8, 40))], [np.zeros((2, 1))]):
        assert all(n.level in ("info", "warning", "error") for n in mdx.Study(data).health)


def guard(results):
    return [n.text for n in health.of_results(results, TimeUnit(0.02)) if n.level == "warning"]


def exchanging(journeys):
    """States of falling population with so many real passages from row to column."""
    journeys = np.asarray(journeys)
    populations = 0.5 ** np.arange(1, len(journeys) + 1)
    return SimpleNamespace(n_states=len(journeys), journeys=journeys, passages=journeys, populations=populations / populations.sum())


def test_few_passages_are_a_warning_and_many_are_not():
    few, many = exchanging([[0, 3], [2, 0]]), exchanging([[0, 300], [299, 0]])
    kinetics = SimpleNamespace(timescales=np.array([10.0]), lagtime=1, n_resolved=1, unbiased=None)
    assert "5 real passages" in guard({"coarse": few, "kinetics": kinetics})[0]
    assert guard({"coarse": many, "kinetics": kinetics}) == []
    none = exchanging(np.zeros((2, 2), int))
    assert "No real passage" in guard({"coarse": none, "kinetics": kinetics})[0]


def test_a_bootstrap_much_wider_than_the_formula_is_a_warning():
    kinetics = SimpleNamespace(timescales=np.array([100.0]), timescales_lower=np.array([90.0]), timescales_upper=np.array([110.0]), lagtime=5)
    wide = SimpleNamespace(lagtimes=np.array([1, 5]), lower=np.array([[40.0], [50.0]]), upper=np.array([[200.0], [220.0]]))
    narrow = SimpleNamespace(lagtimes=np.array([1, 5]), lower=np.array([[40.0], [91.0]]), upper=np.array([[200.0], [112.0]]))
    assert "Bootstrap" in guard({"kinetics": kinetics, "bootstrap": wide})[0]
    assert guard({"kinetics": kinetics, "bootstrap": narrow}) == []


def test_an_overfitted_projection_is_a_warning():
    assert "overfitted" in guard({"score": Score(mean=1.2, std=0.05, folds=np.array([1.15, 1.25]), train=np.array([2.5, 2.6]))})[0]
    assert guard({"score": SimpleNamespace(mean=2.5, std=0.05, train=np.array([2.5, 2.6]))}) == []


def test_overfitting_to_noise_is_found_end_to_end():
    random = np.random.default_rng(1)
    made = mdx.Study([random.normal(size=(200, 60)) for _ in range(4)], projection=mdx.settings.TICA(lagtime=5))
    assert "overfitted" in guard({"score": made.score()})[0]


# -- notices that mend --------------------------------------------------------------------------------------------------------------------


def test_a_notice_with_a_mend_is_hashable_storable_and_reads_as_before():
    notice = Notice("warning", "It is wrong.", "Mend it.", "kinetics", Mend("Use lag time 5", "kinetics", (("lagtime", 5),)))
    assert str(notice) == "It is wrong. Mend it." and len({notice, notice}) == 1
    assert decode(encode(notice, lambda a: ""), lambda n: np.zeros(0)) == notice
    assert notice.mend.changes == {"lagtime": 5}


def test_every_mend_is_one_that_the_session_can_carry_out(chain):
    session = Session(mdx.Study(chain, lagtime=2), start=False)
    try:
        for mend in (health.guard.use_lagtime(3, UNIT), health.guard.use_microstates(10), Mend("", "projection", (("method", "tica"),)),
                     Mend("", "kinetics", (("method", "msm"),)), Mend("", "coarse", (("n_states", None),))):
            session.configure(mend.slot, **mend.changes)
        assert session.study.recipe.lag_of("kinetics", UNIT) == 2 and session.study.recipe.clustering.n_clusters == 10
    finally:
        session.close()


# -- guards of the features and the projection ----------------------------------------------------------------------------------------------


def features(*columns, names=None):
    values = np.stack(columns, axis=1).astype(np.float32)
    names = names or tuple(f"feature {i}" for i in range(values.shape[1]))
    return Features((values,), names, ((),) * len(names), ("given",) * len(names))


def projection(*arrays, singular_values=None, lagtime=None):
    values = tuple(np.asarray(a, np.float32) for a in arrays)
    return Projection(values, tuple(f"IC {i + 1}" for i in range(values[0].shape[1])), "TICA", lagtime, {}, singular_values)


def wandering_angle(n=4000, step=0.25, seed=0):
    return np.cumsum(np.random.default_rng(seed).normal(scale=step, size=n))


@pytest.mark.parametrize("turn", [2 * np.pi, 360.0])
def test_an_angle_that_wraps_is_found_by_its_jumps(turn):
    angle = (wandering_angle() % (2 * np.pi)) / (2 * np.pi) * turn - turn / 2
    found = inputs.raw_angles({"features": features(angle, wandering_angle(seed=1))}, UNIT)
    assert found.level == "warning" and "1 of 2 features is an angle" in found.text


def test_a_named_angle_needs_not_fill_the_turn():
    angle = np.where(np.arange(4000) // 50 % 2, 2.7, -2.7) + np.random.default_rng(0).normal(scale=0.1, size=4000)
    assert inputs.raw_angles({"features": features(angle, names=("phi ALA2",))}, UNIT) is not None
    assert inputs.raw_angles({"features": features(angle, names=("x",))}, UNIT) is None


def test_what_only_looks_like_an_angle_is_left_alone():
    random = np.random.default_rng(0)
    noise = random.uniform(-np.pi, np.pi, size=4000)
    two = np.where(two_state((0.02, 0.02), 4000, seed=1), 2.6, -2.6) + random.uniform(-0.54, 0.54, size=4000)
    for column in (noise, two, np.cos(wandering_angle()), wandering_angle(), np.zeros(4000)):
        assert inputs.raw_angles({"features": features(column)}, UNIT) is None


def test_scales_matter_only_where_nobody_divides_by_them():
    x = np.random.default_rng(0).normal(size=(500, 2)) * [1.0, 1000.0]
    found = inputs.scales({"projection": projection(x)}, UNIT)
    assert found.level == "warning" and found.mend.changes == {"method": "tica"}
    assert inputs.scales({"projection": projection(x, singular_values=np.array([0.9, 0.8]), lagtime=1)}, UNIT) is None
    assert inputs.scales({"projection": projection(x / [1, 1000])}, UNIT) is None


def smooth(n, seed, memory=0.99):
    from scipy.signal import lfilter

    return lfilter([1.0], [1.0, -memory], np.random.default_rng(seed).normal(size=(n, 2)), axis=0)


def test_chunks_of_one_length_are_found_whatever_their_number():
    for length, n_chunks in ((200, 5), (150, 40), (1000, 8)):
        joined = np.concatenate([smooth(length + 500, 100 + i)[500:] for i in range(n_chunks)])
        found = seams.joined_chunks({"projection": projection(joined)}, UNIT)
        assert found is not None and f"every {length} frames" in found.text


def test_chunks_of_any_length_are_found_by_steps_no_motion_makes():
    lengths = np.random.default_rng(1).integers(80, 300, size=20)
    joined = np.concatenate([smooth(n + 500, 100 + i, 0.999)[500:] for i, n in enumerate(lengths)])
    assert "far larger" in seams.joined_chunks({"projection": projection(joined)}, UNIT).text


def test_whole_trajectories_and_hops_of_a_chain_are_no_seams():
    assert seams.joined_chunks({"projection": projection(*(smooth(3000, i) for i in range(5)))}, UNIT) is None
    hops = two_state((0.001, 0.001), 30_000, seed=2)[:, None] + np.random.default_rng(0).normal(scale=0.02, size=(30_000, 1))
    assert seams.joined_chunks({"projection": projection(hops)}, UNIT) is None
    assert seams.joined_chunks({"projection": projection(np.zeros((500, 1)))}, UNIT) is None


@pytest.mark.parametrize("name", ["alanine-dipeptide", "penta-alanine"])
def test_real_trajectories_have_neither_seams_nor_raw_angles(name):
    study = mdx.Study(mdx.example(name))
    assert seams.joined_chunks({"projection": study.result("projection")}, UNIT) is None
    assert inputs.raw_angles({"features": study.result("features")}, UNIT) is None


def test_too_few_frames_for_the_features_are_a_warning_before_there_is_a_score():
    values = np.linspace(0.9, 0.1, 50)
    assert "noise alone" in fits.overfitted({"projection": projection(np.zeros((1000, 3)), singular_values=values, lagtime=10)}, UNIT).text
    assert fits.overfitted({"projection": projection(np.zeros((100_000, 3)), singular_values=values, lagtime=10)}, UNIT) is None


def test_coordinates_that_turn_round_are_a_warning():
    assert "negative autocorrelation" in fits.alternating({"projection": projection(np.zeros((1000, 2)), singular_values=np.array([0.9, -0.8]), lagtime=1)}, UNIT).text
    assert fits.alternating({"projection": projection(np.zeros((1000, 2)), singular_values=np.array([0.9, -0.05]), lagtime=1)}, UNIT) is None


# -- guards of the kinetics -----------------------------------------------------------------------------------------------------------------


def kinetics(**changes):
    counts = np.array([[900.0, 10], [10, 80]])
    made = Kinetics(lagtime=1, counts=counts, active=np.arange(2), transition_matrix=counts / counts.sum(1, keepdims=True), stationary=counts.sum(1) / counts.sum(),
                    timescales=np.array([50.0]), timescales_lower=np.array([40.0]), timescales_upper=np.array([62.0]), n_resolved=1, share_states=1.0, share_counts=1.0)
    return dataclasses.replace(made, **changes)


def scan(lagtimes, values, width=1.05):
    values = np.array(values, float)[:, None]
    return Timescales(np.array(lagtimes), values, values / width, values * width, "95 %, delta method")


def test_a_lag_time_before_the_plateau_is_named_with_the_one_to_use():
    rising = scan([1, 2, 5, 10, 20], [50, 80, 98, 100, 101])
    found = lags.level({"timescales": rising, "kinetics": kinetics(timescales_upper=np.array([52.0]))}, TimeUnit(0.02))
    assert found.level == "warning" and "1 ns at the lag time of 20 ps" in found.text
    assert found.mend.slot == "kinetics" and found.mend.changes == {"lagtime": 5} and found.mend.label == "Use lag time 100 ps"


def test_a_timescale_that_follows_the_lag_time_is_not_level():
    following = scan([1, 2, 5, 10, 20], [3, 6, 15, 30, 60])
    late = kinetics(lagtime=20, timescales=np.array([50.0]), timescales_upper=np.array([55.0]))
    assert lags.level({"timescales": following, "kinetics": late}, UNIT).level == "warning"


def test_a_level_lag_time_is_said_without_a_warning():
    assert lags.level({"timescales": scan([1, 2, 5], [50, 50.5, 51]), "kinetics": kinetics()}, UNIT).level == "info"


def test_data_shorter_than_twenty_timescales_are_a_warning():
    def clustering(n):
        return SimpleNamespace(dtrajs=(np.zeros(n, int),), n_clusters=2)

    assert "800 frames" in sampling.beyond_the_data({"clustering": clustering(800), "kinetics": kinetics()}, UNIT).text
    assert sampling.beyond_the_data({"clustering": clustering(2000), "kinetics": kinetics()}, UNIT) is None


def test_a_state_entered_but_never_left_is_a_warning():
    coarse = exchanging([[0, 2], [80, 0]])
    assert "far from equilibrium" in sampling.passages({"coarse": coarse, "kinetics": kinetics()}, UNIT).text


def test_few_independent_counts_a_microstate_suggest_a_shorter_lag_time():
    found = sampling.thin_counts({"kinetics": kinetics(lagtime=100)}, UNIT)
    assert found.level == "warning" and 1 <= found.mend.changes["lagtime"] < 100
    assert sampling.thin_counts({"kinetics": kinetics()}, UNIT) is None


class Part:
    """Some of a result."""

    def __init__(self, **fields):
        self.__dict__.update(fields)


def test_windows_under_a_bias_are_not_judged_as_trajectories_or_by_counts_without_bias():
    dtrajs = tuple(np.full(50, k, int) for k in (0, 0, 0, 1))
    coarse, clustering, unbiased = Part(n_states=2, memberships=np.eye(2)), Part(dtrajs=dtrajs), Unbiased(dtrajs, dtrajs, 1.0)
    for look, model in ((sampling.few_trajectories, kinetics()), (sampling.thin_counts, kinetics(lagtime=100))):
        assert look({"coarse": coarse, "clustering": clustering, "kinetics": model}, UNIT).level == "warning"
        assert look({"coarse": coarse, "clustering": clustering, "kinetics": dataclasses.replace(model, unbiased=unbiased)}, UNIT) is None


def test_bars_of_undivided_counts_are_found():
    samples = np.zeros((10, 2, 2))
    narrow = kinetics(lagtime=25, samples=samples, timescales_lower=np.array([49.0]), timescales_upper=np.array([51.0]))
    assert "narrower" in bars.undivided({"kinetics": narrow}, UNIT).text
    assert bars.undivided({"kinetics": kinetics(samples=samples)}, UNIT) is None


def test_posterior_and_bootstrap_that_disagree_are_a_warning():
    def with_bars(lower, upper):
        return dataclasses.replace(scan([1], [50]), lower=np.array([[lower]]), upper=np.array([[upper]]))

    assert "disagree" in bars.posterior({"kinetics": kinetics(), "posterior": with_bars(45.0, 55.0), "bootstrap": with_bars(20.0, 110.0)}, UNIT).text
    assert "disagree" in bars.posterior({"kinetics": kinetics(), "posterior": with_bars(45.0, 55.0), "bootstrap": with_bars(60.0, 70.0)}, UNIT).text
    assert bars.posterior({"kinetics": kinetics(), "posterior": with_bars(45.0, 55.0), "bootstrap": with_bars(42.0, 57.0)}, UNIT) is None


def test_a_driven_cycle_has_complex_eigenvalues_and_is_said():
    around = np.array([[900.0, 100, 2], [2, 900, 100], [100, 2, 900]])
    coarse = SimpleNamespace(n_states=3, memberships=np.eye(3))
    assert "cycle" in lags.rotation({"kinetics": kinetics(counts=around), "coarse": coarse}, UNIT).text
    assert lags.rotation({"kinetics": kinetics(counts=around + around.T), "coarse": coarse}, UNIT) is None


def test_trajectories_of_two_conditions_are_told_apart_and_equal_ones_are_not():
    alike = [two_state((0.01, 0.02), 5000, seed=s) for s in range(8)]
    unlike = [two_state((0.01, 0.02) if s % 2 else (0.02, 0.01), 5000, seed=s) for s in range(8)]
    for dtrajs, expected in ((alike, False), (unlike, True)):
        study = mdx.Study([d[:, None].astype(float) for d in dtrajs], lagtime=1)
        said = [n.text for n in study.health if n.level == "warning"]
        assert any("differ more than chance" in text for text in said) is expected


def said_of_passages(coarse, n_resolved):
    return sampling.passages({"coarse": coarse, "kinetics": SimpleNamespace(n_resolved=n_resolved, unbiased=None)}, UNIT)


def test_of_two_states_the_less_populated_is_named():
    told = said_of_passages(exchanging([[0, 10], [14, 0]]), 1).text
    assert told.startswith("State 2 is entered 10 times and left 14 times") and "24 real passages carry" in told
    turned = exchanging([[0, 14], [10, 0]])
    turned.populations = turned.populations[::-1]
    assert said_of_passages(turned, 1).text.startswith("State 1 is entered 10 times and left 14 times")


def test_a_rare_process_is_not_hidden_by_a_split_of_its_state():
    # States 3 and 4 exchange often; from either of them to the rest few paths lead.
    told = said_of_passages(exchanging([[0, 6000, 10, 9], [6000, 0, 10, 9], [14, 14, 0, 80], [13, 13, 79, 0]]), 3)
    assert told.level == "warning" and told.text.startswith("The trajectories go 9 times from state 1 to state 4 and 13 times back") and "22 real passages" in told.text


def test_passages_between_states_that_are_none_do_not_reassure():
    coarse = exchanging([[0, 900], [900, 0]])
    assert said_of_passages(coarse, 1).level == "info" and said_of_passages(coarse, 0) is None


def wide_test(width, n_states=2):
    predicted = np.tile(np.eye(n_states), (3, 1, 1)) * 0.5 + 0.25
    predicted[1:] -= 0.02
    room = np.broadcast_to(np.asarray(width, float), predicted.shape) / 2
    return ChapmanKolmogorov(np.array([1, 2, 3]), predicted, predicted, predicted - room, predicted + room)


def test_a_chapman_kolmogorov_test_that_cannot_fail_is_said_to_say_nothing():
    told = lags.chapman({"chapman": wide_test(0.9)}, UNIT)
    assert told.level == "warning" and "says nothing about states 1 and 2" in told.text and "0.90 against 0.02" in told.text
    assert lags.chapman({"chapman": wide_test(0.01)}, UNIT) is None
    one = lags.chapman({"chapman": wide_test([[0.01, 0.01], [0.01, 0.9]])}, UNIT)
    assert one.level == "info" and "about state 2:" in one.text


def test_passages_are_said_once(chain):
    assert sum("passages" in n.text or "core to core" in n.text for n in mdx.Study(chain, lagtime=2).health) == 1


def test_a_check_that_fails_silences_no_other(monkeypatch):
    def broken(results, unit):
        raise RuntimeError("no")

    monkeypatch.setattr(health, "GUARDS", (broken, sampling.passages))
    found = health.of_results({"coarse": exchanging(np.zeros((2, 2), int)), "kinetics": kinetics()}, UNIT)
    assert [n.level for n in found] == ["info", "warning"]


def test_an_answer_is_kept_as_long_as_its_result():
    asked = []

    @health.guard.once("features")
    def look(result, unit):
        asked.append(unit)
        return None

    one = features(np.zeros(5))
    for unit in (UNIT, UNIT, TimeUnit(0.1)):
        look({"features": one}, unit)
    assert asked == [UNIT, TimeUnit(0.1)] and look({}, UNIT) is None
