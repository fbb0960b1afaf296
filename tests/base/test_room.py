"""How much memory is free, and what is said of that which will not fit."""
from __future__ import annotations

import subprocess
import sys

import pytest

from mdexplore.base import room
from mdexplore.base.errors import UserError


def test_what_will_not_fit_is_said_with_both_numbers(monkeypatch):
    monkeypatch.setattr(room, "free_bytes", lambda: 3_000_000_000)
    with pytest.raises(UserError) as caught:
        room.check(7.25e9, "A Markov model of 20000 microstates", "Choose fewer microstates.")
    assert str(caught.value) == "A Markov model of 20000 microstates will not fit into memory. It takes about 7.25 GB, and 3 GB are free. Choose fewer microstates."


def test_what_fits_is_let_through(monkeypatch):
    monkeypatch.setattr(room, "free_bytes", lambda: 3_000_000_000)
    room.check(2.9e9, "", "")


def test_where_the_system_does_not_tell_nothing_is_refused(monkeypatch):
    monkeypatch.setattr(room, "free_bytes", lambda: None)
    room.check(1e18, "", "")


@pytest.mark.parametrize("n, said", [(0, "0 bytes"), (999, "999 bytes"), (999.7, "1 kB"), (1_234_567, "1.23 MB"), (5e9, "5 GB"), (7e15, "7e+03 TB")])
def test_sizes_are_said_in_a_unit_that_suits_them(n, said):
    assert room.say(n) == said


def files(tmp_path, monkeypatch, **texts):
    """A made-up /proc and /sys/fs/cgroup; names of files with __ for a slash."""
    for name, text in texts.items():
        path = tmp_path / name.replace("__", "/").replace("_max", ".max").replace("_current", ".current").replace("_stat", ".stat")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    monkeypatch.setattr(room, "_PROC", tmp_path / "proc")
    monkeypatch.setattr(room, "_CGROUPS", tmp_path / "groups")
    monkeypatch.setattr(room, "_of_limits", lambda: iter(()))


def test_the_machine_says_what_is_available(tmp_path, monkeypatch):
    files(tmp_path, monkeypatch, proc__meminfo="MemTotal: 8000 kB\nMemFree: 10 kB\nMemAvailable:    2000 kB\n")
    assert room.free_bytes() == 2000 * 1024


def test_a_control_group_around_the_own_one_counts_and_pages_of_files_do_not(tmp_path, monkeypatch):
    files(tmp_path, monkeypatch, proc__meminfo="MemAvailable: 9000 kB\n", proc__self__cgroup="0::/slice/mine\n", groups__slice__mine__memory_max="max\n",
          groups__slice__mine__memory_current="5\n", groups__slice__memory_max="1000000\n", groups__slice__memory_current="900000\n", groups__slice__memory_stat="anon 7\ninactive_file 50000\n")
    assert room.free_bytes() == 1_000_000 - 900_000 + 50_000


def test_without_meminfo_the_whole_memory_is_the_bound(tmp_path, monkeypatch):
    files(tmp_path, monkeypatch)
    assert room.free_bytes() > 1 << 28


@pytest.mark.skipif(sys.platform != "linux", reason="other systems do not say what a process has taken")
@pytest.mark.parametrize(("name", "used"), [("RLIMIT_AS", "VmSize"), ("RLIMIT_DATA", "VmData")])
def test_a_limit_of_the_process_itself_counts(name, used):
    script = ("import resource; from mdexplore.base import room; used = {k: v for k, v in room._fields(room._PROC / 'self/status').items()};"
              f"resource.setrlimit(resource.{name}, (used['{used}'] + (100 << 20),) * 2); print(room.free_bytes())")
    free = int(subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True).stdout)
    assert 80 << 20 < free <= 100 << 20
