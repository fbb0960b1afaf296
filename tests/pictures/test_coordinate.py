"""What a coordinate is made of, as bars and as atoms, and the words for a step along it."""
from __future__ import annotations

import numpy as np
import pytest

from mdexplore.methods.results import Features, Projection
from mdexplore.pictures.coordinate import (
    atom_levels,
    loadings_picture,
    one_level,
    percent,
    step_words,
)
from mdexplore.pictures.structure import LEVELS
from mdexplore.session.coordinate_jobs import Way

FEATURES = Features((np.zeros((4, 3), np.float32),), ("a", "b", "c"), ((0, 1), (1, 2), (5,)), ("distance", "distance", "position"))


def projection(loadings=None, **parameters):
    return Projection((np.zeros((4, 2), np.float32),), ("IC 1", "IC 2"), "TICA", 5, parameters=parameters, loadings=loadings)


CORRELATED = np.array([[0.2, 0.1], [-0.9, 0.3], [0.0, 0.8]])


def test_the_largest_correlations_come_first_whatever_their_sign():
    picture = loadings_picture(projection(CORRELATED), FEATURES, 0)
    assert [(b.name, b.value, b.text) for b in picture.bars] == [("b", -0.9, "−0.90"), ("a", 0.2, "0.20"), ("c", 0.0, "0.00")]
    assert picture.bars[0].atoms == (1, 2) and picture.reach == (-1.0, 1.0) and picture.note == "Correlation of features with IC 1"


def test_no_more_bars_than_asked_for():
    assert [b.name for b in loadings_picture(projection(CORRELATED), FEATURES, 1, most=2).bars] == ["c", "b"]


def test_a_network_shows_its_saliency():
    picture = loadings_picture(projection(CORRELATED, saliency=np.array([[0.5, 0], [2.0, 0], [1.0, 0]])), FEATURES, 0)
    assert picture.quantity == "saliency" and [b.value for b in picture.bars] == [2.0, 1.0, 0.5] and picture.reach == (0.0, 2.0)


@pytest.mark.parametrize("loadings", [None, np.zeros((7, 2))])
def test_where_nothing_is_known_there_is_no_picture(loadings):
    assert loadings_picture(projection(loadings), FEATURES, 0) is None and atom_levels(projection(loadings), FEATURES, 0) == ()


def test_an_atom_is_as_strong_as_its_strongest_feature():
    levels = atom_levels(projection(CORRELATED), FEATURES, 0)
    assert len(levels) == len(LEVELS) == 5
    assert levels == ((5,), (0,), (), (), (1, 2))   # 0, 0.2 of 0.9, and 0.9


def test_features_without_atoms_mark_none():
    given = Features(FEATURES.values, FEATURES.names, ((),) * 3, ("given",) * 3)
    picture = loadings_picture(projection(CORRELATED), given, 0)
    assert not picture.has_atoms and atom_levels(projection(CORRELATED), given, 0) == () and one_level(picture.bars[0].atoms) == ()


def way(off=None):
    return Way("IC 1", np.array([[0, 3], [1, 2]]), np.array([-1.5, 0.5]), np.array([-2.0, 0.0]), np.array([-1.0, 1.0]), np.array([0.25, 0.75]), off)


def test_a_step_says_value_state_and_share():
    assert step_words(way(), 1, 0.4999, 2, True) == ("IC 1 = 0.5", ", state 3", "Step 2 of 2, 0 to 1: 75 % of the frames; 25 % lie below.")


def test_another_frame_in_the_step_is_said_to_be_another():
    head, word, said = step_words(way(), 0, -1.25, -1, False)
    assert (head, word) == ("IC 1 = −1.25", ", outside the model") and "−2 to −1" in said and said.endswith("Another frame is shown than that of the step.")


def test_a_decoded_step_says_that_the_frame_is_real_and_how_far_off():
    assert step_words(way(np.array([0.31, 1.0])), 0, -1.5, None, True)[2].endswith("The nearest real frame to what the network decodes: its features are 0.31 spreads off.")


@pytest.mark.parametrize(("share", "text"), [(0.025, "2.5 %"), (0.9751, "98 %"), (1.0, "100 %"), (0.00012, "0.012 %")])
def test_shares_in_words(share, text):
    assert percent(share) == text
