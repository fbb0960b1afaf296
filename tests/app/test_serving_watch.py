"""The watch over memory and processor time: says what is near, ends what is beyond, workers before pages."""
from __future__ import annotations

import os
import subprocess
import sys

import pytest

from mdexplore.app.serve import watch
from mdexplore.app.serve.usage import Usage, memory_mb, tree
from mdexplore.app.serve.watch import Watch
from mdexplore.base import limits
from mdexplore.base.errors import UserError
from mdexplore.base.work.run import run_in_child

linux = pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc")
KERNEL, SERVER, SMALL, LARGE = 10, 11, 12, 13


class Machine:
    """Processes that are made up, and what was killed of them."""

    def __init__(self, memory=(100, 20, 30, 50), cpu=(1, 0, 2, 3)):
        self.killed: list[int] = []
        self.memory, self.cpu = dict(zip((KERNEL, SERVER, SMALL, LARGE), memory)), dict(zip((KERNEL, SERVER, SMALL, LARGE), cpu))
        self.watch = Watch(lambda: {"page": KERNEL}, self._processes, self.killed.append)

    def _processes(self, pid, with_memory):
        parents = {KERNEL: 1, SERVER: KERNEL, SMALL: SERVER, LARGE: SERVER}
        return [Usage(p, parents[p], self.memory[p], self.cpu[p]) for p in parents if p not in self.killed]

    def look(self):
        self.watch.look()
        return self.watch.said("page")


@pytest.fixture
def low(monkeypatch):
    return lambda text: monkeypatch.setenv(limits.VARIABLE, text)


def test_without_a_limit_nothing_is_watched(low):
    assert not Watch.is_wanted()
    low("memory-mb=10")
    assert Watch.is_wanted()


def test_session_within_its_limits_hears_nothing(low):
    low("memory-mb=1000 cpu-s=100")
    assert Machine().look() == ""


def test_session_near_its_memory_is_told_and_left_alone(low):
    low("memory-mb=220")
    machine = Machine()
    assert "200 of its 220 MB" in machine.look() and not machine.killed


def test_largest_worker_ends_first(low):
    low("memory-mb=180")
    machine = Machine()
    assert "computation was ended" in machine.look() and machine.killed == [LARGE]
    assert "150 of its 180 MB" not in machine.look()


def test_what_was_ended_is_still_said_at_the_next_look(low, monkeypatch):
    low("memory-mb=180")
    machine = Machine()
    said = machine.look()
    assert "ended" in said and machine.look() == said
    now = watch.time.monotonic()
    monkeypatch.setattr(watch.time, "monotonic", lambda: now + watch.STAYS_S + 1)
    assert "ended" not in machine.look()


def test_kernel_that_fills_the_memory_itself_ends(low):
    low("memory-mb=300")
    machine = Machine(memory=(900, 20, 30, 50))
    assert "session was ended" in machine.look() and machine.killed == [KERNEL]


def test_time_that_is_used_up_ends_workers_and_leaves_the_page(low):
    low("cpu-s=5")
    machine = Machine()
    assert "is used up" in machine.look()
    assert set(machine.killed) == {SERVER, SMALL, LARGE}
    assert "is used up" in machine.look()   # what it used is not forgotten with the processes that used it


def test_kernel_that_goes_on_computing_ends_too(low):
    low("cpu-s=5")
    machine = Machine(cpu=(9, 0, 0, 0))
    machine.look()
    assert KERNEL in machine.killed


def test_pages_that_are_gone_are_forgotten(low):
    low("memory-mb=220")
    machine = Machine()
    machine.look()
    machine.watch._kernels = dict
    machine.watch.look()
    assert machine.watch.said("page") == ""


@linux
def test_tree_holds_a_process_its_children_and_their_share_of_memory():
    child = subprocess.Popen([sys.executable, "-c", "x = bytearray(b'x') * (64 << 20); import sys; print('ready', flush=True); sys.stdin.read()"],
                             stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    child.stdout.readline()
    found = {process.pid: process for process in tree(os.getpid())}
    assert found[child.pid].parent == os.getpid() and found[child.pid].memory_mb > 60
    child.communicate()
    assert tree(child.pid) == [] and memory_mb(child.pid) == 0.0


@linux
def test_worker_that_asks_for_more_memory_than_its_session_has_is_an_error_in_words(low):
    low("memory-mb=2000")
    with pytest.raises(UserError, match="not enough memory"):
        run_in_child("numpy:zeros", (6 << 30,), timeout=120)
