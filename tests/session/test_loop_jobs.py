"""Policies of adaptive sampling against each other on a model system."""
from __future__ import annotations

import numpy as np
import pytest

import mdexplore as mdx
from mdexplore.data.potentials import POTENTIALS, modes_of
from mdexplore.methods.sampling.loop import POLICIES
from mdexplore.session import loop_jobs
from mdexplore.session.loop_jobs import can_loop, endless, run_loop


@pytest.mark.parametrize(("name", "below"), [("prinz", 0.03), ("triple-well", 0.12)])
def test_endless_data_in_microstates_come_near_the_exact_timescale_from_below(cache, name, below):
    exact = float(modes_of(name).timescales[0])
    assert (1 - below) * exact < endless(POTENTIALS[name]) <= exact


def test_long_lag_times_bring_microstates_to_the_exact_timescale(cache):
    assert endless(POTENTIALS["prinz"], lagtime=100) == pytest.approx(float(modes_of("prinz").timescales[0]), rel=0.005)


def test_every_policy_has_as_many_frames_and_a_run_for_each_seed(cache, monkeypatch):
    monkeypatch.setattr(loop_jobs, "N_ROUNDS", 12)
    monkeypatch.setattr(loop_jobs, "N_SEEDS", 3)
    told = []
    found = run_loop("triple-well-line", progress=lambda done, total, text: told.append((done, total)))
    assert tuple(run.policy for run in found.runs) == POLICIES
    assert found.frames.tolist() == list(range(500, 6001, 500))
    assert all(run.errors.shape == (3, 12) and run.within.shape == (3,) for run in found.runs)
    assert np.median(found.runs[0].errors[:, -1]) < np.median(found.runs[0].errors[:, 0])
    assert told == [(k, 12) for k in range(12)]


def test_only_systems_whose_potential_is_known_can_be_simulated_further(cache):
    assert can_loop(mdx.example("prinz", n_frames=100).exact)
    assert not can_loop(mdx.example("two-state", n_frames=100).exact)
    assert not can_loop(None)
