"""The doctor reads versions from files and says how to mend what is wrong."""
from __future__ import annotations

import json
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from mdexplore.app import doctor
from mdexplore.base.installing import PINNED, install_line

ROOT = Path(__file__).parents[2]


@pytest.fixture
def extensions(tmp_path, monkeypatch):
    """An empty place in front of all places where Jupyter looks for extensions; gives a function that puts one there."""
    monkeypatch.setattr("jupyter_core.paths.jupyter_path", lambda *parts: [str(tmp_path.joinpath(*parts))])

    def put(name: str, version: str) -> None:
        folder = tmp_path / "labextensions" / name
        folder.mkdir(parents=True)
        (folder / "package.json").write_text(json.dumps({"version": version}))

    return put


def _about(findings, subject):
    return next(finding for finding in findings if finding.subject == subject)


def test_needed_versions_are_those_of_the_package():
    declared = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["dependencies"]
    assert set(doctor.NEEDED.values()) <= set(declared)
    assert not [line for line in declared if line.split(">")[0].split("=")[0].split("<")[0] not in {need.split(">")[0].split("=")[0] for need in doctor.NEEDED.values()} | {"setuptools"}]


def test_extras_are_those_of_the_package():
    declared = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["optional-dependencies"]
    assert all(distribution in declared[extra] for extra, distribution, _ in doctor.EXTRAS.values())


def test_every_extra_that_a_method_may_need_is_looked_for():
    assert doctor.EXTRAS.keys() == PINNED.keys()


def test_front_end_older_than_python_asks_for_is_broken(extensions):
    extensions("nglview-js-widgets", "3.1.3")
    extensions("bqplot", "0.5.46")
    found = list(doctor._front_ends())
    assert _about(found, "nglview in the page").level == "broken"
    assert "3.1.4" in _about(found, "nglview in the page").text
    assert _about(found, "bqplot in the page").level == "ok"


def test_missing_front_end_comes_with_its_install_line(extensions):
    found = _about(doctor._front_ends(), "bqplot in the page")
    assert found.level == "broken" and "-m pip install --force-reinstall" in found.mend


@pytest.mark.parametrize(("shipped", "asked", "does"), [
    ("3.1.4", "3.1.4", True), ("3.1.5", "4.0", False), ("3.1.5", "3.1", True), ("0.5.46", "^0.5", True), ("0.6.0", "^0.5", False), ("2.3.1", "^2.1.0", True),
    ("2.0.9", "^2.1.0", False), ("3.0.0", "^2.1.0", False)])
def test_front_end_fits_by_the_rules_of_npm(shipped, asked, does):
    assert doctor.fits(shipped, asked) is does


def test_wrong_version_is_broken_and_names_the_right_one(monkeypatch):
    monkeypatch.setattr(doctor, "_version", lambda name: "0.13.1" if name == "bqplot" else "99")
    found = _about(doctor._packages(), "bqplot")
    assert found.level == "broken" and found.mend == install_line("bqplot==0.12.45")


def test_unwritable_cache_is_broken(tmp_path, monkeypatch):
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("MDEXPLORE_CACHE", str(tmp_path / "file" / "cache"))
    found = _about(doctor._cache(), "cache")
    assert found.level == "broken" and "MDEXPLORE_CACHE" in found.mend


def test_the_program_itself_comes_first_and_every_line_says_something():
    findings = doctor.examine()
    assert findings[0].subject == "mdexplore" and str(ROOT) in findings[0].text
    assert all(finding.text and (finding.level == "ok" or finding.mend) for finding in findings)


def test_missing_extra_is_a_note_with_its_install_line(monkeypatch):
    monkeypatch.setattr(doctor, "_is_there", lambda module: module != "torch")
    found = _about(doctor._extras(), "torch")
    assert found.level == "note" and found.mend == install_line("torch")


def test_examining_imports_no_widget_library():
    code = "import sys; from mdexplore.app.doctor import examine; examine(); print([m for m in ('nglview', 'bqplot', 'ipywidgets', 'voila', 'torch') if m in sys.modules])"
    assert subprocess.check_output([sys.executable, "-c", code], text=True).strip() == "[]"


def test_command_prints_json_and_its_exit_code_says_whether_all_is_well():
    done = subprocess.run([sys.executable, "-m", "mdexplore", "doctor", "--json"], capture_output=True, text=True)
    findings = json.loads(done.stdout)
    assert done.returncode == int(any(finding["level"] == "broken" for finding in findings))
    assert {"Python", "nglview in the page", "cache"} <= {finding["subject"] for finding in findings}
