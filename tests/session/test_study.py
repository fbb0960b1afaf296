"""A study computes what is asked for, once, and takes the user's own objects."""
from __future__ import annotations

import json
import os
import subprocess
import sys

import numpy as np
import pytest

import mdexplore as mdx
from mdexplore.base.errors import UserError
from mdexplore.methods.coarse.numbering import changes, follow, renumbered
from mdexplore.session import steps
from mdexplore.session.selection import Selection
from mdexplore.session.view import View


@pytest.fixture
def computed(monkeypatch, cache):
    """The steps computed since the test began, in an empty cache."""
    found, real = [], steps.compute

    def compute(study, step, progress):
        found.append(step)
        return real(study, step, progress)

    monkeypatch.setattr("mdexplore.session.computed.compute", compute)
    return found


def test_nothing_is_computed_before_it_is_asked_for(chain, computed):
    study = mdx.Study(chain, lagtime=2)
    repr(study), study.key("chapman"), study.lagtime, study.change(n_states=3)
    assert computed == []
    assert len(study.features) == 3
    assert computed == ["features"]


def test_nothing_is_computed_twice(chain, computed):
    study = mdx.Study(chain, lagtime=2)
    first = study.metastable
    assert study.metastable is first
    assert study.chapman_kolmogorov is not None and study.timescales is not None and study.projection and study.dtrajs
    assert sorted(computed) == ["chapman", "clustering", "coarse", "features", "kinetics", "projection", "timescales"]


def test_a_change_shares_whatever_is_not_stale(chain, computed):
    study = mdx.Study(chain, kinetics=mdx.settings.MSM(lagtime=2))
    study.chapman_kolmogorov  # noqa: B018
    computed.clear()
    later = study.change(kinetics=mdx.settings.MSM(lagtime=5))
    later.chapman_kolmogorov  # noqa: B018
    assert sorted(computed) == ["chapman", "coarse", "kinetics"]
    assert later.result("clustering") is study.result("clustering")
    computed.clear()
    study.change(n_states=2).metastable  # noqa: B018
    assert computed == ["coarse"]
    computed.clear()
    study.change(kinetics=mdx.settings.MSM(lagtime=5)).chapman_kolmogorov  # noqa: B018
    assert computed == []


def test_a_change_leaves_the_study_it_comes_from(chain):
    study = mdx.Study(chain, lagtime=2)
    changed = study.change(lagtime=7, n_states=2)
    assert (study.lagtime, changed.lagtime) == (2, 7)
    assert study.recipe.coarse.n_states is None and changed.recipe.coarse.n_states == 2


def test_the_lag_time_of_a_study_is_inherited_unless_a_step_has_its_own(chain):
    study = mdx.Study(chain, projection=mdx.settings.TICA(lagtime=3), lagtime=9)
    assert (study.projection_lag, study.lagtime) == (3, 9)
    assert study.change(lagtime=4).projection_lag == 3
    assert mdx.Study(chain, lagtime=9).projection_lag == 9


ASK = """
import json, mdexplore as mdx
from mdexplore.session import computed as module
found, real = [], module.compute
module.compute = lambda s, step, progress: (found.append(step), real(s, step, progress))[1]
study = mdx.Study(mdx.example("two-state", n_frames=3000, n_trajectories=3), lagtime=2)
print(json.dumps([float(study.result("timescales").values[0, 0]), found]))
"""


def test_another_process_finds_the_results_on_disk(chain, cache):
    study = mdx.Study(chain, lagtime=2)
    value = float(study.timescales.values[0, 0])
    answer = subprocess.run([sys.executable, "-c", ASK], env=os.environ, capture_output=True, text=True, check=True)
    assert json.loads(answer.stdout) == [value, []]


def test_the_same_seed_gives_the_same_numbers(chain, tmp_path, monkeypatch):
    def centers(folder, seed):
        monkeypatch.setenv("MDEXPLORE_CACHE", str(tmp_path / folder))
        return np.array(mdx.Study(chain, lagtime=2, seed=seed).result("clustering").centers)

    np.testing.assert_array_equal(centers("a", 1), centers("b", 1))
    assert not np.array_equal(centers("a", 1), centers("a", 2))


def test_a_lag_time_beyond_the_data_names_the_limit(chain):
    with pytest.raises(UserError, match="3000 frames"):
        mdx.Study(chain, lagtime=3000)
    with pytest.raises(UserError, match="too long"):
        mdx.Study(chain, projection=mdx.settings.TICA(lagtime=4000))
    with pytest.raises(UserError):
        mdx.Study(chain, lagtime=0.5)


@pytest.mark.parametrize("wrong", [dict(projection="none"), dict(projection=3), dict(clustering=mdx.settings.TICA()), dict(features=[])])
def test_what_cannot_fill_a_slot_is_refused_with_advice(chain, wrong):
    with pytest.raises(UserError) as caught:
        mdx.Study(chain, **wrong)
    assert caught.value.do or caught.value.why


def test_unknown_steps_states_and_slots_are_refused(chain):
    study = mdx.Study(chain, lagtime=2)
    for ask in (lambda: study.result("none"), lambda: study.flux(0, 9), lambda: study.flux(np.ones(4, bool), 0), lambda: study.change(colour="red"), lambda: study.model("features")):
        with pytest.raises(UserError):
            ask()


def test_the_models_behind_the_slots_are_deeptimes(chain):
    from deeptime.clustering import ClusterModel
    from deeptime.decomposition import CovarianceKoopmanModel
    from deeptime.markov.msm import BayesianMSMPosterior, MarkovStateModel

    study = mdx.Study(chain, lagtime=2)
    assert isinstance(study.model("projection"), CovarianceKoopmanModel)
    assert isinstance(study.model("clustering"), ClusterModel)
    assert isinstance(study.msm, MarkovStateModel)
    assert study.msm.timescales(k=1)[0] == pytest.approx(study.result("kinetics").timescales[0], rel=1e-6)
    bayesian = study.change(kinetics=mdx.settings.BayesianMSM(n_samples=10))
    assert isinstance(bayesian.model("kinetics"), BayesianMSMPosterior) and isinstance(bayesian.msm, MarkovStateModel)


def test_discrete_trajectories_are_numbered_as_the_model_numbers_its_states(chain):
    study = mdx.Study(chain, lagtime=2)
    kinetics, micro = study.result("kinetics"), study.result("clustering").dtrajs
    for model, clusters in zip(study.dtrajs, micro):
        inside = model >= 0
        np.testing.assert_array_equal(kinetics.active[model[inside]], np.asarray(clusters)[inside])


def test_a_flux_from_a_state_to_itself_is_refused_in_words(chain):
    with pytest.raises(UserError, match=r"two different ends.*both hold state 0"):
        mdx.Study(chain, lagtime=2).flux(0, 0)


def test_states_keep_their_numbers_when_a_study_is_changed(wells):
    study = mdx.Study(wells, lagtime=2, n_states=3)
    before = renumbered(study.metastable, [2, 0, 1])
    study.keep("coarse", before)   # as if an earlier change had led to these numbers
    after = study.change(kinetics=mdx.settings.MSM(lagtime=3))
    assert follow(before, after.metastable) == {0: 0, 1: 1, 2: 2} and after.metastable.order == (2, 0, 1)
    assert after.metastable.colors == before.colors and changes(before, after.metastable) is None
    fresh = mdx.Study(wells, n_states=3, kinetics=mdx.settings.MSM(lagtime=3), projection=mdx.settings.TICA(lagtime=2))
    assert fresh.metastable.order == () and (np.diff(fresh.metastable.populations) <= 0).all()
    assert after.flux(0, 1).rate == pytest.approx(fresh.flux(2, 0).rate)


def test_how_a_study_was_looked_at_goes_along_without_ends_that_may_mean_others(chain):
    study = mdx.Study(chain, lagtime=2, n_states=2)
    mask = np.arange(chain.n_frames) < 7
    study.view = View(Selection.of(mask, "projection", "lasso"), current=(1, 3), ends=((0,), (1,)))
    assert study.change(lagtime=2).view is study.view
    changed = study.change(n_states=3).view
    assert changed.selection is study.view.selection and changed.current == (1, 3) and changed.ends is None and study.view.ends is not None


def test_health_says_which_states_are_others_after_a_change(wells):
    study = mdx.Study(wells, lagtime=2, n_states=3)
    assert study.metastable.n_states == 3
    assert any(n.text.startswith("The number of states went from 3 to 2") for n in study.change(n_states=2).health)
    assert not any("states went from" in n.text for n in mdx.Study(wells, lagtime=2, n_states=2).health)


def test_the_lag_time_of_the_study_moves_the_projection_that_of_the_kinetics_does_not(chain):
    study = mdx.Study(chain, lagtime=2)
    both, alone = study.change(lagtime=5), study.change(kinetics=mdx.settings.MSM(lagtime=5))
    assert (both.projection_lag, both.lagtime) == (5, 5) and (alone.projection_lag, alone.lagtime) == (2, 5)


def test_flux_between_frames_is_that_between_the_states_they_fill(chain):
    study = mdx.Study(chain, lagtime=2)
    state = np.concatenate(study.metastable.assignments)
    by_state, by_mask = study.flux(0, 1), study.flux(state == 0, state == 1)
    pairs = study.data.index.pairs(np.flatnonzero(state == 0))
    assert by_mask.rate == by_state.rate == study.flux(pairs, [1]).rate


# -- the user's own objects ---------------------------------------------------------------------------------------------------------------


def exchange(study):
    return np.sort(study.metastable.populations), study.result("kinetics").timescales[0]


def arrays(data):
    return [np.array(x, dtype=float) for x in data.given]


class Centred:
    """Anything with fit and transform."""

    def fit(self, x, y=None):
        self.mean = x.mean(0)
        return self

    def transform(self, x):
        return x - self.mean


def test_projections_of_the_users_own_give_the_same_kinetics(chain):
    from deeptime.decomposition import TICA, VAMP

    study = mdx.Study(chain, lagtime=2)
    populations, slow = exchange(study)
    for own in (TICA(lagtime=2, dim=1), VAMP(lagtime=2, dim=1), TICA(lagtime=2, dim=1).fit_fetch(arrays(chain)), Centred()):
        found = exchange(study.change(projection=own))
        np.testing.assert_allclose(found[0], populations, atol=0.01)
        assert found[1] == pytest.approx(slow, rel=0.1)
    assert study.change(projection=TICA(lagtime=2, dim=1)).score().mean == pytest.approx(study.score().mean, rel=0.01)


def test_a_clustering_of_the_users_own_is_used(chain):
    from deeptime.clustering import KMeans

    study = mdx.Study(chain, clustering=KMeans(10, fixed_seed=1), lagtime=2)
    assert study.result("clustering").n_clusters == 10
    np.testing.assert_allclose(exchange(study)[0], exchange(mdx.Study(chain, lagtime=2))[0], atol=0.01)


def test_kinetics_of_the_users_own_are_used_fitted_or_not(chain):
    from deeptime.markov import TransitionCountEstimator
    from deeptime.markov.msm import MaximumLikelihoodMSM

    study = mdx.Study(chain, lagtime=2)
    counts = TransitionCountEstimator(2, "sliding").fit_fetch([np.array(d) for d in study.result("clustering").dtrajs]).submodel_largest()
    for own in (MaximumLikelihoodMSM(), MaximumLikelihoodMSM().fit_fetch(counts)):
        found = exchange(study.change(kinetics=own))
        np.testing.assert_allclose(found[0], exchange(study)[0], atol=1e-4)
        assert found[1] == pytest.approx(exchange(study)[1], rel=1e-4)


def test_two_objects_of_the_same_kind_are_two_recipes(chain):
    from deeptime.decomposition import TICA

    one, other = mdx.Study(chain, projection=TICA(lagtime=2, dim=1)), mdx.Study(chain, projection=TICA(lagtime=5, dim=1))
    assert one.key("projection") != other.key("projection")
    assert one.key("features") == other.key("features")


def test_what_an_object_of_the_users_makes_is_not_kept_for_other_processes(chain, computed):
    study = mdx.Study(chain, projection=Centred(), lagtime=2)
    study.metastable  # noqa: B018
    assert study.is_cached("features")
    assert not study.is_cached("projection") and not study.is_cached("clustering")
