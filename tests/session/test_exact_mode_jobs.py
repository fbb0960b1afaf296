"""Coordinates beside exact eigenfunctions: what is one correlates fully, whatever its sign and scale."""
from __future__ import annotations

import numpy as np
import pytest

import mdexplore as mdx
from mdexplore.base.errors import UserError
from mdexplore.base.units import TimeUnit
from mdexplore.data.exact import Exact
from mdexplore.pictures.exact import exact_mode_words
from mdexplore.session.exact_mode_jobs import find_exact_mode, run_exact_mode


def ignore(done, total, text):
    """Progress of which nobody wants to know."""


@pytest.fixture
def line(cache):
    return mdx.model_system(lambda x: 3 * (x[:, 0] ** 2 - 1) ** 2, [(-2, 2)], n_frames=4000, n_timescales=2, seed=1)


def test_an_eigenfunction_lies_on_the_exact_one_whatever_its_sign_and_scale(line):
    exact = np.concatenate([line.exact.at(points) for points in line.given])[:, 1:]
    found = find_exact_mode("IC 1", 5 - 3 * exact[:, 1].astype(float), exact, line.exact, line.given)
    assert found.which == (1,) and found.correlation == pytest.approx(1, abs=1e-6)
    there = np.interp(found.positions, found.grid, found.exact)
    assert np.corrcoef(there, found.values)[0, 1] == pytest.approx(1, abs=1e-3)   # with one sign
    assert "correlation 1.000" in exact_mode_words(found, TimeUnit())


def test_a_linear_coordinate_of_a_double_well_follows_the_slowest_but_not_fully(line):
    found = run_exact_mode(mdx.Study(line, lagtime=5).spec(), 0, progress=ignore)
    assert found.which == (0,) and 0.8 < found.correlation < 0.999
    assert np.all(np.diff(found.positions) > 0)
    assert np.corrcoef(found.positions, found.values)[0, 1] > 0.9999   # a line


def test_eigenfunctions_of_one_relaxation_time_count_as_any_mixture():
    rng = np.random.default_rng(1)
    points = (rng.normal(size=(500, 2)),)
    functions = points[0].astype(np.float32)
    found = find_exact_mode("IC 1", points[0] @ [0.6, -0.8], functions, Exact((10.0, 10.01)), points)
    assert found.which == (0, 1) and found.correlation == pytest.approx(1, abs=1e-6)
    assert len(found.positions) == 0
    assert "a mixture of exact eigenfunctions 1 and 2" in exact_mode_words(found, TimeUnit()) and "Colour the projection" in exact_mode_words(found, TimeUnit())


def test_a_constant_coordinate_is_refused_in_words():
    with pytest.raises(UserError, match="same value"):
        find_exact_mode("IC 1", np.ones(5), np.zeros((5, 1)), Exact((10.0,)), (np.zeros((5, 1)),))
