"""The figure of the arena."""
from __future__ import annotations

import numpy as np
import pytest

import mdexplore as mdx
from mdexplore.methods.results import FoldScores
from mdexplore.session.arena import Arena, ArenaRow, Rules
from mdexplore.session.candidates import Candidate


def row(name, values):
    held = None if values is None else np.array(values)
    return ArenaRow(Candidate(name, None, None), None if held is None else FoldScores(held, held - 0.3, held + 0.1, held, 2, 2, 2), "It failed.")


@pytest.fixture
def found():
    return Arena((row("low", [1.4, 1.6]), row("none", None), row("high", [2.4, 2.6])), Rules(10, 2, 2), exact=2.8)


def test_rows_stand_best_first_with_mean_and_exact_line(found):
    ax = mdx.figures.arena(found)
    assert [t.get_text() for t in ax.get_yticklabels()] == ["high", "low", "none"]
    assert ax.containers[0].lines[0].get_xdata()[0] == pytest.approx(2.5)
    assert any(np.allclose(line.get_xdata(), 2.8) for line in ax.lines)
    assert (ax.get_xlabel(), ax.get_title(loc="left")) == ("VAMP-2 held out", "2 processes, lag 10 frames, 2 folds")
    assert "failed" in [t.get_text() for t in ax.texts]


def test_it_draws_into_the_axes_that_are_given_and_the_other_score(found):
    from matplotlib.figure import Figure

    ax = Figure().add_subplot()
    assert mdx.figures.arena(found, score="vampe", ax=ax) is ax
    assert ax.get_xlabel().startswith("VAMP-E")
