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


@pytest.mark.parametrize("listed_by_shell", [False, True])
def test_files_without_leading_zeros_are_of_the_windows_of_their_numbers(tmp_path, monkeypatch, listed_by_shell):
    monkeypatch.chdir(tmp_path)
    for i in range(12):
        np.save(f"bias{i}.npy", np.zeros((100 + i, 12)))
    names = sorted(p.name for p in tmp_path.iterdir()) if listed_by_shell else ["bias*.npy"]
    assert run(["ensembles", *names, "-o", "out"]) == 0
    assert [int(row["frames"]) for row in csv.DictReader((tmp_path / "out" / "windows.csv").open())] == list(range(100, 112))
