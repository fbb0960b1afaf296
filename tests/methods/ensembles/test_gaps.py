"""The weakest link is found on the best chain of windows, and the frame to start from lies in the gap."""
from __future__ import annotations

import numpy as np

from mdexplore.methods.ensembles.gaps import Gap, most_between, widest_gap
from mdexplore.methods.ensembles.inputs import ensembles, umbrella


def chain(links):
    """An overlap matrix of windows in a row."""
    found = np.eye(len(links) + 1)
    for k, link in enumerate(links):
        found[k, k + 1] = found[k + 1, k] = link
    return found


def test_the_weakest_link_of_a_row_of_windows_is_found():
    assert widest_gap(chain([0.3, 0.02, 0.2]), np.ones(4)) == Gap(1, 2, 0.02)


def test_a_weak_link_that_a_detour_avoids_does_not_count():
    overlap = chain([0.3, 0.01, 0.2])
    overlap[0, 3] = overlap[3, 0] = 0.1   # round the other way
    assert widest_gap(overlap, np.ones(4)) == Gap(0, 3, 0.1)


def test_the_smaller_of_two_probabilities_counts():
    overlap = chain([0.3])
    overlap[1, 0] = 0.004
    assert widest_gap(overlap, np.ones(2)) == Gap(0, 1, 0.004)


def test_windows_without_frames_are_passed_over_and_one_alone_has_no_gap():
    assert widest_gap(chain([0.1, 0.2]), np.array([5, 0, 5])) == Gap(0, 2, 0.0)
    assert widest_gap(np.eye(1), np.ones(1)) is None


def test_the_start_of_another_window_is_the_frame_nearest_to_the_middle():
    values = [np.array([-1.2, -0.7, -1.0]), np.array([0.9, 0.15, 1.3]), np.array([5.0])]
    data = ensembles(umbrella(values, [-1.0, 1.0, 5.0], 4.0))
    assert most_between(data, np.zeros(3), Gap(0, 1, 0.0)) == (1, 1)
