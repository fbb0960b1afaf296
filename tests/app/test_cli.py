"""The commands: help with examples, exit codes, messages in three lines."""
from __future__ import annotations

import json
import os
import socket
import subprocess
import sys

import numpy as np
import pytest
from click.testing import CliRunner

from mdexplore import cli
from mdexplore.app.files import existing, parse_lagtime, parse_time_ns
from mdexplore.app.request import study_of_request
from mdexplore.base.errors import UserError

COMMANDS = ("demo", "app", "report", "export", "doctor")


@pytest.fixture
def served(monkeypatch):
    """What the page would have been asked to show."""
    calls = []
    monkeypatch.setattr("mdexplore.app.serve.launch.serve", lambda what, **options: calls.append((dict(what), options)))
    return calls


@pytest.fixture
def files(tmp_path, monkeypatch, three_frames):
    """Three trajectories and their topology, features for the first two, and a trajectory that was cut."""
    monkeypatch.chdir(tmp_path)
    for k, name in enumerate(("run1.xtc", "run2.xtc", "run[3].xtc")):
        three_frames[k:].save(str(tmp_path / "made.xtc"))
        (tmp_path / "made.xtc").rename(tmp_path / name)
    three_frames[0].save(str(tmp_path / "protein.pdb"))
    for k in (1, 2):
        (tmp_path / f"colvar{k}.dat").write_text("#! FIELDS time phi\n" + "".join(f"{20 * i} {k + i / 10}\n" for i in range(3)))
    whole = (tmp_path / "run1.xtc").read_bytes()
    (tmp_path / "cut.xtc").write_bytes(whole[:-5])
    return tmp_path


@pytest.fixture(scope="module")
def three_frames():
    import mdtraj as md

    topology = md.Topology()
    residue = topology.add_residue("GLY", topology.add_chain())
    for k in range(12):
        topology.add_atom(f"C{k}", md.element.carbon, residue)
    return md.Trajectory(np.random.default_rng(0).normal(size=(5, 12, 3)), topology)


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
    assert what["kind"] == "files" and what["feature_files"] == []
    assert (what["resample"], what["make_whole"], what["on_damage"]) == (False, False, "stop")
    assert not {"lagtime", "n_states", "projection"} & set(what)   # the study chooses what nobody has typed
    assert options["port"] == 8866 and what["folder"] == str(files)
    json.dumps(what)


def test_app_hands_over_settings_of_the_study(files, served):
    assert cli.run(["app", "run1.xtc", "--top", "protein.pdb", "--lagtime", "20", "--states", "1", "--features", "distances", "--seed", "3"]) == 0
    what = served[0][0]
    assert (what["lagtime"], what["n_states"], what["features"], what["seed"]) == (20, 1, ["distances"], 3)


def test_damage_is_said_before_anything_is_served_with_the_option_that_helps(capsys, files, served):
    assert cli.run(["app", "run1.xtc", "cut.xtc", "--top", "protein.pdb"]) == 2
    said = capsys.readouterr().err
    assert "cut.xtc is damaged" in said and "--on-damage keep-good" in said and "on_damage" not in said
    assert served == []
    assert cli.run(["app", "run1.xtc", "cut.xtc", "--top", "protein.pdb", "--on-damage", "keep-good"]) == 0
    assert served[0][0]["on_damage"] == "keep-good"


def test_what_is_no_trajectory_is_said_before_anything_is_served(capsys, files, served):
    (files / "page.xtc").write_text("<!DOCTYPE html><html>not found</html>")
    assert cli.run(["app", "page.xtc", "--top", "protein.pdb"]) == 2
    assert "a web page" in capsys.readouterr().err and served == []


def test_topology_of_other_atoms_is_said_before_anything_is_served(capsys, files, served, three_frames):
    three_frames.atom_slice(range(10))[0].save(str(files / "other.pdb"))
    assert cli.run(["app", "run1.xtc", "run2.xtc", "--top", "other.pdb"]) == 2
    said = capsys.readouterr().err
    assert "run1.xtc has 12 atoms, other.pdb has 10." in said and served == []


def test_alternative_places_of_an_atom_are_left_to_the_reader_to_count(files, served):
    lines = (files / "protein.pdb").read_text().splitlines(keepends=True)
    at = next(k for k, line in enumerate(lines) if line.startswith("ATOM"))
    one = lines[at]
    (files / "protein.pdb").write_text("".join([*lines[:at], one[:16] + "A" + one[17:], one[:16] + "B" + one[17:], *lines[at + 1:]]))
    assert cli.run(["app", "run1.xtc", "--top", "protein.pdb"]) == 0


def test_feature_files_go_with_structures(files, served):
    assert cli.run(["app", "run1.xtc", "run2.xtc", "--top", "protein.pdb", "--feature-files", "colvar*.dat"]) == 0
    what = served[0][0]
    assert what["feature_files"] == [str(files / f"colvar{k}.dat") for k in (1, 2)]
    assert what["trajectories"] == [str(files / f"run{k}.xtc") for k in (1, 2)]


def test_a_pattern_of_feature_files_that_the_shell_filled_in_is_understood(files, served):
    assert cli.run(["app", "run1.xtc", "run2.xtc", "--top", "protein.pdb", "--feature-files", "colvar1.dat", "colvar2.dat"]) == 0
    assert served[0][0]["feature_files"] == [str(files / f"colvar{k}.dat") for k in (1, 2)]


def test_feature_files_among_trajectories_name_the_option(capsys, files, served):
    assert cli.run(["app", "run1.xtc", "colvar1.dat", "--top", "protein.pdb"]) == 2
    assert "--feature-files colvar1.dat" in capsys.readouterr().err


def test_features_alone_are_data_and_need_no_topology(capsys, files, served):
    assert cli.run(["app", "colvar1.dat", "colvar2.dat"]) == 0
    assert served[0][0]["trajectories"] == [str(files / f"colvar{k}.dat") for k in (1, 2)]
    assert cli.run(["app", "colvar1.dat", "--atoms", "name CA", "--make-whole"]) == 2
    assert "--atoms and --make-whole" in capsys.readouterr().err


def test_a_saved_study_is_handed_over_as_it_is(files, served):
    (files / "study.mdx").write_bytes(b"PK")
    assert cli.run(["app", "study.mdx", "--lagtime", "1 ns"]) == 0
    what = served[0][0]
    assert (what["kind"], what["path"], what["lagtime"]) == ("study", str(files / "study.mdx"), "1 ns")
    assert "seed" not in what and "projection" not in what


@pytest.mark.parametrize(("others", "word"), [(["run1.xtc"], "opened alone"), (["--stride", "2"], "--stride would change nothing"),
                                              (["--top", "protein.pdb", "--timestep", "1 ns"], "--top and --timestep")])
def test_a_saved_study_refuses_what_would_be_ignored(capsys, files, served, others, word):
    (files / "study.mdx").write_bytes(b"PK")
    for command in (["app"], ["report", "-o", "r.html"], ["export", "-o", "states"]):
        assert cli.run([*command, "study.mdx", *others]) == 2
        assert word in capsys.readouterr().err
    assert served == []


def test_errors_name_options_and_never_python(capsys, files):
    assert cli.run(["report", "run1.xtc", "--top", "protein.pdb", "--timestep", "1 ns", "--resample"]) == 2
    said = capsys.readouterr().err
    assert "--resample and --timestep do not go together" in said and "=" not in said


def test_a_folder_in_the_place_of_the_page_is_said_at_once(capsys, files):
    assert cli.run(["report", "run1.xtc", "--top", "protein.pdb", "-o", "."]) == 2
    assert "is a folder" in capsys.readouterr().err


def test_files_stand_in_the_order_of_their_numbers_whoever_fills_the_pattern_in(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    names = [f"run{i}.npy" for i in range(12)]
    for name in names:
        (tmp_path / name).write_bytes(b"0")
    assert existing(["run*.npy"]) == existing(sorted(names)) == [str(tmp_path / name) for name in names]
    assert existing(["run10.npy", "run2.npy", "run3.npy", "run1.npy"])[0].endswith("run10.npy")   # an order of somebody's own


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


def test_a_topology_given_without_its_option_is_recognised(capsys, files):
    assert cli.run(["app", "run1.xtc", "protein.pdb"]) == 2
    assert "--top protein.pdb" in capsys.readouterr().err


def test_features_without_structures_cannot_be_exported(capsys, files):
    assert cli.run(["export", "colvar1.dat", "colvar2.dat", "-o", "states"]) == 2
    assert "--feature-files" in capsys.readouterr().err and not (files / "states").exists()


def test_a_scheduler_reaches_the_study(files, served, monkeypatch):
    asked = []
    monkeypatch.setattr("mdexplore.session.study.Study.__init__", lambda self, data, executor=None, **settings: asked.append(executor))
    assert cli.run(["app", "run1.xtc", "--top", "protein.pdb", "--scheduler", "tcp://10.0.0.1:8786"]) == 0
    what, _ = served[0]
    study_of_request(what)
    assert asked == ["tcp://10.0.0.1:8786"]


def test_a_scheduler_without_dask_says_what_to_install(files, served, monkeypatch, capsys):
    monkeypatch.setattr("mdexplore.base.work.cluster.importlib.util.find_spec", lambda name: None)
    assert cli.run(["app", "run1.xtc", "--top", "protein.pdb", "--scheduler", "tcp://10.0.0.1:8786"]) == 2
    assert "'dask[distributed]==" in capsys.readouterr().err
    assert not served
