"""The panel of generated frames: what takes a moment is asked at once, what is trained by a button, and each row shows the nearest real frame."""
from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from mdexplore.base.errors import UserError
from mdexplore.panels import generation
from mdexplore.panels.generation import CHOSEN, GENERATE, STOP, GenerationPanel
from mdexplore.session.generating import BOLTZMANN, FLOW, LANDING, MADE, Generation
from mdexplore.session.generating_jobs import GenerationWanted
from tests.panels import builders

FRAMES = np.array([[0, 3], [1, 7], [0, 3]])


def landed():
    return Generation(LANDING, FRAMES, np.zeros(3), "", ("Real frames, <b>drawn</b>.",))


def made(means=MADE, xyz=None):
    return Generation(means, FRAMES, np.array([0.1, 0.2, 0.3]), "standard deviations of the features", ("New.",), xyz)


@pytest.fixture
def session(monkeypatch):
    monkeypatch.setattr("mdexplore.session.generating_jobs.why_not", lambda data, means: None)
    monkeypatch.setattr(generation, "why_not", lambda data, means: UserError("No energies.", "<i>None</i>.") if means == BOLTZMANN else None)
    return builders.listening("generation")


@pytest.fixture
def panel(session):
    made = GenerationPanel(session)
    made.open()
    return made


def wanted(session):
    return session.asked[-1][0][0]


def test_where_a_state_lands_is_asked_at_once(session, panel):
    assert [args for args, *_ in session.asked] == [(GenerationWanted(LANDING, 10, 0), (0, 1, 2))]
    assert panel.of.options == (("state 1", 0), ("state 2", 1), ("state 3", 2)) and "mdx-hidden" in panel.go._dom_classes
    panel.of.value = 2
    assert wanted(session) == GenerationWanted(LANDING, 10, 2)


def test_a_state_selected_elsewhere_is_the_one_to_begin_from(session, panel):
    session.select_state(1, source="network")
    assert panel.of.value == 1 and wanted(session) == GenerationWanted(LANDING, 10, 1)
    mask = session.states == 2
    mask[np.flatnonzero(mask)[0]] = False
    session.select(mask, source="projection", how="most of state 3")
    assert panel.of.value == 1


def test_what_was_made_before_says_so(session, panel):
    panel.way.value = FLOW
    panel.go.click()
    session.asked[-1][1](made(FLOW))
    assert panel._aged.value == ""
    panel.count.value = "20"
    assert "made before" in panel._aged.value


def test_a_closed_panel_asks_nothing(session):
    panel = GenerationPanel(session)
    assert session.asked == [] and panel._content.children == ()


def test_what_is_trained_waits_for_the_button(session, panel):
    panel.way.value = FLOW
    assert len(session.asked) == 1 and "mdx-hidden" not in panel.go._dom_classes
    panel.go.click()
    assert wanted(session) == GenerationWanted(FLOW, 10, 0) and panel.go.description == STOP


def test_a_flow_can_learn_from_the_selection(session, panel):
    panel.way.value = FLOW
    session.select(session.states == 1, source="test", how="state 2")
    panel.of.value = CHOSEN
    panel.go.click()
    assert wanted(session) == GenerationWanted(FLOW, 10, None, np.packbits(session.states == 1).tobytes())


def test_an_empty_selection_is_said(session, panel):
    panel.way.value = FLOW
    panel.of.value = CHOSEN
    assert "No frame is selected" in panel._wrong.widget.value
    panel.of.value = 0
    assert panel._wrong.widget.value == ""


def test_stop_gives_up_what_is_made_and_it_stays_so(session, panel):
    panel.way.value = FLOW
    panel.go.click()
    panel.go.click()
    assert session.cancelled[-1] == "generation" and panel.go.description == GENERATE and panel._wrong.widget.value == ""
    session.results = {**session.results, "features": replace(session.results["features"])}
    assert len(session.asked) == 2


def test_another_choice_gives_up_what_is_made(session, panel):
    panel.way.value = FLOW
    panel.go.click()
    panel.of.value = 1
    assert session.cancelled[-1] == "generation" and not panel.asker.is_waiting and panel.go.description == GENERATE


def test_what_was_made_is_there_again_when_it_is_chosen_again(session, panel):
    session.asked[0][1](landed())
    panel.way.value = MADE
    assert "mdx-outdated" in panel._content._dom_classes
    panel.go.click()
    session.asked[-1][1](made())
    assert "mdx-outdated" not in panel._content._dom_classes and "0.1 standard deviations" in panel.list.rows[0]._text.value
    panel.way.value = LANDING
    assert "standard deviations" not in panel.list.rows[0]._text.value and len(session.asked) == 2
    panel.way.value = MADE
    assert "0.1 standard deviations" in panel.list.rows[0]._text.value and len(session.asked) == 2


def test_a_model_that_comes_back_goes_on_with_what_was_wanted(session, panel):
    panel.way.value = FLOW
    panel.go.click()
    session.stale = frozenset({"kinetics"})
    assert not panel.asker.is_waiting
    session.stale = frozenset()
    assert len(session.asked) == 3 and session.asked[1][0] == session.asked[2][0]


def test_where_a_state_lands_follows_the_lag_time_and_what_was_trained_grows_old(session, panel):
    session.asked[0][1](landed())
    session.configure("kinetics", lagtime=9)
    session.results = {**session.results, "kinetics": replace(session.results["kinetics"], lagtime=9)}
    assert len(session.asked) == 2
    panel.way.value = MADE
    panel.go.click()
    session.asked[-1][1](made())
    session.configure("kinetics", lagtime=11)
    session.results = {**session.results, "kinetics": replace(session.results["kinetics"], lagtime=11)}
    assert len(session.asked) == 3 and "mdx-outdated" in panel._content._dom_classes


@pytest.mark.parametrize(("slot", "change", "is_molecule", "is_old"), [("kinetics", {"lagtime": 9}, True, True), ("clustering", {"n_clusters": 7}, True, True), ("study", {"seed": 5}, True, True),
                                                                       ("kinetics", {"lagtime": 9}, False, False), ("study", {"seed": 5}, False, True)])
def test_a_boltzmann_generator_grows_old_with_what_it_was_made_from(session, panel, monkeypatch, slot, change, is_molecule, is_old):
    monkeypatch.setattr(generation, "why_not", lambda data, means: None)
    monkeypatch.setattr(type(session.data), "has_structures", property(lambda data: is_molecule))
    panel.way.value = BOLTZMANN
    panel.go.click()
    session.asked[-1][1](made(BOLTZMANN))
    assert "mdx-outdated" not in panel._content._dom_classes
    session.configure(slot, **change)
    session.results = builders.results()
    assert ("mdx-outdated" in panel._content._dom_classes) == is_old


def test_what_is_not_possible_says_why_without_a_button(session, panel):
    panel.way.value = BOLTZMANN
    assert "No energies. &lt;i&gt;None" in panel._words.value
    assert "mdx-impossible" in panel._content._dom_classes and "mdx-hidden" in panel.go._dom_classes and "mdx-hidden" in panel.of._dom_classes
    panel.way.value = LANDING
    assert "mdx-impossible" not in panel._content._dom_classes


def test_rows_name_the_nearest_frames_and_everything_is_escaped(session, panel):
    session.asked[-1][1](landed())
    assert "&lt;b&gt;drawn" in panel.summary.value
    assert "trajectory 1, frame 7, 0.14 ns" in panel.list.rows[1]._text.value and len(panel.map.marks.x) == 3


def test_a_click_shows_the_nearest_frame_with_the_structure_over_it(session, panel):
    xyz = np.random.default_rng(0).normal(size=(3, 4, 3)).astype(np.float32)
    panel.way.value = FLOW
    panel.go.click()
    session.asked[-1][1](made(FLOW, xyz))
    panel.list.rows[2].button.click()
    assert session.current == (0, 3) and session.beside.frame == (0, 3)
    np.testing.assert_array_equal(session.beside.xyz_nm, xyz[2])
    assert ["mdx-active" in row.widget._dom_classes for row in panel.list.rows] == [False, False, True]
    panel.list.rows[0].button.click()   # the same frame is nearest to it
    np.testing.assert_array_equal(session.beside.xyz_nm, xyz[0])
    assert ["mdx-active" in row.widget._dom_classes for row in panel.list.rows] == [True, False, False]


def test_frames_without_a_structure_lay_nothing_over(session, panel):
    session.asked[-1][1](landed())
    panel.list.rows[1].button.click()
    assert session.current == (1, 7) and session.beside is None


def test_nearest_frames_become_the_selection_with_their_source(session, panel):
    session.asked[-1][1](landed())
    panel._select()
    assert (session.selection.n, session.selection.source, session.selection.how) == (2, "generation", "3 frames in which a state lands")


def test_nothing_is_selected_that_the_form_does_not_ask_for(session, panel):
    session.asked[-1][1](landed())
    panel.way.value = FLOW
    panel._select()
    assert session.selection.n == 0 and "nothing to select" in panel._said.widget.value


def test_a_training_that_failed_begins_again_by_retry_alone(session, panel):
    panel.way.value = FLOW
    panel.go.click()
    session.asked[-1][2](UserError("<i>It came apart.</i>"))
    assert "&lt;i&gt;It came apart" in panel._wrong.widget.value and panel.go.description == GENERATE
    session.results = {**session.results, "features": replace(session.results["features"])}
    assert len(session.asked) == 2
    panel._repeat.click()
    assert len(session.asked) == 3 and panel._wrong.widget.value == ""


def test_the_way_is_set_as_it_was_once_it_is_opened_and_trains_nothing(session):
    panel = GenerationPanel(session)
    panel.restore({"way": FLOW, "of": 1})
    panel.open()
    assert (panel.way.value, panel.of.value) == (FLOW, 1)
    assert all(args[0].means == LANDING for args, *_ in session.asked)
