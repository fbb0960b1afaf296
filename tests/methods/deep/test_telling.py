"""What is said of the detailed balance of a network's model."""
from __future__ import annotations

import pytest

from mdexplore.methods.deep.telling import told_balance


def test_a_model_that_is_symmetrised_in_time_says_nothing():
    assert told_balance(None) == ()


@pytest.mark.parametrize("residual, level, text", [
    (3e-14, "info", "in detailed balance: net flows are at most 3e-14"), (0.04, "info", "largest net flow between two states is 4 % of the largest flow"), (0.25, "warning", "25 % of the largest flow: the model is not")])
def test_net_flows_are_told_and_large_ones_warned_of(residual, level, text):
    (notice,) = told_balance(residual)
    assert notice.level == level and text in notice.text and notice.where == "projection"
    assert bool(notice.hint) == (level == "warning")
