"""Two models side by side: states that stand for each other have one number, and coordinates are there whatever the states."""
from __future__ import annotations

import numpy as np
import pytest

import mdexplore as mdx
from mdexplore.methods.method import ignore
from mdexplore.session.sides import Side, Sides, arrived, renamed, run_sides, sides


def test_states_take_the_numbers_of_those_they_stand_for():
    assert renamed(np.array([0, 1, 2, -1, 2]), (2, 0, 1), 3).tolist() == [1, 2, 0, -1, 0]


def test_a_state_that_stands_for_none_gets_a_free_number():
    assert renamed(np.array([0, 1, 2]), (1, -1), 3).tolist() == [1, 0, 2]


def test_frames_outside_one_of_the_models_do_not_differ():
    x = np.zeros(5, np.float32)
    found = Sides(*(Side(("a", "b"), ("", ""), x, x, np.array(s, np.int16)) for s in ([0, 0, 1, -1, 1], [0, 1, 1, 0, -1])), 2)
    assert found.differ.tolist() == [False, True, False, False, False]
    assert found.overlap.tolist() == [[1, 1], [0, 1]]


@pytest.fixture
def study(chain):
    return mdx.Study(chain, lagtime=2)


def test_a_model_agrees_with_itself(study):
    found = sides(study, study, ignore)
    assert found.n_states > 1 and not found.differ.any()
    assert np.array_equal(found.a.x, np.concatenate([v[:, 0] for v in study.result("projection").values]))


def test_one_coordinate_stands_over_time_and_is_compared_all_the_same(study):
    found = sides(study, study.change(projection=mdx.settings.TICA(dim=1)), ignore)
    assert found.b.names[1] == "time" and found.b.units[1] == study.data.unit.name
    assert found.b.y[: study.data.lengths[0]] == pytest.approx(np.arange(study.data.lengths[0]) * study.data.unit.scale)
    assert (found.a.states == found.b.states).mean() > 0.5


def test_without_states_the_coordinates_are_there_and_it_is_said_why(study):
    found = sides(study, study.change(n_states=1), ignore)
    assert (found.n_states, found.a.states, found.b.states) == (0, None, None)
    assert "one metastable state" in found.told and len(found.a.x) == study.data.n_frames


def test_a_worker_leaves_its_answer_in_the_cache(study, cache):
    key = run_sides(study.spec(), study.spec(), progress=ignore)
    assert isinstance(key, str) and key == run_sides(study.spec(), study.spec(), progress=ignore)
    found = arrived(key)
    assert len(found.a.x) == study.data.n_frames and not found.differ.any()
    assert arrived("0" * 64) is None
