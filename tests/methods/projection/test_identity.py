"""Features as coordinates."""
from __future__ import annotations

import numpy as np
import pytest

from mdexplore.base.errors import UserError
from mdexplore.methods.projection.identity import Unprojected, identity
from mdexplore.methods.projection.model import deeptime_model, transform
from mdexplore.methods.results import Features

X = np.random.default_rng(0).standard_normal((30, 3)).astype(np.float32)
FEATURES = Features((X, X[:4]), ("a", "b", "c"), ((),) * 3, ("given",) * 3)


def test_all_features_are_coordinates():
    found = identity(Unprojected(), FEATURES)
    np.testing.assert_array_equal(found.values[0], X)
    assert found.names == ("a", "b", "c") and found.lagtime is None


def test_the_first_features_can_be_chosen():
    found = identity(Unprojected(dim=2), FEATURES)
    assert found.names == ("a", "b")
    np.testing.assert_array_equal(transform(found, X), X[:, :2])


def test_more_than_there_are_is_said():
    found = identity(Unprojected(dim=9), FEATURES)
    assert found.dim == 3 and "no more features" in found.notices[0].text


def test_there_is_no_deeptime_model():
    with pytest.raises(UserError, match="no deeptime model"):
        deeptime_model(identity(Unprojected(), FEATURES))
