"""Exact answers at given points."""
from __future__ import annotations

import numpy as np
import pytest

import mdexplore as mdx
from mdexplore.base.errors import UserError
from mdexplore.data.exact import Exact


def test_the_free_energy_of_two_independent_wells_is_that_of_its_potential():
    exact = mdx.example("quadruple-well", n_frames=2, n_trajectories=1).exact
    points = np.random.default_rng(0).uniform(-1.5, 1.5, (300, 2))
    found = exact.at(points)
    assert found.shape == (300, 4) and found.dtype == np.float32
    energy = ((points[:, 0] ** 2 - 1) ** 2 + (points[:, 1] ** 2 - 1) ** 2) / 0.25
    np.testing.assert_allclose(found[:, 0], energy, atol=0.1)


def test_a_system_without_a_potential_says_so():
    with pytest.raises(UserError, match="no potential"):
        Exact((9.5,)).at(np.zeros((1, 1)))


def test_modes_that_left_the_cache_are_said_to_be_lost(cache):
    with pytest.raises(UserError, match="Make the model system again"):
        Exact((9.5,), potential="given modes that are gone").at(np.zeros((1, 1)))
