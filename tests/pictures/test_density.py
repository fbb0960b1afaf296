from __future__ import annotations

import numpy as np
import pytest

from mdexplore.pictures.cells import SIZE, Window, grid
from mdexplore.pictures.density import (
    by_density,
    by_free_energy,
    by_number,
    by_states,
    emptiest_corner,
    frame_weights,
    image,
    place_of_key,
    state_labels,
)
from mdexplore.pictures.palette import OUTSIDE, rgb, state_rgb

UNIT = Window(0.0, 1.0, 0.0, 1.0)


def at(*places):
    """A grid with one frame at each place along the diagonal."""
    x = np.array(places, np.float32)
    return grid(x, x, UNIT)


def test_a_cell_of_one_state_has_its_colour_and_a_mixed_cell_the_mixture():
    cells = at(0.1, 0.9, 0.9)
    layer = by_states(cells, cells.count_labels(np.array([0, 0, 1]), 2), (0, 1))
    blue, orange = state_rgb((0, 1))
    assert layer.rgb[cells.cell[0]] == pytest.approx(blue)
    assert layer.rgb[cells.cell[1]] == pytest.approx((blue + orange) / 2)


def test_frames_outside_the_model_are_grey():
    cells = at(0.5)
    layer = by_states(cells, cells.count_labels(np.array([-1]), 2), (0, 1))
    assert layer.rgb[cells.cell[0]] == pytest.approx(rgb(OUTSIDE))


def test_empty_cells_are_transparent_and_fuller_ones_more_opaque():
    cells = at(0.1, *[0.9] * 50)
    layer = by_states(cells, cells.count_labels(np.zeros(51, int), 1), (0,))
    assert layer.alpha[0] == 0
    assert 0 < layer.alpha[cells.cell[0]] < layer.alpha[cells.cell[1]] == 255


def test_density_is_logarithmic():
    cells = at(0.1, *[0.5] * 10, *[0.9] * 100)
    key = by_density(cells).key
    assert (key.low, key.high) == (0, pytest.approx(2))


def test_free_energy_of_two_cells_is_the_logarithm_of_their_ratio():
    cells = at(0.1, *[0.9] * 20)
    assert by_free_energy(cells).key.high == pytest.approx(np.log(20))


def test_free_energy_takes_stationary_weights_and_not_counts():
    # Twenty frames were started in a microstate that holds a tenth of the probability.
    cells, micro = at(0.1, *[0.9] * 20), np.array([0] + [1] * 20)
    weights = frame_weights(np.array([0.9, 0.1]), np.array([0, 1]), micro, 2)
    layer = by_free_energy(cells, weights)
    assert layer.key.high == pytest.approx(np.log(9))
    assert layer.key.label == "F / kT"


def test_weights_sum_to_one_and_vanish_outside_the_model():
    micro = np.array([2, 2, 0, 1, -1])
    weights = frame_weights(np.array([0.25, 0.75]), np.array([0, 2]), micro, 3)
    assert weights == pytest.approx([0.375, 0.375, 0.25, 0, 0])


def test_cells_without_weight_are_grey():
    cells = at(0.1, 0.9)
    layer = by_free_energy(cells, np.array([1.0, 0.0]))
    assert layer.rgb[cells.cell[1]] == pytest.approx(rgb(OUTSIDE))


def test_a_number_is_averaged_over_the_frames_that_have_one():
    cells = at(0.1, 0.5, 0.5, 0.5, 0.9)
    layer = by_number(cells, np.array([0.0, 4.0, 6.0, np.nan, 10.0]), "d / nm", 0, 10)
    middle = by_number(at(0.1), np.array([5.0]), "d / nm", 0, 10)
    assert layer.rgb[cells.cell[1]] == pytest.approx(middle.rgb[at(0.1).cell[0]])


def test_angles_are_averaged_round_the_circle():
    cells = at(0.5, 0.5)
    at_the_seam = by_number(cells, np.array([179.0, -179.0]), "φ / °", period=360.0)
    at_zero = by_number(at(0.5), np.array([0.0]), "φ / °", period=360.0)
    here = cells.cell[0]
    assert np.abs(at_the_seam.rgb[here] - at_zero.rgb[here]).max() > 30
    assert (at_the_seam.key.low, at_the_seam.key.high) == (-180, 180)


def test_the_image_has_its_first_row_on_top():
    cells = at(0.01)      # lower left
    drawn = image(by_density(cells), cells)
    assert drawn.shape == (SIZE, SIZE, 4) and drawn.dtype == np.uint8
    row, column = np.argwhere(drawn[..., 3] > 0)[0]
    assert (row, column) == (SIZE - 1 - int(0.01 * SIZE), int(0.01 * SIZE))


def test_chosen_cells_keep_their_colour_and_the_rest_turns_grey():
    cells = at(0.1, 0.9)
    layer = by_states(cells, cells.count_labels(np.array([0, 1]), 2), (0, 1))
    flat = image(layer, cells, np.array([True, False]))[::-1].reshape(-1, 4)
    chosen, rest = flat[cells.cell[0]], flat[cells.cell[1]]
    assert chosen[:3].tolist() == layer.rgb[cells.cell[0]].astype(np.uint8).tolist()
    assert rest[:3].tolist() == [140, 140, 140]
    assert rest[3] < layer.alpha[cells.cell[1]] <= 255
    assert chosen[3] >= 180


def test_a_cell_that_is_chosen_in_part_lies_between_grey_and_its_colour():
    cells = at(*[0.5] * 10)
    layer = by_states(cells, cells.count_labels(np.zeros(10, int), 1), (0,))
    one, all_ = (image(layer, cells, np.arange(10) < n)[::-1].reshape(-1, 4)[cells.cell[0]].astype(int) for n in (1, 10))
    assert 140 > one[0] > all_[0]


def test_the_number_of_a_state_stands_where_the_state_is():
    # Two clumps: the median of their coordinates alone could fall between them.
    x = np.array([0.1] * 50 + [0.9] * 51, np.float32)
    y = np.array([0.9] * 51 + [0.1] * 50, np.float32)
    cells = grid(x, y, UNIT)
    (label,) = state_labels(cells, cells.count_labels(np.zeros(101, int), 1))
    assert np.hypot(x - label.x, y - label.y).min() < 1 / SIZE


def test_a_state_that_is_out_of_sight_has_no_number():
    cells = at(0.5, 7.0)
    assert [label.state for label in state_labels(cells, cells.count_labels(np.array([1, 0]), 2))] == [1]


def test_the_key_goes_where_it_hides_least():
    rng = np.random.default_rng(1)
    x, y = rng.uniform(0, 1, (2, 5000)).astype(np.float32)
    kept = ~((x > 0.5) & (y < 0.3))
    assert emptiest_corner(grid(x[kept], y[kept], UNIT)) == "se"


def test_a_key_stands_in_an_empty_corner_and_above_a_plot_that_has_none():
    rng = np.random.default_rng(0)
    x, y = rng.uniform(0, 1, (2, 20_000))
    kept = ~((x > 0.5) & (y < 0.15))
    assert place_of_key(grid(x[kept], y[kept], UNIT)) == "se"
    assert place_of_key(grid(x, y, UNIT)) == "above"


def test_numbers_of_states_at_one_place_do_not_cover_each_other():
    rng = np.random.default_rng(3)
    points = np.concatenate([rng.normal(0, 1, (500, 2)), rng.normal(0, 0.02, (60, 2))])
    states = np.repeat([0, 1, 2, 3], [500, 20, 20, 20])
    cells = grid(points[:, 0], points[:, 1], Window(-4.0, 4.0, -4.0, 4.0))
    places = np.array([(label.x, label.y) for label in state_labels(cells, cells.count_labels(states, 4))])
    assert len(places) == 4
    apart = np.abs(places[:, None] - places[None]) / (cells.window.width, cells.window.height) * 330    # pixels
    assert (apart.max(axis=2) + 100 * np.eye(4)).min() > 14


def test_what_is_not_selected_is_still_seen_on_a_dark_surface():
    cells = at(0.1, *[0.9] * 50)
    layer = by_density(cells)
    drawn = image(layer, cells, np.arange(51) > 0)
    grey = drawn[(drawn[..., 0] == 140) & (drawn[..., 3] > 0)]
    assert len(grey) == 1
    surface = 24                          # of the dark theme
    assert surface + (140 - surface) * int(grey[0, 3]) / 255 > 2 * surface
