"""Rounds of adaptive sampling come to the exact timescale."""
from __future__ import annotations

import numpy as np
import pytest

from mdexplore.base.errors import UserError
from mdexplore.data.diffusion import GridWalk
from mdexplore.data.potentials import POTENTIALS
from mdexplore.methods.sampling.loop import POLICIES, Rounds, adaptive_rounds

POTENTIAL = POTENTIALS["triple-well-line"]


@pytest.fixture(scope="module")
def simulate():
    return GridWalk(POTENTIAL, 120)


@pytest.mark.parametrize("policy", POLICIES)
def test_every_policy_comes_to_the_exact_timescale(policy, simulate):
    found = adaptive_rounds(POTENTIAL, policy, simulate, np.array([0.5]), n_rounds=8, n_walkers=20, n_frames=60, lagtime=5, seed=1)
    assert found.errors[-1] < 0.3 and found.frames[-1] == 8 * 20 * 60
    assert found.starts.shape == (8, 20, 1) and np.all(found.starts[0] == 0.5)


def test_policies_that_choose_reach_the_far_wells_first(simulate):
    chosen = [adaptive_rounds(POTENTIAL, policy, simulate, np.array([0.5]), n_rounds=4, n_walkers=10, n_frames=20, lagtime=5, seed=2) for policy in ("least-counts", "random")]
    assert chosen[0].starts[-1].max() > chosen[1].starts[-1].max()


def test_the_error_has_to_stay_below_its_bound():
    made = Rounds("random", np.array([10, 20, 30]), np.array([1.0, 2.0, 1.05]), 1.0, np.zeros((3, 1, 1)))
    assert made.frames_within(0.1) == 30 and made.frames_within(0.01) == float("inf")


def test_wrong_use_is_said(simulate):
    with pytest.raises(UserError, match="no policy"):
        adaptive_rounds(POTENTIAL, "magic", simulate, np.array([0.5]))
    with pytest.raises(UserError, match="too short"):
        adaptive_rounds(POTENTIAL, "random", simulate, np.array([0.5]), n_frames=5)
