from __future__ import annotations

import numpy as np
import pytest

from mdexplore.pictures.cells import OVERFLOW, SIZE, Window, grid, home_window

UNIT = Window(0.0, 1.0, 0.0, 1.0)


def f4(*values):
    return np.array(values, np.float32)


def n_outside(cells):
    """Frames outside the window."""
    return int((cells.cell == OVERFLOW).sum())


def test_cells_are_numbered_row_by_row_from_the_lower_left():
    found = grid(f4(0.5 / SIZE, 0.999, 0.5 / SIZE), f4(0.5 / SIZE, 0.5 / SIZE, 0.999), UNIT)
    assert found.cell.tolist() == [0, SIZE - 1, SIZE * (SIZE - 1)]


def test_frames_outside_the_window_are_left_out_and_not_moved_to_its_border():
    found = grid(f4(-0.01, 1.01, 0.5, 0.5, np.nan, np.inf), f4(0.5, 0.5, -1e9, 1e9, 0.5, 0.5), UNIT)
    assert (found.cell == OVERFLOW).all()
    assert n_outside(found) == 6
    assert found.counts.sum() == 0


def test_the_upper_edge_belongs_to_the_last_cell():
    found = grid(f4(0, 1, 1), f4(0, 1, 0), UNIT)
    assert found.cell.tolist() == [0, OVERFLOW - 1, SIZE - 1]


def test_every_frame_lies_in_the_cell_whose_middle_is_nearest():
    rng = np.random.default_rng(1)
    x, y = rng.normal(size=(2, 5000)).astype(np.float32)
    window = Window(-3.0, 3.0, -2.0, 4.0)
    found = grid(x, y, window)
    inside = found.cell < OVERFLOW
    middle = found.middle(found.cell[inside].astype(int))
    assert np.abs(middle[:, 0] - x[inside]).max() <= window.width / SIZE / 2 * 1.01
    assert np.abs(middle[:, 1] - y[inside]).max() <= window.height / SIZE / 2 * 1.01
    assert inside.sum() == ((x >= -3) & (x <= 3) & (y >= -2) & (y <= 4)).sum()


def test_cells_give_back_exactly_their_frames():
    rng = np.random.default_rng(2)
    x, y = rng.uniform(size=(2, 2000)).astype(np.float32)
    found = grid(x, y, Window(0.0, 0.5, 0.0, 0.5))
    some = found.occupied[::3]
    mask = found.mask(some)
    assert mask.sum() == found.counts[some].sum()
    assert set(found.cell[mask].tolist()) == set(some.tolist())
    assert not found.mask(np.array([], int)).any()


def test_no_set_of_cells_holds_the_frames_outside_the_window():
    found = grid(f4(0.5, 7), f4(0.5, 7), UNIT)
    assert found.mask(np.arange(OVERFLOW)).tolist() == [True, False]


def test_labels_are_counted_per_cell_with_the_unlabelled_last():
    found = grid(f4(0.1, 0.1, 0.1, 0.9), f4(0.1, 0.1, 0.1, 0.9), UNIT)
    counts = found.count_labels(np.array([0, 1, -1, 1]), 2)
    assert counts[found.cell[0]].tolist() == [1, 1, 1]
    assert counts[found.cell[3]].tolist() == [0, 1, 0]
    assert counts.sum() == 4


def test_home_shows_every_frame():
    rng = np.random.default_rng(3)
    x, y = rng.normal(size=(2, 1000)).astype(np.float32)
    assert n_outside(grid(x, y, home_window(x, y))) == 0


def test_a_stray_frame_does_not_shrink_the_rest():
    x = np.random.default_rng(4).normal(size=10_000).astype(np.float32)
    x[17] = 1e6
    window = home_window(x, x)
    assert window.width < 30
    assert n_outside(grid(x, x, window)) == 1


@pytest.mark.parametrize("values", [f4(2, 2, 2), f4(0, 0), f4(np.nan, np.nan), f4()])
def test_a_window_is_never_flat(values):
    window = home_window(values, values)
    assert window.width > 0 and window.height > 0


def test_a_periodic_axis_is_shown_whole():
    assert home_window(f4(10, 20), f4(0, 1), x_period=360.0).x0 == -180
