"""Timescales under another potential, from paths in the simulated one, are those of its generator."""
from __future__ import annotations

import numpy as np
import pytest

from mdexplore.base.errors import UserError
from mdexplore.data.diffusion import equilibrium, walk
from mdexplore.data.potentials import Potential
from mdexplore.methods.ensembles.girsanov import model_of_counts, other_potential, reweighted_counts

PLAIN = Potential(lambda x: 2 * (x[:, 0] ** 2 - 1) ** 2, ((-2.2, 2.2),), 1.0, 0.05, n_steps=10)
LAG, EDGES = 6, np.linspace(-1.6, 1.6, 24)


@pytest.fixture(scope="module", params=[0.8, -0.8])
def paths(request):
    """Walks in a double well, and a bias that raises or lowers its barrier."""
    def bias(x):
        return request.param * np.exp(-4 * x[:, 0] ** 2)
    walks = walk(PLAIN, equilibrium(PLAIN.modes(), 600, seed=1), 60, seed=2, bias=bias)
    return walks, [np.digitize(x[:, 0], EDGES) for x in walks.frames], PLAIN.biased(bias).modes()


def test_the_slowest_timescale_is_that_of_the_other_potential(paths):
    walks, dtrajs, exact = paths
    found = other_potential(dtrajs, walks.bias, walks.log_weights, LAG)
    plain = other_potential(dtrajs, np.zeros_like(walks.bias), np.zeros_like(walks.bias), LAG)
    assert found.timescales[0] == pytest.approx(exact.timescales[0], rel=0.12)
    assert plain.timescales[0] == pytest.approx(PLAIN.modes().timescales[0], rel=0.12)
    assert abs(exact.timescales[0] / PLAIN.modes().timescales[0] - 1) > 0.25 and 0.1 < found.effective_share < 1


def test_weighted_counts_are_those_of_deeptime(paths):
    from deeptime.markov import GirsanovReweightingEstimator

    walks, dtrajs, _ = paths
    found, _ = reweighted_counts(dtrajs[:20], walks.bias[:20], walks.log_weights[:20], LAG, 25)
    total = np.zeros((25, 25))
    for d, u, m in zip(dtrajs[:20], walks.bias, walks.log_weights):
        into = -np.concatenate([[0.0], m[:-1]])   # they want minus the logarithm, of the steps that lead to each frame
        theirs = GirsanovReweightingEstimator(LAG, "sliding").fit_fetch(d, reweighting_factors=([np.exp(-u)], [into])).count_matrix
        total[:len(theirs), :len(theirs)] += theirs
    np.testing.assert_allclose(found / found.sum(), total / total.sum(), atol=1e-10)


def test_a_potential_out_of_reach_is_refused():
    walks = walk(PLAIN, equilibrium(PLAIN.modes(), 20, seed=1), 20, seed=2, bias=lambda x: 60 * x[:, 0] ** 2)
    with pytest.raises(UserError, match="cannot be reached"):
        other_potential([np.digitize(x[:, 0], EDGES) for x in walks.frames], walks.bias, walks.log_weights, 10)


def test_weights_must_fit():
    with pytest.raises(UserError, match="do not fit"):
        reweighted_counts([np.zeros(5, int)], [np.zeros(4)], [np.zeros(5)], 1, 1)


@pytest.mark.parametrize("dtrajs, bias, log_weights, text", [
    ([np.arange(5)], [], [], "no bias energies"), ([np.arange(5)], [np.zeros(5)], [], "no path weights"), ([], [], [], "no microstates"),
    ([np.arange(5)], [np.zeros(5)] * 2, [np.zeros(5)], "of 2 trajectories and microstates of 1"), ([np.arange(5)], [np.full(5, np.nan)], [np.zeros(5)], "not all numbers"),
    ([np.full(5, -1)], [np.zeros(5)], [np.zeros(5)], "inside the model")])
def test_energies_that_are_missing_are_said(dtrajs, bias, log_weights, text):
    with pytest.raises(UserError, match=text):
        other_potential(dtrajs, bias, log_weights, lagtime=1)


def test_transitions_of_hardly_any_weight_do_not_keep_a_model_from_being_found():
    random = np.random.default_rng(0)
    counts = np.exp(-random.uniform(0, 60, (40, 40)))   # as weights of a collapsed share
    counts[:3, :3] = [[50.0, 5.0, 1.0], [5.0, 60.0, 5.0], [1.0, 5.0, 70.0]]
    found = model_of_counts(counts * 1000 / counts.sum(), 0.5, 1)
    assert set(found.active) >= {0, 1, 2} and np.isfinite(found.timescales[0])


def test_a_solver_that_fails_is_said(monkeypatch):
    def fails(counts):
        raise RuntimeError("Stationary distribution contains entries smaller than 0")
    monkeypatch.setattr("mdexplore.methods.ensembles.girsanov.reversible_mle", fails)
    with pytest.raises(UserError, match="3 % of them count"):
        model_of_counts(np.full((2, 2), 500.0), 0.03, 1)
