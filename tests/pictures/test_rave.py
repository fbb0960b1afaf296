"""The picture of RAVE: one sense for all rounds, and what was measured in words."""
from __future__ import annotations

import numpy as np

from mdexplore.pictures.rave import rave_picture
from mdexplore.session.rave_jobs import RaveCourse, WellGain

GRID, BIAS = np.array([[-1.0, 0.0, 2.0], [-2.0, 0.0, 1.0]]), np.array([[-3.0, -1.0, 0.0], [0.0, -2.0, -4.0]])
GAINS = (WellGain(1, 3.216, 0.154, 3.439), WellGain(2, float("nan"), float("nan"), -1e-17))


def course(directions):
    return RaveCourse(np.array(directions), np.array([1.5, 1.05]), GRID, BIAS, GAINS, 100_000)


def test_a_coordinate_and_its_negative_are_drawn_alike():
    picture = rave_picture(course([[0.6, 0.8], [-0.28, -0.96]]), ("x", "y"))
    assert np.allclose(picture.weights, [[0.6, 0.28], [0.8, 0.96]]) and picture.rounds == (1, 2)
    assert np.array_equal(picture.biases[0], [GRID[0], BIAS[0]])
    assert np.array_equal(picture.biases[1], [[-1.0, 0.0, 2.0], [-4.0, -2.0, 0.0]]), "turned round, and still from left to right"
    assert picture.x_range == (-1.0, 2.0) and picture.y_range[0] < -4 and picture.y_range[1] == 0


def test_the_last_coordinate_is_written_as_a_sum_and_a_well_without_frames_has_no_number():
    picture = rave_picture(course([[0.6, -0.8], [0.28, -0.96]]), ("x", "y"))
    assert "100\u2009000 frames: −0.28 x + 0.96 y, which tells 1.05 nats" in picture.said and "reaches 4 kT" in picture.said
    assert "0.80 x + 0.60 y" in rave_picture(course([[0.6, -0.8], [0.8, 0.6]]), ("x", "y")).said
    assert "0.80 x − 0.60 y" in rave_picture(course([[0.6, -0.8], [0.8, -0.6]]), ("x", "y")).said
    assert picture.rows == (("well 2 less well 1", "3.22 ± 0.15 kT", "exact 3.44"), ("well 3 less well 1", "too seldom visited", "exact 0.00"))
