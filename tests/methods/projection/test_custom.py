"""Objects of the user's as projections: deeptime, scikit-learn, or anything with transform."""
from __future__ import annotations

import numpy as np
import pytest
from deeptime.decomposition import EDMD, TICA, VAMP
from sklearn.decomposition import PCA

from mdexplore.base.errors import UserError
from mdexplore.methods.projection.custom import fit_object, project_with
from mdexplore.methods.projection.model import deeptime_model
from mdexplore.methods.results import Features

RNG = np.random.default_rng(0)
ARRAYS = tuple(np.cumsum(RNG.standard_normal((n, 3)), axis=0) * 0.1 for n in (400, 300))
FEATURES = Features(ARRAYS, ("a", "b", "c"), ((),) * 3, ("given",) * 3)


class Halves:
    def transform(self, x):
        return x[:, :2] / 2


def test_an_unfitted_deeptime_estimator_is_fitted_at_the_lag_time():
    given = TICA(dim=2)
    found = project_with(given, FEATURES, lagtime=5)
    wanted = TICA(lagtime=5, dim=2).fit_fetch(list(ARRAYS))
    np.testing.assert_allclose(found.values[1], wanted.transform(ARRAYS[1]), rtol=1e-4, atol=1e-5)
    assert found.title == "TICA" and found.lagtime == 5
    assert not given.has_model, "the user's object is left as it was"


def test_its_own_lag_time_comes_first():
    found = project_with(VAMP(lagtime=3, dim=1), FEATURES, lagtime=5)
    wanted = VAMP(lagtime=3, dim=1).fit_fetch(list(ARRAYS))
    np.testing.assert_allclose(found.values[0], wanted.transform(ARRAYS[0]), rtol=1e-4, atol=1e-5)


def test_a_fitted_model_is_applied_as_it_is():
    model = VAMP(lagtime=2, dim=2).fit_fetch(ARRAYS[0])
    found = project_with(model, FEATURES, lagtime=50)
    np.testing.assert_allclose(found.values[1], model.transform(ARRAYS[1]), rtol=1e-4, atol=1e-5)


def test_a_linear_deeptime_model_can_be_made_again():
    model = VAMP(lagtime=2, dim=2).fit_fetch(list(ARRAYS))
    again = deeptime_model(project_with(model, FEATURES, lagtime=2))
    np.testing.assert_allclose(again.transform(ARRAYS[0]), model.transform(ARRAYS[0]), rtol=1e-10)
    np.testing.assert_allclose(again.timescales(), model.timescales())
    assert again.score(2) == pytest.approx(model.score(2))


def test_an_estimator_of_pairs_gets_pairs():
    from deeptime.basis import Identity

    found = project_with(EDMD(Identity(), n_eigs=3), FEATURES, lagtime=5)
    wanted = EDMD(Identity(), n_eigs=3).fit((np.concatenate([x[:-5] for x in ARRAYS]), np.concatenate([x[5:] for x in ARRAYS]))).fetch_model()
    np.testing.assert_allclose(found.values[0], wanted.transform(ARRAYS[0]).real, rtol=1e-4, atol=1e-5)


def test_a_scikit_learn_transformer_is_fitted_to_all_frames():
    found = project_with(PCA(2), FEATURES, lagtime=5)
    wanted = PCA(2).fit(np.concatenate(ARRAYS)).transform(ARRAYS[0])
    np.testing.assert_allclose(np.abs(found.values[0]), np.abs(wanted), rtol=1e-4, atol=1e-5)
    assert found.title == "PCA" and found.names == ("PCA 1", "PCA 2")


def test_anything_with_transform_will_do():
    found = project_with(Halves(), FEATURES, lagtime=1)
    np.testing.assert_allclose(found.values[0], ARRAYS[0][:, :2] / 2, rtol=1e-6)
    np.testing.assert_allclose(found.loadings[[0, 1], [0, 1]], 1, rtol=1e-9)


def test_an_object_that_is_fitted_is_handed_back_itself():
    fitted = PCA(2).fit(ARRAYS[0])
    assert fit_object(fitted, FEATURES, lagtime=1) is fitted


def test_an_object_without_transform_is_refused():
    with pytest.raises(UserError, match="no transform"):
        project_with(3.5, FEATURES, lagtime=1)


def test_a_class_is_refused_with_a_hint():
    with pytest.raises(UserError, match=r"PCA\(\.\.\.\)"):
        project_with(PCA, FEATURES, lagtime=1)


def test_a_model_of_other_features_names_their_number():
    with pytest.raises(UserError, match="3 columns"):
        project_with(PCA(2).fit(np.random.default_rng(0).random((10, 7))), FEATURES, lagtime=1)


def test_an_estimator_that_fails_passes_on_its_reason():
    with pytest.raises(UserError, match="could not be fitted"):
        project_with(PCA(50), FEATURES, lagtime=1)


def test_coordinates_that_are_not_numbers_are_refused():
    class Nothing:
        def transform(self, x):
            return np.full((len(x), 1), np.nan)

    with pytest.raises(UserError, match="finite"):
        project_with(Nothing(), FEATURES, lagtime=1)
