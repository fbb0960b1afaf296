from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from mdexplore.base.units import TimeUnit
from mdexplore.data.frames import FrameIndex
from mdexplore.methods.results import Clustering
from mdexplore.pictures.coordinates import coordinates
from mdexplore.pictures.projection import colorings, paint, plane
from tests.panels import builders

LENGTHS = (400, 300, 50)


@pytest.fixture
def results():
    return builders.results(LENGTHS)


@pytest.fixture
def shown(results):
    x, y, *_ = coordinates(results["projection"], results["features"])
    return plane(x, y, results)


def painted(coloring, shown, results, with_states=True):
    cells = shown.grid(shown.home)
    states = np.concatenate(results["coarse"].assignments)
    of_states = cells.count_labels(states, 3) if with_states else None
    return paint(coloring, cells, results, FrameIndex(LENGTHS), TimeUnit(0.02), of_states)


def test_the_nearest_frame_is_judged_as_the_window_shows_it(shown):
    assert shown.nearest(float(shown.xs[123]), float(shown.ys[123]), shown.home) == 123


def test_a_box_holds_the_frames_between_its_edges(shown):
    mask = shown.box(-2.0, 0.0, -1.0, 1.0)
    assert (mask == ((shown.xs >= -2) & (shown.xs <= 0) & (shown.ys >= -1) & (shown.ys <= 1))).all()


def test_free_energy_is_weighted_once_there_is_a_model(shown, results):
    with_model = painted("free energy", shown, results)
    assert with_model.layer.key.label == "F / kT" and with_model.note == ""
    raw = painted("free energy", shown, {k: results[k] for k in ("projection", "coarse")})
    assert "not weighted" in raw.layer.key.label and "raw counts" in raw.note


def test_the_committor_goes_from_zero_to_one(shown, results):
    found = painted("committor", shown, {**results, "flux": builders.flux()})
    assert (found.layer.key.low, found.layer.key.high, found.layer.key.label) == (0, 1, "committor")


def test_time_is_in_the_unit_of_the_study(shown, results):
    key = painted("time", shown, results).layer.key
    assert (key.label, key.high) == ("time / ns", pytest.approx(399 * 0.02))


def test_states_that_are_not_there_yet_are_said(shown, results):
    assert "follow" in painted("states", shown, results, with_states=False).note


def test_results_of_other_microstates_are_not_mixed(shown, results):
    fewer = Clustering(np.zeros((2, 2)), tuple(np.minimum(d, 1) for d in results["clustering"].dtrajs))
    mixed = {**results, "clustering": fewer, "flux": builders.flux()}
    assert "raw counts" in painted("free energy", shown, mixed).note
    assert "Choose" in painted("committor", shown, mixed).note


def test_microstates_are_offered_only_where_there_are_some(results):
    assert "microstates" in colorings(results)
    del results["clustering"]
    assert "microstates" not in colorings(results)


def test_memberships_that_are_all_or_nothing_look_like_states(shown, results):
    cells = shown.grid(shown.home)
    crisp, states = painted("memberships", shown, results), painted("states", shown, results)
    assert crisp.layer.rgb[cells.occupied] == pytest.approx(states.layer.rgb[cells.occupied], abs=0.6)
    assert "0\u00a0% of frames below 90" in crisp.note


def test_frames_that_are_all_between_states_are_a_plain_percentage(shown, results):
    coarse = results["coarse"]
    even = dataclasses.replace(coarse, memberships=np.full_like(coarse.memberships, 1 / coarse.n_states, dtype=float))
    assert "100\u00a0% of frames below 90" in painted("memberships", shown, {**results, "coarse": even}).note


def test_memberships_wait_for_states_of_the_same_microstates(shown, results):
    assert "follow" in painted("memberships", shown, results, with_states=False).note
    fewer = Clustering(np.zeros((2, 2)), tuple(np.minimum(d, 1) for d in results["clustering"].dtrajs))
    assert "follow" in painted("memberships", shown, {**results, "clustering": fewer}).note


def test_each_well_has_the_colours_of_its_two_microstates(shown, results):
    painting = painted("microstates", shown, results)
    cells = shown.grid(shown.home)
    assert len(np.unique(painting.layer.rgb[cells.occupied].round(), axis=0)) == 6
    assert painting.note.startswith("6 microstates")
