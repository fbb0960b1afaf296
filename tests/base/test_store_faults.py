"""The cache when things go wrong: killed writers, full disks, flipped bits, and what they leave behind."""
from __future__ import annotations

import os
import resource
import signal
import subprocess
import sys
import time

import numpy as np
import pytest

from mdexplore.base.errors import UserError
from mdexplore.base.store import Store

WRITER = """
import sys, numpy as np
from mdexplore.base.store import Store
number = 0
while True:
    value = [np.full((300, 100), number, np.float32), np.arange(10) + number, {"n": number}]
    print(number, flush=True)
    Store().save(f"key-{number % 7}", value)
    number += 1
"""


def value(n: int = 3) -> list:
    return [np.full((300, 100), n, np.float32), np.arange(10) + n, {"n": n}]


def is_sound(found: list) -> bool:
    n = found[2]["n"]
    return bool((found[0] == n).all() and (found[1] == np.arange(10) + n).all() and found[0].shape == (300, 100))


def test_killed_writers_leave_whole_entries_or_none(cache):
    rng = np.random.default_rng(0)
    for _ in range(6):
        with subprocess.Popen([sys.executable, "-c", WRITER], stdout=subprocess.PIPE) as writer:
            for _ in range(int(rng.integers(1, 12))):
                writer.stdout.readline()
            time.sleep(float(rng.uniform(0, 0.004)))   # some moment within a write
            writer.send_signal(signal.SIGKILL)
        found = [Store().load(f"key-{k}") for k in range(7)]
        assert all(is_sound(f) for f in found if f is not None)
        assert is_sound(Store().save("key-0", value()))


@pytest.fixture
def full_disk(cache):
    """No file may become larger than 64 KiB."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1 << 16, before[1]))
    yield cache
    resource.setrlimit(resource.RLIMIT_FSIZE, before)


def test_a_full_disk_is_said_and_leaves_nothing(full_disk):
    with pytest.raises(UserError, match="cache cannot be written"):
        Store().save("key", value())
    assert Store().load("key") is None and not [p for p in full_disk.rglob("*") if p.is_file()]


def test_room_for_an_array_in_place_is_asked_for_at_once(full_disk):
    with pytest.raises(UserError, match="cache cannot be written"), Store().writing("key") as entry:
        entry.array((1000, 1000))


def test_the_room_of_an_array_in_place_is_real(cache):
    with Store().writing("key") as entry:
        array = entry.array((1000, 1000))
        assert os.stat(array.filename).st_blocks * 512 >= array.nbytes   # not a hole that a full disk could not fill
        array[:] = 1
        entry.value = array
    assert (Store().load("key") == 1).all()


@pytest.mark.parametrize("name", ["value.json", "sums.json", "a0.npy", "a1.npy"])
@pytest.mark.parametrize("where", [0.0, 0.5, 0.999])
def test_a_flipped_bit_makes_a_miss(name, where, cache):
    Store().save("key", value())
    path = Store().folder("key") / name
    data = bytearray(path.read_bytes())
    data[int(where * len(data))] ^= 4
    path.write_bytes(data)
    found = Store().load("key")
    assert found is None or (name == "a0.npy" and where == 0.5)   # the middle of a large array is looked at in pages
    assert is_sound(Store().save("key", value()))


def test_a_hole_in_a_large_array_makes_a_miss(cache):
    Store().save("key", np.ones((1000, 1000)))
    path = Store().folder("key") / "a0.npy"
    data = bytearray(path.read_bytes())
    data[3_000_000:4_000_000] = bytes(1_000_000)
    path.write_bytes(data)
    assert Store().load("key") is None


@pytest.mark.parametrize("name", ["value.json", "sums.json", "a0.npy", "a1.npy"])
def test_a_missing_or_cut_file_makes_a_miss(name, cache):
    Store().save("key", value())
    path = Store().folder("key") / name
    path.write_bytes(path.read_bytes()[:-1])
    assert Store().load("key") is None
    Store().save("key", value())
    path.unlink()
    assert Store().load("key") is None
    Store().save("key", value())
    assert is_sound(Store().load("key"))


def test_an_entry_of_an_older_format_is_a_miss(cache):
    Store().save("key", value())
    path = Store().folder("key") / "value.json"
    path.write_text(path.read_text().replace('"format": 2', '"format": 1'))
    assert Store().load("key") is None
    Store().save("key", value())
    assert is_sound(Store().load("key"))


def test_what_a_killed_writer_left_is_swept_away_after_a_day(cache):
    Store().save("key", value())
    left = Store().folder("key").parent / ".new-left"
    young = Store().folder("key").parent / ".new-young"
    left.mkdir()
    young.mkdir()
    os.utime(left, (1, 1))
    Store().save("key", value())
    assert not left.exists() and young.exists()
