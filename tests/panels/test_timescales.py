import dataclasses

import pytest

from mdexplore.data.exact import Exact
from mdexplore.panels.timescales import TimescalesPanel
from tests.panels import builders
from tests.panels.gestures import click_at, drag
from tests.panels.kinetic_results import states, timescales


@pytest.fixture
def session():
    made = builders.session(with_results=False)
    made.results = {"timescales": timescales(), "kinetics": states(3)[2]}
    return made


def lag_of(session):
    return session.study.recipe.lag_of("kinetics", session.unit)


def test_waits_politely_for_timescales():
    panel = TimescalesPanel(builders.session(with_results=False))
    assert "mdx-waiting" in panel.widget._dom_classes


def test_shows_the_lag_time_and_the_slowest_timescale(session):
    panel = TimescalesPanel(session)
    assert panel._lag.text.tolist() == ["lag 100 ps"]
    assert panel._slowest.text.tolist() == ["t₂ = 2.56 ns [1.4, 4.6]"]
    assert (panel._x_axis.label, panel._y_axis.label) == ("lag time / ns", "timescale / ns")


def test_a_click_sets_the_lag_time_of_the_kinetics_alone(session):
    panel = TimescalesPanel(session)
    before = session.study.projection_lag
    click_at(panel._ground, 0.41, 1.0)
    assert lag_of(session) == 20
    assert session.study.projection_lag == before
    assert panel._lag.text.tolist() == ["lag 400 ps"]
    assert panel._grips.x[0] == pytest.approx(0.4)


def test_a_click_at_the_lag_time_in_use_changes_nothing(session):
    panel = TimescalesPanel(session)
    study = session.study
    click_at(panel._ground, 0.1, 1.0)
    assert session.study is study


def test_dragging_the_line_follows_live_and_lands_on_a_whole_frame(session):
    panel = TimescalesPanel(session)
    drag(panel._grips, 0.141)
    assert lag_of(session) == 7
    drag(panel._grips, 0.203)
    assert lag_of(session) == 10
    drag(panel._grips, 0.155, last=True)
    assert lag_of(session) == 8
    assert set(panel._grips.x.tolist()) == {0.16}


def test_the_bootstrap_is_offered_when_it_is_there(session):
    panel = TimescalesPanel(session)
    assert "mdx-hidden" in panel._interval._dom_classes
    session.results = {**session.results, "bootstrap": timescales(width=4.0)}
    assert "mdx-hidden" not in panel._interval._dom_classes
    panel._interval.value = "bootstrap"
    assert "95 %, over trajectories" in panel._head.value
    assert panel._slowest.text.tolist() == ["t₂ = 2.56 ns [0.64, 10]"]


def test_frames_are_said_where_the_time_step_is_unknown():
    session = builders.session(with_results=False, timestep_ns=None)
    session.results = {"timescales": timescales(timestep_ns=None), "kinetics": dataclasses.replace(states(3)[2], timestep_ns=None)}
    panel = TimescalesPanel(session)
    assert panel._x_axis.label == "lag time / frames"
    click_at(panel._ground, 19.0, 1.0)
    assert lag_of(session) == 20
    assert panel._lag.text.tolist() == ["lag 20 frames"]


def test_the_posterior_is_asked_for_when_it_is_chosen(session):
    asked = []
    session.want = asked.append
    session.results = {**session.results, "bootstrap": timescales(width=4.0)}
    panel = TimescalesPanel(session)
    panel._interval.value = "posterior"
    assert asked == ["posterior"] and "posterior is drawn" in panel._head.value
    session.results = {**session.results, "posterior": timescales(width=2.0)}
    assert "95 %, posterior" in panel._head.value


def test_the_slowest_timescale_is_written_where_the_lag_line_is_not(session):
    panel = TimescalesPanel(session)
    low, high = panel._x.min, panel._x.max
    assert panel._slowest.align == "end" and panel._slowest.x[0] > (low * high) ** 0.5
    click_at(panel._ground, 1.0, 1.0)
    assert panel._slowest.align == "start" and panel._slowest.x[0] < (low * high) ** 0.5


def test_the_meaning_of_the_region_is_not_crossed_by_a_late_lag_line(session):
    panel = TimescalesPanel(session)
    picture = panel._picture
    (low, high), late = picture.x_range, picture.x_range[0] * (picture.x_range[1] / picture.x_range[0]) ** 0.8
    panel._draw_lag(picture, late, "lag")
    assert low < panel._shorter.x[0] < late
    panel._draw_lag(picture, low * 1.2, "lag")
    assert panel._shorter.x[0] == pytest.approx(high, rel=0.1)


def test_exact_timescales_of_a_model_system_are_labelled_lines(session):
    panel = TimescalesPanel(session)
    assert panel._known.text.tolist() == [""]
    session.data.exact = Exact((100.0, 20.0))
    session.results = {**session.results, "timescales": dataclasses.replace(session.results["timescales"])}
    panel._picture = None
    panel._again()
    assert panel._known.text.tolist() == ["exact"]
    assert {float(y) for y in panel._exact.y.ravel()} >= {2.0, 0.4}
