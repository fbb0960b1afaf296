"""Exact answers as colours: an answer that has gone from the cache is said, and asked for anew."""
from __future__ import annotations

import numpy as np
import pytest

import mdexplore as mdx
from mdexplore.panels.exact_colors import ExactColors
from mdexplore.pictures.cells import grid, home_window
from mdexplore.session.session import Session
from tests.panels import builders


@pytest.fixture
def session(cache):
    data = mdx.model_system(lambda x: 3 * (x[:, 0] ** 2 - 1) ** 2, [(-2, 2)], n_frames=200, n_timescales=2, seed=1)
    made = Session(mdx.Study(data), jobs=builders.NoJobs(), start=False)
    made.asked = []
    made.work.submit = lambda name, task, *args, **options: made.asked.append(options["done"])
    return made


def test_an_answer_that_has_gone_from_the_cache_is_said_and_asked_for_again(session):
    x, y = np.random.default_rng(0).normal(size=(2, 200))
    drawn, cells = [], grid(x, y, home_window(x, y))
    colors = ExactColors(session, lambda: drawn.append(colors.paint(name, cells)))
    name = colors.names[0]
    colors.paint(name, cells)
    session.asked[0]("there was one")
    assert "no longer in the cache" in drawn[-1].note and len(session.asked) == 1
    colors.try_again()
    assert "being computed" in drawn[-1].note and len(session.asked) == 2
