"""Colours follow the frames of a state."""
import dataclasses

import numpy as np

from mdexplore.methods.coarse.colors import match_colors
from mdexplore.methods.coarse.pcca import PCCA, pcca
from mdexplore.methods.kinetics.msm import MSM, msm


def states(three_wells, n, lagtime=5):
    return pcca(PCCA(n_states=n), msm(MSM(), three_wells[0], lagtime=lagtime), three_wells[0])


def test_without_a_past_colours_are_counted_up(three_wells):
    assert match_colors(None, states(three_wells, 3), 8).colors == (0, 1, 2)


def test_states_that_change_places_keep_their_colours(three_wells):
    now = states(three_wells, 3)
    turned = np.array([2, 0, 1])
    before = dataclasses.replace(now, assignments=tuple(turned[a].astype(np.int16) for a in now.assignments), colors=(5, 6, 7))
    # What is state 0 now was state 2 before, and so on.
    assert match_colors(before, now, 8).colors == (7, 5, 6)


def test_a_new_state_takes_a_free_colour(three_wells):
    two = dataclasses.replace(states(three_wells, 2), colors=(1, 0))
    three = match_colors(two, states(three_wells, 3), 8)
    assert sorted(three.colors) == [0, 1, 2]


def test_beyond_the_palette_colours_repeat(three_wells):
    assert set(match_colors(None, states(three_wells, 3), 2).colors) == {0, 1}


def test_other_data_start_anew(three_wells):
    now = states(three_wells, 3)
    other = dataclasses.replace(now, assignments=now.assignments[:-1], colors=(5, 6, 7))
    assert match_colors(other, now, 8).colors == (0, 1, 2)
