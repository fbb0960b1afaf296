"""What an explorer saves of itself, and that another one takes up: selection, groups, current frame, drop-downs, zoom, camera, theme."""
from __future__ import annotations

import importlib.util
from pathlib import Path

import numpy as np
import pytest

import mdexplore as mdx
from mdexplore.app.explorer import Explorer
from mdexplore.base.errors import UserError
from mdexplore.methods.results import FoldScores
from mdexplore.pictures.cells import Window
from mdexplore.session.arena import ArenaRow
from mdexplore.session.experiment_jobs import Measurement, Measurements
from mdexplore.session.session import Session
from mdexplore.session.view import View

_spec = importlib.util.spec_from_file_location("mdx_panel_builders_of_views", Path(__file__).parents[1] / "panels" / "builders.py")
builders = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(builders)


@pytest.fixture
def explorer():
    made = Explorer(builders.session())
    study, found = made.session.study, builders.results()
    made.session.fits._arrived(found, {step: study.key(step) for step in found})   # as the answers of workers
    return made


def again(view):
    """A second explorer of the same data that takes a view up before it has results, and then gets them."""
    made = Explorer(builders.session(with_results=False))
    made.restore(view)
    study, found = made.session.study, builders.results()
    made.session.fits._arrived(found, {step: study.key(step) for step in found})   # as the answers of workers
    return made


def fresh():
    points, _ = builders.wells()
    return Session(mdx.Study(points, lagtime=5, n_states=3), jobs=builders.NoJobs(), start=False)


def test_selection_groups_and_current_frame_are_taken_up(explorer):
    explorer.select(np.arange(40, 90))
    explorer.session.add_group("basin")
    explorer.select(np.arange(5))
    explorer.session.show_frame(1, 7)
    explorer.session.choose_ends([0], [2])
    found = again(explorer.view())
    np.testing.assert_array_equal(found.selection.mask, explorer.selection.mask)
    assert [g.name for g in found.session.groups] == ["basin"] and found.session.groups[0].selection.n == 50
    assert found.session.current == (1, 7) and found.session.ends == ((0,), (2,))
    assert not found.session.can_undo


def test_drop_downs_and_tools_are_set_before_and_after_results_come(explorer):
    projection, trace = explorer.panels["projection"], explorer.panels["trace"]
    projection.x.value, projection.coloring.value, projection.mode.value = "IC 2", "density", "add"
    projection.tools.use("box")
    trace.coordinate.value = "IC 2"
    found = again(explorer.view())
    shown = found.panels["projection"]
    assert (shown.x.value, shown.coloring.value, shown.mode.value, shown.tools.in_use) == ("IC 2", "density", "add", "box")
    assert found.panels["trace"].coordinate.value == "IC 2"
    assert shown.x_axis.label == projection.x_axis.label


def test_the_zoom_is_taken_up(explorer):
    projection = explorer.panels["projection"]
    projection.take_up({"window": (-1.0, 1.0, -0.5, 2.5)})
    assert projection.view()["window"] == (-1.0, 1.0, -0.5, 2.5)
    found = again(explorer.view()).panels["projection"]
    assert found._grid.window == Window(-1.0, 1.0, -0.5, 2.5)
    assert (found.x_scale.min, found.y_scale.max) == (-1.0, 2.5)


def test_the_rail_and_the_theme_are_taken_up(explorer):
    explorer._root.add_class("mdx-rail-opened")
    found = again(explorer.view())
    assert "mdx-rail-opened" in found._root._dom_classes and "mdx-flip" not in found._root._dom_classes
    assert next(w for w in found._root.children[1].children[0].children[0].children if "mdx-if-narrow" in w._dom_classes).tooltip == "Hide the settings"


@pytest.mark.parametrize("wrong", [{"x": 99, "coloring": 7, "mode": None, "tool": "os.system", "window": "abcd"}, {"window": (0, 0, 0, 0)}, {"window": (1.0, float("nan"), 0, 1)},
                                   {"window": (1,)}, {"window": {}}])
def test_what_a_panel_does_not_have_is_passed_over(explorer, wrong):
    panel = explorer.panels["projection"]
    before = panel.view()
    panel.restore(wrong)
    assert panel.view() == before


def test_a_view_is_saved_and_found_by_the_next_explorer(tmp_path):
    first = Explorer(fresh())
    first.select(np.arange(17))
    first.session.add_group("é <b>")
    first._root.add_class("mdx-flip")
    study = mdx.open(first.save(tmp_path / "a.mdx"))
    found = Explorer(Session(study, jobs=builders.NoJobs(), start=False))
    assert found.selection.n == 17 and found.session.groups[0].name == "é <b>" and "mdx-flip" in found._root._dom_classes
    changed = Explorer(Session(study.change(n_states=2), jobs=builders.NoJobs(), start=False))
    assert changed.selection.n == 17 and "mdx-flip" in changed._root._dom_classes


def test_the_camera_and_the_style_are_taken_up(tmp_path):
    data = mdx.example("alanine-dipeptide")
    made = Explorer(Session(mdx.Study(data), jobs=builders.NoJobs(), start=False))
    structure = made.panels["structure"]
    turned = [20.0, 0, 0, 0, 0, 0, -20.0, 0, 0, 20.0, 0, 0, -1.5, -2.0, 0.5, 1.0]
    structure._viewer.widget._camera_orientation = turned   # as the page sends it
    structure._style.value = structure._style.options[-1]
    study = mdx.open(made.save(tmp_path / "a.mdx"))
    found = Explorer(Session(study, jobs=builders.NoJobs(), start=False)).panels["structure"]
    assert found._style.value == structure._style.value
    assert found._viewer.camera == turned and found.view()["camera"] == tuple(turned)
    assert any("mdxCamera" in str(message) for message in found._viewer.widget._ngl_msg_archive)


@pytest.mark.parametrize("camera", [(), (1.0,) * 15, (0.0,) * 16, (float("nan"),) * 16, (1e30,) * 16])
def test_a_camera_that_is_none_is_passed_over(camera):
    structure = Explorer(Session(mdx.Study(mdx.example("alanine-dipeptide")), jobs=builders.NoJobs(), start=False)).panels["structure"]
    structure.restore({"camera": camera})
    assert structure._viewer.camera == []


def test_a_script_is_named_by_where_it_lies(tmp_path, monkeypatch, explorer):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setattr(mdx.Study, "to_code", lambda self, path: "")
    assert explorer.write_code("a.py") == [tmp_path / "a.py"]
    assert explorer.write_code("~/a.py") == [tmp_path / "home" / "a.py"]


def test_the_script_is_offered_once_the_model_is_there(tmp_path, explorer):
    made = Explorer(builders.session(with_results=False))
    with pytest.raises(UserError, match="There is no script yet"):
        made.write_code(tmp_path / "a.py")
    with pytest.raises(UserError, match="arrays in memory"):
        explorer.write_code(tmp_path / "a.py")
    sheet = next(p for p in explorer._root.children[1].children if "mdx-pop" in p._dom_classes)
    assert "Script" in [b.description for row in sheet.children for b in getattr(row, "children", ()) if hasattr(b, "description")]


MEASURED = Measurements((Measurement("³J(HN,HA) ALA2", 6.4, 0.5, "j-coupling", "4 6 8 14", unit="Hz"), Measurement("shift", 8.2, 0.3, is_used=False)), "values-*.csv")


def open_drawer(explorer, name):
    explorer.drawer.buttons[name].click()


def test_measurements_and_the_open_panel_are_taken_up(explorer):
    open_drawer(explorer, "experiment")
    panel = explorer.panels["experiment"]
    panel._add(*MEASURED.rows)
    panel.files.value, panel.of.value = MEASURED.files, 1
    found = again(explorer.view())
    taken = found.panels["experiment"]
    assert found.drawer.shown == "experiment" and taken.is_open and "mdx-hidden" not in found.drawer.place._dom_classes
    assert (taken.measurements, taken.files.value, taken.of.value) == (MEASURED.rows, MEASURED.files, 1)
    assert [row._shown for row in taken._rows] == list(MEASURED.rows)


def test_a_panel_that_was_never_opened_again_keeps_what_it_was_given(explorer):
    open_drawer(explorer, "experiment")
    explorer.panels["experiment"]._add(*MEASURED.rows)
    open_drawer(explorer, "observables")
    explorer.panels["observables"].quantity.value = "IC 2"
    open_drawer(explorer, "observables")
    once = again(explorer.view())
    assert once.drawer.shown is None and not once.panels["experiment"].is_filled
    found = again(once.view())
    assert found.view().panels["experiment"]["measurements"] == Measurements(MEASURED.rows)
    open_drawer(found, "observables")
    assert found.panels["observables"].quantity.value == "IC 2"


def test_the_arena_is_taken_up(explorer):
    arena = explorer.panels["arena"]
    arena.fold(False)
    arena.jobs.judge_by(folds=4)
    arena.jobs.add("tica", "vamp")
    held = np.array([1.2, 1.3, 1.4, 1.5])
    arena.jobs.rows = {"TICA": ArenaRow(arena.jobs.candidates[0], FoldScores(held, held, held, held, 2, 2, 2))}
    arena._score.value = "vampe"
    found = again(explorer.view()).panels["arena"]
    assert [row.name for row in found._rows] == ["TICA", "VAMP"] and found._rows[0]._text.value == arena._rows[0]._text.value == "<b>1.350 ± 0.112</b>"
    assert (found._score.value, found._judging.fields["folds"].widget.value) == ("vampe", "4")
    assert found.jobs.stopped == {"VAMP"} and "mdx-hidden" not in found.body._dom_classes


@pytest.mark.parametrize("wrong", [{"drawer": {"open": ["x"]}}, {"drawer": {"open": "nowhere"}}, {"experiment": {"measurements": 3, "of": "x"}}, {"arena": {"arena": 5, "score": [1], "is_folded": "no"}}])
def test_what_there_is_not_in_rail_and_drawer_is_passed_over(explorer, wrong):
    before = explorer.view()
    explorer.restore(View(before.selection, panels=wrong))
    after = explorer.view()
    assert after.panels["drawer"] == {"open": ""} and after.panels["experiment"]["measurements"] == Measurements()
    assert after.panels["arena"]["score"] == before.panels["arena"]["score"]


@pytest.mark.parametrize("error", [UserError("No."), TypeError("no")])
def test_a_panel_that_cannot_be_set_as_it_was_leaves_the_others_whole(explorer, monkeypatch, error):
    explorer.panels["experiment"].restore({"measurements": MEASURED})
    view = explorer.view()
    view.panels["page"]["classes"] = ("mdx-flip",)

    def refuse(part):
        raise error

    other = Explorer(builders.session(with_results=False))
    monkeypatch.setattr(other.panels["projection"], "restore", refuse)
    assert other.restore(view) == ("projection",)
    assert other.panels["experiment"].measurements == MEASURED.rows and "mdx-flip" in other._root._dom_classes


def test_what_the_session_does_not_tell_is_told(explorer):
    calls = []
    explorer.on_change(lambda: calls.append(1))
    open_drawer(explorer, "experiment")
    opened = len(calls)
    explorer.panels["experiment"]._add(*MEASURED.rows)
    added = len(calls)
    explorer.panels["arena"].jobs.add("tica")
    assert 0 < opened < added < len(calls)


def test_measurements_are_in_the_file_that_is_saved(tmp_path):
    first = Explorer(fresh())
    first.panels["experiment"].restore({"measurements": MEASURED})
    study = mdx.open(first.save(tmp_path / "a.mdx"))
    assert Explorer(Session(study, jobs=builders.NoJobs(), start=False)).panels["experiment"].measurements == MEASURED.rows
