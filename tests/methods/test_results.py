"""What results say of themselves: short, with units, no arrays."""
from dataclasses import replace

import numpy as np
import pytest

from mdexplore.methods.checks.chapman import chapman_kolmogorov
from mdexplore.methods.checks.timescales import timescales
from mdexplore.methods.coarse.pcca import PCCA, pcca
from mdexplore.methods.kinetics.flux import reactive_flux
from mdexplore.methods.kinetics.msm import MSM, msm
from mdexplore.methods.results import ChapmanKolmogorov, Score, Timescales


@pytest.fixture(scope="module")
def model(three_wells):
    clustering = three_wells[0]
    kinetics = msm(MSM(), clustering, lagtime=5, timestep_ns=0.1)
    return clustering, kinetics, pcca(PCCA(n_states=3), kinetics, clustering)


@pytest.fixture(scope="module")
def results(model):
    clustering, kinetics, coarse = model
    ends = [np.flatnonzero(coarse.microstates == k) for k in (0, 1)]
    return {"clustering": clustering, "kinetics": kinetics, "states": coarse, "test": chapman_kolmogorov(clustering, kinetics, coarse),
            "flux": reactive_flux(kinetics, coarse, *ends), "timescales": timescales(clustering, timestep_ns=0.1).resolved(3)}


@pytest.mark.parametrize("name", ["clustering", "kinetics", "states", "test", "flux", "timescales"])
def test_a_result_is_told_in_three_lines_without_arrays(results, name):
    told = repr(results[name])
    assert told.startswith(f"<{type(results[name]).__name__}") and told.endswith(">")
    assert len(told.splitlines()) <= 3 and max(map(len, told.splitlines())) <= 200 and "array" not in told and "nan" not in told


@pytest.mark.parametrize("name", ["kinetics", "states", "test", "flux", "timescales"])
def test_a_result_with_times_says_its_unit(results, name):
    assert " ns" in repr(results[name])


@pytest.mark.parametrize(("timestep_ns", "name"), [(0.1, "ns"), (None, "frames")])
def test_a_result_has_the_unit_that_a_script_prints(results, timestep_ns, name):
    found = replace(results["timescales"], timestep_ns=timestep_ns)
    assert (found.unit.name, str(found.unit), f"{found.unit}") == (name, name, name)
    np.testing.assert_array_equal(found.values * found.unit.scale, found.values if timestep_ns is None else found.values_ns)
    assert all(result.unit.name == "ns" for kind, result in results.items() if kind != "clustering")


def test_states_are_told_with_their_populations_and_intervals(results):
    states = results["states"]
    assert f"[0] {100 * states.populations[0]:.3g} %" in repr(states) and "longest mean first passage" in repr(states)


def test_missing_timescales_are_told_with_their_reason():
    found = Timescales(np.array([1, 10]), np.array([[50.0, 5.0], [50.0, np.nan]]), np.full((2, 2), np.nan), np.full((2, 2), np.nan), "95 %, delta method")
    assert "NaN: 1 without a timescale, of 4 values" in repr(found) and found.unresolved is None
    shown = Timescales(np.array([1, 10]), np.array([[50.0, 5.0], [50.0, 8.0]]), np.full((2, 2), np.nan), np.full((2, 2), np.nan), "95 %, delta method").resolved(2)
    assert shown.unresolved.tolist() == [[False, False], [False, True]] and np.isnan(shown.values[1, 1])
    assert "NaN: 1 not slower than the lag time, of 4 values" in repr(shown)


def test_a_score_says_what_it_is_of_what_and_at_which_lag_time():
    score = Score(1.538, 0.021, np.ones(5), np.ones(5), lagtime=5, dim=1, timestep_ns=0.01)
    assert score.say() == "VAMP-2 (held out) 1.54 ± 0.02 of at most 2, lag 50 ps"
    assert Score(1.5, 0.1, np.ones(5), np.ones(5), lagtime=1).say() == "VAMP-2 (held out) 1.50 ± 0.10, lag 1 frame"


# -- the verdict of the Chapman-Kolmogorov test --------------------------------------------------------------------------------------------------


def test_of(predicted, estimated, width):
    predicted, estimated = (np.asarray(a, float) for a in (predicted, estimated))
    room = np.broadcast_to(np.asarray(width, float) / 2, estimated.shape)
    return ChapmanKolmogorov(np.arange(1, 1 + len(predicted)), predicted, estimated, estimated - room, estimated + room)


test_of.__test__ = False
DECAY = np.array([[[p, 1 - p], [1 - p, p]] for p in (0.9, 0.8, 0.7)])


def test_predictions_inside_narrow_bands_hold():
    found = test_of(DECAY, DECAY, 0.05)
    assert found.verdict == "all within the bands" and found.untested == () and not found.fails


def test_bands_wider_than_all_that_is_predicted_to_change_test_nothing():
    found = test_of(DECAY, DECAY, 0.9)
    assert found.verdict == "cannot tell: the bands are too wide to test" and found.untested == (0, 1) and found.too_wide.all()
    some = test_of(DECAY, DECAY, [[0.05, 0.05], [0.05, 0.9]])
    assert some.verdict == "all within the bands; bands too wide to test state 2" and some.untested == (1,)


def test_a_narrow_band_tests_a_prediction_that_stays_where_it_is():
    still = np.tile([[0.6, 0.4], [0.6, 0.4]], (3, 1, 1))
    assert test_of(still, still, 0.08).untested == () and test_of(still, still, 0.12).untested == (0, 1)


def test_predictions_outside_their_bands_fail():
    found = test_of(DECAY, np.where(np.arange(3)[:, None, None] == 2, DECAY[::-1], DECAY), 0.05)
    assert found.fails and found.verdict.startswith("fails: 4 of 8 predictions outside")


def test_where_there_is_nothing_to_compare_nothing_is_found():
    assert test_of(DECAY[:1], DECAY[:1], 0.1).verdict == "not tested: no multiple of the lag time fits into the data"
    assert test_of(np.ones((3, 1, 1)), np.ones((3, 1, 1)), 0.1).verdict == "nothing to test: there is one state"
    lost = DECAY.copy()
    lost[1:, 1] = np.nan
    assert test_of(DECAY, lost, 0.05).untested == (1,)


def test_timescales_of_a_model_are_told_in_ns_as_well(model):
    _, kinetics, _ = model
    assert np.allclose(kinetics.timescales_ns, 0.1 * kinetics.timescales)
    assert np.allclose([kinetics.timescales_lower_ns, kinetics.timescales_upper_ns], [0.1 * kinetics.timescales_lower, 0.1 * kinetics.timescales_upper])
