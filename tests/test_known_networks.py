"""Networks on real molecular dynamics: the slow process of alanine dipeptide, which linear methods see at a fifth of its time, and helix and coil of penta-alanine.

Short forms of what `benchmarks.reference` measures with three seeds and the settings that users get.
"""
from __future__ import annotations

import importlib.util
from functools import cache

import pytest

import mdexplore as mdx
from mdexplore.base.numerics.spectrum import implied_timescales

S = mdx.settings
pytestmark = pytest.mark.skipif(importlib.util.find_spec("torch") is None, reason="networks need the deep extra")
SHORT = {"width": 16, "layers": 2, "epochs": 8}
KNOWN_NS, ERROR_NS = 2.56, 0.84   # 24 passages
BOOTSTRAP_NS = 1.16, 4.60         # its 95 % at this lag time: deep Markov models learn rates from four fifths of the trajectories


@cache
def study(settings):
    """Alanine dipeptide at a lag time of 0.1 ns."""
    return mdx.Study(mdx.example("alanine-dipeptide"), projection=settings, lagtime=5)


def own_ns(settings):
    return study(settings).result("projection").parameters["timescales"][0] * 0.02


@pytest.mark.parametrize("settings", [S.VAMPNet(dim=2, **SHORT), S.SRV(dim=2, **SHORT), S.VDE(dim=1, **SHORT)], ids=lambda s: type(s).__name__)
def test_a_network_finds_the_slow_process_of_alanine_dipeptide(settings):
    assert own_ns(settings) == pytest.approx(KNOWN_NS, abs=ERROR_NS)


@pytest.mark.parametrize("settings", [S.TAE(dim=2, **SHORT), S.TVAE(dim=2, **SHORT)], ids=lambda s: type(s).__name__)
def test_a_markov_model_on_a_bottleneck_finds_the_slow_process_of_alanine_dipeptide(settings):
    assert study(settings).result("kinetics").timescales[0] * 0.02 == pytest.approx(KNOWN_NS, abs=0.1)


@pytest.mark.parametrize("kind", [S.GenerativeMSM, S.ReversibleDeepMSM])
def test_a_deep_markov_model_finds_the_slow_process_and_the_rare_state_of_alanine_dipeptide(kind):
    settings = kind(dim=3, **SHORT)
    assert BOOTSTRAP_NS[0] < own_ns(settings) < BOOTSTRAP_NS[1]
    assert study(settings).result("projection").parameters["populations"][-1] == pytest.approx(0.02, abs=0.01)


def test_what_linear_coordinates_say_is_a_fifth_of_it():
    assert implied_timescales(study(S.TICA(dim=2)).result("projection").singular_values[:1], 5)[0] * 0.02 == pytest.approx(0.56, abs=0.02)


def test_a_network_finds_helix_and_coil_of_penta_alanine_as_its_second_process():
    made = mdx.Study(mdx.example("penta-alanine"), projection=S.SRV(dim=3, width=32, epochs=10), lagtime=5)
    assert made.result("projection").parameters["timescales"][1] * 0.02 == pytest.approx(0.320, abs=0.02)
