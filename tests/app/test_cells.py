"""A cell that is run again stops what its earlier run still computes."""
from __future__ import annotations

from types import SimpleNamespace

import IPython
import pytest

from mdexplore.app import cells
from mdexplore.base.work.lanes import JobState


class Busy:
    """Stands in for a session with one job that runs and one that has ended."""

    def __init__(self):
        self.jobs = {name: JobState(name, phase=phase) for name, phase in (("projection", "done"), ("bootstrap", "running"))}
        self.cancelled = []
        self.cancel = self.cancelled.append


class Shell:
    """Stands in for the shell of a kernel."""

    def __init__(self):
        self.metadata, self.hooks = {}, []
        self.kernel = SimpleNamespace(get_parent=lambda channel: {"metadata": self.metadata})
        self.events = SimpleNamespace(register=lambda event, hook: self.hooks.append(hook))

    def run(self, cell, *deleted):
        """A cell begins to run."""
        self.metadata = {"cellId": cell, "deletedCells": list(deleted)}
        for hook in self.hooks:
            hook(None)


@pytest.fixture
def shell(monkeypatch):
    made = Shell()
    monkeypatch.setattr(IPython, "get_ipython", lambda: made)
    monkeypatch.setattr(cells, "_sessions", {})
    return made


def test_a_cell_that_is_run_again_stops_its_earlier_jobs_and_only_those(shell):
    one, other, later = Busy(), Busy(), Busy()
    for cell, session in (("a", one), ("b", other)):
        shell.run(cell)
        cells.remember(session)
    shell.run("a")
    cells.remember(later)
    assert one.cancelled == ["bootstrap"]
    assert other.cancelled == later.cancelled == []
    assert len(shell.hooks) == 1


def test_two_apps_of_one_cell_both_live(shell):
    one, two = Busy(), Busy()
    shell.run("a")
    cells.remember(one)
    cells.remember(two)
    assert one.cancelled == two.cancelled == []


def test_a_deleted_cell_stops_at_the_next_run_of_any(shell):
    one = Busy()
    shell.run("a")
    cells.remember(one)
    shell.run("b", "a")
    assert one.cancelled == ["bootstrap"]


def test_outside_a_notebook_nothing_is_noted(monkeypatch):
    monkeypatch.setattr(IPython, "get_ipython", lambda: None)
    monkeypatch.setattr(cells, "_sessions", {})
    cells.remember(Busy())
    assert cells._sessions == {}
