"""The commands: help with examples, exit codes, messages in three lines."""
from __future__ import annotations

import json
import os
import socket
import subprocess
import sys

import pytest
from click.testing import CliRunner

from mdexplore import cli
from mdexplore.app.files import existing, parse_lagtime, parse_time_ns
from mdexplore.base.errors import UserError

COMMANDS = ("demo", "app", "report", "export", "doctor")


@pytest.fixture
def served(monkeypatch):
    """What the page would have been asked to show."""
    calls = []
    monkeypatch.setattr("mdexplore.app.serve.launch.serve", lambda what, **options: calls.append((dict(what), options)))
    return calls


@pytest.fixture
def files(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name in ("run1.xtc", "run2.xtc", "run[3].xtc", "protein.pdb"):
        (tmp_path / name).write_bytes(b"")
    return tmp_path


@pytest.mark.parametrize("command", COMMANDS)
def test_help_shows_an_example(command):
    shown = CliRunner().invoke(cli.main, [command, "--help"])
    assert shown.exit_code == 0
    assert "Example:" in shown.output and f"mdexplore {command}" in shown.output


def test_missing_file_ends_at_once_with_three_lines(capsys, served):
    assert cli.run(["app", "nowhere.xtc", "--top", "nowhere.pdb"]) == 2
    said = capsys.readouterr()
    assert said.out == "" and len(said.err.strip().splitlines()) == 3
    assert "nowhere.xtc" in said.err and "Traceback" not in said.err
    assert served == []


def test_coordinates_without_topology_end_at_once(capsys, files, served):
    assert cli.run(["app", "run1.xtc"]) == 2
    assert "--top" in capsys.readouterr().err
    assert served == []


def test_port_in_use_is_said_and_ends_with_2(tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        done = subprocess.run([sys.executable, "-m", "mdexplore", "demo", "--no-browser", "--port", str(port)], cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 2
    assert done.stdout == "" and f"Port {port}" in done.stderr and "--port" in done.stderr


def test_server_that_cannot_be_imported_is_said_with_its_log(tmp_path):
    broken = tmp_path / "site"
    broken.mkdir()
    (broken / "voila.py").write_text("raise ImportError('half installed')")
    done = subprocess.run([sys.executable, "-m", "mdexplore", "demo", "--no-browser"], cwd=tmp_path, capture_output=True, text=True,
                          env={**os.environ, "PYTHONPATH": str(broken)})
    assert done.returncode == 2
    assert "half installed" in done.stderr and "mdexplore doctor" in done.stderr and "Traceback" not in done.stderr


def test_demo_asks_for_the_bundled_molecule(served):
    assert cli.run(["demo", "--no-browser", "--theme", "dark"]) == 0
    (what, options), = served
    assert what["kind"] == "demo" and what["example"] == "alanine-dipeptide"
    assert options == {"port": 0, "browser": False, "theme": "dark"}


def test_unknown_example_names_those_there_are(capsys, served):
    assert cli.run(["demo", "--example", "insulin"]) == 2
    assert "alanine-dipeptide" in capsys.readouterr().err


def test_app_hands_over_absolute_files_and_options(files, served):
    assert cli.run(["app", "run[12].xtc", "run[3].xtc", "--top", "protein.pdb", "--stride", "5", "--atoms", "name CA", "--timestep", "20 ps", "--port", "8866"]) == 0
    (what, options), = served
    assert what["trajectories"] == [str(files / name) for name in ("run1.xtc", "run2.xtc", "run[3].xtc")]
    assert what["top"] == str(files / "protein.pdb")
    assert (what["stride"], what["atoms"], what["timestep_ns"]) == (5, "name CA", pytest.approx(0.02))
    assert options["port"] == 8866
    json.dumps(what)


def test_pattern_without_a_match_says_so(files):
    with pytest.raises(UserError, match="No file fits"):
        existing(["nothing*.xtc"])


def test_folder_instead_of_a_file_says_what_to_name(files):
    (files / "runs").mkdir()
    with pytest.raises(UserError, match="is a folder"):
        existing(["runs"])


@pytest.mark.parametrize(("text", "value_ns"), [("20 ps", 0.02), ("0.1ns", 0.1), ("2 fs", 2e-6), ("1e3 ps", 1.0)])
def test_time_with_a_unit_becomes_ns(text, value_ns):
    assert parse_time_ns(text) == pytest.approx(value_ns)


@pytest.mark.parametrize("text", ["20", "ps", "-1 ps", "0 ns", "1 parsec", "1.2.3 ns"])
def test_time_that_is_none_is_refused(text):
    with pytest.raises(UserError, match="is not a time"):
        parse_time_ns(text)


def test_bare_lagtime_is_frames_and_others_keep_their_unit():
    assert parse_lagtime("20") == 20 and parse_lagtime("0.5 ns") == "0.5 ns" and parse_lagtime(None) is None


def test_place_that_cannot_be_written_is_said_before_anything_is_computed(capsys, files):
    assert cli.run(["export", "run1.xtc", "--top", "protein.pdb", "-o", "protein.pdb/states"]) == 2
    assert "not a folder" in capsys.readouterr().err


def test_python_m_and_no_arguments_show_what_there_is(tmp_path):
    done = subprocess.run([sys.executable, "-m", "mdexplore"], cwd=tmp_path, capture_output=True, text=True)
    assert all(command in done.stdout + done.stderr for command in COMMANDS)
