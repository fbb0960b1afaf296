"""A study and measurements whose answer is known."""
from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

import mdexplore as mdx
from mdexplore.base.errors import UserError
from mdexplore.methods.experiment.model import check_model
from mdexplore.methods.experiment.observables import Observable
from mdexplore.session.experiment import augmented_study, carriers
from mdexplore.session.saved import save


@pytest.fixture(scope="module")
def study():
    return mdx.Study(mdx.example("two-state", n_frames=4000, n_trajectories=5), projection="identity", clustering=mdx.settings.KMeans(n_clusters=10), lagtime=5, n_states=2)


def second(study, measured, error):
    """The population of the upper state as an observable."""
    return Observable("upper", tuple((v[:, 0] > 0.5).astype(float) for v in study.features), measured, error)


def test_a_measured_population_is_reached_and_moves_the_states(study):
    found = study.augment([second(study, 0.6, 0.0)])
    assert found.after[0] == pytest.approx(0.6) and found.before[0] < 0.45
    assert sorted(found.populations) == pytest.approx([0.4, 0.6], abs=0.01)
    changed = augmented_study(study, found)
    assert sorted(changed.metastable.populations) == pytest.approx([0.4, 0.6], abs=0.01)
    assert changed.msm.stationary_distribution == pytest.approx(found.stationary, abs=1e-9)


@pytest.fixture(scope="module")
def changed(study):
    return augmented_study(study, study.augment([second(study, 0.6, 0.01), second(study, 0.1, np.inf)]))


def numbers(study):
    return [study.result("kinetics").transition_matrix, study.result("kinetics").stationary, study.metastable.populations, study.metastable.mfpt, study.timescales.values]


def test_the_current_model_is_the_one_that_was_found_bit_for_bit(study, changed):
    found = study.augment([second(study, 0.6, 0.01), second(study, 0.1, np.inf)])
    np.testing.assert_array_equal(changed.result("kinetics").transition_matrix, found.transition_matrix)
    assert changed.result("kinetics").title == "augmented MSM"


def test_a_saved_augmented_model_gives_bit_equal_numbers(changed, tmp_path):
    wanted = numbers(changed)
    again = mdx.open(changed.save(tmp_path / "a.mdx"), data=changed.data)
    assert again.key("coarse") == changed.key("coarse")   # the model has a key of its content
    anew = mdx.Study.from_recipe(again.data, again.recipe, before=again.metastable)   # from the counts, not from results of the file
    for found in (again, anew):
        for a, b in zip(numbers(found), wanted, strict=True):
            np.testing.assert_array_equal(a, b)


def test_what_is_kept_of_it_is_small(changed):
    model = changed.recipe.kinetics.value
    assert model.means.shape == (10, 2) and model.names == ("upper", "upper")


def test_microstates_that_have_changed_are_refused(study, changed):
    moved = changed.change(clustering=mdx.settings.RegularSpace(n_clusters=10))
    with pytest.raises(UserError, match="does not belong to these microstates"):
        moved.metastable  # noqa: B018


def test_it_keeps_its_lag_time(changed):
    other = changed.change(lagtime=8)
    assert other.result("kinetics").lagtime == 5 and any("is kept" in n.text for n in other.result("kinetics").notices)


@pytest.mark.parametrize("change", [
    {"names": ("a",)}, {"names": ["a", "b"]}, {"measured": np.array([np.nan, 0])}, {"errors": np.array([-1.0, 0])}, {"errors": np.array([1, 2])}, {"means": np.zeros((10, 3))}, {"means": np.zeros(10)},
    {"lagtime": 0}, {"lagtime": 2.5}, {"lagtime": True}, {"microstates": None}, {"means": np.full((10, 2), np.inf)}, {"names": (), "measured": np.zeros(0), "errors": np.zeros(0), "means": np.zeros((10, 0))},
])
def test_what_is_no_augmented_model_is_refused(changed, change):
    model = changed.recipe.kinetics.value
    check_model(model)
    with pytest.raises((TypeError, ValueError)):
        check_model(replace(model, **change))


def test_a_file_with_a_hurt_augmented_model_is_refused(changed, tmp_path):
    other = changed.change(kinetics=replace(changed.recipe.kinetics.value, lagtime=-1))
    with pytest.raises(UserError, match="damaged"):
        mdx.open(save(other, tmp_path / "a.mdx"), data=changed.data)


def test_a_measurement_that_agrees_changes_nothing(study):
    plain = study.augment([second(study, 0.5, np.inf)])
    found = study.augment([second(study, plain.before[0], 0.01)])
    np.testing.assert_allclose(found.stationary, found.stationary_before, rtol=1e-6)
    np.testing.assert_allclose(plain.transition_matrix, study.msm.transition_matrix, atol=1e-8)


def test_frames_of_the_state_that_grows_carry_the_change(study):
    found = study.augment([second(study, 0.6, 0.0)])
    mask = carriers(study, found, 0, share=0.99)
    upper = np.concatenate(study.features)[:, 0] > 0.5
    # Both sides carry it: the one that grows above the average, and the one that shrinks below it.
    assert mask[upper].mean() > 0.6
    assert found.carried_by(0).sum() == pytest.approx(found.after[0] - found.before[0])


def test_measurements_in_conflict_are_named(study):
    other = second(study, 0.1, 0.02)
    found = study.augment([second(study, 0.6, 0.02), Observable("twin", other.values, 0.1, 0.02), Observable("third", other.values, 0.61, 0.02)])
    assert "twin" in [found.names[k] for k in found.conflicts]
    assert any("conflict" in str(n) for n in found.notices)


def test_no_measurement_is_refused(study):
    with pytest.raises(UserError, match="no measurements"):
        study.augment([])
