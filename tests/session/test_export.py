"""Structures of states: drawn by stationary weight, each with its origin."""
from __future__ import annotations

import csv

import mdtraj as md
import numpy as np
import pytest

import mdexplore as mdx
from mdexplore.base.errors import UserError
from mdexplore.session.export import frame_weights, save_frames


@pytest.fixture(scope="module")
def study():
    return mdx.Study(mdx.example("alanine-dipeptide"), lagtime="20 ps")


def table(path):
    with open(path, newline="") as file:
        return list(csv.DictReader(file))


def test_each_state_has_its_structures_and_their_origin(study, tmp_path):
    written = study.save_structures(tmp_path / "states", per_state=5)
    names = {p.name for p in written}
    assert names == {"README.txt", *(f"state-{k}.{suffix}" for k in (1, 2, 3) for suffix in ("pdb", "csv"))}
    for state in range(3):
        rows, shapes = table(tmp_path / "states" / f"state-{state + 1}.csv"), md.load(str(tmp_path / "states" / f"state-{state + 1}.pdb"))
        assert len(rows) == shapes.n_frames == 5
        for k, row in enumerate(rows):
            trajectory, frame = int(row["trajectory"]), int(row["frame"])
            assert study.metastable.assignments[trajectory][frame] == state and int(row["state"]) == state + 1
            original = md.load_frame(row["file"], int(row["frame_in_file"]), top=study.data.topology)
            assert md.rmsd(shapes[k], original)[0] < 2e-3   # a PDB file keeps a thousandth of an angstrom
            assert float(row["time_ns"]) == pytest.approx(original.time[0] / 1000, abs=1e-6)


def test_a_folder_of_the_home_folder_leaves_nothing_where_one_is(study, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    written = study.save_structures("~/states", per_state=1)
    assert {path.parent for path in written} == {tmp_path / "home" / "states"} and [p.name for p in tmp_path.iterdir()] == ["home"]


def test_frames_weigh_as_much_as_their_microstate(study):
    weights, kinetics = frame_weights(study), study.result("kinetics")
    micro = np.concatenate(study.result("clustering").dtrajs)
    assert weights.sum() == pytest.approx(1)
    np.testing.assert_allclose(np.bincount(micro, weights=weights, minlength=kinetics.n_clusters)[kinetics.active], kinetics.stationary, atol=1e-12)
    assert not weights[~np.isin(micro, kinetics.active)].any()


def test_frames_are_drawn_by_stationary_weight(study, tmp_path):
    study.save_structures(tmp_path, per_state=2000, states=[0], format="xtc")
    rows, weights = table(tmp_path / "state-1.csv"), frame_weights(study)
    inside = np.concatenate(study.metastable.assignments) == 0
    expected = np.average(weights[inside], weights=weights[inside])
    assert np.mean([float(r["weight"]) for r in rows]) == pytest.approx(expected, rel=0.1)
    assert len({(r["trajectory"], r["frame"]) for r in rows}) == 2000


def test_the_same_seed_draws_the_same_structures(study, tmp_path):
    for name, made in (("a", study), ("b", study), ("c", study.change(seed=1))):
        made.save_structures(tmp_path / name, per_state=4, states=[1])
    read = {name: (tmp_path / name / "state-2.csv").read_text() for name in "abc"}
    assert read["a"] == read["b"] != read["c"]


@pytest.mark.parametrize("format", ["pdb", "xtc", "dcd", "h5"])
def test_every_format_can_be_read_again(study, tmp_path, format):
    study.save_structures(tmp_path, per_state=3, states=[2], format=format)
    top = {} if format in ("pdb", "h5") else {"top": str(tmp_path / "state-3.pdb")}
    assert md.load(str(tmp_path / f"state-3.{format}"), **top).n_frames == 3


def test_a_state_with_fewer_frames_gives_them_all(study, tmp_path):
    n = int(sum((a == 2).sum() for a in study.metastable.assignments))
    study.save_structures(tmp_path, per_state=n + 1000, states=[2], format="xtc")
    rows = table(tmp_path / "state-3.csv")
    assert len(rows) == int((frame_weights(study)[np.concatenate(study.metastable.assignments) == 2] > 0).sum()) <= n


def test_what_cannot_be_written_is_said_before_anything_is(study, tmp_path):
    (tmp_path / "file").write_text("")
    for wrong in (dict(format="png"), dict(per_state=0), dict(states=[9]), dict(states=[-1])):
        with pytest.raises(UserError):
            study.save_structures(tmp_path / "out", **wrong)
    assert not (tmp_path / "out").exists()
    with pytest.raises(UserError):
        study.save_structures(tmp_path / "file")


def test_arrays_have_no_structures_to_write(chain, tmp_path):
    made = mdx.Study(chain, lagtime=2)
    with pytest.raises(UserError, match="no structures"):
        made.save_structures(tmp_path)
    with pytest.raises(UserError, match="no structures"):
        save_frames(chain, np.array([[0, 1]]), tmp_path / "a.pdb")


def test_an_empty_choice_and_an_unknown_suffix_are_refused(study, tmp_path):
    with pytest.raises(UserError, match="No frame"):
        save_frames(study.data, np.empty((0, 2), int), tmp_path / "a.pdb")
    for name in ("a.png", "a"):
        with pytest.raises(UserError, match="Structures cannot be written"):
            save_frames(study.data, np.array([[0, 1]]), tmp_path / name)


def test_no_half_file_is_left_behind(study, tmp_path, monkeypatch):
    monkeypatch.setattr("os.replace", lambda *a: (_ for _ in ()).throw(OSError(28, "No space left on device")))
    with pytest.raises(UserError, match="No space left"):
        save_frames(study.data, np.array([[0, 1]]), tmp_path / "a.pdb")
    assert list(tmp_path.iterdir()) == []
