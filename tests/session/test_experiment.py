"""A study and measurements whose answer is known."""
from __future__ import annotations

import numpy as np
import pytest

import mdexplore as mdx
from mdexplore.base.errors import UserError
from mdexplore.methods.experiment.observables import Observable
from mdexplore.session.experiment import augmented_study, carriers


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
