"""Every classical method of every slot makes a whole study on a model system: states, test, flux, health, saving, and a form for its settings."""
from __future__ import annotations

import numpy as np
import pytest

import mdexplore as mdx
from mdexplore.methods.method import from_json, methods

# Those that learn, or need more than features, have tests of their own.
PROJECTIONS = ("tica", "vamp", "edmd", "kernel-edmd", "kernel-cca", "kvad", "identity")
CLUSTERINGS = ("kmeans", "minibatch-kmeans", "regular-space", "box")
KINETICS = ("msm", "bayesian-msm", "oom-msm", "koopman-msm", "hmm", "bayesian-hmm")


@pytest.fixture(scope="module")
def wells(tmp_path_factory):
    import os

    before = os.environ.get("MDEXPLORE_CACHE")
    os.environ["MDEXPLORE_CACHE"] = str(tmp_path_factory.mktemp("cache"))
    yield mdx.example("birth-death", n_frames=2000, n_trajectories=3)
    os.environ.pop("MDEXPLORE_CACHE") if before is None else os.environ.update(MDEXPLORE_CACHE=before)


def study(wells, **slots):
    return mdx.Study(wells, **{"clustering": mdx.settings.KMeans(n_clusters=7), "lagtime": 2, "n_states": 2, **slots})


def check(made):
    said = made.health
    assert not [n for n in said if n.level == "error"], [str(n) for n in said if n.level == "error"]
    assert made.metastable.populations.sum() == pytest.approx(1, abs=1e-6)
    np.testing.assert_allclose(made.metastable.memberships.sum(axis=1), 1, atol=1e-9)
    assert (made.metastable.memberships >= 0).all()
    assert made.flux(0, 1).rate > 0
    assert made.msm is not None and all(len(d) == n for d, n in zip(made.dtrajs, made.data.lengths))


@pytest.mark.parametrize("name", PROJECTIONS)
def test_a_study_with_each_projection_is_whole(wells, name):
    made = study(wells, projection=name)
    check(made)
    assert np.isfinite(made.score(folds=3).mean)


@pytest.mark.parametrize("name", CLUSTERINGS)
def test_a_study_with_each_clustering_is_whole(wells, name):
    check(study(wells, clustering=name))


@pytest.mark.parametrize("name", KINETICS)
def test_a_study_with_each_kinetics_is_whole(wells, name, tmp_path):
    made = study(wells, kinetics=name)
    check(made)
    scan = made.timescales
    at = list(scan.lagtimes).index(2)
    assert scan.values[at, 0] == pytest.approx(made.result("kinetics").timescales[0], rel=1e-6)
    assert scan.values[at, 0] == pytest.approx(wells.exact.timescales[0], rel=0.25)
    assert made.observable(0).autocorrelation[0] == pytest.approx(1)
    again = mdx.open(made.save(tmp_path / "a.mdx"))
    np.testing.assert_allclose(again.result("kinetics").timescales, made.result("kinetics").timescales)


@pytest.mark.parametrize(("slot", "name"), [(s, n) for s in ("projection", "clustering", "kinetics") for n in methods(s)])
def test_settings_come_back_from_json_and_have_a_form(slot, name):
    from mdexplore.base.units import TimeUnit
    from mdexplore.panels.forms import Form

    settings = methods(slot)[name].settings()
    assert from_json(settings.to_json()) == settings
    form = Form(type(settings), TimeUnit(0.02))
    form.show(settings)
    assert type(settings)(**form.read()) == settings


def test_timescales_of_another_kind_of_model_have_a_key_of_their_own(wells):
    plain, hidden = study(wells), study(wells, kinetics="hmm")
    assert plain.key("timescales") != hidden.key("timescales")
    assert plain.key("timescales") == study(wells, kinetics="bayesian-msm").key("timescales")
    assert "plain MSM" in hidden.timescales_bootstrap.interval
