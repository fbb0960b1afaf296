from __future__ import annotations

import re

import numpy as np
import pytest

from mdexplore.app.theme import stylesheet
from mdexplore.panels import trace
from mdexplore.panels.trace import TracePanel
from tests.panels import builders


@pytest.fixture
def session():
    return builders.session()


@pytest.fixture
def panel(session):
    return TracePanel(session)


def click(panel, x, y):
    panel._clicked(None, {"data": {"click_x": x, "click_y": y}})


def drag(panel, x0, x1):
    """What the page sends for a range."""
    brush = panel.range.selector
    brush.brushing = True
    brush.selected = np.array([x0, x1])
    brush.brushing = False


def test_it_waits_and_then_shows_an_angle_of_the_current_trajectory():
    session = builders.session(with_results=False)
    panel = TracePanel(session)
    assert "mdx-waiting" in panel.widget._dom_classes
    session.results = builders.results()
    assert "mdx-ready" in panel.widget._dom_classes
    assert panel.coordinate.value == "φ ALA2"
    assert list(panel.ends.text) == ["−180°", "180°"]
    assert panel._strip.value == ""


def test_it_is_there_before_the_states_are():
    session = builders.session(with_results=False)
    session.results = {"projection": builders.results()["projection"]}
    panel = TracePanel(session)
    assert "mdx-ready" in panel.widget._dom_classes
    assert panel.coordinate.value == "IC 1"


def test_the_axis_has_a_unit_and_says_frames_where_the_time_step_is_unknown(panel):
    assert panel.figure.axes[0].label == "time / ns"
    assert TracePanel(builders.session(timestep_ns=None)).figure.axes[0].label == "time / frames"


def test_a_click_on_the_ribbon_shows_that_trajectory_and_frame(session, panel):
    click(panel, 2.0, 0.78)          # the middle of three rows, 2 ns = frame 100
    assert session.current == (1, 100)


def test_a_click_after_the_end_of_a_trajectory_shows_its_last_frame(session, panel):
    click(panel, 7.9, 0.63)
    assert session.current == (2, 49)


def test_a_click_on_the_curve_stays_in_the_trajectory(session, panel):
    session.show_frame(1, 3)
    click(panel, 1.0, 0.2)
    assert session.current == (1, 50)


def test_a_range_selects_frames_of_the_current_trajectory_once(session, panel):
    session.show_frame(1, 0)
    panel.tools.buttons["range"].click()
    seen = []
    session.observe(lambda change: seen.append(change["new"]), "selection")
    drag(panel, 0.99, 2.01)
    assert len(seen) == 1
    assert session.data.index.pairs(seen[0].numbers).tolist() == [[1, k] for k in range(50, 101)]
    assert seen[0].how == "1 to 2 ns of trajectory 1"


def test_a_second_range_is_added_where_the_mode_says_so(session, panel):
    panel.mode.value = "add"
    drag(panel, 0.0, 0.19)
    drag(panel, 1.0, 1.19)
    assert session.selection.numbers.tolist() == [*range(10), *range(50, 60)]


def test_a_range_beyond_the_end_selects_nothing(session, panel):
    session.show_frame(2, 0)
    drag(panel, 5.0, 6.0)
    assert session.selection.n == 0


def test_clicks_do_nothing_while_the_range_is_in_use(session, panel):
    panel.tools.buttons["range"].click()
    click(panel, 2.0, 0.78)
    assert session.current == (0, 0)


def test_buttons_step_through_the_trajectories_round_and_round(session, panel):
    session.show_frame(0, 200)
    panel.before.click()
    assert session.current == (2, 49)
    panel.after.click()
    assert session.current == (0, 49)


def test_the_line_and_the_curve_follow_the_current_frame(session, panel):
    before = panel.bars.y.copy()
    session.show_frame(1, 100)
    assert list(panel.now.x) == [2.0, 2.0]
    assert panel.bars.y.shape != before.shape or not np.array_equal(panel.bars.y, before, equal_nan=True)
    assert list(panel.row.text) == ["1 ▸"]


def test_the_rug_shows_the_selected_frames_of_the_current_trajectory(session, panel):
    session.select(np.arange(10, 20), source="test", how="ten frames")
    assert (panel.rug.x.min(), panel.rug.x.max()) == pytest.approx((0.2, 0.4))
    session.show_frame(1, 0)
    assert len(panel.rug.x) == 0


def test_a_selection_made_elsewhere_shades_the_ribbon_without_an_echo(session, panel):
    seen = []
    session.observe(lambda change: seen.append(1), "selection")
    before = panel.ribbon.image.value
    session.select_state(2, source="network")
    assert panel.ribbon.image.value != before
    assert len(seen) == 1


def test_each_state_is_drawn_in_its_colour_and_every_line_ends_finite(session, panel):
    assert list(panel.bars.colors) == ["var(--mdx-s0)", "var(--mdx-s1)", "var(--mdx-s2)", "var(--mdx-outside)"]
    assert panel.bars.x.shape == panel.bars.y.shape == (4, 3 * 400 + 1)
    assert np.isfinite(panel.bars.y[:, -1]).all() and np.isnan(panel.bars.y[:, -2]).all()


def test_slow_coordinates_have_one_range_for_all_trajectories(session, panel):
    panel.coordinate.value = "IC 1"
    limits = list(panel.ends.text)
    session.show_frame(2, 0)
    assert list(panel.ends.text) == limits


def test_a_feature_is_read_for_the_current_trajectory_only(session, panel):
    made = session.results
    read = []

    class Watched(np.ndarray):
        def __getitem__(self, key):
            read.append(self.number)
            return np.asarray(self).__getitem__(key)

    watched = [np.array(v).view(Watched) for v in made["features"].values]
    for k, array in enumerate(watched):
        array.number = k
    session.results = {**made, "features": type(made["features"])(tuple(watched), made["features"].names, made["features"].atoms, made["features"].kinds)}
    panel.coordinate.value = "CA1 - CA5"
    assert set(read) == {0}


def test_a_choice_of_the_users_outlives_new_results(session, panel):
    panel.coordinate.value = "IC 2"
    session.results = builders.results()
    assert panel.coordinate.value == "IC 2"


def test_one_short_trajectory_can_be_drawn():
    panel = TracePanel(builders.session((3,)))
    assert panel._strip.value == "" and "mdx-ready" in panel.widget._dom_classes


def test_the_menu_of_coordinates_keeps_off_the_selected_frames_in_the_lowest_panel(panel):
    share, height = (float(re.search(pattern, stylesheet()).group(1)) for pattern in (r"mdx-over-curve \{[^}]*bottom: calc\(40px \+ \(100% - 49px\) \* ([.\d]+)\); height", r"mdx-over-curve \{[^}]*height: (\d+)px"))
    plot = 248 - 36 - 49   # pixels: the least height of a panel without its head, and the margins of the figure
    top = panel.figure.marks[0].scales["y"].max
    assert share * plot + height <= trace._RUG / top * plot - panel.rug.stroke_width / 2
    assert trace._RUG < trace._BOTTOM


def test_numbers_of_thin_rows_at_the_edge_of_the_plot_are_not_cut(panel):
    assert not any(label.apply_clip for label in (panel.row, panel.rows, panel.ends, panel.name_label))
