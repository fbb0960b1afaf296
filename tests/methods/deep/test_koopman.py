"""Koopman matrices of memberships."""
import copy
import importlib.util

import numpy as np
import pytest

from mdexplore.data.toys import two_state
from mdexplore.methods.deep import energy, generative, network
from mdexplore.methods.deep.koopman import reversible_koopman


def test_crisp_memberships_give_the_transition_matrix():
    chain = two_state((0.01, 0.02), 200_000, 1)
    found = reversible_koopman([np.eye(2)[chain]], 10)
    assert -10 / np.log(found.eigenvalues[0]) == pytest.approx(-1 / np.log(0.97), rel=0.1)
    np.testing.assert_allclose(found.populations, [2 / 3, 1 / 3], atol=0.03)


def test_rows_sum_to_one_and_populations_are_stationary():
    random = np.random.default_rng(0)
    chi = random.dirichlet(np.ones(4), size=500)
    found = reversible_koopman([chi[:300], chi[300:]], 3)
    np.testing.assert_allclose(found.matrix.sum(1), 1, atol=1e-9)
    np.testing.assert_allclose(found.populations @ found.matrix, found.populations, atol=1e-9)


def test_fuzzy_memberships_keep_the_timescale_that_crisp_ones_have():
    chain = two_state((0.05, 0.05), 100_000, 2)
    blurred = np.eye(2)[chain] @ np.array([[0.8, 0.2], [0.3, 0.7]])
    crisp, fuzzy = (reversible_koopman([chi], 2).eigenvalues[0] for chi in (np.eye(2)[chain], blurred))
    assert fuzzy == pytest.approx(crisp, rel=1e-9)


@pytest.mark.skipif(importlib.util.find_spec("torch") is None, reason="networks need the deep extra")
@pytest.mark.parametrize("model", [energy.landed, generative.rewired, generative.in_balance])
def test_models_of_networks_leave_the_parameters_as_they_were_and_hand_on_what_they_found(model, monkeypatch):
    monkeypatch.setattr(energy, "LANDINGS", 100)
    random = np.random.default_rng(0)
    values = [random.normal(size=(200, 2)).astype(np.float32)]
    nets = {"encoder": network.to_arrays(network.build([2, 3]), "softmax"), "generator": network.to_arrays(network.build([3 + 1, 2])),
            "landing": network.to_arrays(network.build([2, 3])), "weight": network.to_arrays(network.build([2, 1]))}
    parameters = {"kind": "network", "columns": np.arange(2), "mean": np.zeros(2), "scale": np.ones(2), "constants": np.zeros(2), "coupling": np.eye(3) + 0.1, **nets}
    before = copy.deepcopy(parameters)
    found = model(parameters, [random.dirichlet(np.ones(3), size=200)], values, 2)
    assert parameters.keys() == before.keys()
    np.testing.assert_array_equal(parameters["coupling"], before["coupling"])
    assert found.parameters["detailed_balance"] >= 0
