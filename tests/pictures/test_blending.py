from __future__ import annotations

import dataclasses
import gc
import tracemalloc

import numpy as np
import pytest

from mdexplore.methods.results import Clustering
from mdexplore.pictures import blending
from mdexplore.pictures.blending import blend, cell_memberships, share_between
from mdexplore.pictures.cells import Window, grid
from mdexplore.pictures.palette import STATES, rgb
from tests.panels import builders

COLORS = np.array([rgb(c) for c in STATES])


@pytest.fixture
def halves():
    """Two frames in the left cell, of microstates 0 and 2, and one outside the model in the right one."""
    cells = grid(np.array([0.1, 0.1, 0.9]), np.array([0.5, 0.5, 0.5]), Window(0, 1, 0, 1))
    coarse = dataclasses.replace(builders.results()["coarse"], memberships=np.array([[1, 0, 0], [0, 1, 0], [0.6, 0.4, 0]]))
    return cells, Clustering(np.zeros((3, 1)), (np.array([0, 2]), np.array([-1]))), coarse


def test_a_pure_share_gives_its_own_colour():
    assert blend(np.eye(8), COLORS) == pytest.approx(COLORS, abs=1e-3)


def test_the_middle_of_black_and_white_is_the_grey_that_looks_half_as_light():
    # L = 0.5 in OKLab is a linear intensity of 1/8.
    grey = 255 * (1.055 * 0.125 ** (1 / 2.4) - 0.055)
    assert blend(np.array([[0.5, 0.5]]), np.array([[0.0, 0, 0], [255, 255, 255]])) == pytest.approx(np.full((1, 3), grey), abs=0.05)


def test_a_cell_has_the_mean_membership_of_its_frames(halves):
    shares = cell_memberships(*halves)
    cells = halves[0]
    left, right = cells.occupied
    assert shares[left] == pytest.approx([0.8, 0.2, 0, 0])
    assert shares[right] == pytest.approx([0, 0, 0, 1])
    assert shares.sum(1) == pytest.approx(1)


def test_fuzzy_microstates_pass_their_shares_on(halves):
    cells, clustering, coarse = halves
    fuzzy = (np.array([[1, 0, 0], [0.5, 0.5, 0]], np.float32), np.array([[0, 0, 1]], np.float32))
    shares = cell_memberships(cells, dataclasses.replace(clustering, memberships=fuzzy), coarse)
    assert shares[cells.occupied] == pytest.approx(np.array([[0.75, 0.25, 0, 0], [0.6, 0.4, 0, 0]]))


def test_frames_between_states_are_counted_among_those_of_the_model(halves):
    assert share_between(*halves[1:]) == 0.5
    assert share_between(*halves[1:], least=0.6) == 0
    fuzzy = (np.array([[1, 0, 0], [0.5, 0.5, 0]], np.float32), np.array([[0, 0, 1]], np.float32))
    assert share_between(dataclasses.replace(halves[1], memberships=fuzzy), halves[2]) == pytest.approx(2 / 3)


class Watched(np.ndarray):
    """Counts how often it is read."""

    reads = 0

    def __getitem__(self, at):
        Watched.reads += 1
        return super().__getitem__(at)


@pytest.fixture
def fuzzy(halves):
    shares = (np.array([[1, 0, 0], [0.5, 0.5, 0]], np.float32), np.array([[0, 0, 1]], np.float32))
    return dataclasses.replace(halves[1], memberships=tuple(x.view(Watched) for x in shares))


def test_a_zoom_does_not_read_fuzzy_memberships_again(halves, fuzzy):
    cells, _, coarse = halves
    first = cell_memberships(cells, fuzzy, coarse), share_between(fuzzy, coarse)
    Watched.reads = 0
    other = grid(np.array([0.1, 0.1, 0.9]), np.array([0.5, 0.5, 0.5]), Window(0, 2, 0, 2))
    again = cell_memberships(other, fuzzy, coarse), share_between(fuzzy, coarse)
    assert Watched.reads == 0
    assert again[0][other.occupied] == pytest.approx(first[0][cells.occupied]) and again[1] == first[1]


def test_a_zoom_does_not_count_crisp_frames_between_states_again(halves):
    _, clustering, coarse = halves
    watched = dataclasses.replace(clustering, dtrajs=tuple(d.view(Watched) for d in clustering.dtrajs))
    first = share_between(watched, coarse)
    Watched.reads = 0
    assert share_between(watched, coarse) == first and Watched.reads == 0


def test_other_microstates_or_states_are_not_taken_for_those_remembered(halves, fuzzy):
    cells, clustering, coarse = halves
    assert share_between(fuzzy, coarse) == pytest.approx(2 / 3)
    assert share_between(clustering, coarse) == 0.5
    one = dataclasses.replace(coarse, memberships=np.array([[1.0, 0, 0]] * 3))
    assert share_between(fuzzy, one) == 0
    assert cell_memberships(cells, fuzzy, one)[cells.occupied] == pytest.approx(np.array([[1, 0, 0, 0], [1, 0, 0, 0]]))


def test_what_is_remembered_goes_with_its_states(halves, fuzzy):
    cells, _, coarse = halves
    here = dataclasses.replace(coarse)
    cell_memberships(cells, fuzzy, here)
    share_between(fuzzy, here)
    assert here in blending._fuzzy and here in blending._between
    n = len(blending._fuzzy), len(blending._between)
    del here
    gc.collect()
    assert (len(blending._fuzzy), len(blending._between)) == (n[0] - 1, n[1] - 1)


def test_only_a_few_are_remembered(halves, fuzzy):
    states = [dataclasses.replace(halves[2]) for _ in range(9)]
    for coarse in states:
        share_between(fuzzy, coarse)
    assert states[-1] in blending._fuzzy and states[0] not in blending._fuzzy
    assert len(blending._fuzzy) <= 4


def test_crisp_memberships_of_many_frames_make_no_array_of_frames_by_states(halves):
    n, coarse = 400_000, halves[2]
    clustering = Clustering(np.zeros((3, 1)), (np.tile(np.array([0, 2, -1, 1], np.int32), n // 4),))
    tracemalloc.start()
    try:
        assert share_between(clustering, coarse) == pytest.approx(1 / 3)
        assert tracemalloc.get_traced_memory()[1] < 3 * 8 * n
    finally:
        tracemalloc.stop()
