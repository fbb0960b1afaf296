"""`explore`, the explorer and the page that stands in for it when something is wrong."""
from __future__ import annotations

import csv
import importlib.util
import json
from pathlib import Path

import numpy as np
import pytest

import mdexplore as mdx
from mdexplore.app.explore import study_of
from mdexplore.app.explorer import Explorer
from mdexplore.app.page import failed, page, requested
from mdexplore.base.errors import UserError
from mdexplore.session.session import Session

_spec = importlib.util.spec_from_file_location("mdx_panel_builders", Path(__file__).parents[1] / "panels" / "builders.py")
builders = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(builders)


@pytest.fixture
def explorer():
    return Explorer(builders.session())


def said(widget):
    return "".join(c.value for c in widget.children if "<style>" not in c.value)


def test_settings_of_loading_and_of_the_study_are_told_apart():
    study = study_of([np.random.default_rng(0).normal(size=(90, 2))], None, {"stride": 3, "timestep_ns": 0.1, "lagtime": "0.6 ns", "n_states": 2})
    assert study.data.n_frames == 30
    assert study.lagtime == 2


def test_a_setting_that_does_not_exist_is_named():
    with pytest.raises(UserError, match="'lag_time'"):
        study_of([np.zeros((90, 2))], None, {"lag_time": 3})


def test_a_study_is_taken_as_it_is():
    study = mdx.Study([np.zeros((90, 2))])
    assert study_of(study, None, {}) is study
    assert study_of(study, None, {"lagtime": 4}).lagtime == 4
    with pytest.raises(UserError, match="its data already"):
        study_of(study, None, {"stride": 2})


def test_settings_that_would_be_ignored_are_refused():
    with pytest.raises(UserError, match="loaded already"):
        study_of(mdx.load([np.zeros((90, 2))]), None, {"stride": 2})


def test_a_saved_file_is_opened(tmp_path):
    study = mdx.Study([np.random.default_rng(0).normal(size=(90, 2))], lagtime=2)
    study.save(tmp_path / "a.mdx")
    assert study_of(str(tmp_path / "a.mdx"), None, {}).recipe == study.recipe
    assert study_of(tmp_path / "a.mdx", None, {"lagtime": 4}).lagtime == 4
    with pytest.raises(UserError, match="its data already"):
        study_of(tmp_path / "a.mdx", None, {"stride": 2})
    with pytest.raises(UserError, match="opened alone"):
        study_of([tmp_path / "a.mdx", "run.xtc"], None, {})


def test_selection_speaks_of_frames_and_times(explorer):
    explorer.select(np.array([[0, 3], [2, 4]]))
    assert explorer.selection.n == 2
    assert explorer.selection.frames.tolist() == [[0, 3], [2, 4]]
    assert explorer.selection.times_ns == pytest.approx([0.06, 0.08])
    assert explorer.selection.mask.sum() == 2 and explorer.selection.mask.dtype == bool


def test_modes_combine(explorer):
    explorer.select(range(10))
    explorer.select(range(5, 15), mode="intersect")
    assert explorer.selection.frames[:, 1].tolist() == [5, 6, 7, 8, 9]
    explorer.select(None)
    assert explorer.selection.frames.shape == (0, 2)


def test_times_are_unknown_where_the_time_step_is():
    made = Explorer(builders.session(timestep_ns=None))
    made.select([1])
    assert made.selection.times_ns is None


def test_saving_nothing_says_what_to_do(explorer, tmp_path):
    with pytest.raises(UserError, match="Select frames first"):
        explorer.selection.save(tmp_path / "a.pdb")


def test_saved_structures_have_their_origin_beside_them(tmp_path):
    data = mdx.example("alanine-dipeptide")
    made = Explorer(Session(mdx.Study(data), jobs=builders.NoJobs(), start=False))
    made.select(np.array([[2, 7], [3, 11]]))
    made.selection.save(tmp_path / "basin.pdb")
    rows = list(csv.DictReader((tmp_path / "basin.csv").open()))
    assert [(r["trajectory"], r["frame"]) for r in rows] == [("2", "7"), ("3", "11")]
    assert [float(r["time_ns"]) for r in rows] == pytest.approx(made.selection.times_ns)


def test_a_picture_of_an_unknown_kind_is_refused(explorer):
    with pytest.raises(UserError, match=r"\.png"):
        explorer.snapshot("a.txt")


def test_an_explorer_says_what_it_is_in_one_line(explorer):
    assert repr(explorer).startswith("<Explorer of ") and "\n" not in repr(explorer)


def test_closing_ends_the_workers(explorer, monkeypatch):
    ended = []
    monkeypatch.setattr(type(explorer.session), "close", lambda self: ended.append(1))
    explorer.close()
    assert ended


def test_a_page_without_a_request_is_the_demo(monkeypatch):
    monkeypatch.delenv("MDEXPLORE_APP", raising=False)
    assert requested() == {"kind": "demo", "example": "alanine-dipeptide"}


@pytest.mark.parametrize("asked", ["{", json.dumps({"kind": "else"}), json.dumps({"kind": "files", "trajectories": ["/no/such.xtc"], "top": None})])
def test_whatever_goes_wrong_is_said_on_the_page(monkeypatch, cache, asked):
    monkeypatch.setenv("MDEXPLORE_APP", asked)
    made = page()
    assert {"mdx-app", "mdx-failed"} <= set(made._dom_classes)
    assert "<h2>" in said(made)


def test_a_defect_shows_a_short_text_and_the_traceback_to_copy():
    try:
        raise ZeroDivisionError("<odd>")
    except ZeroDivisionError as error:
        text = said(failed(error))
    assert "ZeroDivisionError: &lt;odd&gt;" in text
    assert "Traceback" in text[text.index("<textarea"):]
