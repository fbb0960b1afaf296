"""The panel of a coordinate: bars that point at atoms, and a slider along real frames."""
from __future__ import annotations

import asyncio
from dataclasses import replace

import numpy as np
import pytest

import mdexplore as mdx
from mdexplore.panels.coordinate import DECODED, HINT, MEAN, NO_ATOMS, CoordinatePanel
from mdexplore.panels.drawer import Drawer
from mdexplore.panels.loading_bars import DOWN, FEWEST_ROWS, OVER, UP
from mdexplore.panels.observables import ObservablesPanel
from mdexplore.panels.parts import icon
from mdexplore.session.coordinate_jobs import find_way
from tests.panels import builders
from tests.session.running import opened, until

LOADINGS = np.array([[0.1, 0.6], [-0.8, 0.2], [0.5, 0.9]])


def with_loadings(made, **changes):
    made.results = {**made.results, "projection": replace(made.results["projection"], loadings=LOADINGS, **changes)}
    return made


@pytest.fixture
def session():
    return builders.listening("coordinate", with_loadings(builders.session()))


@pytest.fixture
def panel(session):
    made = CoordinatePanel(session)
    made.open()
    return made


def answer(session):
    (column, steps, _), done, _ = session.asked[-1]
    way = find_way(session.results["projection"], column, steps=steps)
    done(way)
    return way


def hover(panel, index):
    panel.bars.rows._handle_custom_msg({"event": "hover", "data": {"index": index}}, [])


def click(panel, index):
    panel.bars.rows._handle_custom_msg({"event": "element_click", "data": {"index": index}}, [])


def strong(session):
    return session.lit[-1] if session.lit else ()


def test_a_closed_panel_makes_nothing_and_asks_nothing(session):
    panel = CoordinatePanel(session)
    session.show_frame(1, 3)
    assert panel._content.children == () and session.asked == []
    panel.open()
    assert [args for args, *_ in session.asked] == [(0, "share", False)]


def test_bars_name_the_features_with_their_numbers(panel):
    assert list(panel.bars.names.text) == ["sin phi ALA2", "CA1 - CA5", "cos phi ALA2"] and list(panel.bars.numbers.text) == ["−0.80", "0.50", "0.10"]
    assert list(panel.bars.bars.y) == [-0.8, 0.5, 0.1] and panel.bars.bars.colors == [DOWN, UP, UP] and panel.bars.bars.color_mode == "no_group"   # not one colour a group
    assert panel.made_of.value == "Correlation of features with IC 1"


@pytest.mark.parametrize(("height", "n_rows"), [(420, FEWEST_ROWS), (200, 10)])
def test_texts_lie_on_no_bar_in_a_chart_of_any_height(panel, height, n_rows):
    row, text = height / n_rows, panel.bars.names
    half = (1 - panel.bars.bars.padding) * row / 2
    baseline = -text.y_offset - 4    # a text of 11 px hangs 4 px below the place it is given, letters like p by 3 more
    assert text.y_offset == panel.bars.numbers.y_offset == OVER
    assert half < baseline - 3
    assert baseline + 8 < row - half


def test_the_mouse_on_a_bar_marks_its_atoms_and_a_click_keeps_them(panel, session):
    hover(panel, 1)
    assert strong(session) == (0, 4)
    hover(panel, 0)
    assert strong(session) == (0, 1, 2, 3)
    click(panel, 1)
    hover(panel, 0)
    assert strong(session) == (0, 4)
    click(panel, 1)
    assert session.lit == ()


def test_all_atoms_are_marked_by_their_strongest_feature(panel, session):
    panel.all_atoms.value = True
    assert session.lit == ((), (), (), (4,), (0, 1, 2, 3))
    hover(panel, 1)
    assert strong(session) == (0, 4)


def test_closing_takes_the_marks_away_and_opening_starts_anew(panel, session):
    click(panel, 0)
    panel.close()
    assert session.lit == ()
    panel.open()
    hover(panel, 1)
    assert strong(session) == (0, 4)


def test_another_coordinate_has_other_bars_and_asks_for_its_way(panel, session):
    click(panel, 0)
    panel.coordinate.value = "IC 2"
    assert list(panel.bars.names.text) == ["CA1 - CA5", "cos phi ALA2", "sin phi ALA2"] and session.lit == ()
    assert session.asked[-1][0] == (1, "share", False)


def test_states_that_come_later_leave_the_marks_alone(panel, session):
    click(panel, 0)
    session.results = {**session.results, "coarse": replace(session.results["coarse"])}
    assert strong(session) == (0, 1, 2, 3) and len(session.asked) == 1


def test_features_without_atoms_say_that_nothing_can_be_marked(session):
    session.results = {**session.results, "features": replace(session.results["features"], atoms=((),) * 3)}
    panel = CoordinatePanel(session)
    panel.open()
    hover(panel, 0)
    assert panel.told.value == NO_ATOMS and session.lit == () and "mdx-hidden" in panel.all_atoms._dom_classes


def test_a_method_without_loadings_says_so(session):
    session.results = {**session.results, "projection": replace(session.results["projection"], loadings=None)}
    panel = CoordinatePanel(session)
    panel.open()
    assert "not known" in panel.made_of.value and HINT not in panel.told.value and list(panel.bars.names.text) == []


def test_the_slider_shows_the_frame_of_each_step_and_says_where_it_lies(panel, session):
    way = answer(session)
    for step in (0, 20, len(way.frames) - 1):
        panel.slider.value = step
        assert session.current == tuple(way.frames[step])
        assert f"Step {step + 1} of 40" in panel.here.value and " % of the frames" in panel.here.value
    state = session.states[session.data.index.number(*session.current)]
    assert f", state {state + 1}" in panel.here.value


def test_the_slider_follows_a_frame_that_is_shown_by_others_without_an_echo(panel, session):
    way = answer(session)
    session.show_frame(0, 0)
    value = session.results["projection"].values[0][0, 0]
    step = panel.slider.value
    assert session.current == (0, 0) and way.low[step] <= value <= way.high[step]
    assert "Another frame" in panel.here.value


def test_what_came_before_answers_does_not_move_the_frame(panel, session):
    session.show_frame(1, 4)
    answer(session)
    assert session.current == (1, 4)


def test_only_networks_with_a_decoder_offer_what_they_decode(panel, session):
    assert list(panel.shown_frame.options) == [MEAN] and "mdx-hidden" in panel.shown_frame._dom_classes
    with_loadings(session, parameters={"decoder": {}})
    assert list(panel.shown_frame.options) == [MEAN, DECODED] and "mdx-hidden" not in panel.shown_frame._dom_classes
    panel.shown_frame.value = DECODED
    assert session.asked[-1][0] == (0, "share", True)


def test_it_plays_to_the_end_and_begins_again(panel, session):
    way = answer(session)
    shown = []
    session.observe(lambda change: shown.append(change["new"]), "current")

    async def play():
        panel.slider.value = len(way.frames) - 3
        panel.player._pause = 0.0
        panel.play.click()
        assert panel.player.is_playing and "mdx-i-pause" in panel.play._dom_classes
        while panel.player.is_playing:
            await asyncio.sleep(0)
        at_end = session.current
        panel.play.click()
        assert panel.slider.value == 0
        panel.player.stop()
        while panel.player.is_playing:
            await asyncio.sleep(0)
        return at_end

    assert asyncio.run(play()) == tuple(way.frames[-1]) and "mdx-i-play" in panel.play._dom_classes
    assert shown[:3] == [tuple(map(int, f)) for f in way.frames[-3:]]


def test_a_frame_that_somebody_else_shows_ends_the_play(panel, session):
    answer(session)
    session.drawn = 1   # there is a structure, whose drawing is waited for

    async def play():
        panel.slider.value = 5
        panel.play.click()
        await asyncio.sleep(0)
        session.show_frame(2, 0)
        while panel.player.is_playing:
            await asyncio.sleep(0)

    asyncio.run(play())
    assert session.current == (2, 0)


def test_play_before_there_is_a_way_says_that_it_is_being_computed(panel):
    panel.play.click()
    assert "nothing to play yet" in panel._strip.value


def test_its_button_may_stand_elsewhere_than_in_the_line_of_the_rail(session):
    opener = icon("bars", "open")
    drawer = Drawer([ObservablesPanel(session), CoordinatePanel(session)], {"coordinate": opener})
    assert [button.description for button in drawer.widget.children] == ["Observables"]
    opener.click()
    assert drawer.view() == {"open": "coordinate"} and drawer.switch.value == "coordinate" and "mdx-active" in opener._dom_classes
    drawer.restore({"open": "observables"})
    assert "mdx-active" not in opener._dom_classes


def test_another_panel_is_opened_over_the_title_of_the_one_that_is_open(session):
    first, second = ObservablesPanel(session), CoordinatePanel(session)
    drawer = Drawer([first, second])
    drawer.buttons["observables"].click()
    assert [title for title, _ in drawer.switch.options] == ["Observables", "Coordinate"] and drawer.switch in drawer.place.children
    drawer.switch.value = "coordinate"
    assert (drawer.shown, first.is_open, second.is_open) == ("coordinate", False, True)
    assert "mdx-active" in drawer.buttons["coordinate"]._dom_classes and "mdx-active" not in drawer.buttons["observables"]._dom_classes
    second._close.click()
    drawer.switch.value = "observables"   # a late message from a drawer that is closed
    assert drawer.shown is None


def test_nothing_exact_is_shown_or_asked_for_data_without_exact_answers(panel):
    assert "mdx-hidden" in panel.exact.widget._dom_classes


def test_a_coordinate_of_a_model_system_is_drawn_over_the_exact_eigenfunction(cache):
    data = mdx.model_system(lambda x: 3 * (x[:, 0] ** 2 - 1) ** 2, [(-2, 2)], n_frames=500, n_trajectories=2, n_timescales=2)

    async def body():
        async with opened(mdx.Study(data, lagtime=2)) as session:
            panel = CoordinatePanel(session)
            await until(session, lambda: panel.is_ready)
            panel.open()
            await until(session, lambda: len(panel.exact.found.x) > 0)
            said = panel.exact._said.widget.value
            assert "IC 1 follows exact eigenfunction 1 (100 frames): correlation 0.9" in said
            assert len(panel.exact.exact.x) == len(panel.exact.exact.y) > 100 and panel.exact._y_axis.label == "IC 1"

    asyncio.run(body())
