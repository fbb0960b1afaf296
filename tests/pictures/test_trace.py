from __future__ import annotations

import numpy as np
import pytest

from mdexplore.pictures.palette import OUTSIDE, rgb, state_rgb
from mdexplore.pictures.trace import COLUMNS, MOST_ROWS, envelope, places, ribbon, ribbon_image, runs


def drawn(lengths, states, colors=(0, 1), selected=None):
    return ribbon_image(ribbon(places(lengths), states, colors), selected)


def test_a_shorter_trajectory_ends_where_it_ends():
    image = drawn((1000, 500), np.zeros(1500, int))
    assert (image[0, :, 3] == 255).all()
    assert (image[1, : COLUMNS // 2, 3] == 255).all()
    assert (image[1, COLUMNS // 2:, 3] == 0).all()


def test_a_place_has_the_colour_of_its_majority_paler_where_mixed():
    states = np.tile([0, 0, 0, 1], COLUMNS)          # four frames a column
    image = drawn((4 * COLUMNS,), states)
    assert image[0, 7, :3].tolist() == state_rgb((0,))[0].astype(int).tolist()
    assert 70 < image[0, 7, 3] < 255


def test_frames_outside_the_model_and_before_there_is_one_are_grey():
    grey = rgb(OUTSIDE).astype(int).tolist()
    assert drawn((10,), np.full(10, -1))[0, 0, :3].tolist() == grey
    assert drawn((10,), None, ())[0, 0, :3].tolist() == grey


def test_the_ribbon_shows_where_selected_frames_are():
    selected = np.zeros(1000, bool)
    selected[:500] = True
    image = drawn((1000,), np.zeros(1000, int), selected=selected)
    assert image[0, 10, :3].tolist() == state_rgb((0,))[0].astype(int).tolist()
    assert image[0, -10, :3].tolist() == [140, 140, 140]


def test_fewer_frames_than_columns_leave_no_frame_out():
    where = places((7, 3))
    assert len(set(where.place.tolist())) == 10


def test_very_many_trajectories_share_rows():
    where = places((2,) * 1000)
    assert where.n_rows == MOST_ROWS
    assert where.row(999) == MOST_ROWS - 1
    assert where.trajectory(0.0) == 0 and where.trajectory(1.0) == 999


def test_a_click_at_a_rows_height_finds_its_trajectory():
    where = places((5,) * 16)
    assert [where.trajectory((i + 0.5) / 16) for i in range(16)] == list(range(16))


def test_a_jump_of_one_frame_is_kept():
    curve = np.zeros(100_000, np.float32)
    curve[54_321] = 9
    found = envelope(curve, np.zeros(100_000, int), 1)
    assert np.nanmax(found.high) == 9
    assert found.path.max() == 9
    assert found.frame[np.nanargmax(found.high[0])] == pytest.approx(54_321, abs=100_000 / COLUMNS)


def test_each_state_has_its_own_extremes():
    found = envelope(np.array([1, 5, 2, 8.0]), np.array([0, 1, 0, -1]), 2, n_columns=1)
    assert found.low.ravel().tolist() == [1, 5, 8]
    assert found.high.ravel().tolist() == [2, 5, 8]


def test_the_path_goes_through_extremes_in_the_order_of_time():
    found = envelope(np.array([3, 9, 1, 2, 0, 7.0]), None, 0, n_columns=2)
    assert found.path_frame.tolist() == [1, 2, 4, 5]
    assert found.path.tolist() == [9, 1, 0, 7]


def test_values_that_are_not_numbers_leave_a_hole():
    found = envelope(np.array([np.nan, np.nan, 4, 5.0]), None, 0, n_columns=2)
    assert np.isnan(found.low[0, 0])
    assert found.low[0, 1] == 4


def test_runs_are_the_stretches_that_are_chosen():
    chosen = np.array([0, 1, 1, 0, 0, 1], bool)
    assert runs(chosen).tolist() == [[1, 3], [5, 6]]
    assert runs(np.zeros(5, bool)).tolist() == []


def test_a_single_chosen_frame_among_many_shows():
    chosen = np.zeros(1_000_000, bool)
    chosen[500_000] = True
    (run,) = runs(chosen).tolist()
    assert run[0] <= 500_000 < run[1]


def test_an_angle_that_goes_over_its_end_is_no_line_from_end_to_end():
    found = envelope(np.array([170.0, 175, -178, -170, 178, -175]), None, 0, n_columns=1, period=360.0)
    assert (found.low[0, 0], found.high[0, 0]) == (-178, -170)
    assert (found.upper_low[0, 0], found.upper_high[0, 0]) == (170, 178)


def test_a_wide_gap_is_kept_open_where_the_way_over_the_end_is_shorter():
    found = envelope(np.array([-170.0, -60, -170, 100, 175]), None, 0, n_columns=1, period=360.0)
    assert (found.high[0, 0], found.upper_low[0, 0]) == (-60, 100)


def test_a_jump_of_less_than_half_a_turn_stays_a_line():
    found = envelope(np.array([-170.0, -60, 70, -60, -170]), None, 0, n_columns=1, period=360.0)
    assert (found.low[0, 0], found.high[0, 0]) == (-170, 70)
    assert np.isnan(found.upper_low).all()


def test_a_state_is_split_without_regard_to_the_others():
    found = envelope(np.array([175.0, 0, -175, 10]), np.array([0, 1, 0, 1]), 2, n_columns=1, period=360.0)
    assert (found.high[0, 0], found.upper_low[0, 0]) == (-175, 175)
    assert (found.low[1, 0], found.high[1, 0]) == (0, 10) and np.isnan(found.upper_low[1, 0])


def test_a_distance_is_never_split():
    found = envelope(np.array([0.0, 170, 5]), None, 0, n_columns=1)
    assert (found.low[0, 0], found.high[0, 0]) == (0, 170)
