from __future__ import annotations

import numpy as np
import pytest

from mdexplore.methods.results import Features, Projection
from mdexplore.pictures.coordinates import MOST_FEATURES, coordinates, values


def projection(n=4, dim=2, **more):
    return Projection((np.arange(n * dim, dtype=np.float32).reshape(n, dim),), tuple(f"IC {k + 1}" for k in range(dim)), "TICA", 1, **more)


def torsions(*degrees):
    turn = np.radians(np.array(degrees, float))
    return Features((np.stack([np.cos(turn), np.sin(turn)], 1).astype(np.float32),), ("cos phi ALA2", "sin phi ALA2"), ((), ()), ("torsion", "torsion"))


def test_slow_coordinates_come_first_then_angles_then_features():
    names = [c.name for c in coordinates(projection(), torsions(0, 0, 0, 0))]
    assert names == ["IC 1", "IC 2", "φ ALA2", "cos phi ALA2", "sin phi ALA2"]


def test_an_angle_comes_from_its_cosine_and_sine_in_degrees():
    features = torsions(-170, -60, 0, 179)
    angle = coordinates(projection(), features)[2]
    assert angle.label == "φ ALA2 / °"
    assert angle.period == 360
    assert values(angle, projection(), features) == pytest.approx([-170, -60, 0, 179], abs=1e-3)


def test_lengths_are_in_nm():
    features = Features((np.zeros((4, 1), np.float32),), ("CA1 - CA5",), ((0, 1),), ("distance",))
    assert coordinates(projection(), features)[-1].label == "CA1 - CA5 / nm"


def test_one_trajectory_is_read_alone():
    made = Projection((np.zeros((3, 1), np.float32), np.ones((2, 1), np.float32)), ("IC 1",), "TICA", 1)
    (slow,) = coordinates(made)
    assert values(slow, made, None).tolist() == [0, 0, 0, 1, 1]
    assert values(slow, made, None, 1).tolist() == [1, 1]


def test_a_feature_named_like_a_coordinate_is_listed_once():
    features = Features((np.zeros((4, 1), np.float32),), ("IC 1",), ((),), ("given",))
    found = coordinates(projection(), features)
    assert [c.name for c in found] == ["IC 1", "IC 2"]
    assert found[0].source == "projection"


def test_of_very_many_features_those_that_tell_most_are_listed():
    n = MOST_FEATURES + 10
    loadings = np.zeros((n, 2))
    loadings[:, 0] = np.arange(n) / n
    features = Features((np.zeros((4, n), np.float32),), tuple(f"d{k}" for k in range(n)), ((),) * n, ("distance",) * n)
    found = coordinates(projection(loadings=loadings), features)
    assert len(found) == 2 + MOST_FEATURES
    assert found[2].name == "d10"
