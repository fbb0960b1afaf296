"""State numbers stay with their state where they can, and are explained where they cannot."""
import dataclasses
from collections import deque

import numpy as np
import pytest

from mdexplore.methods.checks.chapman import chapman_kolmogorov
from mdexplore.methods.coarse import numbering
from mdexplore.methods.coarse.numbering import (
    by_rank,
    changes,
    follow,
    followed,
    numbered_like,
    overlaps,
    ranks,
    renumbered,
    renumbered_flux,
    renumbered_test,
)
from mdexplore.methods.coarse.pcca import PCCA, pcca
from mdexplore.methods.kinetics.flux import reactive_flux
from mdexplore.methods.kinetics.msm import MSM, msm


@pytest.fixture
def kinetics(three_wells):
    return msm(MSM(), three_wells[0], lagtime=5)


@pytest.fixture
def three(three_wells, kinetics):
    return pcca(PCCA(n_states=3), kinetics, three_wells[0])


@pytest.fixture
def two(three_wells, kinetics):
    return pcca(PCCA(n_states=2), kinetics, three_wells[0])


def test_without_a_past_states_are_numbered_by_population(three):
    assert numbered_like(None, three) is three and ranks(three) == (0, 1, 2)


def test_states_keep_the_numbers_they_had(three):
    before = renumbered(three, [2, 0, 1])
    again = numbered_like(before, three)
    np.testing.assert_array_equal(again.populations, before.populations)
    np.testing.assert_array_equal(again.mfpt, before.mfpt)
    np.testing.assert_array_equal(again.microstates, before.microstates)
    assert all((a == b).all() for a, b in zip(again.assignments, before.assignments)) and ranks(again) == (2, 0, 1)
    assert changes(before, again) is None


def test_numbers_by_rank_are_those_before_any_change(three):
    np.testing.assert_array_equal(by_rank(renumbered(three, [1, 2, 0])).populations, three.populations)


def test_every_number_of_a_renumbered_state_is_its_own(three):
    turned = renumbered(three, [2, 0, 1])
    for k, place in enumerate([2, 0, 1]):
        assert turned.populations[k] == three.populations[place] and turned.colors[k] == three.colors[place]
        np.testing.assert_array_equal(turned.memberships[:, k], three.memberships[:, place])
        np.testing.assert_array_equal(turned.microstates == k, three.microstates == place)
    assert turned.mfpt[0, 1] == three.mfpt[2, 0] and turned.passages[0, 1] == three.passages[2, 0] and turned.journeys[1, 2] == three.journeys[0, 1]


def test_one_state_more_leaves_the_others_their_numbers_and_is_named(two, three):
    more = numbered_like(two, three)
    same = follow(two, more)
    assert same and all(old == now for old, now in same.items())
    told = changes(two, more)
    assert told.level == "info" and "went from 2 to 3" in told.text


def test_a_number_that_has_to_move_is_told(three):
    # States 1 and 2 become one; what was called 3 cannot keep that number.
    lumped = three.assignments
    together = np.array([0, 0, 1, -1], np.int16)
    fewer = dataclasses.replace(three, assignments=tuple(together[a] for a in lumped), populations=np.array([1 - three.populations[2], three.populations[2]]),
                                lower=np.zeros(2), upper=np.ones(2), colors=(0, 1), order=())
    told = changes(three, fewer)
    assert told.text == "The number of states went from 3 to 2: state 3 is now called 2, states 1 and 2 together are now state 1."
    back = changes(fewer, three)
    assert back.text == "The number of states went from 2 to 3: state 2 is now called 3, state 1 is now divided into states 1 and 2."


def test_the_ends_of_a_flux_follow_their_states(three):
    turned = renumbered(three, [2, 0, 1])   # what was state 2 is now called 0, 0 is 1, 1 is 2
    assert followed(((0,), (2,)), three, turned) == ((1,), (0,))
    assert followed(((0, 1), (2,)), None, three) == ((0, 1), (2,))


def test_a_flux_to_a_state_that_is_gone_is_over(three):
    merged = np.array([0, 0, 1, -1], np.int16)
    fewer = dataclasses.replace(three, assignments=tuple(merged[a] for a in three.assignments), populations=three.populations[:2])
    assert followed(((0,), (1,)), three, fewer) is None
    assert followed(((1,), (2,)), three, fewer) is None
    assert followed(((0,), (4,)), None, three) is None


def test_other_frames_have_nothing_to_follow(three):
    other = dataclasses.replace(three, assignments=three.assignments[:-1])
    assert numbered_like(other, three) is three and changes(other, three) is None and follow(other, three) == {}


def test_test_and_flux_follow_the_numbers(three_wells, kinetics, three):
    turned = renumbered(three, [2, 0, 1])
    test, wanted = (chapman_kolmogorov(three_wells[0], kinetics, states) for states in (three, turned))
    np.testing.assert_allclose(renumbered_test(test, ranks(turned)).predicted, wanted.predicted)

    def flux(states, source, target):
        return reactive_flux(kinetics, states, np.flatnonzero(states.microstates == source), np.flatnonzero(states.microstates == target))

    found, wanted = renumbered_flux(flux(three, 2, 1), ranks(turned)), flux(turned, 0, 2)
    np.testing.assert_allclose(found.coarse_net_flux, wanted.coarse_net_flux)
    assert found.pathways == wanted.pathways


def test_shared_frames_are_counted_once_for_the_same_frames_and_anew_for_others(monkeypatch, two, three):
    counted, count = [], numbering._count_shared
    monkeypatch.setattr(numbering, "_count_shared", lambda *both: counted.append(both) or count(*both))
    monkeypatch.setattr(numbering, "_known", deque(maxlen=4))
    first = overlaps(two, three)
    assert np.array_equal(overlaps(two, dataclasses.replace(three, colors=(2, 1, 0))), first) and len(counted) == 1
    other = renumbered(three, [1, 2, 0])   # the same frames under other numbers
    assert np.array_equal(overlaps(two, other), first[:, [1, 2, 0]]) and len(counted) == 1
    assert np.array_equal(numbering._known[-1][2], count(two, other))
    moved = dataclasses.replace(three, assignments=tuple(a.copy() for a in three.assignments))
    assert np.array_equal(overlaps(two, moved), first) and len(counted) == 2


def test_shared_frames_are_those_that_a_table_of_both_states_has(two, three):
    table = numbering._count_shared(two, three)
    before, after = np.concatenate(two.assignments), np.concatenate(three.assignments)
    assert table.tolist() == [[int(((before == i) & (after == j)).sum()) for j in range(-1, 3)] for i in range(-1, 2)]
