"""The headless commands to their end, on real trajectories: report and export."""
from __future__ import annotations

import csv
import importlib.resources
import subprocess
import sys

import mdtraj as md
import pytest

DATA = importlib.resources.files("mdexplore.data") / "bundled" / "alanine-dipeptide"
# Each of the two passes between the basins several times.
TRAJECTORIES = [str(DATA / f"ala2-{k}.xtc") for k in ("07", "10")]
TOP = ["--top", str(DATA / "ala2.pdb")]


@pytest.fixture
def mdexplore(tmp_path):
    """Run a command in an empty folder; gives the folder."""
    def run(command, *options):
        made = subprocess.run([sys.executable, "-m", "mdexplore", command, *TRAJECTORIES, *TOP, *options], cwd=tmp_path, capture_output=True, text=True)
        assert made.returncode == 0, made.stderr
        return tmp_path
    return run


def test_report_is_one_page_that_loads_nothing(mdexplore):
    page = (mdexplore("report", "--lagtime", "20 ps", "-o", "out/report.html") / "out" / "report.html").read_text()
    assert "http://" not in page.replace("http://www.w3.org", "") and "src=\"data:" in page
    for word in ("Timescales", "bootstrap over trajectories", "mean first passage", "lag time of 20 ps", "deeptime"):
        assert word in page


def test_export_draws_structures_with_their_origin(mdexplore):
    folder = mdexplore("export", "--states", "2", "--per-state", "6", "-o", "states") / "states"
    for state in (1, 2):
        structures = md.load(str(folder / f"state-{state}.pdb"))
        rows = list(csv.DictReader((folder / f"state-{state}.csv").open()))
        assert structures.n_frames == len(rows) == 6
        for k, row in enumerate(rows):
            source = md.load_frame(row["file"], int(row["frame_in_file"]), top=str(DATA / "ala2.pdb"))
            assert md.rmsd(structures[k], source)[0] < 2e-3   # a PDB keeps a thousandth of an Angstrom
            assert float(row["time_ns"]) == pytest.approx(source.time[0] / 1000)


def test_export_writes_a_script_that_runs(mdexplore):
    folder = mdexplore("export", "--states", "2", "--lagtime", "40 ps", "--code", "out/study.py")
    done = subprocess.run([sys.executable, "-W", "ignore", "out/study.py", "numbers.npz"], cwd=folder, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert "Metastable states" in done.stdout and (folder / "numbers.npz").is_file()
