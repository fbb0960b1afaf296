"""Where a metastable state lands, against a chain that is known."""
from __future__ import annotations

import numpy as np
import pytest

from mdexplore.base.errors import UserError
from mdexplore.methods.generation.landing import draw_landing, landing_shares
from mdexplore.methods.results import Kinetics


@pytest.fixture
def kinetics():
    """Microstates 1, 2 and 3 of four; 0 lies outside the model."""
    matrix = np.array([[0.9, 0.1, 0.0], [0.2, 0.7, 0.1], [0.0, 0.5, 0.5]])
    stationary = np.array([10.0, 5.0, 1.0]) / 16
    return Kinetics(5, np.eye(4), np.array([1, 2, 3]), matrix, stationary, np.ones(1), np.ones(1), np.ones(1), 1, 1.0, 1.0)


MEMBERSHIPS = np.array([[0, 0], [1, 0], [1, 0], [0, 1]], float)


def test_shares_are_those_of_the_state_after_one_step(kinetics):
    np.testing.assert_allclose(landing_shares(kinetics, MEMBERSHIPS, 1), [0, 0.5, 0.5])
    np.testing.assert_allclose(landing_shares(kinetics, MEMBERSHIPS, 0), (10 * np.array([0.9, 0.1, 0]) + 5 * np.array([0.2, 0.7, 0.1])) / 15)


def test_frames_are_drawn_as_often_as_the_shares_say(kinetics):
    dtrajs = [np.array([0, 1, 1, 2]), np.array([3, 2, -1, 3])]
    drawn = draw_landing(kinetics, MEMBERSHIPS, dtrajs, 0, 20_000, seed=1)
    micro = np.array([dtrajs[t][f] for t, f in drawn])
    np.testing.assert_allclose(np.bincount(micro, minlength=4)[1:] / len(micro), landing_shares(kinetics, MEMBERSHIPS, 0), atol=0.01)
    assert {tuple(pair) for pair in drawn} == {(0, 1), (0, 2), (0, 3), (1, 0), (1, 1), (1, 3)}


def test_the_same_seed_draws_the_same_frames(kinetics):
    dtrajs = [np.array([1, 2, 3] * 50)]
    assert draw_landing(kinetics, MEMBERSHIPS, dtrajs, 0, 9, seed=3).tolist() == draw_landing(kinetics, MEMBERSHIPS, dtrajs, 0, 9, seed=3).tolist()


def test_a_state_that_is_not_there_is_refused(kinetics):
    with pytest.raises(UserError, match="no state 2"):
        landing_shares(kinetics, MEMBERSHIPS, 2)
