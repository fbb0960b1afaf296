"""The panel of observables: made when it is opened, follows the model, and says numbers under the mouse."""
from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from mdexplore.base.errors import UserError
from mdexplore.base.work.failures import WorkerFailure
from mdexplore.base.work.jobs import JobState
from mdexplore.methods.results import Observable
from mdexplore.panels.drawer import Drawer
from mdexplore.panels.observables import AUTOCORRELATION, SELECTION, ObservablesPanel
from tests.panels import builders


def observable(name="IC 1"):
    times = np.array([0, 5, 10, 50])
    curve = np.exp(-times / 50)
    return Observable(name, 5, np.ones(6), 2.0, 1.5, 2.5, times, curve, curve - 0.05, curve + 0.05, curve, np.array([50.0, 2.0]), np.array([0.9, 0.1]), np.array([0.8, 0.05]), np.array([0.95, 0.2]), timestep_ns=0.02)


@pytest.fixture
def session():
    made = builders.listening("observable")
    made.study.keep("clustering", made.results["clustering"])
    return made


@pytest.fixture
def panel(session):
    made = ObservablesPanel(session)
    made.open()
    return made


def hover(mark, index):
    mark._handle_custom_msg({"event": "hover", "data": {"index": index}}, [])


def test_a_closed_panel_makes_nothing_and_asks_nothing(session):
    panel = ObservablesPanel(session)
    assert panel._content.children == () and session.asked == []
    panel.open()
    assert [args for args, *_ in session.asked] == [("projection", 0, None)]


def test_it_waits_for_the_model():
    panel = ObservablesPanel(builders.session(with_results=False))
    panel.open()
    assert "mdx-waiting" in panel.widget._dom_classes and "Waiting" in panel._waiting.value


def test_features_and_slow_coordinates_can_be_chosen_and_angles_have_no_mean(panel):
    assert list(panel.quantity.options) == ["IC 1", "IC 2", "cos phi ALA2", "sin phi ALA2", "CA1 - CA5"]
    assert list(panel.view_of.options) == [AUTOCORRELATION, *(f"relaxation from state {k}" for k in (1, 2, 3)), SELECTION]


def test_a_choice_asks_for_that_column(session, panel):
    panel.quantity.value = "CA1 - CA5"
    assert session.asked[-1][0] == ("features", 2, None)


def test_a_relaxation_begins_in_the_microstates_of_its_state(session, panel):
    panel.view_of.value = "relaxation from state 2"
    assert session.asked[-1][0] == ("projection", 0, (2, 3))


def test_a_relaxation_from_the_selection_follows_it(session, panel):
    panel.view_of.value = SELECTION
    assert "No frame is selected" in panel._wrong.widget.value
    session.select(session.states == 2, source="test", how="state 3")
    assert session.asked[-1][0] == ("projection", 0, (4, 5))
    assert panel._wrong.widget.value == ""


def test_what_comes_is_drawn_with_numbers_and_escaped_names(session, panel):
    session.asked[-1][1](observable("<b>phi</b>"))
    assert "&lt;b&gt;phi" in panel.summary.value and "mean 2 [1.5, 2.5]" in panel.summary.value
    assert len(panel.points.x) == 3 and len(panel.heads.x) == 2
    assert panel._time.min > 0 and panel._time_axis.label == "time / ns" and panel._scale_axis.label == "timescale of the process / ns"
    assert "Fingerprint" in panel._heading.value and "autocorrelation" in panel._heading.value


def test_axes_without_data_stay_out_of_sight(session, panel):
    assert "mdx-unanswered" in panel._content._dom_classes
    session.asked[-1][1](observable())
    assert "mdx-unanswered" not in panel._content._dom_classes


def test_hovering_tells_numbers(session, panel):
    session.asked[-1][1](observable())
    hover(panel.points, 1)
    assert panel.told.value == "200 ps: 0.819 [0.77, 0.87], model"
    hover(panel.measured, 0)
    assert panel.told.value == "100 ps: 0.905, trajectories"
    hover(panel.heads, 0)
    assert panel.told.value.startswith("1 ns: 90 % [80, 95]")


def test_another_model_is_asked_for_and_a_stale_one_is_not(session, panel):
    before = len(session.asked)
    session.configure("kinetics", lagtime=9)
    session.stale = frozenset({"kinetics"})
    panel.quantity.value = "IC 2"
    assert len(session.asked) == before
    session.stale = frozenset()
    session.results = {**session.results, "kinetics": replace(session.results["kinetics"], lagtime=9)}
    assert len(session.asked) == before + 1


def test_a_question_on_a_model_that_goes_is_given_up_and_asked_again_when_it_comes_back(session, panel):
    cancelled = []
    session.work.cancel = cancelled.append
    session.stale = frozenset({"kinetics"})
    assert cancelled == ["observable"] and not panel.asker.is_waiting
    session.stale = frozenset()
    assert len(session.asked) == 2 and session.asked[0][0] == session.asked[1][0] and panel.asker.is_waiting


@pytest.mark.parametrize("error", [KeyError("no such thing"), WorkerFailure("KeyError", "'no such thing'")])
def test_a_failure_that_nobody_foresaw_is_said_with_its_type_and_what_to_do(session, panel, error):
    session.asked[-1][2](error)
    said = panel._wrong.widget.value
    assert "(KeyError: &#x27;no such thing&#x27;). Try again" in said and "the log has the details" in said


def test_a_failure_is_said_with_retry(session, panel):
    session.asked[-1][2](UserError("<i>It cannot be.</i>"))
    assert "&lt;i&gt;It cannot be." in panel._wrong.widget.value and "mdx-hidden" not in panel._repeat._dom_classes
    panel._repeat.click()
    assert len(session.asked) == 2 and panel._wrong.widget.value == "" and "mdx-hidden" in panel._repeat._dom_classes


def test_progress_is_said_while_it_is_computed(session, panel):
    session.work.states = {"observable": JobState("observable", 1, "running", 10, 40, lane="heavy")}
    assert "computing 25 %" in panel._head.value and "mdx-asking" in panel._content._dom_classes
    session.asked[-1][1](observable())
    assert "computing" not in panel._head.value and "mdx-asking" not in panel._content._dom_classes


def test_a_closed_panel_gives_up_what_it_asked(session, panel):
    cancelled = []
    session.work.cancel = cancelled.append
    panel.close()
    assert cancelled == ["observable"]
    panel.quantity.value = "IC 2"
    session.results = dict(session.results)
    assert not panel.asker.is_waiting


def test_menus_are_set_as_they_were_once_it_is_opened(session):
    panel = ObservablesPanel(session)
    panel.restore({"quantity": "IC 2", "view_of": "relaxation from state 1"})
    panel.open()
    assert (panel.quantity.value, panel.view_of.value) == ("IC 2", "relaxation from state 1")


def test_the_drawer_opens_and_closes_its_panel(session):
    panel = ObservablesPanel(session)
    drawer = Drawer([panel])
    assert "mdx-hidden" in drawer.place._dom_classes and drawer.place.children == ()
    drawer.buttons["observables"].click()
    assert drawer.shown == "observables" and "mdx-hidden" not in drawer.place._dom_classes and drawer.place.children == (panel.widget,)
    assert "mdx-active" in drawer.buttons["observables"]._dom_classes
    panel._close.click()
    assert drawer.shown is None and not panel.is_open and "mdx-hidden" in drawer.place._dom_classes
    drawer.buttons["observables"].click()
    drawer.buttons["observables"].click()
    assert drawer.shown is None and drawer.place.children == (panel.widget,)
