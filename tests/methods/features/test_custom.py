"""Functions and objects of the user's as features."""
from __future__ import annotations

import mdtraj as md
import numpy as np
import pytest

from mdexplore.base.errors import UserError
from mdexplore.data.loading import load
from mdexplore.methods.features.extract import extract_features
from mdexplore.methods.features.torsions import Torsions


def radius(trajectory):
    return md.compute_rg(trajectory)


class Ends:
    names = ("first x", "last x")

    def transform(self, trajectory):
        return trajectory.xyz[:, [0, -1], 0]


def test_a_function_of_a_trajectory_is_measured_on_every_frame(dipeptide, ala2):
    found = extract_features(dipeptide, radius)
    assert found.names == ("radius",)
    np.testing.assert_allclose(found.values[0][:, 0], md.compute_rg(ala2), rtol=1e-5)


def test_an_object_stands_beside_other_kinds_with_its_names(dipeptide, ala2):
    found = extract_features(dipeptide, [Torsions(), Ends()])
    assert found.names[4:] == ("first x", "last x")
    np.testing.assert_allclose(found.values[1][:, 4], ala2.xyz[50:150, 0, 0], atol=1e-6)


def test_a_function_that_fails_passes_on_its_reason(dipeptide):
    with pytest.raises(UserError, match="ZeroDivisionError"):
        extract_features(dipeptide, lambda trajectory: 1 / 0)


def test_one_row_for_each_frame_is_needed(dipeptide):
    with pytest.raises(UserError, match="One row for each frame"):
        extract_features(dipeptide, lambda trajectory: np.zeros((3, 2)))


def test_what_measures_nothing_is_refused(dipeptide):
    with pytest.raises(UserError, match="not a kind of features"):
        extract_features(dipeptide, [3.5])


def test_other_given_arrays_with_the_same_structures_are_not_mixed_up(cache, ala2):
    a, b = np.zeros((300, 1), np.float32), np.ones((300, 1), np.float32)
    first, second = (extract_features(load([ala2], features=[x]), ["torsions", "identity"]).values[0] for x in (a, b))
    assert (first[:, 4] == 0).all() and (second[:, 4] == 1).all()
