"""Regular space: centres no nearer than the distance, deeptime's own, refused when there are too many."""
from __future__ import annotations

import numpy as np
import pytest
from deeptime.clustering import RegularSpace as Deeptime
from scipy.spatial.distance import pdist

from mdexplore.base.errors import UserError
from mdexplore.methods.clustering.regular_space import RegularSpace, regular_space
from mdexplore.methods.results import Projection

X = np.random.default_rng(0).standard_normal((4000, 2)).astype(np.float32)
PROJECTION = Projection((X[:2500], X[2500:]), ("a", "b"), "x", None)


def test_centres_are_those_of_deeptime():
    found = regular_space(RegularSpace(dmin=0.8), PROJECTION)
    theirs = Deeptime(dmin=0.8, n_jobs=1).fit([X[:2500], X[2500:]]).fetch_model().cluster_centers
    np.testing.assert_allclose(found.centers, np.unique(theirs.astype(float), axis=0), rtol=1e-6)
    assert pdist(found.centers).min() >= 0.8 - 1e-6


def test_every_frame_lies_within_the_distance_of_its_centre():
    found = regular_space(RegularSpace(dmin=0.5), PROJECTION)
    assert np.linalg.norm(X[:2500] - found.centers[found.dtrajs[0]], axis=1).max() <= 0.5 + 1e-5


def test_a_distance_is_found_for_the_number_wanted_and_said():
    found = regular_space(RegularSpace(n_clusters=60), PROJECTION)
    assert 45 <= found.n_clusters <= 70
    assert "apart" in found.notices[0].text


def test_too_many_centres_are_refused():
    with pytest.raises(UserError, match="more than 10 centres"):
        regular_space(RegularSpace(dmin=0.1, max_centers=10), PROJECTION)
