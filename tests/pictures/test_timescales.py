import numpy as np
import pytest

from mdexplore.base.units import TimeUnit
from mdexplore.methods.results import Timescales
from mdexplore.pictures.logticks import log_ticks
from mdexplore.pictures.timescales import LAG_TEXT, nearest_lag, timescales_picture
from mdexplore.pictures.words import interval, percent_with_interval, rate_with_interval, time_with_interval
from tests.panels.kinetic_results import states, timescales


def test_axes_are_in_ns_where_the_time_step_is_known_and_in_frames_elsewhere():
    in_ns, in_frames = timescales_picture(timescales()), timescales_picture(timescales(timestep_ns=None))
    assert (in_ns.x_label, in_ns.y_label) == ("lag time / ns", "timescale / ns")
    assert (in_frames.x_label, in_frames.y_label) == ("lag time / frames", "timescale / frames")
    assert in_ns.solid[0][1][0] == pytest.approx((0.02, 2.56))
    assert in_frames.solid[0][1][0] == (1.0, 128.0)


def test_what_is_shorter_than_the_lag_time_is_dotted_and_has_no_bar():
    picture = timescales_picture(timescales())
    assert [k for k, _ in picture.solid] == [0, 1]
    assert [len(points) for _, points in picture.solid] == [7, 2]
    assert [k for k, _ in picture.dotted] == [1]
    assert sorted(k for k, *_ in picture.dots) == [0] * 7 + [1] * 2
    assert [len(points) for k, points in picture.bars if k == 1] == [4]


def test_nan_everywhere_draws_an_empty_plot():
    picture = timescales_picture(timescales(np.full((7, 2), np.nan)))
    assert not picture.solid and not picture.dotted and not picture.dots and not picture.bars
    assert np.isfinite([*picture.x_range, *picture.y_range]).all()


def test_unbounded_bars_do_not_stretch_the_axis_without_limit():
    found = timescales(width=1e6)
    picture = timescales_picture(found)
    assert picture.y_range[1] < 128 * 0.02 * 100
    assert all(picture.y_range[0] <= y <= picture.y_range[1] for _, band in picture.bars for _, y in band)


def test_slowest_timescale_is_said_with_its_interval_and_unit():
    _, _, kinetics = states(3)
    picture = timescales_picture(timescales(), kinetics)
    assert picture.slowest_text == "t₂ = 2.56 ns [1.4, 4.6]"
    assert picture.lag_text == "lag 100 ps"
    assert picture.lag == pytest.approx(0.1)


def test_bootstrap_bars_replace_the_others():
    _, _, kinetics = states(3)
    wide = timescales(width=4.0)
    picture = timescales_picture(timescales(), kinetics, bars=wide)
    assert picture.slowest_text == "t₂ = 2.56 ns [0.64, 10]"
    assert picture.bars != timescales_picture(timescales(), kinetics).bars


def test_bars_at_other_lag_times_are_left_out():
    other = timescales()
    shifted = type(other)(other.lagtimes + 200, other.values, other.lower, other.upper, other.interval, other.timestep_ns)
    assert timescales_picture(other, bars=shifted).bars == ()


def test_equal_results_make_equal_pictures():
    assert timescales_picture(timescales()) == timescales_picture(timescales())


def test_region_lies_below_the_diagonal():
    picture = timescales_picture(timescales())
    assert all(y <= x * (1 + 1e-9) or y == picture.y_range[0] for x, y in picture.region)


@pytest.mark.parametrize(("frames", "expected"), [(4.9, 5), (7.2, 7), (0.2, 1), (9.8, 10), (1e6, 399)])
def test_a_click_means_the_computed_lag_time_that_is_close_or_a_whole_frame(frames, expected):
    assert nearest_lag(frames, np.array([1, 2, 5, 10, 20]), longest=400) == expected


@pytest.mark.parametrize(("low", "high"), [(0.015, 2.3), (1.0, 1.5), (0.9, 1.1), (1e-4, 1e6), (3, 40), (1e-9, 1e9)])
def test_ticks_are_inside_and_few(low, high):
    ticks = log_ticks(low, high)
    assert 2 <= len(ticks) <= 8
    assert all(low <= t <= high for t in ticks)


def test_ticks_go_by_one_two_five():
    assert log_ticks(0.015, 2.3) == (0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0)


def test_words_put_the_interval_into_the_unit_of_the_value():
    unit = TimeUnit(0.02)
    assert time_with_interval(1.28, 0.9, 60, unit) == "25.6 ps [18, 1200]"
    assert time_with_interval(3.0, np.nan, np.nan, TimeUnit()) == "3 frames"
    assert rate_with_interval(6200, 4650, 8300, unit) == "1 / 124 ns [93, 170]"
    assert percent_with_interval(0.02, 0.009, 0.043) == "2.0 % [0.9, 4.3]"
    assert interval(1.4, np.inf) == " [1.4, ∞]"


def test_exact_timescales_are_lines_in_the_unit_of_the_axis_and_stretch_it_upwards():
    plain, known = timescales_picture(timescales()), timescales_picture(timescales(), exact=(1000.0, 1e-9))
    assert plain.exact == ()
    assert known.exact == pytest.approx((20.0,))   # one far below the axis is not looked for
    assert known.y_range[1] > 20 > plain.y_range[1] and known.y_range[0] == plain.y_range[0]


def test_an_exact_timescale_far_above_leaves_the_axis_alone():
    assert timescales_picture(timescales(), exact=(1e12,)).y_range == timescales_picture(timescales()).y_range


def test_no_more_exact_timescales_are_drawn_than_there_are_estimates():
    n = timescales().values.shape[1]
    assert len(timescales_picture(timescales(), exact=(100.0,) * (n + 3)).exact) == n


@pytest.mark.parametrize("exact", [(), (168.0, 150.0)])
@pytest.mark.parametrize("values", [(168.0, 150.0, 84.0), (20.0, 15.0, 12.0), (5e4, 2.0, 1.0)])
def test_the_text_on_the_slowest_process_keeps_off_the_lag_text_and_the_curves_in_a_low_panel(values, exact):
    lags = np.array([1, 4, 40])
    array = np.tile(values, (3, 1))
    picture = timescales_picture(Timescales(lags, array, array * 0.9, array * 1.1, "95 %"), lagtime=4, exact=exact)
    bottom, top = np.log(picture.y_range)
    below_top = (top - np.log([picture.slowest_y, 1.1 * max(values)])) / (top - bottom) * 160   # pixels of plot
    assert below_top[0] - LAG_TEXT * 160 >= 12 and below_top[1] - below_top[0] >= 6
