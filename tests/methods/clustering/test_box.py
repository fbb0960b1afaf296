"""Boxes: where the walls stand, and which boxes are kept."""
from __future__ import annotations

import numpy as np
import pytest

from mdexplore.base.errors import UserError
from mdexplore.methods.clustering.box import Box, box
from mdexplore.methods.results import Projection


def projection(*arrays):
    return Projection(tuple(np.asarray(a, np.float32) for a in arrays), tuple(f"IC {i + 1}" for i in range(arrays[0].shape[1])), "TICA", 1)


def test_a_line_is_cut_into_equal_parts():
    found = box(Box(n_boxes=4), projection(np.array([[0.0], [0.9], [1.1], [2.5], [4.0]])))
    assert found.dtrajs[0].tolist() == [0, 0, 1, 2, 3]
    np.testing.assert_allclose(found.centers[:, 0], [0.5, 1.5, 2.5, 3.5])


def test_counts_are_those_of_a_histogram():
    x = np.random.default_rng(0).uniform(-1, 2, (3000, 2)).astype(np.float32)
    found = box(Box(n_boxes=5), projection(x))
    wanted, _, _ = np.histogram2d(*x.T.astype(float), bins=5)
    np.testing.assert_array_equal(np.bincount(found.dtrajs[0]), wanted.ravel())


def test_empty_boxes_are_left_out():
    x = np.array([[0.0, 0], [1, 1], [0.05, 0.02]])
    found = box(Box(n_boxes=10), projection(x))
    assert found.n_clusters == 2 and "2 boxes hold frames, of 100" in found.notices[0].text


def test_coordinates_beyond_those_that_are_divided_have_the_mean_of_the_frames():
    x = np.array([[0.0, 0, 5], [0, 0, 7], [1, 1, 2]])
    found = box(Box(n_boxes=2), projection(x))
    np.testing.assert_allclose(found.centers, [[0.25, 0.25, 6], [0.75, 0.75, 2]])


def test_the_default_is_about_two_hundred_boxes():
    x = np.random.default_rng(0).uniform(0, 1, (20_000, 2))
    assert 150 <= box(Box(), projection(x)).n_clusters <= 200


def test_a_constant_coordinate_is_one_box():
    assert box(Box(n_boxes=3), projection(np.full((10, 1), 2.0))).n_clusters == 1


def test_too_many_boxes_are_refused():
    x = np.random.default_rng(0).uniform(0, 1, (30_000, 2))
    with pytest.raises(UserError, match="too many"):
        box(Box(n_boxes=2000), projection(x))
