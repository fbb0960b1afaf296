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
    assert data.names == ("run.xtc",) and str(data.report).startswith("run.xtc: ") and "MDAnalysis" in str(data.report)


def test_a_data_set_says_its_size_and_time_step(molecule):
    assert "1 trajectory, " in repr(load(molecule)) and "20 ps a frame" in repr(load(molecule))
    arrays = load([np.zeros((5, 2)) + np.arange(5)[:, None]])
    assert repr(arrays).endswith("1 trajectory, 5 frames, time step unknown>")
    assert repr(arrays.report) == "<LoadReport: 1 trajectory, 5 frames kept, 0 damaged, 1 notice; headers, times and some frames looked at; print it for the files>"


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


def test_a_copy_under_another_name_is_said(files, top):
    found = load([files("a.xtc"), files("b.xtc")], top=top).report.notices
    assert any("b.xtc has the same content as a.xtc" in n.text for n in found)


def test_equal_arrays_are_said():
    arrays = [np.random.default_rng(0).normal(size=(50, 2)) for _ in range(2)]
    assert any("same content" in n.text for n in load(arrays).report.notices)


def test_finer_trajectories_are_brought_to_the_common_step_on_request(molecule, files, top):
    coarse = molecule[::4]
    paths = [files("fine.xtc"), files("coarse.xtc", coarse)]
    with pytest.raises(UserError, match=r"resample=True.*80 ps"):
        load(paths, top=top)
    data = load(paths, top=top, resample=True)
    assert data.lengths == (10, 10) and data.timestep_ns == pytest.approx(0.08)
    np.testing.assert_array_equal(data.coordinates(0, 3), data.coordinates(1, 3))
    np.testing.assert_allclose(data.times_ns(0), data.times_ns(1))
    assert data.origin(0, 3)[1:] == (12, pytest.approx(0.26)) and data.origin(1, 3)[1] == 3
    assert any("fine.xtc every 4" in n.text for n in data.report.notices) and data.report.files[0].timestep_ns == pytest.approx(0.02)
    again = type(data).from_spec(data.spec())
    assert again == data and again.lengths == (10, 10)
    assert load(paths, top=top, resample=True, stride=5).lengths == (2, 2)


def test_steps_without_a_common_multiple_are_not_resampled(molecule):
    odd = md.Trajectory(molecule.xyz, molecule.topology, time=np.arange(40) * 20 * np.sqrt(2))
    with pytest.raises(UserError, match="one time step"):
        load([molecule, odd], resample=True)
    with pytest.raises(UserError, match="do not go together"):
        load([molecule], resample=True, timestep_ns=0.1)


def test_changed_sources_are_noticed(files, top, molecule):
    path = files("run.xtc")
    data = load(path, top=top)
    data.check_sources()
    files("run.xtc", molecule[::-1])
    with pytest.raises(UserError, match="has changed"):
        data.check_sources()
    with pytest.raises(UserError, match=r"has changed|shorter"):
        data.frame(0, 0)
    os.remove(path)
    with pytest.raises(UserError, match="not there any more"):
        data.check_sources()


@pytest.mark.parametrize("form", ["xtc", "trr", "dcd", "nc"])
def test_a_file_that_is_cut_while_it_is_open_is_said(form, files, top):
    path = files(f"run.{form}")
    data = load(path, top=top)
    data.frame(0, 0)
    os.truncate(path, os.path.getsize(path) // 2)
    with pytest.raises(UserError, match="shorter"):
        data.frame(0, 39)


@pytest.mark.parametrize("form", ["trr", "dcd"])
def test_a_file_that_grows_can_still_be_read(form, files, top, molecule):
    path = files(f"run.{form}", molecule[:20])
    data = load(path, top=top)
    longer = files(f"longer.{form}")
    Path(path).write_bytes(Path(longer).read_bytes())
    np.testing.assert_allclose(data.coordinates(0, 19), molecule.xyz[19], atol=1e-5)


def test_a_file_that_begins_differently_after_growing_is_refused(files, top, molecule):
    path = files("run.xtc", molecule[:20])
    data = load(path, top=top)
    files("run.xtc", molecule[::-1])
    with pytest.raises(UserError, match="first frames are others"):
        data.frame(0, 3)


def test_an_archive_that_explodes_is_not_unpacked(tmp_path):
    np.savez_compressed(tmp_path / "bomb.npz", np.zeros(20_000_000, np.float64))
    refused(tmp_path / "bomb.npz", "not unpacked")


def test_a_link_to_nothing_is_called_so(tmp_path, top):
    (tmp_path / "a.xtc").symlink_to("nothing.xtc")
    refused(tmp_path / "a.xtc", "link to nothing", top=top)


def test_remarks_in_another_encoding_do_not_hide_a_topology(files, top, tmp_path):
    odd = tmp_path / "latin.pdb"
    odd.write_bytes(b"REMARK  caf\xe9\n" + Path(top).read_bytes())
    assert load(files("run.xtc"), top=odd).n_atoms == 22


def test_a_shuffled_structure_file_is_warned_about(files, top, tmp_path):
    lines = Path(top).read_text().splitlines()
    atoms = [i for i, line in enumerate(lines) if line.startswith("ATOM")]
    places = [lines[i][30:54] for i in atoms][::-1]
    for i, place in zip(atoms, places):
        lines[i] = lines[i][:30] + place + lines[i][54:]
    (tmp_path / "odd.pdb").write_text("\n".join(lines))
    assert any("the topology, does not fit its own bonds" in n.text for n in load(files("run.xtc"), top=tmp_path / "odd.pdb").report.notices)


def test_a_pdb_file_with_a_short_model_keeps_the_models_before_it_on_request(files):
    path = Path(files("run.pdb"))
    lines = path.read_text().splitlines()
    start = [i for i, line in enumerate(lines) if line.startswith("MODEL")][25]
    path.write_text("\n".join(lines[:start + 5] + lines[start + 6:]))
    refused(path, "25 sound frames.*21 atoms")
    assert load(path, on_damage="keep-good").n_frames == 25
