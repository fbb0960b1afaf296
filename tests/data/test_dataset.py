"""A data set's frames, provenance, keys and travel."""
from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from mdexplore.base.errors import UserError
from mdexplore.base.store import cache_folder
from mdexplore.data import travel
from mdexplore.data.dataset import Dataset
from mdexplore.data.loading import load
from mdexplore.data.travel import content


@pytest.fixture
def data(files, top):
    return load([files("a.xtc"), files("b.xtc")], top=top, stride=3, atoms="element C")


def test_the_origin_names_file_frame_and_time_before_stride(data, molecule):
    file, frame, time_ns = data.origin(1, 5)
    assert os.path.basename(file) == "b.xtc" and frame == 15 and time_ns == pytest.approx(0.32)
    carbons = molecule.topology.select("element C")
    np.testing.assert_allclose(data.coordinates(1, 5), molecule.xyz[15, carbons], atol=2e-3)
    assert data.frame(1, 5).time[0] == pytest.approx(320)


@pytest.mark.parametrize("place", [(2, 0), (-1, 0), (0, 14), (0, -1)])
def test_frames_that_do_not_exist_name_the_limits(place, data):
    for ask in (data.frame, data.coordinates, data.origin):
        with pytest.raises(UserError, match="from 0"):
            ask(*place)
    with pytest.raises(UserError, match="from 0"):
        data.frames([place])


@pytest.mark.parametrize("indices", [[], [[0.5, 1]], [0, 1], [[0, 1, 2]]])
def test_unclear_frames_are_refused(indices, data):
    with pytest.raises(UserError, match="pair"):
        data.frames(indices)


def test_a_specification_survives_json_and_makes_an_equal_data_set(data, monkeypatch):
    spec = data.spec()
    text = json.dumps(spec)
    monkeypatch.setattr("mdexplore.data.readers.scan_file", lambda *a: pytest.fail("scanned again"))
    again = Dataset.from_spec(json.loads(text))
    assert again == data and again.key == data.key and again.topology == data.topology
    assert again.report == data.report and again.names == data.names and again.timestep_ns == data.timestep_ns
    np.testing.assert_array_equal(again.frames([(1, 3), (0, 2)]).xyz, data.frames([(1, 3), (0, 2)]).xyz)
    np.testing.assert_array_equal(again.times_ns(1), data.times_ns(1))


def test_a_specification_outlives_the_cache(data):
    spec = data.spec()
    shutil.rmtree(cache_folder())
    again = Dataset.from_spec(spec)
    np.testing.assert_array_equal(again.coordinates(1, 3), data.coordinates(1, 3))


def test_another_process_makes_the_same_data_set(data, tmp_path):
    (tmp_path / "spec.json").write_text(json.dumps(data.spec()))
    code = ("import json, sys; from mdexplore.data.dataset import Dataset; d = Dataset.from_spec(json.load(open(sys.argv[1]))); "
            "print(d.key, float(d.coordinates(1, 3).sum()))")
    printed = subprocess.run([sys.executable, "-c", code, str(tmp_path / "spec.json")], capture_output=True, text=True, check=True, env={**os.environ}).stdout.split()
    assert printed[0] == data.key and float(printed[1]) == pytest.approx(float(data.coordinates(1, 3).sum()))


def test_arrays_and_memory_travel_too(molecule):
    values = np.random.default_rng(0).normal(size=(40, 2))
    for source in (load(molecule, features=values), load([values], stride=2)):
        again = Dataset.from_spec(source.spec())
        assert again == source and again.given_names == source.given_names
        np.testing.assert_array_equal(again.given[0], source.given[0])


def test_arrays_whose_entry_cannot_be_read_are_kept_anew(cache, monkeypatch):
    values = np.random.default_rng(1).normal(size=(40, 2))
    load([values]).spec()
    written = list(cache.rglob("value.json"))
    for path in written:   # as an earlier version wrote them
        path.write_text(json.dumps({**json.loads(path.read_text()), "format": 1}))
    monkeypatch.setattr(travel, "_sound", set())   # as another process finds them
    np.testing.assert_array_equal(Dataset.from_spec(load([values]).spec()).given[0], values)
    assert written


def test_lost_arrays_are_said(cache):
    spec = load([np.zeros((5, 2)) + np.arange(5)[:, None]]).spec()
    shutil.rmtree(cache)
    with pytest.raises(UserError, match="cache"):
        Dataset.from_spec(spec)


def test_keys_follow_content_and_options(files, top):
    path = files("run.xtc")
    base = load(path, top=top)
    assert base.key == load(path, top=top).key
    keys = {base.key, load(path, top=top, stride=2).key, load(path, top=top, atoms=[1]).key, load(path, top=top, timestep_ns=1).key}
    data = bytearray(Path(path).read_bytes())
    data[-30] ^= 1
    Path(path).write_bytes(data)
    assert len(keys | {load(path, top=top).key}) == 5
    assert load(path, top=top, stride=2).trajectory_key(0) == load(path, top=top).trajectory_key(0)


def test_more_files_than_are_kept_open_can_be_visited(molecule, files, top):
    data = load([files(f"r{i}.dcd", molecule[:2]) for i in range(70)], top=top)
    for _ in range(2):
        for i in range(70):
            assert data.coordinates(i, 1).shape == (22, 3)


def test_a_file_that_vanishes_is_said(files, top):
    path = files("run.dcd")
    data = load(path, top=top)
    os.remove(path)
    with pytest.raises(UserError, match="not there any more"):
        data.frame(0, 0)


@pytest.mark.parametrize("form", ["trr", "dcd", "nc", "h5", "gro"])
def test_every_format_travels(form, files, top):
    source = load(files(f"run.{form}"), top=top, stride=2)
    again = Dataset.from_spec(json.loads(json.dumps(source.spec())))
    assert again == source
    np.testing.assert_array_equal(again.coordinates(0, 9), source.coordinates(0, 9))


@pytest.mark.parametrize("form", ["xtc", "trr", "dcd", "nc", "h5"])
def test_few_atoms_of_many_frames_are_read_part_by_part(form, files, top, molecule, monkeypatch):
    from mdexplore.data import open_files

    monkeypatch.setattr(open_files, "_PART_BYTES", 12 * 22 * 9)   # nine frames
    data = load(files(f"run.{form}"), top=top, atoms=[3, 8])
    (_, whole), = data.chunks(0)
    np.testing.assert_allclose(whole.xyz, molecule.xyz[:, [3, 8]], atol=2e-3)
    np.testing.assert_allclose(whole.unitcell_lengths, molecule.unitcell_lengths, atol=1e-4)


def test_the_content_of_copies_is_equal_and_tells_what_differs(files, top, tmp_path):
    data = load([files("a.xtc"), files("b.xtc")], top=top)
    (tmp_path / "new").mkdir()
    copies = load([shutil.copy(tmp_path / name, tmp_path / "new") for name in ("a.xtc", "b.xtc")], top=top)
    assert copies.key != data.key and content(copies.spec()) == content(data.spec())
    spec = data.spec()
    tracks = [{**t, "every": 2} for t in spec["tracks"]]
    for change, part in (({"stride": 2}, "stride"), ({"atoms": [0, 1]}, "atoms"), ({"timestep_ns": 1.0}, "time step"), ({"tracks": tracks}, "resampling"),
                         ({"whole": {"needed": None, "bonds": [], "kept": None}}, "wholeness"), ({"tracks": spec["tracks"][:1]}, "content"), ({"topology": None}, "topology")):
        now = content({**spec, **change})
        assert part in [name for name, key in content(spec).items() if key != now[name]]
