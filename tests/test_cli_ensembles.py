"""`mdexplore ensembles` from files to free energies."""
from __future__ import annotations

import csv

import numpy as np
import pytest

from mdexplore.cli import run
from mdexplore.methods.ensembles.inputs import umbrella


@pytest.fixture
def files(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    random, centers = np.random.default_rng(0), [-0.5, 0.0, 0.5]
    values = [random.normal(c * 4 / 5, np.sqrt(1 / 5), 4000) for c in centers]   # umbrellas of stiffness 4 on a harmonic well
    for i, energies in enumerate(umbrella(values, centers, 4.0)):
        np.save(f"bias{i}.npy", energies)
        np.save(f"x{i}.npy", values[i][:, None])
    return tmp_path


def test_mbar_gives_the_free_energies_of_windows(files, capfd):
    assert run(["ensembles", "bias*.npy", "--coordinate", "x*.npy", "-o", "out"]) == 0
    rows = list(csv.DictReader((files / "out" / "windows.csv").open()))
    found = [float(row["free energy / kT"]) for row in rows]
    known = [0.5 * np.log(5) + 0.4 * c**2 for c in (-0.5, 0, 0.5)]
    np.testing.assert_allclose(found, known, atol=0.1)
    assert "window 3" in capfd.readouterr().out
    assert {p.name for p in (files / "out").iterdir()} == {"windows.csv", "weights.csv", "profile.csv", "overlap.png", "free-energies.png", "profile.png"}


def test_tram_needs_coordinates_and_then_runs(files, capfd):
    assert run(["ensembles", "bias*.npy", "--lagtime", "1"]) == 2
    assert "--coordinate" in capfd.readouterr().err
    assert run(["ensembles", "bias*.npy", "--lagtime", "1", "--coordinate", "x*.npy", "--clusters", "8"]) == 0
    assert "TRAM" in capfd.readouterr().out


def test_wrong_files_end_with_a_sentence(files, capfd):
    assert run(["ensembles", "missing.npy"]) == 2
    assert run(["ensembles", "bias0.npy", "bias1.npy", "--windows", "a,b"]) == 2
    assert run(["ensembles", "bias0.npy", "bias1.npy"]) == 2
    assert "window" in capfd.readouterr().err
