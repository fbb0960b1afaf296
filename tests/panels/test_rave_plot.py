"""The plot of RAVE: asked for by a button from the frame that is looked at, drawn when the answer comes."""
from __future__ import annotations

import numpy as np
import pytest

from mdexplore.base.errors import UserError
from mdexplore.panels.rave_plot import RavePlot
from mdexplore.session.rave_jobs import RaveCourse, WellGain
from tests.panels.test_loop_plot import is_hidden, session_of


@pytest.fixture
def answer():
    grid, bias = np.tile(np.linspace(-1, 1, 5), (3, 1)), np.tile([-2.0, -1.0, 0.0, -1.0, -2.0], (3, 1))
    return RaveCourse(np.array([[1.0, 0.0], [0.8, -0.6], [0.8, 0.6]]), np.ones(3), grid, bias, (WellGain(1, 0.1, 0.2, 0.0),), 5000)


def test_it_is_hidden_where_no_coordinate_is_to_be_found(cache):
    assert is_hidden(RavePlot(session_of("prinz")).widget)
    assert is_hidden(RavePlot(session_of("two-state")).widget)


def test_it_starts_from_the_frame_that_is_looked_at(cache):
    session = session_of("double-well")
    plot = RavePlot(session)
    assert not is_hidden(plot.widget) and session.asked == []
    session.show_frame(0, 7)
    plot.button.click()
    name, start, seed = session.asked[0][0]
    assert name == "double-well" and start == tuple(session.data.given[0][7]) and seed == session.study.recipe.seed
    assert "Simulating" in plot._wrong.widget.value


def test_every_round_has_its_weights_and_its_bias(cache, answer):
    session = session_of("double-well")
    plot = RavePlot(session)
    plot.button.click()
    session.asked[0][1]["done"](answer)
    assert np.allclose(plot.weights.y, [[1.0, 0.8, 0.8], [0.0, -0.6, 0.6]]) and np.shape(plot.biases.y) == (3, 5)
    assert not plot.weights.apply_clip   # the discs of the first and the last round are whole
    assert len(plot.biases.colors) == len(plot.biases.opacities) == 3 and plot.biases.opacities == sorted(plot.biases.opacities)
    assert not is_hidden(plot._weights_place) and not is_hidden(plot._bias_place)
    assert "0.10 ± 0.20 kT; exact 0.00" in plot._told.value


def test_why_it_failed_is_said_and_it_can_be_asked_again(cache):
    session = session_of("double-well")
    plot = RavePlot(session)
    plot.button.click()
    session.asked[0][1]["failed"](UserError("It did not work."))
    assert "It did not work." in plot._wrong.widget.value
    plot.button.click()
    assert len(session.asked) == 2
