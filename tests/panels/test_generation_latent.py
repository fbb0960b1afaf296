"""The latent space of a flow in the panel of generated frames: a loop selects real frames and lists what was made there."""
from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from mdexplore.panels.generation import GenerationPanel
from mdexplore.session.generating import FLOW, LANDING, Generation, Measured
from mdexplore.session.latent import Latent
from tests.panels import builders

REAL = np.array([[0, 10], [0, 20], [0, 390], [1, 5]])   # states 0, 0, 2, 0
NEAREST = np.array([[0, 11], [0, 20], [0, 391], [1, 6], [0, 392], [0, 393]])
PLACES = np.array([[-2, 0], [-1, 0], [2, 0], [-2, 1], [2, 1], [2, 2]], np.float32)


def with_latent(weights=None):
    made = Generation(FLOW, NEAREST, np.arange(6) / 10, "nm", (), np.arange(72, dtype=np.float32).reshape(6, 4, 3), weights=weights)
    latent = Latent(("latent 1", "latent 2"), "", made, PLACES, np.array([[-1.5, 0], [-1, 1], [1.5, 0], [0, 0]], np.float32), REAL)
    return replace(made.rows(np.arange(2)), measured=(Measured("Effective <share>", "7 %", "of 100"),), latent=latent)


@pytest.fixture
def session(monkeypatch):
    for place in ("session.generating_jobs", "panels.generation"):
        monkeypatch.setattr(f"mdexplore.{place}.why_not", lambda data, means: None)
    return builders.listening("generation")


@pytest.fixture
def latent(session):
    """The panel with what a flow has made; `lasso(points)` draws a loop around points of it, generated ones first."""
    panel = GenerationPanel(session)
    panel.open()
    panel.way.value = FLOW
    panel.go.click()
    session.asked[-1][1](with_latent())

    def lasso(points):
        panel.latent.points.selected = np.asarray(points)
        panel.latent.points.selected = np.array([], int)   # the page answers a reset

    panel.lasso = lasso
    return panel


def shown(panel):
    return [row._text.value for row in panel.list.rows if "mdx-hidden" not in row.widget._dom_classes]


def test_a_loop_in_the_latent_space_selects_the_real_frames_in_it_and_lists_what_was_made_there(session, latent):
    latent.lasso([3, 0, 6, 7])
    expected = session.data.index.numbers(REAL[[0, 1]])
    assert session.selection.numbers.tolist() == expected.tolist()
    assert (session.selection.source, session.selection.how) == ("generation", "lasso over 2 of 4 frames in the latent space of the flow")
    assert len(shown(latent)) == 2 and "trajectory 0, frame 11" in shown(latent)[0] and "trajectory 1, frame 6" in shown(latent)[1]
    assert "In the loop: 2 of 6 generated structures; 2 of 4 real frames, now selected." in latent.held.widget.value
    np.testing.assert_allclose(np.stack([latent.latent.marks.rows.x, latent.latent.marks.rows.y], axis=1)[::-1], PLACES[[0, 3]])
    assert len(latent.map.marks.x) == 2


def test_a_row_of_a_loop_shows_its_own_structure(session, latent):
    latent.lasso([3, 4, 6])
    latent.list.rows[1].button.click()
    assert session.current == (0, 392)
    np.testing.assert_array_equal(session.beside.xyz_nm, with_latent().latent.made.xyz_nm[4])


def test_the_first_list_is_back_when_the_selection_is_cleared_or_another(session, latent):
    first = shown(latent)
    for another in (None, session.states == 1):
        latent.lasso([3, 4, 6])
        assert shown(latent) != first and "mdx-hidden" not in latent.back._dom_classes
        session.select(another, source="test", how="another")
        assert shown(latent) == first and "mdx-hidden" in latent.back._dom_classes and "Draw a loop" in latent.held.widget.value


def test_undo_goes_back_to_a_loop(session, latent):
    latent.lasso([3, 4, 6])
    listed = shown(latent)
    session.select(None, source="test", how="nothing")
    session.undo()
    assert shown(latent) == listed


def test_a_button_goes_back_to_the_first_list_and_keeps_the_selection(session, latent):
    first = shown(latent)
    latent.lasso([3, 4, 6])
    latent.back.click()
    assert shown(latent) == first and session.selection.n == 1


def test_a_loop_around_structures_alone_lists_them_and_selects_nothing(session, latent):
    latent.lasso([5])
    assert session.selection.n == 0 and len(shown(latent)) == 1 and "no real frame, so the selection stays" in latent.held.widget.value


def test_a_loop_around_nothing_says_so_and_changes_nothing(session, latent):
    first = shown(latent)
    latent.latent.points.selected = np.array([], int)
    assert "Nothing lies in this loop" in latent.held.widget.value and shown(latent) == first and session.selection.n == 0


def test_nearest_frames_of_all_in_the_loop_become_the_selection_and_the_list_stays(session, latent):
    latent.lasso([2, 4, 5, 8])
    listed = shown(latent)
    latent._select()
    assert session.selection.numbers.tolist() == sorted(session.data.index.numbers(NEAREST[[2, 4, 5]])) and "3 generated frames" in session.selection.how
    assert shown(latent) == listed


def test_what_is_selected_anywhere_lights_up_with_the_structures_nearest_to_it(session, latent):
    assert latent.latent.real.opacities == [0.4] and latent.latent.made.opacities == [0.5]
    session.select(np.array([[0, 10], [0, 20]]), source="projection", how="lasso")
    assert (np.array(latent.latent.real.opacities) > 0.5).tolist() == [True, True, False, False]
    assert (np.array(latent.latent.made.opacities) > 0.5).tolist() == [False, True, False, False, False, False]
    session.select(None, source="projection", how="nothing")
    assert latent.latent.real.opacities == [0.4]


def test_all_structures_in_a_loop_light_up(session, latent):
    latent.lasso([0, 6])
    assert (np.array(latent.latent.made.opacities) > 0.5).tolist() == [True, False, False, False, False, False]


def test_real_frames_have_the_colours_of_the_page(session, latent):
    assert latent.latent.real.colors == ["var(--mdx-s0)", "var(--mdx-s0)", "var(--mdx-s2)", "var(--mdx-s0)"]
    session.results = {**session.results, "coarse": replace(session.results["coarse"], colors=(4, 1, 5))}
    assert latent.latent.real.colors == ["var(--mdx-s4)", "var(--mdx-s4)", "var(--mdx-s5)", "var(--mdx-s4)"]


def test_numbers_stand_by_their_names_and_are_escaped(latent):
    assert "<i>Effective &lt;share&gt;</i><span><b>7 %</b> of 100</span>" in latent.measured.value


def test_what_has_no_latent_space_shows_none(session, latent):
    latent.way.value = LANDING
    session.asked[0][1](Generation(LANDING, REAL, np.zeros(4), "", ("Real frames.",)))
    assert "mdx-away" in latent.latent.widget._dom_classes and "mdx-hidden" in latent.caption._dom_classes and "mdx-hidden" in latent.held.widget._dom_classes
    latent.way.value = FLOW
    assert "mdx-away" not in latent.latent.widget._dom_classes


def test_a_loop_of_a_page_that_shows_something_else_meanwhile_is_passed_over(session, latent):
    latent.latent.show(None)
    latent.lasso([0, 6])
    assert session.selection.n == 0
