"""Do 95 % intervals hold the exact value as often as they say? A short form of ``benchmarks/trust/coverage.py``."""
from __future__ import annotations

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[2]))   # benchmarks are no part of the package

from benchmarks.trust import chains
from benchmarks.trust.coverage import Setup, held

SETUPS = (
    Setup(chains.two_state(0.01, 0.02), 1, 6000, (1, 10, 30, 60)),
    Setup(chains.birth_death(), 10, 1500, (1, 20)),
    Setup(chains.wells(1.2), 10, 5000, (10,), 3),
)


@pytest.mark.parametrize("setup", SETUPS, ids=lambda s: s.chain.name)
def test_intervals_hold_the_exact_value_as_often_as_they_say(setup):
    n = 60
    for lagtime, shares in held(setup, n, seed=3).items():
        for name, share in shares.items():
            # 95 % in 60 runs: 51 or fewer hold it with a chance of one in 300.
            assert share >= 52 / n, (lagtime, name, share)


def test_the_exact_numbers_of_the_chains_agree_with_one_another():
    chain = chains.two_state(0.01, 0.02)
    assert chain.timescales(1)[0] == pytest.approx(32.83, abs=0.01)
    assert chain.stationary == pytest.approx([2 / 3, 1 / 3])
    assert chain.mfpt(chain.basins == 0, chain.basins == 1) == pytest.approx(100)
    assert sorted(set(chains.wells().basins)) == [0, 1, 2, 3]
    run = chain.run(20_000, 4, seed=1)
    assert run.shape == (4, 20_000) and run.mean() == pytest.approx(1 / 3, abs=0.04)
