"""Health says what a reader of the numbers should know, whatever has happened."""
from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest

import mdexplore as mdx
from mdexplore.base.errors import UserError
from mdexplore.base.units import TimeUnit
from mdexplore.session import health


def test_a_sound_study_has_no_errors(chain):
    found = mdx.Study(chain, lagtime=2).health
    assert found and not [n for n in found if n.level == "error"]
    assert len(set(found)) == len(found)


@pytest.mark.parametrize("error", [UserError("It broke.", "Because.", "Mend it."), RuntimeError("broken \udcff name"), ZeroDivisionError(), MemoryError("much")])
@pytest.mark.parametrize("step", ["features", "projection", "clustering", "kinetics", "coarse", "chapman"])
def test_a_broken_step_becomes_a_notice(chain, monkeypatch, cache, step, error):
    from mdexplore.session import steps

    real = steps.compute

    def compute(study, asked, progress):
        if asked == step:
            raise error
        return real(study, asked, progress)

    monkeypatch.setattr("mdexplore.session.study.compute", compute)
    found = mdx.Study(chain, lagtime=2).health
    broken = [n for n in found if n.level == "error"]
    assert len(broken) == 1 and broken[0].where == step
    str(broken[0]).encode("utf-8")


def test_hopeless_data_still_get_an_answer():
    for data in ([np.zeros((50, 2))], [np.arange(30.0)[:, None]], [np.random.default_rng(0).normal(size=(8, 40))], [np.zeros((2, 1))]):
        assert all(n.level in ("info", "warning", "error") for n in mdx.Study(data).health)


def guard(results):
    return [n.text for n in health.of_results(results, TimeUnit(0.02)) if n.level == "warning"]


def test_few_passages_are_a_warning_and_many_are_not():
    few = SimpleNamespace(n_states=2, passages=np.array([[0, 3], [2, 0]]))
    many = SimpleNamespace(n_states=2, passages=np.array([[0, 300], [299, 0]]))
    kinetics = SimpleNamespace(timescales=np.array([10.0]), lagtime=1)
    assert "5 real passages" in guard({"coarse": few, "kinetics": kinetics})[0]
    assert guard({"coarse": many, "kinetics": kinetics}) == []
    none = SimpleNamespace(n_states=2, passages=np.zeros((2, 2), int))
    assert "No real passage" in guard({"coarse": none, "kinetics": kinetics})[0]


def test_a_bootstrap_much_wider_than_the_formula_is_a_warning():
    kinetics = SimpleNamespace(timescales=np.array([100.0]), timescales_lower=np.array([90.0]), timescales_upper=np.array([110.0]), lagtime=5)
    wide = SimpleNamespace(lagtimes=np.array([1, 5]), lower=np.array([[40.0], [50.0]]), upper=np.array([[200.0], [220.0]]))
    narrow = SimpleNamespace(lagtimes=np.array([1, 5]), lower=np.array([[40.0], [91.0]]), upper=np.array([[200.0], [112.0]]))
    assert "Bootstrap" in guard({"kinetics": kinetics, "bootstrap": wide})[0]
    assert guard({"kinetics": kinetics, "bootstrap": narrow}) == []


def test_an_overfitted_projection_is_a_warning():
    assert "overfitted" in guard({"score": SimpleNamespace(mean=1.2, std=0.05, train=np.array([2.5, 2.6]))})[0]
    assert guard({"score": SimpleNamespace(mean=2.5, std=0.05, train=np.array([2.5, 2.6]))}) == []


def test_overfitting_to_noise_is_found_end_to_end():
    random = np.random.default_rng(1)
    made = mdx.Study([random.normal(size=(200, 60)) for _ in range(4)], projection=mdx.settings.TICA(lagtime=5))
    assert "overfitted" in guard({"score": made.score()})[0]
