"""The bar of a long step: in a cell a line of text that goes away, nothing where a step is quick or nobody looks."""
from __future__ import annotations

import sys
from types import SimpleNamespace

import IPython.display
import numpy as np
import pytest

from mdexplore.data.loading import load
from mdexplore.session import progress
from mdexplore.session.study import Study


class Cell:
    """Stands in for the outputs of a cell."""

    def __init__(self):
        self.shown = []

    def display(self, bundle, raw, display_id):
        self.shown.append(bundle)
        return SimpleNamespace(update=lambda bundle, raw: self.shown.append(bundle))


@pytest.fixture
def cell(monkeypatch):
    made = Cell()
    monkeypatch.setattr(IPython.display, "display", made.display)
    monkeypatch.setattr(IPython, "get_ipython", lambda: SimpleNamespace(kernel=object()))
    monkeypatch.setattr(progress, "BETWEEN_S", 0.0)
    return made


def test_a_long_step_shows_a_line_in_its_cell_and_takes_it_away(cell, monkeypatch):
    monkeypatch.setattr(progress, "PATIENCE_S", 0.0)
    with progress.bar("features", None) as report:
        report(1, 2, "run 1")
    assert [set(bundle) for bundle in cell.shown] == [{"text/plain"}, set()]
    assert cell.shown[0]["text/plain"] == f"features:  50% {'█' * 12}{'░' * 12} run 1"


def test_a_failing_step_takes_its_line_away_too(cell, monkeypatch):
    monkeypatch.setattr(progress, "PATIENCE_S", 0.0)
    with pytest.raises(ValueError), progress.bar("features", None) as report:
        report(1, 2)
        raise ValueError
    assert cell.shown[-1] == {}


def test_a_quick_step_shows_nothing(cell):
    with progress.bar("features", None) as report:
        report(1, 2)
        report(2, 2)
    assert cell.shown == []


def test_a_log_file_gets_no_bar(capsys, monkeypatch):
    monkeypatch.setattr(progress, "PATIENCE_S", 0.0)
    monkeypatch.setitem(sys.modules, "IPython", None)
    with progress.bar("features", None) as report:
        report(1, 2)
    assert capsys.readouterr() == ("", "")


def test_a_listener_of_ones_own_hears_everything():
    heard = []
    with progress.bar("features", lambda *said: heard.append(said)) as report:
        report(1, 2, "run 1")
    assert heard == [(1, 2, "run 1")]


def test_what_was_given_is_read_under_the_eyes_of_the_listener():
    told = []
    study = Study(load([np.random.default_rng(0).normal(size=(50, 2))]))
    study.result("features", lambda *said: told.append(said))
    assert (800, 800, "Reading what was given") in told
