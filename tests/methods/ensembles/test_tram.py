"""TRAM goes back from where numbers overflow, once, and then says so."""
from __future__ import annotations

import numpy as np
import pytest

from mdexplore.base.errors import UserError
from mdexplore.methods.ensembles import tram as module
from mdexplore.methods.ensembles.tram import tram


def given():
    """One window of two states: counts, states, windows, bias, start."""
    states = np.array([0, 0, 0, 1, 1])
    return np.array([[[8.0, 2.0], [2.0, 4.0]]]), states, np.zeros(5, int), np.zeros((5, 1)), np.zeros(5)


def test_numbers_that_overflow_from_the_first_step_on_are_said(monkeypatch):
    calls = []
    monkeypatch.setattr(module.Equations, "improve", lambda self, point: calls.append(0) or np.full(point.shape, np.nan))
    with pytest.raises(UserError, match="overflow even in a plain step"):
        tram(*given())
    assert len(calls) == 2


def test_after_a_single_overflow_it_goes_on_from_the_last_plain_step(monkeypatch):
    known, improve, calls = tram(*given()), module.Equations.improve, []

    def fails_at_times(self, point):
        calls.append(0)
        return np.full(point.shape, np.inf) if len(calls) in (1, 4) else improve(self, point)

    monkeypatch.setattr(module.Equations, "improve", fails_at_times)
    np.testing.assert_allclose(tram(*given()).state_energies, known.state_energies, atol=1e-8)
    assert len(calls) > 4
