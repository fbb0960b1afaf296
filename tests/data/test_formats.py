"""Every format gives the frames that mdtraj gives, at random, in pieces, strided, and for some atoms."""
from __future__ import annotations

from pathlib import Path

import mdtraj as md
import numpy as np
import pytest

from mdexplore.data.loading import load

BINARY = ("xtc", "trr", "dcd", "nc", "h5")
TEXT = ("pdb", "gro", "xyz", "lammpstrj", "cif")
OWN_TOPOLOGY = ("h5", "pdb", "gro", "cif")


def reference(path, top):
    return md.load(path) if path.endswith(OWN_TOPOLOGY) else md.load(path, top=top)


@pytest.mark.parametrize("form", BINARY + TEXT)
def test_random_frames_equal_those_of_mdtraj(form, files, top):
    path = files(f"run.{form}")
    expected = reference(path, top)
    found = load(path, top=top).frames([(0, 39), (0, 3), (0, 3), (0, 0)])
    np.testing.assert_allclose(found.xyz, expected.xyz[[39, 3, 3, 0]], atol=1e-6)
    if expected.unitcell_lengths is not None:
        np.testing.assert_allclose(found.unitcell_lengths, expected.unitcell_lengths[[39, 3, 3, 0]], atol=1e-5)
        np.testing.assert_allclose(found.unitcell_angles, expected.unitcell_angles[[39, 3, 3, 0]], atol=1e-4)


@pytest.mark.parametrize("form", BINARY + TEXT)
def test_pieces_of_some_atoms_with_a_stride_cover_the_trajectory(form, files, top):
    path = files(f"run.{form}")
    data = load(path, top=top, stride=7, atoms=[5, 1, 3])
    starts, pieces = zip(*data.chunks(0, size=4))
    assert starts == (0, 4)
    np.testing.assert_allclose(np.concatenate([p.xyz for p in pieces]), reference(path, top).xyz[::7][:, [1, 3, 5]], atol=1e-6)
    np.testing.assert_allclose(data.coordinates(0, 5), reference(path, top).xyz[35, [1, 3, 5]], atol=1e-6)


@pytest.mark.parametrize("form", BINARY)
def test_a_file_without_a_cell_has_none(form, files, top, molecule):
    bare = md.Trajectory(molecule.xyz, molecule.topology, time=molecule.time)
    assert load(files(f"bare.{form}", bare), top=top).frame(0, 2).unitcell_lengths is None


@pytest.mark.parametrize("form", ["xtc", "trr", "nc", "h5", "gro"])
def test_the_time_step_is_read_in_ns(form, files, top):
    data = load(files(f"run.{form}"), top=top, stride=2)
    assert data.timestep_ns == pytest.approx(0.04)
    assert data.report.files[0].timestep_ns == pytest.approx(0.02)
    np.testing.assert_allclose(data.times_ns(0)[:2], [0.02, 0.06])


@pytest.mark.parametrize("form", ["dcd", "xyz", "pdb"])
def test_formats_without_times_count_frames(form, files, top):
    data = load(files(f"run.{form}"), top=top)
    assert data.timestep_ns is None and data.times_ns(0) is None
    assert [n.level for n in data.report.notices] == ["info"]
    assert load(files(f"run.{form}"), top=top, timestep_ns=0.5, stride=4).timestep_ns == 2.0


@pytest.mark.parametrize("form", BINARY)
def test_content_counts_and_not_the_name(form, files, top, tmp_path):
    path = files(f"run.{form}")
    other = tmp_path / "mislabelled.dat"
    other.write_bytes(Path(path).read_bytes())
    assert load(other, top=top).report.files[0].format == form


@pytest.mark.parametrize("form", BINARY)
def test_names_beyond_ascii_can_be_read(form, files, top, tmp_path, molecule):
    path = files(f"run.{form}")
    odd = tmp_path / f"Läufe 1 – β.{form}"
    odd.write_bytes(Path(path).read_bytes())
    np.testing.assert_allclose(load(odd, top=top).coordinates(0, 7), molecule.xyz[7], atol=2e-3)


@pytest.mark.parametrize("n_atoms", [3, 9, 10])
def test_few_atoms_are_stored_unpacked_in_xtc(n_atoms, files, molecule):
    small = molecule.atom_slice(range(n_atoms))
    data = load(files("small.xtc", small), top=small)
    np.testing.assert_allclose(data.frame(0, 39).xyz[0], small.xyz[39], atol=2e-3)


def test_a_multi_model_pdb_is_its_own_topology(files):
    data = load(files("models.pdb"))
    assert (data.n_frames, data.n_atoms) == (40, 22)


def test_a_packed_pdb_is_read_like_an_open_one(files, tmp_path):
    import gzip

    path = files("models.pdb")
    (tmp_path / "models.pdb.gz").write_bytes(gzip.compress(Path(path).read_bytes()))
    packed, plain = load(tmp_path / "models.pdb.gz"), load(path)
    np.testing.assert_array_equal(packed.coordinates(0, 39), plain.coordinates(0, 39))
    assert packed.frame(0, 0).unitcell_lengths is not None


def test_alternate_positions_in_a_pdb_are_left_to_mdtraj(files, tmp_path):
    lines = []
    for line in Path(files("models.pdb")).read_text().splitlines(keepends=True):
        if line.startswith("ATOM") and line[12:16].strip() == "CA":
            lines += [line[:16] + "A" + line[17:], line[:16] + "B" + line[17:]]
        else:
            lines.append(line)
    path = tmp_path / "alternate.pdb"
    path.write_text("".join(lines))
    data, expected = load(path), md.load(str(path))
    assert data.n_atoms == expected.n_atoms
    np.testing.assert_allclose(data.coordinates(0, 20), expected.xyz[20], atol=1e-6)


def test_text_is_converted_once(files, top, monkeypatch):
    path = files("run.xyz")
    load(path, top=top)
    monkeypatch.setattr("mdexplore.data.text_files._load", lambda *a: pytest.fail("read again"))
    assert load(path, top=top).n_frames == 40
