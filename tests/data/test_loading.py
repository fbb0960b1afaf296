"""What load accepts, what it refuses, and the words in which it does."""
from __future__ import annotations

import gzip
import os
from pathlib import Path

import mdtraj as md
import numpy as np
import pytest

from mdexplore.base.errors import UserError
from mdexplore.data.loading import load


def test_globs_are_sorted_as_people_count(files, top, tmp_path):
    for k in (10, 2, 1):
        files(f"run{k}.xtc")
    data = load(str(tmp_path / "run*.xtc"), top=top)
    assert data.names == ("run1.xtc", "run2.xtc", "run10.xtc")
    assert (data.name, data.n_trajectories, data.lengths) == ("run", 3, (40, 40, 40))


def test_mdtraj_objects_are_taken_as_they_are(molecule):
    data = load([molecule[:15], molecule[15:]])
    assert data.lengths == (15, 25) and data.timestep_ns == pytest.approx(0.02)
    np.testing.assert_array_equal(data.coordinates(1, 3), molecule.xyz[18])
    assert data.topology == molecule.topology


def test_later_changes_in_memory_do_not_reach_the_data(molecule):
    mine = molecule[:]
    data = load(mine)
    mine.xyz += 1
    np.testing.assert_array_equal(data.coordinates(0, 3), molecule.xyz[3])


def test_a_universe_comes_in_nm_and_ns(files, top, molecule):
    mda = pytest.importorskip("MDAnalysis")
    universe = mda.Universe(top, files("run.xtc"))
    universe.trajectory[5]
    data = load(universe)
    assert data.timestep_ns == pytest.approx(0.02) and universe.trajectory.frame == 5
    np.testing.assert_allclose(data.coordinates(0, 7), molecule.xyz[7], atol=2e-3)
    assert [a.name for a in load(universe.select_atoms("name CA")).topology.atoms] == ["CA"]


def test_a_data_set_comes_back(molecule):
    data = load(molecule)
    assert load(data) is data


@pytest.mark.parametrize("atoms", ["name CA or name N", [8, 6, 16, 6]])
def test_atoms_are_kept_in_file_order(atoms, molecule):
    data = load(molecule, atoms=atoms)
    chosen = [6, 8, 16]
    assert [a.name for a in data.topology.atoms] == [molecule.topology.atom(i).name for i in chosen]
    np.testing.assert_array_equal(data.frame(0, 4).xyz[0], molecule.xyz[4, chosen])


def test_a_given_time_step_counts_before_stride_and_overrules_the_file(molecule):
    data = load(molecule, timestep_ns=0.5, stride=4)
    assert data.timestep_ns == 2.0
    assert data.times_ns(0)[:2].tolist() == [0.0, 2.0]
    assert any("500 ps was given" in n.text for n in data.report.notices)


def test_different_time_steps_are_refused_with_both_numbers(molecule):
    with pytest.raises(UserError, match=r"20 ps.*40 ps"):
        load([molecule, molecule[::2]])


def test_steps_back_in_time_are_warned_about(molecule):
    joined = md.join([molecule, molecule], check_topology=False)
    data = load(joined)
    assert [n.level for n in data.report.notices] == ["warning"] and "goes back in time" in data.report.notices[0].text


def test_zero_times_are_unknown_times(molecule):
    still = md.Trajectory(molecule.xyz, molecule.topology, time=np.zeros(40))
    data = load(still)
    assert data.timestep_ns is None and "all its times are 0 ps" in data.report.notices[0].text


def refused(source, words, **options):
    with pytest.raises(UserError, match=words) as caught:
        load(source, **options)
    assert caught.value.what


def test_a_missing_file_is_named(tmp_path):
    refused(tmp_path / "none.xtc", "no file.*none.xtc")


def test_a_pattern_without_match_is_named(tmp_path, top):
    refused(str(tmp_path / "*.xtc"), "No file matches")


def test_a_folder_is_refused_with_a_pattern_to_use(tmp_path):
    refused(tmp_path, "folder")


def test_wrong_atom_counts_are_both_said(files, molecule):
    refused(files("run.xtc"), "22 atoms.*10", top=molecule.atom_slice(range(10)))


@pytest.mark.parametrize("form", ["xtc", "trr", "dcd", "nc", "xyz"])
def test_coordinates_alone_need_a_topology(form, files):
    refused(files(f"run.{form}"), "no topology")


def test_one_frame_is_not_a_trajectory(files, molecule):
    refused(files("one.pdb", molecule[0]), "One frame")


def test_too_large_a_stride_is_named(molecule):
    refused(molecule, "stride of 100", stride=100)


@pytest.mark.parametrize(("name", "content", "words"), [
    ("a.xtc", b"", "empty"), ("a.xtc", b"<!DOCTYPE html><html>404</html>", "web page"), ("a.xtc", b"PK\x03\x04rest", "ZIP"),
    ("a.dcd", b"hello world\n" * 10, "text"), ("a.pdb", b"no records here\n", "text"), ("a.xtc", os.urandom(4) + bytes(2000), "unknown"),
    ("a.trr", gzip.compress(b"x" * 100), "gzip"), ("a.xtc", b"\x00\x00\x07\xcb", "header of the first frame"), ("a.nc", b"CDF\x02" + bytes(40), "coordinates"),
    ("a.pkl", b"\x80\x04\x95rest", "pickle"), ("a.json", b'{"a": 1}', "JSON"), ("a.h5", b"\x89HDF\r\n\x1a\n" + bytes(200), "could not be read|no trajectory"),
])
def test_what_is_no_trajectory_is_called_by_its_name(name, content, words, tmp_path, top):
    path = tmp_path / name
    path.write_bytes(content)
    refused(path, words, top=top)


@pytest.mark.skipif(os.geteuid() == 0, reason="nothing is forbidden to the superuser")
def test_a_forbidden_file_is_named(files, top):
    path = files("run.xtc")
    os.chmod(path, 0)
    refused(path, "may not be read", top=top)


@pytest.mark.parametrize(("options", "words"), [
    ({"stride": 0}, "stride"), ({"stride": 1.5}, "stride"), ({"timestep_ns": -1}, "time step"), ({"timestep_ns": "1"}, "time step"), ({"on_damage": "hope"}, "on_damage"),
    ({"atoms": "naem CA"}, "not understood"), ({"atoms": "name XX"}, "No atom"), ({"atoms": [22]}, "no atom 22"), ({"atoms": [0.5]}, "atoms"), ({"top": 7}, "no topology"),
])
def test_options_are_checked_at_the_door(options, words, molecule):
    refused(molecule, words, **options)


@pytest.mark.parametrize("source", [7, object(), [object()], None, []])
def test_what_cannot_be_a_trajectory_is_refused(source):
    refused(source, "cannot be loaded|nothing to load")


def test_a_file_name_of_odd_bytes_does_not_break_the_message(tmp_path, top):
    path = os.path.join(os.fsencode(tmp_path), b"odd\xff.xtc")
    Path(os.fsdecode(path)).write_bytes(b"no trajectory")
    with pytest.raises(UserError) as caught:
        load(os.fsdecode(path), top=top)
    str(caught.value).encode("utf-8")


def test_the_same_file_twice_is_said(files, top):
    path = files("run.xtc")
    assert any("twice" in n.text for n in load([path, path], top=top).report.notices)
