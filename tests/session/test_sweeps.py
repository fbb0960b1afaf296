from __future__ import annotations

import numpy as np
import pytest

import mdexplore as mdx
from mdexplore.base.errors import UserError
from mdexplore.session.candidates import Candidate
from mdexplore.session.sweeps import same_but_number, swept
from mdexplore.settings import TICA, Box, KMeans, RegularSpace


def study(n_frames, **slots):
    rng = np.random.default_rng(1)
    return mdx.Study(mdx.load([rng.normal(size=(n_frames, 2)).astype(np.float32)]), **slots)


def numbers(found):
    return [int(name.split()[0]) for name in found]


def test_five_numbers_are_tried_where_there_are_enough_frames():
    assert numbers(swept(study(30_000))) == [20, 50, 100, 200, 500]


def test_few_frames_allow_few_microstates_and_the_model_as_it_is_stands_among_them():
    found = swept(study(2_000))
    assert numbers(found) == [5, 10, 20, 40]
    assert found["40 microstates: TICA + k-means"]["clustering"] == KMeans()


def test_a_number_of_ones_own_is_one_of_them():
    found = swept(study(30_000, clustering=KMeans(n_clusters=77)))
    assert numbers(found) == [20, 50, 77, 100, 200, 500]


@pytest.mark.parametrize("clustering", [Box(), RegularSpace(dmin=0.5)])
def test_methods_without_a_number_are_refused_in_words(clustering):
    with pytest.raises(UserError, match="no number of microstates to choose"):
        swept(study(30_000, clustering=clustering))


def test_too_few_frames_are_refused_in_words():
    with pytest.raises(UserError, match="too few"):
        swept(study(100))


def test_series_differ_in_the_number_alone():
    one = Candidate("a", None, TICA(), KMeans(n_clusters=5))
    assert same_but_number(one, Candidate("b", None, TICA(), KMeans()))
    assert not same_but_number(one, Candidate("b", None, TICA(dim=1), KMeans(n_clusters=7)))
    assert not same_but_number(one, Candidate("b", None, TICA(), KMeans(n_clusters=7, max_iter=3)))
    assert not same_but_number(one, Candidate("b", None, TICA(), RegularSpace(n_clusters=7)))
    assert not same_but_number(Candidate("a", None, TICA()), Candidate("b", None, TICA()))
