"""Exact answers as colours: only where a potential is known, with the sign and the relaxation time in sight."""
from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

import mdexplore as mdx
from mdexplore.base.units import TimeUnit
from mdexplore.data.exact import Exact
from mdexplore.pictures.cells import grid, home_window
from mdexplore.pictures.exact import exact_colorings, paint_exact


@pytest.fixture(scope="module")
def line():
    """Frames everywhere along the Prinz potential, and what is known of them."""
    exact = mdx.example("prinz", n_frames=10, n_trajectories=1).exact
    x = np.linspace(-1, 1, 5000, dtype=np.float32)
    return exact, grid(x, x, home_window(x, x)), exact.at(x[:, None])


def test_only_a_known_potential_has_exact_colours(line):
    assert exact_colorings(line[0]) == ("exact free energy", "exact eigenfunction 1", "exact eigenfunction 2", "exact eigenfunction 3")
    assert exact_colorings(None) == () and exact_colorings(Exact((9.5,))) == ()


def test_the_key_of_an_eigenfunction_is_symmetric_and_says_how_slow_it_is(line):
    exact, cells, values = line
    painting = paint_exact("exact eigenfunction 1", cells, exact, values, TimeUnit(None))
    assert painting.layer.key.low == -painting.layer.key.high < 0
    assert painting.note == "relaxes in 83.4 frames"


def test_colours_of_the_first_eigenfunction_part_left_from_right(line):
    exact, cells, values = line
    rgb = paint_exact("exact eigenfunction 1", cells, exact, values, TimeUnit(None)).layer.rgb[cells.occupied]
    left, right = rgb[cells.centers[:, 0] < -0.6], rgb[cells.centers[:, 0] > 0.6]
    assert (left[:, 2] > left[:, 0]).all() and (right[:, 0] > right[:, 2]).all()   # blue and red


def test_the_exact_free_energy_begins_at_zero_and_leaves_the_highest_frames_out_of_its_key(line):
    exact, cells, values = line
    painting = paint_exact("exact free energy", cells, exact, values, TimeUnit(None))
    assert painting.layer.key.label == "F / kT, exact" and painting.layer.key.low == 0
    assert painting.layer.key.high == pytest.approx(float(np.quantile(values[:, 0], 0.995)))


def test_eigenfunctions_of_equal_times_are_said_to_be_a_choice(line):
    exact, cells, values = line
    twice = replace(exact, timescales=(83.4, 83.3, 6.5))
    assert paint_exact("exact eigenfunction 2", cells, twice, values, TimeUnit(0.01)).note == "relaxes in 833 ps; any mixture with 1 is as good"
