"""The served page: where it works, what it opens, and what it says when it cannot."""
from __future__ import annotations

import json
import os
import subprocess
import sys

import numpy as np
import pytest

import mdexplore as mdx
from mdexplore.app.page import page
from mdexplore.app.request import request, study_of_request
from mdexplore.app.topbar import Saver


@pytest.fixture
def started_in(tmp_path, monkeypatch):
    """A folder with two feature files, from which the command was started; the kernel begins elsewhere."""
    folder, kernel = tmp_path / "mine", tmp_path / "kernel"
    folder.mkdir()
    kernel.mkdir()
    random = np.random.default_rng(1)
    for k in (1, 2):
        np.save(folder / f"f{k}.npy", np.cumsum(random.normal(size=(400, 2)), 0) % 5)
    monkeypatch.chdir(kernel)
    monkeypatch.setattr(sys, "path", list(sys.path))
    monkeypatch.setenv("PYTHONPATH", "")
    monkeypatch.setenv("PYTHONSAFEPATH", "1")
    return folder


def ask(monkeypatch, **what):
    monkeypatch.setenv("MDEXPLORE_APP", json.dumps(what))
    return page()


def test_names_without_a_folder_are_meant_from_where_the_command_was_started(monkeypatch, cache, started_in):
    made = ask(monkeypatch, kind="files", trajectories=[str(started_in / "f1.npy")], top=None, folder=str(started_in))
    try:
        sheet = Saver(made.session, made)
        _, go = next(row.children for row in sheet.widget.children if len(getattr(row, "children", ())) == 2 and getattr(row.children[0], "value", "") == "study.mdx")
        go.click()
        assert (started_in / "study.mdx").is_file()
        assert str(started_in / "study.mdx") in sheet._said.widget.value and "mdexplore app study.mdx" in sheet._said.widget.value
    finally:
        made.close()


def test_nothing_is_imported_from_where_the_command_was_started(cache, started_in):
    (started_in / "sitecustom.py").write_text("raise SystemExit('ran')")
    code = ("import sys; sys.path[:0] = ['', %r]\nfrom mdexplore.app.page import _go_to\n_go_to(%r)\n"
            "import os; assert os.getcwd() == %r and not {'', '.', %r} & set(sys.path)\nimport importlib.util; assert importlib.util.find_spec('sitecustom') is None")
    folder = str(started_in)
    subprocess.run([sys.executable, "-c", code % ((folder,) * 4)], check=True)


def test_a_folder_that_has_gone_is_said(monkeypatch, cache, started_in):
    made = ask(monkeypatch, kind="demo", folder=str(started_in / "gone"))
    assert "mdx-failed" in made._dom_classes and "cannot be used any more" in made.children[1].value


def test_errors_on_the_page_name_options(monkeypatch, cache, started_in):
    (started_in / "cut.xtc").write_bytes((next(iter_bundled())).read_bytes()[:100_000])
    made = ask(monkeypatch, kind="files", trajectories=[str(started_in / "cut.xtc")], top=None, folder=str(started_in))
    said = made.children[1].value.partition("<details>")[0]
    assert "--on-damage keep-good" in said and "on_damage" not in said


def iter_bundled():
    import importlib.resources

    return (f for f in (importlib.resources.files("mdexplore.data") / "bundled" / "alanine-dipeptide").iterdir() if f.name.endswith(".xtc"))


def test_a_saved_study_opens_with_its_settings(cache, started_in):
    study = mdx.Study(mdx.load(sorted(str(f) for f in started_in.glob("*.npy")), stride=2), lagtime=3, n_states=2)
    study.save(started_in / "a.mdx")
    again = study_of_request({"kind": "study", "path": str(started_in / "a.mdx")})
    assert again.data.lengths == (200, 200) and again.recipe == study.recipe
    other = study_of_request({"kind": "study", "path": str(started_in / "a.mdx"), "lagtime": 5})
    assert other.lagtime == 5 and other.recipe.coarse == study.recipe.coarse


def test_feature_files_reach_the_data(cache, started_in):
    made = request({"trajectories": [str(started_in / "f*.npy")], "top": None, "feature_files": (), "stride": 2, "atoms": None, "timestep": "10 ps", "resample": False,
                    "make_whole": False, "on_damage": "stop"}, {"trajectories", "stride", "timestep"})
    data = study_of_request(made).data
    assert data.lengths == (200, 200) and data.timestep_ns == pytest.approx(0.02)
    unknown = study_of_request({**made, "timestep_ns": None}).data
    assert "Give --timestep" in str(unknown.report.notices[0])
    assert os.path.isabs(made["trajectories"][0])


def offered(made):
    """The button below what went wrong."""
    assert "mdx-failed" in made._dom_classes
    return made.children[-1]


def test_files_of_different_time_steps_are_refused_with_a_button_that_resamples_them(monkeypatch, cache, started_in):
    frames = mdx.example("alanine-dipeptide").frames([(0, f) for f in range(300)])
    frames[0].save_pdb(str(started_in / "top.pdb"))
    for name, every in (("a.xtc", 1), ("b.xtc", 2)):
        frames[::every].save_xtc(str(started_in / name))
    made = ask(monkeypatch, kind="files", trajectories=[str(started_in / name) for name in ("a.xtc", "b.xtc")], top=str(started_in / "top.pdb"), folder=str(started_in))
    button = offered(made)
    assert "different time steps" in made.children[1].value and button.description == "Use one frame every 40 ps"
    button.click()
    (explorer,) = made.children
    try:
        assert "mdx-failed" not in made._dom_classes and explorer.session.data.lengths == (150, 150)
    finally:
        explorer.close()


def test_a_damaged_file_is_used_only_after_a_button_is_pressed(monkeypatch, cache, started_in):
    (started_in / "cut.xtc").write_bytes(next(iter_bundled()).read_bytes()[:100_000])
    mdx.example("alanine-dipeptide").frame(0, 0).save_pdb(str(started_in / "top.pdb"))
    made = ask(monkeypatch, kind="files", trajectories=[str(started_in / "cut.xtc")], top=str(started_in / "top.pdb"), folder=str(started_in))
    assert offered(made).description == "Use the sound frames"
    offered(made).click()
    (explorer,) = made.children
    try:
        assert explorer.session.data.n_frames > 100 and any("damaged" in n.text for n in explorer.session.notices)
    finally:
        explorer.close()


def test_a_page_that_fails_again_says_so_in_the_same_place(monkeypatch, cache, started_in):
    (started_in / "cut.xtc").write_bytes(next(iter_bundled()).read_bytes()[:100_000])
    made = ask(monkeypatch, kind="files", trajectories=[str(started_in / "cut.xtc")], top=None, folder=str(started_in))
    offered(made).click()
    (again,) = made.children
    assert "mdx-failed" in again._dom_classes and "topology" in again.children[1].value.partition("<details>")[0]
