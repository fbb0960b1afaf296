"""The private folder of a server: swept when its server is dead, never when it lives or is somebody else's."""
from __future__ import annotations

import os
import subprocess
import sys
import time

import pytest

from mdexplore.app.serve import private

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="nothing is swept there")


@pytest.fixture
def parent(tmp_path, monkeypatch):
    monkeypatch.setattr(private.tempfile, "gettempdir", lambda: str(tmp_path))
    monkeypatch.setattr(private.tempfile, "tempdir", str(tmp_path))
    return tmp_path


def test_folder_in_use_stays_and_goes_when_its_lock_is_free(parent):
    folder, lock = private.make()
    (folder / "kernel-1.json").write_text("{}")
    assert private.sweep(parent) == []
    os.close(lock)
    assert private.sweep(parent) == [folder]
    assert not folder.exists()


def test_next_start_sweeps_what_a_killed_server_left(parent):
    code = ("import tempfile, os, signal, sys; tempfile.tempdir = sys.argv[1]\n"
            "from mdexplore.app.serve import private; folder, lock = private.make(); (folder / 'kernel-1.json').write_text('{}'); os.kill(os.getpid(), signal.SIGKILL)")
    subprocess.run([sys.executable, "-c", code, str(parent)], check=False)
    left = list(parent.iterdir())
    assert len(left) == 1
    folder, lock = private.make()
    assert list(parent.iterdir()) == [folder]
    os.close(lock)


def test_lock_that_a_child_holds_keeps_the_folder(parent):
    folder, lock = private.make()
    child = subprocess.Popen([sys.executable, "-c", "import sys; sys.stdin.read()"], stdin=subprocess.PIPE, pass_fds=[lock])
    os.close(lock)
    assert private.sweep(parent) == []
    child.communicate()
    assert private.sweep(parent) == [folder]


@pytest.mark.parametrize("name", ["mdexplore-bench-abcdefgh", "mdexplore-abc", "other-abcdefgh", "mdexplore-ABCDEFGH"])
def test_folders_of_other_programs_stay(parent, name):
    (parent / name).mkdir()
    (parent / name / private.LOCK).touch()
    assert private.sweep(parent) == []


def test_folder_without_a_lock_stays_while_it_is_young_or_holds_anything_else(parent):
    young, old, filled = (parent / f"mdexplore-{name}" for name in ("aaaaaaaa", "bbbbbbbb", "cccccccc"))
    for folder in (young, old, filled):
        folder.mkdir()
    (old / "kernel-1.json").touch()
    (filled / "thesis.txt").touch()
    for folder in (old, filled):
        os.utime(folder, (time.time() - 2 * 86400,) * 2)
    assert private.sweep(parent) == [old]


def test_links_are_not_followed(parent, tmp_path_factory):
    elsewhere = tmp_path_factory.mktemp("elsewhere")
    (elsewhere / private.LOCK).touch()
    (parent / "mdexplore-aaaaaaaa").symlink_to(elsewhere)
    linked = parent / "mdexplore-bbbbbbbb"
    linked.mkdir()
    (linked / private.LOCK).symlink_to(elsewhere / private.LOCK)
    assert private.sweep(parent) == []
    assert elsewhere.exists() and linked.exists()


def test_lock_is_that_of_the_folder(parent):
    folder, lock = private.make()
    with (folder / private.LOCK).open("r+") as again, pytest.raises(BlockingIOError):
        private.fcntl.flock(again, private.fcntl.LOCK_EX | private.fcntl.LOCK_NB)
    os.close(lock)
