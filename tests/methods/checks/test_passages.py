"""Passages: only real ones, core to core."""
import numpy as np

from mdexplore.methods.checks.passages import cores, count_passages

CORES = np.array([0, -1, 1])


def test_a_touch_of_the_border_is_no_passage():
    assert count_passages([np.array([0, 1, 0, 1, 0])], CORES, 2).sum() == 0


def test_a_way_across_the_border_is_one():
    assert count_passages([np.array([0, 1, 1, 2, 2, 1, 2])], CORES, 2).tolist() == [[0, 1], [0, 0]]


def test_a_start_inside_counts_only_when_left():
    passages = count_passages([np.array([2, 2, 2]), np.array([2, 1, 0])], CORES, 2)
    assert passages.tolist() == [[0, 0], [1, 0]]


def test_trajectories_are_never_joined():
    assert count_passages([np.array([0]), np.array([2])], CORES, 2).sum() == 0


def test_frames_outside_the_model_lie_between_cores():
    assert count_passages([np.array([0, -1, 2])], CORES, 2).tolist() == [[0, 1], [0, 0]]


def test_cores_need_their_membership():
    found = cores(np.array([[0.95, 0.05], [0.6, 0.4], [0.02, 0.98], [0.0, 0.0]]))
    assert found.tolist() == [0, -1, 1, -1]


def test_a_state_without_a_clear_core_has_its_clearest_microstate():
    assert cores(np.array([[1.0, 0.0], [0.3, 0.7], [0.45, 0.55]])).tolist() == [0, 1, -1]
