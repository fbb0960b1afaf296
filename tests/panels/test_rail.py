"""Groups, health and jobs in the rail."""
from __future__ import annotations

import importlib.util
from dataclasses import replace
from pathlib import Path

import pytest

from mdexplore.base.notices import Mend, Notice
from mdexplore.base.work.jobs import JobState
from mdexplore.panels.groups import Groups
from mdexplore.panels.jobs_line import JobsLine, JobsList
from mdexplore.panels.notices import Notices, summary

_spec = importlib.util.spec_from_file_location("mdx_panel_builders", Path(__file__).with_name("builders.py"))
builders = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(builders)


@pytest.fixture
def session():
    return builders.session()


def chips(box):
    return [row.children[0] for row in box.children]


def test_a_click_on_a_state_selects_its_frames(session):
    groups = Groups(session)
    chips(groups._states)[1].click()
    assert (session.selection.mask == (session.states == 1)).all()


def test_frames_outside_the_model_have_a_row_of_their_own():
    session = builders.session(outside=7)
    groups = Groups(session)
    assert [c.description for c in chips(groups._states)] == ["state 1", "state 2", "state 3", "outside the model"]
    chips(groups._states)[3].click()
    assert session.selection.n == 7


def test_a_selection_is_kept_found_again_and_forgotten(session):
    groups = Groups(session)
    session.select([1, 2, 3], source="test", how="three")
    groups._name.value = "<mine>"
    groups._add.click()
    session.select(None, source="test", how="nothing")
    chips(groups._named)[0].click()
    assert list(session.selection.numbers) == [1, 2, 3]
    groups._named.children[0].children[-1].click()
    assert session.groups == () and groups._named.children == ()


def test_the_name_field_is_there_while_something_is_selected(session):
    groups = Groups(session)
    assert "mdx-hidden" in groups._adder._dom_classes
    session.select([0], source="test", how="one")
    assert "mdx-hidden" not in groups._adder._dom_classes


def test_groups_wait_for_states():
    groups = Groups(builders.session(with_results=False))
    assert "mdx-hidden" not in groups._note._dom_classes and not groups._states.children


def test_fewer_states_hide_rows_and_keep_their_widgets(session):
    groups = Groups(session)
    rows = groups._states.children
    coarse = session.results["coarse"]
    two = replace(coarse, populations=coarse.populations[:2], colors=(1, 0), assignments=tuple(a.clip(max=1) for a in coarse.assignments))
    session.results = {**session.results, "coarse": two}
    assert groups._states.children == rows
    assert "mdx-hidden" in rows[2]._dom_classes
    assert "mdx-c1" in chips(groups._states)[0]._dom_classes


def shown(panel):
    return [row for row in panel._rows if "mdx-hidden" not in row.widget._dom_classes]


def test_notices_come_worst_first_and_escaped():
    session = builders.session()
    session.notices = (Notice("info", "said"), Notice("error", "<b>gone</b>", "mend it"))
    first, second = (row.text.value for row in shown(Notices(session)))
    assert "&lt;b&gt;gone" in first and "<b>gone" not in first and "said" in second


def test_a_notice_that_can_be_mended_has_a_button_that_does_it():
    session = builders.session()
    asked = []
    session.configure = lambda slot, **changes: asked.append((slot, changes))
    session.notices = (Notice("warning", "too short", mend=Mend("Use 0.1 ns", "kinetics", (("lagtime", 5),))), Notice("info", "said"))
    panel = Notices(session)
    first, second = shown(panel)
    assert first.button.description == "Use 0.1 ns" and "mdx-hidden" not in first.button._dom_classes
    assert "mdx-hidden" in second.button._dom_classes
    first.button.click()
    assert asked == [("kinetics", {"lagtime": 5})]
    session.notices = (Notice("info", "said"),)
    assert [row.text.value.count("said") for row in shown(panel)] == [1]


def test_the_head_counts_the_worst():
    warning = Notice("warning", "few")
    assert summary([warning, Notice("info", "said")]) == "1 warning"
    assert summary([Notice("error", "a"), Notice("error", "b"), warning]) == "2 errors"
    assert summary([Notice("info", "said")]) == ""


def test_health_is_ready_once_it_has_said_something():
    session = builders.session(with_results=False)
    session.notices = ()
    panel = Notices(session)
    assert "mdx-waiting" in panel.widget._dom_classes
    session.notices = (Notice("warning", "few passages"),)
    assert "mdx-ready" in panel.widget._dom_classes and "few passages" in shown(panel)[0].text.value


def test_the_line_names_what_runs_before_what_runs_in_the_background(session):
    line = JobsLine(session)
    assert "ready" in line._line.value
    session.work.states = {"bootstrap": JobState("bootstrap", 1, "running", 1, 4, lane="background"), "projection": JobState("projection", 2, "running", 62, 100, lane="heavy")}
    assert "projection 62 %" in line._line.value


def test_cancel_ends_the_job_that_is_shown(session, monkeypatch):
    line, cancelled = JobsLine(session), []
    monkeypatch.setattr(type(session), "cancel", lambda self, name: cancelled.append(name))
    session.work.states = {"projection": JobState("projection", 2, "running", lane="heavy")}
    line._stop.click()
    assert cancelled == ["projection"]


def test_the_list_shows_running_and_waiting_jobs_only(session):
    panel = JobsList(session)
    session.work.states = {"features": JobState("features", 1, "done"), "projection": JobState("projection", 2, "running"), "score": JobState("score", 3, "waiting")}
    assert set(panel.shown) == {"projection", "score"}
    session.work.states = {}
    assert "mdx-hidden" in panel.widget._dom_classes


def test_health_shows_all_of_itself_and_again_what_fits(session):
    notices = Notices(session)
    notices._all.click()
    assert "mdx-all" in notices.widget._dom_classes and "mdx-open" in notices._all._dom_classes
    notices._all.click()
    assert "mdx-all" not in notices.widget._dom_classes
