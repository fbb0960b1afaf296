"""Passages: only real ones, core to core."""
import dataclasses

import numpy as np

from mdexplore.methods.checks.passages import cores, count_journeys, count_passages, visits
from mdexplore.methods.coarse.pcca import PCCA, pcca
from mdexplore.methods.kinetics.msm import MSM, msm

CORES = np.array([0, -1, 1])


def test_a_touch_of_the_border_is_no_passage():
    assert count_passages(visits([np.array([0, 1, 0, 1, 0])], CORES), 2).sum() == 0


def test_a_way_across_the_border_is_one():
    assert count_passages(visits([np.array([0, 1, 1, 2, 2, 1, 2])], CORES), 2).tolist() == [[0, 1], [0, 0]]


def test_a_start_inside_counts_only_when_left():
    passages = count_passages(visits([np.array([2, 2, 2]), np.array([2, 1, 0])], CORES), 2)
    assert passages.tolist() == [[0, 0], [1, 0]]


def test_trajectories_are_never_joined():
    assert count_passages(visits([np.array([0]), np.array([2])], CORES), 2).sum() == 0


def test_frames_outside_the_model_lie_between_cores():
    assert count_passages(visits([np.array([0, -1, 2])], CORES), 2).tolist() == [[0, 1], [0, 0]]


def test_cores_need_their_membership():
    found = cores(np.array([[0.95, 0.05], [0.6, 0.4], [0.02, 0.98], [0.0, 0.0]]))
    assert found.tolist() == [0, -1, 1, -1]


def test_a_state_without_a_clear_core_has_its_clearest_microstate():
    assert cores(np.array([[1.0, 0.0], [0.3, 0.7], [0.45, 0.55]])).tolist() == [0, 1, -1]


def test_a_journey_counts_whatever_lies_between():
    # 0 -> 1 -> 2 -> 1 -> 0 -> 1: no passage from 0 to 2 or back, and one journey each way.
    line = [np.array([0, 1, 2, 1, 0, 1])]
    journeys = count_journeys(visits(line, np.arange(3)), 3)
    assert journeys.tolist() == [[0, 2, 1], [1, 0, 1], [1, 1, 0]]
    assert count_passages(visits(line, np.arange(3)), 3)[0, 2] == 0


def test_of_two_states_journeys_are_passages():
    rng = np.random.default_rng(3)
    pieces = [rng.integers(0, 2, n) for n in (1, 5, 300)]
    np.testing.assert_array_equal(count_journeys(visits(pieces, np.arange(2)), 2), count_passages(visits(pieces, np.arange(2)), 2))


def test_a_passage_time_that_rests_on_few_journeys_is_marked(three_wells):
    clustering = three_wells[0]
    coarse = pcca(PCCA(n_states=3), msm(MSM(), clustering, lagtime=5), clustering)
    few = dataclasses.replace(coarse, journeys=np.array([[0, 9, 10], [50, 0, 3], [10, 11, 0]]))
    assert few.few_passages.tolist() == [[False, True, False], [False, False, True], [False, False, False]]
    assert coarse.journeys.max() >= 10 and not coarse.few_passages[coarse.journeys >= 10].any()
