"""RAVE from a place of a model system, in a worker."""
from __future__ import annotations

import numpy as np
import pytest

import mdexplore as mdx
from mdexplore.session import rave_jobs
from mdexplore.session.rave_jobs import can_rave, run_rave


@pytest.fixture
def short(monkeypatch):
    monkeypatch.setattr(rave_jobs, "N_ROUNDS", 2)
    monkeypatch.setattr(rave_jobs, "N_FRAMES", 150)


def test_rounds_from_one_well_find_the_slow_line_and_the_free_energy_of_the_other(cache, short):
    told = []
    found = run_rave("double-well", (-1.0, 0.0), 0, progress=lambda done, total, text: told.append((done, total)))
    assert found.directions.shape == (2, 2) and found.grid.shape == found.bias.shape == (2, found.grid.shape[1])
    assert abs(found.directions[-1][0]) > 0.85, "x crosses the barrier"
    (gain,) = found.gains
    assert gain.exact == pytest.approx(0.0, abs=1e-9) and abs(gain.value) < 4 * gain.error
    assert told[0] == (0, 3) and found.n_simulated == 20 * (2 * 150 + 4 * 150)


def test_a_well_that_was_hardly_reached_has_no_error(cache, monkeypatch):
    monkeypatch.setattr(rave_jobs, "N_ROUNDS", 1)
    monkeypatch.setattr(rave_jobs, "N_WALKERS", 3)
    monkeypatch.setattr(rave_jobs, "N_FRAMES", 100)
    gains = run_rave("mueller-brown", (-0.56, 1.44), 0, progress=lambda *told: None).gains
    assert gains and not np.isfinite(gains[0].error) and np.isfinite(gains[0].exact)


def test_only_potentials_of_two_dimensions_have_a_coordinate_to_be_found(cache):
    assert can_rave(mdx.example("mueller-brown", n_frames=100).exact)
    assert not can_rave(mdx.example("prinz", n_frames=100).exact)
    assert not can_rave(mdx.example("two-state", n_frames=100).exact)
    assert not can_rave(None)
