"""The data root: outside it nothing is read, by whatever way a path comes in, and nothing is written."""
from __future__ import annotations

import os
import shutil

import numpy as np
import pytest

import mdexplore as mdx
from mdexplore.base import roots
from mdexplore.base.errors import UserError
from mdexplore.base.writing import write_whole
from mdexplore.data.atom_counts import count_atoms
from mdexplore.data.examples import BUNDLED
from mdexplore.data.formats.signature import identify
from mdexplore.data.frame_tables import read_columns, read_rows
from mdexplore.data.headers import check_headers
from mdexplore.data.readers import scan_file
from mdexplore.methods.kinetics.augmented_msm import files_of


@pytest.fixture
def places(tmp_path, monkeypatch, cache):
    """A root with a trajectory and its topology, and the same outside it."""
    for name in ("root", "outside", "root-beside"):
        (tmp_path / name).mkdir()
        for file in ("ala2-00.xtc", "ala2.pdb"):
            shutil.copy(BUNDLED / "alanine-dipeptide" / file, tmp_path / name)
    monkeypatch.setenv(roots.READ, str(tmp_path / "root"))
    return tmp_path


def load(folder, top=None):
    return mdx.load(folder / "ala2-00.xtc", top=(top or folder) / "ala2.pdb")


def test_files_inside_the_root_and_the_bundled_examples_are_read(places):
    assert load(places / "root").n_frames > 1
    assert mdx.example("alanine-dipeptide").n_frames > 1


@pytest.mark.parametrize("name", ["outside", "root-beside", "root/../outside"])
def test_trajectories_outside_are_refused(places, name):
    with pytest.raises(UserError, match="outside the data folder"):
        load(places / name, places / "root")


def test_topology_outside_is_refused(places):
    with pytest.raises(UserError, match="outside the data folder"):
        load(places / "root", places / "outside")


def test_links_that_lead_out_are_refused_and_links_that_stay_are_followed(places):
    (places / "root/out.xtc").symlink_to(places / "outside/ala2-00.xtc")
    (places / "root/in.xtc").symlink_to("ala2-00.xtc")
    (places / "root/folder").symlink_to(places / "outside")
    for name in ("out.xtc", "folder/ala2-00.xtc"):
        with pytest.raises(UserError, match="outside the data folder"):
            mdx.load(places / "root" / name, top=places / "root/ala2.pdb")
    assert mdx.load(places / "root/in.xtc", top=places / "root/ala2.pdb").n_frames > 1


def test_patterns_do_not_lead_out_either(places):
    for pattern in (places / "outside/*.xtc", places / "root/*/../../outside/*.xtc", "/etc/*"):
        with pytest.raises(UserError):
            mdx.load(pattern, top=places / "root/ala2.pdb")
    (places / "root/folder").symlink_to(places / "outside")
    with pytest.raises(UserError, match="outside the data folder"):
        mdx.load(places / "root/fold*/*.xtc", top=places / "root/ala2.pdb")


def test_a_look_at_headers_opens_nothing_outside(places):
    inside = str(places / "root/ala2-00.xtc")
    check_headers([inside], top=str(places / "root/ala2.pdb"))
    for paths, top in (([inside], places / "outside/ala2.pdb"), ([str(places / "outside/ala2-00.xtc")], places / "root/ala2.pdb")):
        with pytest.raises(UserError, match="outside the data folder"):
            check_headers(paths, top=str(top))


@pytest.mark.parametrize("read", [identify, lambda path: count_atoms(path, "pdb"), lambda path: read_columns([path]), read_rows, lambda path: files_of(f"{path}*"),
                                  lambda path: scan_file(path, "xtc"), lambda path: mdx.settings.AugmentedMSM(measured=str(path), frames=str(path))])
def test_whatever_opens_a_path_asks_the_root_first(places, read):
    with pytest.raises(UserError, match="outside the data folder"):
        read(places / "outside/ala2.pdb")


def test_nothing_is_said_about_what_is_outside(places):
    said = []
    for name in ("/etc/passwd", "/etc/no-such-file", "/no-such-folder/a.xtc", "/etc/no-such-*"):
        with pytest.raises(UserError) as found:
            mdx.load(name)
        said.append(str(found.value).replace(name, "").replace(name.rpartition("/")[0], ""))
    assert len(set(said)) == 1


@pytest.mark.parametrize("make", [lambda path: os.mkfifo(path), lambda path: path.symlink_to("/dev/zero"), lambda path: path.mkdir()])
def test_what_is_no_ordinary_file_is_refused(places, make):
    make(places / "root/odd.xtc")
    with pytest.raises(UserError):
        mdx.load(places / "root/odd.xtc", top=places / "root/ala2.pdb")


def test_saved_study_cannot_name_trajectories_outside(places, monkeypatch):
    monkeypatch.delenv(roots.READ)
    study = mdx.Study(load(places / "outside"))
    study.save(places / "root/study.mdx")
    study.save(places / "outside/study.mdx")
    monkeypatch.setenv(roots.READ, str(places / "root"))
    for folder in ("root", "outside"):
        with pytest.raises(UserError, match="outside the data folder"):
            mdx.open(places / folder / "study.mdx")


def test_nothing_is_written_outside_or_through_a_link(places):
    def write(target):
        target.write_text("x")

    assert write_whole(places / "root/new/a.txt", write).read_text() == "x"
    (places / "root/link.txt").symlink_to(places / "outside/b.txt")
    (places / "root/gone").symlink_to(places / "outside")
    for path in (places / "outside/a.txt", places / "root/../outside/a.txt", places / "root/link.txt", places / "root/gone/a.txt"):
        with pytest.raises(UserError, match=r"outside the folder for saved files|not an ordinary file"):
            write_whole(path, write)
    assert sorted(p.name for p in (places / "outside").iterdir()) == ["ala2-00.xtc", "ala2.pdb"]
    with pytest.raises(UserError, match="outside the folder for saved files"):
        mdx.Study([np.random.default_rng(0).normal(size=(50, 2))]).save(places / "outside/study.mdx")


def test_saved_files_may_have_a_root_of_their_own(places, monkeypatch):
    monkeypatch.setenv(roots.WRITE, str(places / "outside"))
    assert roots.save_folder() == places / "outside"
    assert write_whole(places / "outside/a.txt", lambda target: target.write_text("x")).exists()
    with pytest.raises(UserError, match="outside the folder for saved files"):
        write_whole(places / "root/a.txt", lambda target: target.write_text("x"))


@pytest.mark.parametrize("name", ["a\0b.txt", "x" * 5000, "~nobody-of-that-name/a.txt"])
def test_names_that_no_file_can_have_are_refused_in_words(tmp_path, monkeypatch, name):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(UserError):
        write_whole(name, lambda target: target.write_text("x"))


def test_without_a_root_nothing_is_fenced(places, monkeypatch):
    monkeypatch.delenv(roots.READ)
    assert not roots.is_fenced()
    assert load(places / "outside").n_frames > 1
