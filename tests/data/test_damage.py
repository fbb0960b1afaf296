"""Damaged files stop with a sentence, or give their sound frames; no reader is let loose on them."""
from __future__ import annotations

from pathlib import Path

import mdtraj as md
import numpy as np
import pytest

from mdexplore.base.errors import UserError
from mdexplore.data.loading import load


def cut(path: str, share: float) -> str:
    data = Path(path).read_bytes()
    Path(path).write_bytes(data[:int(share * len(data))])
    return path


@pytest.mark.parametrize("form", ["xtc", "trr", "dcd", "nc"])
def test_a_cut_file_stops_and_names_the_place(form, files, top):
    with pytest.raises(UserError, match=r"sound frames, at byte \d+.*keep-good"):
        load(cut(files(f"run.{form}"), 0.61), top=top)


@pytest.mark.parametrize("form", ["xtc", "trr", "dcd", "nc"])
def test_the_sound_frames_of_a_cut_file_are_kept_on_request(form, files, top, molecule):
    data = load(cut(files(f"run.{form}"), 0.61), top=top, on_damage="keep-good")
    assert 20 <= data.n_frames <= 24
    assert [n.level for n in data.report.notices if "damaged" in n.text] == ["warning"]
    whole = np.concatenate([piece.xyz for _, piece in data.chunks(0)])
    np.testing.assert_allclose(whole, molecule.xyz[:data.n_frames], atol=2e-3)


def test_a_cut_hdf5_file_is_refused(files):
    with pytest.raises(UserError, match="cut"):
        load(cut(files("run.h5"), 0.6))


def test_a_broken_frame_header_ends_an_xtc_file(files, top):
    from mdexplore.data.formats.xtc import scan

    path = files("run.xtc")
    offsets = scan(path).offsets
    data = bytearray(Path(path).read_bytes())
    data[offsets[10] + 4:offsets[10] + 8] = b"\x7f\xff\xff\xff"
    Path(path).write_bytes(data)
    with pytest.raises(UserError, match="10 sound frames"):
        load(path, top=top)
    assert load(path, top=top, on_damage="keep-good").n_frames == 10


@pytest.mark.parametrize(("value", "words"), [(np.nan, "not numbers"), (0.0, "are 0"), (3e5, "nm")])
def test_coordinates_that_cannot_be_stop_the_stream(value, words, files, top, molecule):
    broken = molecule[:]
    broken.xyz[25] = value
    data = load(files("run.trr", broken), top=top)
    with pytest.raises(UserError, match=f"frame 25.*{words}"):
        list(data.chunks(0, size=10))


def test_frames_before_impossible_coordinates_are_kept_on_request(files, top, molecule):
    broken = molecule[:]
    broken.xyz[25] = np.nan
    data = load(files("run.trr", broken), top=top, on_damage="keep-good")
    assert data.n_frames == 25 and any("damaged" in n.text for n in data.report.notices)


def test_one_damaged_file_of_two_leaves_the_other(files, top):
    paths = [files("a.dcd"), cut(files("b.dcd"), 0.01)]
    data = load(paths, top=top, on_damage="keep-good")
    assert data.names == ("a.dcd",) and any("left out" in n.text for n in data.report.notices)


def test_a_file_cut_by_seven_bytes_keeps_all_other_frames(files, top):
    path = files("run.dcd")
    data = Path(path).read_bytes()
    Path(path).write_bytes(data[:-7])
    assert load(path, top=top, on_damage="keep-good").n_frames == 39


def test_damaged_files_never_kill_the_process(files, top, tmp_path):
    good = Path(files("run.xtc")).read_bytes()
    path = tmp_path / "hurt.xtc"
    for seed in range(40):
        rng = np.random.default_rng(seed)
        data = bytearray(good)
        for place in rng.integers(0, len(data), 10):
            data[place] = rng.integers(256)
        path.write_bytes(data)
        try:
            for _ in load(path, top=md.load(top), on_damage="keep-good").chunks(0):
                pass
        except UserError:
            pass


@pytest.mark.parametrize("form", ["xyz", "lammpstrj", "mdcrd"])
def test_a_cut_text_file_is_not_taken_in_silence(form, files, top, molecule):
    boxed = md.Trajectory(molecule.xyz, molecule.topology, unitcell_lengths=np.full((40, 3), 4.0), unitcell_angles=np.full((40, 3), 90.0))
    path = files(f"run.{form}", boxed)
    assert load(path, top=top).n_frames == 40
    lines = Path(path).read_text().splitlines(keepends=True)
    Path(path).write_text("".join(lines[:-3]))
    with pytest.raises(UserError, match=r"could not be read|sound frames|need \d+"):
        load(path, top=top)


def test_a_text_file_that_ends_within_a_line_is_warned_about(files, top):
    path = files("run.xyz")
    text = Path(path).read_text().rstrip()
    Path(path).write_text(text[:-2])
    assert any("middle of a line" in n.text for n in load(path, top=top).report.notices)


@pytest.mark.parametrize(("form", "name"), [("nc", b"cell_angles"), ("h5", b"cell_angles")])
def test_half_a_unit_cell_is_said(form, name, files, top):
    path = Path(files(f"run.{form}"))
    path.write_bytes(path.read_bytes().replace(name, b"cell_engles"))
    assert any("half of its unit cell" in n.text for n in load(path, top=top).examine().notices)
