from __future__ import annotations

import asyncio
import importlib.util

import numpy as np
import pytest

import mdexplore as mdx
from mdexplore.methods.deep.forming import Forming
from mdexplore.panels.projection import ProjectionPanel
from mdexplore.pictures.cells import OVERFLOW
from tests.panels import builders
from tests.session.running import opened, until


def n_outside(cells):
    """Frames outside the window."""
    return int((cells.cell == OVERFLOW).sum())


@pytest.fixture
def session():
    return builders.session()


@pytest.fixture
def panel(session):
    return ProjectionPanel(session)


def selections(session):
    """Every selection that is made from now on."""
    seen = []
    session.observe(lambda change: seen.append(change["new"]), "selection")
    return seen


def lasso(panel, cells):
    """What the page sends for a loop: the vertices inside, then the answer to the reset."""
    panel.cells.selected = np.asarray(cells)
    panel.cells.selected = np.array([], int)


def test_it_waits_for_the_projection_and_then_shows_every_frame():
    session = builders.session(with_results=False)
    panel = ProjectionPanel(session)
    assert "mdx-waiting" in panel.widget._dom_classes
    session.results = builders.results()
    assert "mdx-ready" in panel.widget._dom_classes
    assert n_outside(panel._grid) == 0
    assert panel._strip.value == ""


def test_it_fills_in_as_results_arrive():
    session = builders.session(with_results=False)
    made = builders.results()
    session.results = {"projection": made["projection"]}
    panel = ProjectionPanel(session)
    assert "States follow" in panel.key.value and list(panel.labels.text) == []
    session.results = made
    assert panel.key.value == "" and list(panel.labels.text) == ["1", "2", "3"]
    assert "φ ALA2" in panel.x.options


def test_one_lasso_makes_exactly_one_selection_of_exactly_the_frames_in_its_cells(session, panel):
    seen = selections(session)
    chosen = np.arange(0, len(panel._grid.occupied), 2)
    expected = np.isin(panel._grid.cell, panel._grid.occupied[chosen])
    lasso(panel, chosen)
    assert len(seen) == 1
    assert (seen[0].mask == expected).all()
    assert seen[0].how == f"lasso over {len(chosen)} cells of IC 1 and IC 2"
    assert seen[0].source == "projection"


def test_the_same_lasso_twice_is_told_twice_and_does_not_add_up(session, panel):
    seen = selections(session)
    lasso(panel, [0, 1])
    lasso(panel, [5])
    lasso(panel, [5])
    assert [s.n for s in seen[1:]] == [int(panel._grid.counts[panel._grid.occupied[5]])] * 2


def test_a_loop_around_nothing_changes_nothing_and_is_wiped_off(session, panel, monkeypatch):
    seen, resets = selections(session), []
    monkeypatch.setattr(panel.lasso.selector, "reset", lambda: resets.append(1))
    lasso(panel, [0])
    panel.cells.selected = np.array([], int)
    assert len(seen) == 1 and len(resets) == 2


@pytest.mark.parametrize("mode, expected", [("add", [True, True, False]), ("remove", [False, True, False]), ("intersect", [True, False, False]), ("replace", [True, False, False])])
def test_the_mode_says_how_a_new_selection_meets_the_old_one(session, panel, mode, expected):
    cells = panel._grid.occupied
    session.select(panel._grid.mask(cells[:2]), source="test", how="two cells")
    panel.mode.value = mode
    lasso(panel, [0])
    assert [bool(session.selection.mask[panel._grid.cell == c].all()) for c in cells[:3]] == expected


def test_a_box_selects_by_the_numbers_and_not_by_cells(session, panel):
    brush = panel.box.selector
    brush.brushing = True
    brush.selected_x, brush.selected_y = np.array([-3.0, -1.0]), np.array([-1.0, 0.5])
    seen = selections(session)
    brush.brushing = False
    points = np.concatenate(session.results["projection"].values)
    expected = (points[:, 0] >= -3) & (points[:, 0] <= -1) & (points[:, 1] >= -1) & (points[:, 1] <= 0.5)
    assert [s.n for s in seen] == [expected.sum()]
    assert seen[0].how == "box −3 to −1 of IC 1, −1 to 0.5 of IC 2"


def test_a_click_shows_the_nearest_frame_only_with_the_click_tool(session, panel):
    points = np.concatenate(session.results["projection"].values)
    number = 500
    message = {"data": {"click_x": float(points[number, 0]), "click_y": float(points[number, 1])}}
    panel._clicked(None, message)
    assert session.current == (0, 0)
    panel.tools.buttons["point"].click()
    panel._clicked(None, message)
    assert session.current == session.data.index.pair(number)
    assert session.selection.n == 0


def test_a_selection_made_elsewhere_is_drawn_without_an_echo(session, panel):
    before = panel.image.image.value
    seen = selections(session)
    session.select_state(1, source="network")
    assert panel.image.image.value != before
    assert len(seen) == 1


def test_the_marker_follows_the_current_frame(session, panel):
    session.show_frame(1, 7)
    assert (panel.marker.x[0], panel.marker.y[0]) == pytest.approx(tuple(session.results["projection"].values[1][7]))


def test_zooming_bins_the_visible_part_anew_and_home_leads_back(session, panel):
    with panel.x_scale.hold_trait_notifications():
        panel.x_scale.min, panel.x_scale.max = -2.5, -1.5
    assert (panel._grid.window.x0, panel._grid.window.x1) == (-2.5, -1.5)
    assert list(panel.image.x) == [-2.5, -1.5]
    assert n_outside(panel._grid) > 0
    lasso(panel, range(len(panel._grid.occupied)))
    assert session.selection.n == session.data.n_frames - n_outside(panel._grid)
    panel.home.click()
    assert panel._grid.window == panel._plane.home
    assert n_outside(panel._grid) == 0


def test_many_steps_of_the_wheel_bin_once(panel, monkeypatch):
    shown = []
    monkeypatch.setattr(panel, "_show", lambda window: shown.append(window))
    panel._later._delay = 0.01

    async def turn():
        for k in range(1, 20):
            panel.x_scale.min = -3.0 + k / 50
        while not shown:
            await asyncio.sleep(0)

    asyncio.run(turn())
    assert len(shown) == 1
    assert shown[0].x0 == pytest.approx(-3.0 + 19 / 50)


def test_pressing_the_lasso_always_leaves_it_on(panel):
    button = panel.tools.buttons["lasso"]
    assert "mdx-active" in button._dom_classes and "mdx-tool-lasso" in button._dom_classes
    button.click()
    assert "mdx-active" in button._dom_classes
    panel.tools.buttons["box"].click()
    assert "mdx-active" not in button._dom_classes
    button.click()
    assert panel.figure.interaction is panel.lasso.selector


def test_clear_empties_the_selection(session, panel):
    session.select_state(0, source="test")
    panel.clear.click()
    assert session.selection.n == 0


def test_numbers_on_axes_are_never_rounded_to_whole_ones(panel):
    assert (panel.x_axis.tick_format, panel.y_axis.tick_format) == ("~g", "~g")


def test_axes_and_their_titles_follow_the_choice(session, panel):
    panel.x.value, panel.y.value = "φ ALA2", "CA1 - CA5"
    assert (panel.x_axis.label, panel.y_axis.label) == ("φ ALA2 / °", "CA1 - CA5 / nm")
    assert (panel.x_scale.min, panel.x_scale.max) == (-180, 180)


@pytest.mark.parametrize("coloring, label", [("density", "log₁₀ frames per cell"), ("free energy", "F / kT"), ("time", "time / ns"), ("CA1 - CA5", "CA1 - CA5 / nm"), ("φ ALA2", "φ ALA2 / °")])
def test_each_colouring_says_what_it_shows(panel, coloring, label):
    panel.coloring.value = coloring
    assert label in panel.key.value
    assert panel._strip.value == ""


def test_the_committor_says_what_it_lacks_and_then_shows_it(session, panel):
    panel.coloring.value = "committor"
    assert "Choose source and sink" in panel.key.value
    session.results = {**session.results, "flux": builders.flux()}
    assert "<div>committor</div>" in panel.key.value


def test_a_flux_is_painted_by_its_committor_as_long_as_it_is_there(session, panel):
    session.ends = (0,), (2,)
    assert panel.coloring.value == "states"     # nothing to paint yet
    session.results = {**session.results, "flux": builders.flux()}
    assert panel.coloring.value == "committor" and "<div>committor</div>" in panel.key.value
    session.results = {k: v for k, v in session.results.items() if k != "flux"}   # another model: its flux is on its way
    assert panel.coloring.value == "committor"
    session.ends = None
    session.results = dict(session.results, coarse=session.results["coarse"])
    panel.draw()
    assert panel.coloring.value == "states"


def test_a_colour_chosen_while_a_flux_is_shown_stays(session, panel):
    session.ends = (0,), (2,)
    session.results = {**session.results, "flux": builders.flux()}
    panel.coloring.value = "density"
    session.results = {**session.results, "flux": builders.flux()}
    assert panel.coloring.value == "density"
    session.ends = None
    session.results = {k: v for k, v in session.results.items() if k != "flux"}
    assert panel.coloring.value == "density"


def grey(panel):
    return "mdx-hidden" not in panel.legend._grey._dom_classes


def test_colours_that_a_selection_takes_away_are_said_and_brought_back(session, panel):
    panel.coloring.value = "committor"
    session.results = {**session.results, "flux": builders.flux()}
    assert not grey(panel)
    session.select_state(1, source="test")
    assert grey(panel)
    panel.legend.clear.click()
    assert session.selection.n == 0 and not grey(panel)


def test_an_old_selection_is_said_when_the_colouring_changes_to_numbers(session, panel):
    session.select_state(1, source="test")
    assert not grey(panel)     # states: what is grey is not selected, as in every other panel
    panel.coloring.value = "free energy"
    assert grey(panel)
    panel.coloring.value = "states"
    assert not grey(panel)


def test_a_key_that_would_lie_on_data_everywhere_stands_above_the_plot():
    session = builders.session((20_000,))
    panel = ProjectionPanel(session)
    panel.coloring.value = "free energy"
    assert "mdx-corner-above" not in panel.legend.widget._dom_classes
    made, rng = session.results, np.random.default_rng(0)
    full = tuple(rng.uniform(0, 1, (len(v), 2)).astype(np.float32) for v in made["projection"].values)
    session.results = {**made, "projection": type(made["projection"])(full, ("IC 1", "IC 2"), "TICA", 5)}
    assert "mdx-corner-above" in panel.legend.widget._dom_classes


def test_frames_outside_the_model_are_mentioned():
    panel = ProjectionPanel(builders.session(outside=5))
    assert "0.7 % outside the model (grey)" in panel.key.value


def test_a_refit_keeps_the_choices_and_shows_everything_again(session, panel):
    panel.coloring.value = "density"
    panel.y.value = "φ ALA2"
    made = builders.results()
    moved = tuple(v + 100 for v in made["projection"].values)
    session.results = {**made, "projection": type(made["projection"])(moved, ("IC 1", "IC 2"), "VAMP", 5)}
    assert (panel.coloring.value, panel.y.value) == ("density", "φ ALA2")
    assert n_outside(panel._grid) == 0 and panel._grid.window.x0 > 90
    assert "VAMP" in panel._head.value


def test_chosen_names_are_taken_up_again_when_the_features_come_back(session, panel):
    panel.x.value, panel.y.value, panel.coloring.value = "φ ALA2", "CA1 - CA5", "CA1 - CA5"
    made = session.results
    others = type(made["features"])(tuple(f[:, 2:] for f in made["features"].values), ("CA2 - CA4",), ((1, 3),), ("distance",))
    session.results = {**made, "features": others}
    assert (panel.x.value, panel.y.value, panel.coloring.value) == ("IC 1", "IC 2", "states")
    session.results = made
    assert (panel.x.value, panel.y.value, panel.coloring.value) == ("φ ALA2", "CA1 - CA5", "CA1 - CA5")
    assert panel.x_axis.label == "φ ALA2 / °"


def test_a_later_choice_replaces_the_one_that_is_waited_for(session, panel):
    panel.x.value = "φ ALA2"
    made = session.results
    session.results = {name: result for name, result in made.items() if name != "features"}
    panel.x.value = "IC 2"
    session.results = made
    assert panel.x.value == "IC 2"


def test_restored_names_wait_for_the_features_that_have_them(session, panel):
    panel.x.value, panel.coloring.value = "φ ALA2", "φ ALA2"
    made, left = session.results, panel.view()
    session.results = {}
    opened = ProjectionPanel(session)
    opened.restore(left)
    session.results = {"projection": made["projection"]}
    assert (opened.x.value, opened.coloring.value) == ("IC 1", "states")
    assert opened.view() == left
    session.results = made
    assert (opened.x.value, opened.y.value, opened.coloring.value) == ("φ ALA2", "IC 2", "φ ALA2")


def test_a_restored_zoom_is_for_its_own_axes_only(session, panel):
    panel.restore({"x": "χ1 LEU9", "y": "IC 2", "window": (0.0, 1.0, 0.0, 1.0)})
    assert panel.x.value == "IC 1" and panel._grid.window == panel._plane.home


def test_names_from_files_cannot_carry_markup(session):
    made = session.results
    features = type(made["features"])(tuple(f[:, :1] for f in made["features"].values), ("<b>x</b>",), ((),), ("given",))
    session.results = {**made, "features": features}
    panel = ProjectionPanel(session)
    panel.coloring.value = "<b>x</b>"
    assert "<b>x" not in panel.key.value


def test_drawings_leave_no_widgets_behind(session, panel):
    import ipywidgets as w

    count = lambda: len(w.widget._instances)  # noqa: E731
    session.select_state(0, source="test")
    before = count()
    for state in (1, 2, 0, 1):
        session.select_state(state, source="test")
    assert count() == before


def forming(epoch=3):
    """What a worker shows of a network whose states are the wells."""
    frames = np.arange(0, 750, 3, dtype=np.int32)
    wells = np.concatenate(builders.results()["coarse"].assignments)
    return Forming("VAMPnet", epoch, 30, (1.9, 1.85), frames, wells[frames].astype(np.int16), None, 3)


def test_a_network_in_training_is_drawn_over_the_coordinates_last_shown_and_gives_way_to_them(session, panel):
    before, axes = panel.image.image.value, (panel.x_axis.label, panel.y_axis.label)
    session.previews = {"projection": forming()}
    assert "mdx-preview" in panel.widget._dom_classes
    assert "epoch 3 of at most 30: score 1.900, held out 1.850; preview of 250 frames" in panel.key.value and "preview" in panel._head.value
    assert panel.image.image.value != before and list(panel.labels.text) == []
    assert (panel.x_axis.label, panel.y_axis.label) == axes
    session.previews = {}
    assert "mdx-preview" not in panel.widget._dom_classes
    assert panel.image.image.value == before and list(panel.labels.text) == ["1", "2", "3"]
    assert "preview" not in panel.key.value and "preview" not in panel._head.value and "TICA" in panel._head.value


def test_frames_can_be_selected_while_a_network_is_in_training(session, panel):
    session.previews = {"projection": forming()}
    seen = selections(session)
    lasso(panel, [0, 1])
    assert seen[0].mask.any() and (seen[0].mask == panel._grid.mask(panel._grid.occupied[[0, 1]])).all()
    session.previews = {"projection": forming(4)}
    assert "epoch 4" in panel.key.value


def test_before_there_is_a_projection_a_network_in_training_is_drawn_over_two_features():
    session = builders.session(with_results=False)
    panel = ProjectionPanel(session)
    session.previews = {"projection": forming()}
    assert "mdx-preview" not in panel.widget._dom_classes   # no place to draw it
    made = builders.results()
    session.results = {"features": made["features"]}
    session.previews = {"projection": forming(4)}
    assert {"mdx-preview", "mdx-waiting"} <= set(panel.widget._dom_classes)
    assert panel.x_axis.label == "φ ALA2 / °" and "epoch 4" in panel.key.value
    session.previews = {}
    assert "mdx-preview" not in panel.widget._dom_classes and "mdx-waiting" in panel.widget._dom_classes
    session.results = made
    assert panel.x_axis.label == "IC 1" and "mdx-ready" in panel.widget._dom_classes and panel._strip.value == ""


def test_what_other_jobs_show_is_not_drawn_here(session, panel):
    session.previews = {"arena": forming()}
    assert "mdx-preview" not in panel.widget._dom_classes


@pytest.mark.skipif(importlib.util.find_spec("torch") is None, reason="networks need the deep extra")
def test_a_worker_that_trains_a_network_is_watched_until_it_is_stopped(cache):
    points, _ = builders.wells()
    network = mdx.settings.VAMPNet(dim=3, output="fuzzy states", width=4, epochs=10_000, patience=1000)

    async def body():
        async with opened(mdx.Study(mdx.load(points), features="identity", projection=network, lagtime=2)) as session:
            panel = ProjectionPanel(session)
            await until(session, lambda: "mdx-preview" in panel.widget._dom_classes)
            assert "mdx-waiting" in panel.widget._dom_classes and "preview of" in panel.key.value
            session.cancel("projection")
            await until(session, lambda: "projection" in session.results and session.previews == {})
            assert "mdx-ready" in panel.widget._dom_classes and "mdx-preview" not in panel.widget._dom_classes
            assert "preview" not in panel.key.value and panel.x_axis.label == "State 1" and panel._strip.value == ""

    asyncio.run(body())


def test_exact_answers_are_offered_for_model_systems_alone_and_come_from_a_worker(panel, cache):
    assert not [name for name in panel.coloring.options if name.startswith("exact")]
    data = mdx.model_system(lambda x: 3 * (x[:, 0] ** 2 - 1) ** 2, [(-2, 2)], n_frames=500, n_trajectories=2, n_timescales=2)

    async def body():
        async with opened(mdx.Study(data, lagtime=2)) as session:
            shown = ProjectionPanel(session)
            await until(session, lambda: "exact eigenfunction 2" in shown.coloring.options)
            shown.coloring.value = "exact eigenfunction 1"
            assert "being computed" in shown.key.value
            await until(session, lambda: "relaxes in 100 frames" in shown.key.value)
            assert shown._painting.layer.key.label == "exact eigenfunction 1" and shown._strip.value == ""
            shown.coloring.value = "exact free energy"
            assert "F / kT, exact" in shown.key.value

    asyncio.run(body())


def test_microstates_can_be_chosen_while_there_are_some(panel):
    panel.coloring.value = "microstates"
    assert "6 microstates" in panel.key.value
    panel.session.results = {k: v for k, v in panel.session.results.items() if k != "clustering"}
    assert "microstates" not in panel.coloring.options and panel.coloring.value == "states"
