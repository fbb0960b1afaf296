"""Two methods side by side: it asks while it is open, one gesture in either map is one selection of the page, and every selection shows in both."""
from __future__ import annotations

import numpy as np
import pytest

from mdexplore.methods.results import FoldScores
from mdexplore.panels.comparing import ComparingPanel
from mdexplore.session.arena import ArenaRow
from mdexplore.session.arena_jobs import ArenaJobs
from mdexplore.session.sides import Side, Sides
from tests.panels import builders
from tests.panels.gestures import click_at


@pytest.fixture
def session():
    return builders.session()


@pytest.fixture
def panel(session):
    return ComparingPanel(session, ArenaJobs(session))


def judged(panel, *names):
    one = np.ones(5)
    jobs = panel.jobs
    jobs.add(*(n.lower() for n in names))
    jobs.rows = {c.name: ArenaRow(c, FoldScores(one, one, one, one, 2, 2, 2)) for c in jobs.candidates}


def answered(panel, n_moved=30):
    """As a worker would: the second puts some frames of the first state into the second."""
    points, states = builders.wells()
    x, y = np.concatenate(points).T.copy()
    a = np.concatenate(states).astype(np.int16)
    b = a.copy()
    b[np.flatnonzero(a == 0)[:n_moved]] = 1
    names = ("IC 1", "IC 2")
    panel.asker._known[panel._key] = Sides(Side(names, ("", ""), x, y, a), Side(names, ("", ""), -x, y, b), 3)
    panel.asker._answer(panel._key)
    return a, b


def test_fewer_than_two_methods_are_said_in_words(panel):
    panel.open()
    assert "no two methods" in panel._wrong.widget.value
    judged(panel, "TICA", "VAMP")
    assert "mdx-hidden" in panel._wrong.widget._dom_classes and panel.asker.is_waiting
    assert [menu.value for menu in panel.menus] == ["TICA", "VAMP"]


def test_nothing_is_asked_while_it_is_closed(panel):
    judged(panel, "TICA", "VAMP")
    assert not panel.asker.is_waiting


def test_maps_and_tools_are_made_when_it_is_first_opened_and_the_kept_tool_is_taken_up(panel):
    assert not hasattr(panel, "maps") and list(panel._bar.children) == [panel._head, panel._close]
    panel.restore({"tool": "point"})
    panel.open()
    assert panel.tools.in_use == "point" and all(side.figure.interaction is None for side in panel.maps)
    shown = list(panel._bar.children)
    assert shown == [panel._head, *panel.tools.buttons.values(), panel._close]
    panel.close()
    panel.open()
    assert list(panel._bar.children) == shown


def test_another_method_in_a_menu_is_asked_for_and_told_to_the_arena(panel):
    judged(panel, "TICA", "VAMP", "EDMD")
    panel.open()
    before = panel._key
    panel.menus[0].value = "VAMP"
    assert panel.jobs.pair == ("VAMP", "EDMD") and panel._key != before
    panel.menus[0].value = "EDMD"
    assert "agrees with itself" in panel._wrong.widget.value


def test_what_they_share_is_told_state_by_state(panel):
    judged(panel, "TICA", "VAMP")
    panel.open()
    a, b = answered(panel)
    assert panel.summary.value == "They disagree on 4 % of the frames."
    assert panel.table.value.count("<em") == 3 and "100 %" in panel.table.value
    panel.select.click()
    assert np.array_equal(panel.session.selection.mask, a != b)
    assert "TICA and VAMP disagree" in panel.session.selection.how


def test_a_lasso_in_either_map_selects_for_the_page_and_shows_in_both(panel):
    judged(panel, "TICA", "VAMP")
    panel.open()
    answered(panel)
    before = [side.image.image.value for side in panel.maps]
    seen = []
    panel.session.observe(seen.append, "selection")
    side = panel.maps[1]
    side.cells.selected = np.arange(5)
    assert len(seen) == 1 and panel.session.selection.n >= 5
    assert np.array_equal(panel.session.selection.mask, side._picture.cells.mask(side._picture.cells.occupied[:5]))
    assert all(drawn.image.image.value != old for drawn, old in zip(panel.maps, before))


def test_a_selection_of_another_panel_is_drawn_without_an_echo(panel):
    judged(panel, "TICA", "VAMP")
    panel.open()
    answered(panel)
    panel.session.select(np.arange(40), source="trace", how="brush")
    assert panel.session.selection.source == "trace" and panel.session.selection.n == 40
    assert (panel.maps[0]._here.x.size, panel.maps[1]._here.x.size) == (1, 1)


def test_a_click_selects_the_state_that_this_method_has_there(panel):
    judged(panel, "TICA", "VAMP")
    panel.open()
    _, b = answered(panel)
    side = panel.maps[1]
    at = 2.0, 0.0   # the first well, as the second model has it
    click_at(side.image, *at)
    assert panel.session.selection.n == 0   # the lasso is in hand
    panel.tools.use("point")
    click_at(side.image, *at)
    assert np.array_equal(panel.session.selection.mask, b == b[side._picture.plane.nearest(2.0, 0.0, side._picture.cells.window)])
    assert panel.session.selection.how.endswith("of VAMP")


def test_other_data_take_the_answer_away(panel):
    judged(panel, "TICA", "VAMP")
    panel.open()
    answered(panel)
    panel.session.study = builders.session((100, 90)).study
    assert panel._shown_sides() is None and "no two methods" in panel._wrong.widget.value
