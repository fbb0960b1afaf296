"""Objects of the user's as clusterings."""
from __future__ import annotations

import numpy as np
import pytest
from deeptime.clustering import BoxDiscretization, ClusterModel
from deeptime.clustering import KMeans as DeeptimeKMeans
from sklearn.cluster import DBSCAN
from sklearn.cluster import KMeans as Sklearn
from sklearn.decomposition import PCA
from sklearn.mixture import GaussianMixture

from mdexplore.base.errors import UserError
from mdexplore.methods.clustering.custom import cluster_with
from mdexplore.methods.results import Projection

RNG = np.random.default_rng(0)
X = tuple((RNG.integers(0, 3, (n, 1)) * 4 + 0.1 * RNG.standard_normal((n, 2))).astype(np.float32) for n in (300, 200))
PROJECTION = Projection(X, ("a", "b"), "x", None)


@pytest.mark.parametrize("obj", [Sklearn(3, n_init=3, random_state=0), GaussianMixture(3, random_state=0), DeeptimeKMeans(3, fixed_seed=1, n_jobs=1)])
def test_unfitted_estimators_are_fitted_and_left_as_they_were(obj):
    before = dict(vars(obj))
    found = cluster_with(obj, PROJECTION)
    assert found.centers.shape == (3, 2)
    assert [len(d) for d in found.dtrajs] == [300, 200] and found.dtrajs[0].dtype == np.int32
    assert vars(obj).keys() == before.keys()


def test_a_fitted_model_keeps_its_numbers():
    model = ClusterModel(np.array([[8.0, 8], [0, 0], [4, 4]]))
    found = cluster_with(model, PROJECTION)
    np.testing.assert_array_equal(found.centers, model.cluster_centers)
    np.testing.assert_array_equal(found.dtrajs[0], model.transform(X[0].astype(float)))


def test_without_centres_they_are_the_means_of_their_frames():
    class Signs:
        def predict(self, x):
            return np.where(x[:, 0] > 2, 5, -1)

    found = cluster_with(Signs(), PROJECTION)
    assert found.n_clusters == 1
    assert set(np.unique(found.dtrajs[0])) == {-1, 0}
    every = np.concatenate(X)
    np.testing.assert_allclose(found.centers[0], every[every[:, 0] > 2].mean(axis=0), rtol=1e-5)


def test_boxes_of_deeptime_work():
    found = cluster_with(BoxDiscretization(2, n_boxes=4), PROJECTION)
    assert found.n_clusters >= 3


def test_an_object_that_cannot_label_new_frames_is_refused():
    with pytest.raises(UserError, match="neither predict nor transform"):
        cluster_with(DBSCAN(), PROJECTION)


def test_an_object_that_gives_no_whole_numbers_is_refused():
    with pytest.raises(UserError, match="whole number"):
        cluster_with(PCA(1), PROJECTION)
