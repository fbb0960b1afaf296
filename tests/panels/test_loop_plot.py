"""The plot of policies: asked for by a button where the system can be simulated further, drawn when the answer comes."""
from __future__ import annotations

import numpy as np
import pytest

import mdexplore as mdx
from mdexplore.base.errors import UserError
from mdexplore.methods.sampling.loop import POLICIES
from mdexplore.panels.loop_plot import LoopPlot
from mdexplore.session.loop_jobs import PolicyLoop, PolicyRuns
from mdexplore.session.session import Session
from tests.panels import builders


def session_of(name):
    """A session on a model system that notes what it would have asked a worker."""
    session = Session(mdx.Study(mdx.example(name, n_frames=200)), jobs=builders.NoJobs(), start=False)
    session.asked = []
    session.work.submit = lambda job, task, *args, **options: session.asked.append((args, options))
    return session


def plot_of(name):
    session = session_of(name)
    return session, LoopPlot(session)


@pytest.fixture
def answer():
    errors = np.array([[1.0, 0.3, 0.05]])
    return PolicyLoop(np.array([500, 1000, 1500]), 80.0, tuple(PolicyRuns(p, errors * (k + 1), np.array([1500.0 + k])) for k, p in enumerate(POLICIES)))


def is_hidden(widget):
    return "mdx-hidden" in widget._dom_classes


def test_it_is_hidden_where_there_is_nothing_to_simulate(cache):
    assert is_hidden(plot_of("two-state")[1].widget)


def test_it_asks_when_pressed_and_draws_a_curve_for_each_policy(cache, answer):
    session, plot = plot_of("prinz")
    assert not is_hidden(plot.widget) and session.asked == []
    plot.button.click()
    assert session.asked[0][0] == ("prinz",) and "Simulating" in plot._wrong.widget.value
    session.asked[0][1]["done"](answer)
    assert np.shape(plot.curves.y) == (4, 3) and list(plot.curves.x) == [500, 1000, 1500]
    assert is_hidden(plot.button) and not is_hidden(plot._place)
    assert plot._told.value.count("mdx-along-chip") == 4 and "<b>1\u2009500</b>" in plot._told.value


def test_why_it_failed_is_said_and_it_can_be_asked_again(cache):
    session, plot = plot_of("prinz")
    plot.button.click()
    session.asked[0][1]["failed"](UserError("It did not work."))
    assert "It did not work." in plot._wrong.widget.value and not is_hidden(plot.button)
    plot.button.click()
    assert len(session.asked) == 2
