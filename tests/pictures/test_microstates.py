"""Microstates as colours: each cell shows the microstate of most of its frames, and neighbours can be told apart."""
from __future__ import annotations

import numpy as np
import pytest

from mdexplore.methods.results import Clustering
from mdexplore.pictures.cells import SIZE, Window, grid
from mdexplore.pictures.density import by_microstates
from mdexplore.pictures.microstates import dominant, places, tones
from mdexplore.pictures.palette import OUTSIDE, rgb


@pytest.fixture
def cells():
    """Three frames in the lowest left cell, two in the highest right one, one out of sight."""
    x = np.array([0.1, 0.1, 0.1, 249.9, 249.9, 300.0], np.float32)
    return grid(x, x.copy(), Window(0, SIZE, 0, SIZE))


def clustering(micro, n=3):
    return Clustering(np.arange(n, dtype=float)[:, None], (np.array(micro[:2], np.int32), np.array(micro[2:], np.int32)))


def test_a_cell_shows_the_microstate_of_most_of_its_frames(cells):
    found = dominant(cells, clustering([1, 2, 2, 0, -1, 1]))
    assert (found[0], found[-1]) == (2, 0)
    assert (found[1:-1] == -1).all()


def test_a_cell_whose_frames_have_no_microstate_is_grey(cells):
    made = clustering([1, 1, 1, -1, -1, 1])
    layer = by_microstates(cells, made)
    assert layer.rgb[0] == pytest.approx(tones()[places(made)[1]])
    assert layer.rgb[-1] == pytest.approx(rgb(OUTSIDE))
    assert layer.alpha[0] > 0 and layer.alpha[-1] > 0 and layer.alpha[1] == 0


def test_neighbours_never_share_a_colour():
    across, up = np.meshgrid(np.arange(20.0), np.arange(20.0))
    found = places(Clustering(np.stack([across.ravel(), up.ravel()], axis=1), ())).reshape(20, 20)
    assert (found[1:] != found[:-1]).all() and (found[:, 1:] != found[:, :-1]).all()
    assert (found[1:, 1:] != found[:-1, :-1]).all() and (found[1:, :-1] != found[:-1, 1:]).all()
    assert np.bincount(found.ravel()).min() > 10


def test_colours_do_not_depend_on_the_window(cells):
    made = clustering([0, 1, 2, 0, 1, 2])
    near = grid(np.full(6, 0.1, np.float32), np.full(6, 0.1, np.float32), Window(0, 1, 0, 1))
    assert by_microstates(near, made).key is None
    assert (places(made) == places(clustering([2, 2, 2, 2, 2, 2]))).all()
