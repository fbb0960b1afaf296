"""Implied timescales, ladders of lag times, and the lag time that is chosen."""
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mdexplore.base.errors import UserError
from mdexplore.data.chains import two_state
from mdexplore.methods.checks.timescales import choose_lagtime, estimate_timescales, lag_ladder, timescales
from mdexplore.methods.results import Timescales


def test_two_state_chain_recovers_its_exact_timescale():
    chain = two_state(p_leave=(0.01, 0.02), n_frames=200_000, seed=1)
    found = estimate_timescales([chain], lagtimes=[10], n_processes=1)
    exact = -1 / np.log(1 - 0.03)
    assert found.values[0, 0] == pytest.approx(exact, rel=0.1)
    assert found.lower[0, 0] < exact < found.upper[0, 0] and found.interval.startswith("95 %")


def test_lagtime_longer_than_data_names_the_limit():
    with pytest.raises(UserError, match="below"):
        estimate_timescales([np.zeros(20, int)], lagtimes=[50])


def test_the_numbers_are_deeptimes(three_wells):
    from deeptime.markov import TransitionCountEstimator
    from deeptime.markov.msm import MaximumLikelihoodMSM

    found = estimate_timescales(list(three_wells[0].dtrajs), [1, 5, 10], n_processes=3)
    for row, lagtime in zip(found.values, (1, 5, 10)):
        counts = TransitionCountEstimator(lagtime, "sliding").fit_fetch(list(three_wells[0].dtrajs)).submodel_largest()
        assert np.allclose(row, MaximumLikelihoodMSM(maxerr=1e-13).fit(counts).fetch_model().timescales(3), rtol=1e-5)


def test_three_wells_have_their_exact_timescales_within_the_bars(three_wells):
    clustering, matrix, _ = three_wells
    exact = -1 / np.log(np.sort(np.linalg.eigvals(matrix).real)[::-1][1:4])
    found = timescales(clustering, [1, 10, 50], n_processes=3)
    assert np.all((found.lower * 0.9 < exact) & (exact < found.upper * 1.1))


def test_too_few_states_leave_nan():
    found = estimate_timescales([two_state(n_frames=1000)], [1], n_processes=4)
    assert np.isfinite(found.values[0, 0]) and np.isnan(found.values[0, 1:]).all()


def test_without_lagtimes_about_ten_are_chosen(three_wells):
    found = estimate_timescales(list(three_wells[0].dtrajs), timestep_ns=0.5)
    assert 6 <= len(found.lagtimes) <= 11 and found.lagtimes[0] == 1
    assert np.allclose(found.lagtimes_ns, found.lagtimes * 0.5)


def test_a_lag_time_without_connected_states_leaves_a_gap_and_a_notice():
    # 35 frames later all of the first five, which are 0, have become 1: nothing comes back.
    found = estimate_timescales([np.array([0] * 5 + [0, 1] * 15 + [1] * 5)], [1, 35])
    assert np.isnan(found.values[1]).all() and found.notices[0].level == "warning"


def test_lag_times_that_do_not_increase_are_refused():
    with pytest.raises(UserError, match="increase"):
        estimate_timescales([np.zeros(20, int)], lagtimes=[5, 2])


def test_trajectories_are_left_as_they_were():
    chain = two_state(n_frames=500)
    chain[::7] = -1
    before = chain.copy()
    estimate_timescales([chain], [1, 2])
    assert np.array_equal(chain, before)


@settings(deadline=None)
@given(st.lists(st.integers(2, 5000), min_size=1, max_size=20), st.floats(1, 1e5) | st.none())
def test_ladders_increase_and_stay_within_the_data(lengths, slowest):
    ladder = lag_ladder(lengths, slowest=slowest)
    assert ladder[0] == 1 and ladder == sorted(set(ladder))
    assert ladder[-1] < max(lengths) and len(ladder) <= 10


@settings(deadline=None)
@given(st.integers(50, 5000), st.lists(st.integers(1, 49), max_size=3))
def test_ladders_hold_what_must_be_among_them(length, include):
    assert set(include) <= set(lag_ladder([length], include))


def test_one_long_trajectory_among_short_ones_does_not_set_the_ladder():
    assert lag_ladder([100] * 50 + [2000])[-1] <= 20


def test_a_ladder_of_single_frames_is_refused():
    with pytest.raises(UserError, match="no motion"):
        lag_ladder([1, 1, 1])


def scanned(lags, slowest, spread=1.02):
    values = np.array(slowest, float)[:, None]
    return Timescales(np.array(lags), values, values / spread, values * spread, "95 %, delta method")


def test_a_level_timescale_takes_the_shortest_lag():
    assert choose_lagtime(scanned([1, 2, 5, 10], [100, 101, 99, 102]))[0] == 1


def test_a_rising_timescale_takes_the_lag_where_it_gets_level():
    lag, notice = choose_lagtime(scanned([1, 2, 5, 10, 20], [50, 80, 98, 100, 101]))
    assert lag == 5 and notice.level == "info"


def test_a_rise_hidden_by_wide_bars_is_warned_about():
    lag, notice = choose_lagtime(scanned([1, 2, 3, 5, 9, 16, 28, 48, 84, 147], [81.2, 84.4, 83.2, 79.9, 76.5, 78.3, 99.0, 125.6, 153.4, 231.3], spread=2.2))
    assert lag == 1 and notice.level == "warning"
    assert "level within its bars" in notice.text and "from 81.2 frames to 231 frames" in notice.text


def test_one_odd_value_at_a_long_lag_is_no_rise():
    _, notice = choose_lagtime(scanned([1, 2, 3, 5, 9, 16, 28, 40], [80, 82, 80, 81, 80, 82, 80, 130], spread=3))
    assert notice.level == "info"


def test_lags_near_their_own_timescale_are_not_believed():
    assert choose_lagtime(scanned([1, 5, 20, 50, 90], [100, 101, 100, 130, 180]))[0] == 1


def test_a_timescale_that_never_gets_level_is_warned_about():
    lag, notice = choose_lagtime(scanned([1, 2, 4, 8], [10, 20, 40, 80]))
    assert lag == 8 and notice.level == "warning"


def test_without_any_resolved_timescale_the_shortest_lag_is_taken_with_a_warning():
    lag, notice = choose_lagtime(scanned([3, 6], [1, 2]))
    assert lag == 3 and notice.level == "warning"


def test_alanine_dipeptide_is_modelled_at_its_frame_time(alanine):
    found = timescales(alanine, timestep_ns=0.02)
    lag, notice = choose_lagtime(found)
    assert lag == 1 and "20 ps" in str(notice)
    short = found.values_ns[found.lagtimes <= 10, 0]
    assert np.all(np.abs(short - 2.56) < 0.2)
