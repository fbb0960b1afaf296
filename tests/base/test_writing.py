"""Files are whole or absent."""
from __future__ import annotations

import os
from pathlib import Path

import pytest

from mdexplore.base.errors import UserError
from mdexplore.base.writing import write_whole


def test_a_file_is_written_with_its_folder_and_named_absolutely(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    written = write_whole("new/a.txt", lambda target: target.write_text("whole"))
    assert written == tmp_path / "new" / "a.txt" and written.read_text() == "whole"
    assert os.listdir(written.parent) == ["a.txt"]


def test_a_writer_that_fails_leaves_the_file_that_was_there(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_text("old")

    def fails(target: Path) -> None:
        target.write_text("half")
        raise OSError(28, "No space left on device")

    with pytest.raises(UserError, match="cannot be written"):
        write_whole(path, fails)
    assert path.read_text() == "old" and os.listdir(tmp_path) == ["a.txt"]


def test_what_a_killed_writer_left_is_removed_after_a_day(tmp_path: Path) -> None:
    old, young = tmp_path / ".new-old.txt", tmp_path / ".new-young.txt"
    for left in (old, young):
        left.write_text("half")
    os.utime(old, (0, 0))
    write_whole(tmp_path / "a.txt", lambda target: target.write_text("whole"))
    assert not old.exists() and young.exists()


def test_a_folder_that_may_not_be_looked_into_is_no_bad_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*args: object, **options: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("os.lstat", refuse)   # as where the folder is another's; a test may run as root, whom nobody refuses
    monkeypatch.setattr("tempfile.mkstemp", refuse)
    with pytest.raises(UserError, match=r"a\.txt cannot be written\.(.|\n)*Permission denied"):
        write_whole(tmp_path / "a.txt", lambda target: None)
