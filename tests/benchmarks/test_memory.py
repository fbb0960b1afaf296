"""Memory that a call takes is seen, also where others have left some behind; large files go where there is room."""
from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).parents[2]))
from benchmarks import disk
from benchmarks.memory import anonymous_peak, say_mb

linux = pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")


@linux
def test_memory_of_a_call_is_seen_although_an_earlier_one_left_as_much():
    def act():
        return [np.ones(1 << 15) for _ in range(200)]   # 52 MB in pieces that the heap keeps when they are freed

    act()
    taken, result = anonymous_peak(act)
    assert 45 < taken < 80 and len(result) == 200


@linux
def test_a_call_that_is_over_at_once_is_seen():
    taken, _ = anonymous_peak(lambda: np.ones(1 << 23).nbytes)
    assert 60 < taken < 90


@linux
def test_pages_of_files_are_no_memory(tmp_path):
    np.save(tmp_path / "a.npy", np.ones(1 << 23))
    taken, _ = anonymous_peak(lambda: [np.load(tmp_path / "a.npy", mmap_mode="r").sum() for _ in range(20)])
    assert taken < 30


def test_little_memory_is_not_said_to_be_none():
    assert say_mb(0.2) == "< 1 MB" and say_mb(float("nan")) == "unknown"


def test_a_folder_without_room_names_what_is_needed_and_what_is_free(tmp_path):
    with pytest.raises(disk.NoRoom, match=r"1000000000.0 GB are needed .* GB in .*--folder"):
        disk.with_room(1e18, str(tmp_path))


def test_a_folder_that_is_given_is_taken(tmp_path):
    assert disk.with_room(1000, str(tmp_path)) == tmp_path


def test_files_in_memory_are_told_from_files_on_disk(tmp_path):
    (tmp_path / "mounts").write_text(f"/dev/x / ext4 rw 0 0\ntmpfs {tmp_path}/quick tmpfs rw 0 0\n")
    assert disk.is_in_memory(tmp_path / "quick" / "inside", tmp_path / "mounts") and not disk.is_in_memory(tmp_path, tmp_path / "mounts")
