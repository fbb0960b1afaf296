import pytest

from mdexplore.panels.chapman import Chapman
from tests.panels import builders
from tests.panels.gestures import click_at
from tests.panels.kinetic_results import chapman, three_states


@pytest.fixture
def session():
    made = builders.session(with_results=False)
    made.results = {"coarse": three_states(), "chapman": chapman(3, off=2.0)}
    return made


def test_waits_politely_for_the_test():
    panel = Chapman(builders.session(with_results=False))
    assert "Chapman" in panel._waiting.value


def test_the_worst_pane_is_said_and_marked(session):
    panel = Chapman(session)
    assert "fails: 1 of 27 outside" in panel._head.value
    assert panel._worst.x.shape == (4,)
    session.results = {**session.results, "chapman": chapman(3)}
    assert "all within the bands" in panel._head.value
    assert panel._worst.x.size == 0


def test_panes_have_the_colours_of_their_states(session):
    panel = Chapman(session)
    assert panel._models.colors[:3] == ["var(--mdx-s0)"] * 3


def test_a_click_selects_the_frames_of_both_states(session):
    panel = Chapman(session)
    click_at(panel._ground, 2.5, 2.5)
    assert session.selection.how == "states 1 and 3"
    assert session.selection.n == ((session.states == 0) | (session.states == 2)).sum()


def test_another_number_of_states_makes_another_number_of_panes(session):
    panel = Chapman(session)
    session.results = {**session.results, "chapman": chapman(2)}
    assert len(panel._titles.text) == 4
    assert panel._x.max == 2.0


def test_one_state_is_no_test_and_a_sentence_says_why(session):
    panel = Chapman(session)
    assert "mdx-nothing" not in panel.widget._dom_classes and "mdx-hidden" in panel._nothing._dom_classes
    session.results = {**session.results, "chapman": chapman(1)}
    assert "mdx-nothing" in panel.widget._dom_classes and "mdx-hidden" not in panel._nothing._dom_classes
    assert "one state" in panel._nothing.value and "nothing to test" in panel._head.value
    session.results = {**session.results, "chapman": chapman(3)}
    assert "mdx-nothing" not in panel.widget._dom_classes and "mdx-hidden" in panel._nothing._dom_classes


def test_both_axes_say_what_they_are(session):
    panel = Chapman(session)
    assert (panel._x_axis.label, panel._y_axis.label) == ("lag time / ns", "probability")
    assert (list(panel._firsts.text), list(panel._lasts.text)) == (["0.02"] * 3, ["0.16"] * 3)


def test_in_narrow_panes_the_first_lag_time_keeps_off_the_last(session):
    panel = Chapman(session)
    assert panel._firsts.x_offset == 0
    session.results = {**session.results, "chapman": chapman(4)}
    assert panel._firsts.x_offset < 0


def test_titles_stand_in_the_middle_between_two_rows_and_are_smaller_where_there_are_four(session):
    panel = Chapman(session)
    panes = panel._picture.panes
    below, above = panes[3].frame[0][1], panes[0].frame[1][1]   # upper end of the second row, lower end of the first
    assert panel._titles.y[3] == pytest.approx((below + above) / 2)
    whole = panel._titles.default_size
    session.results = {**session.results, "chapman": chapman(4)}
    assert panel._titles.default_size < whole
