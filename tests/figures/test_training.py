"""The course of a training as a figure."""
import importlib.util

import pytest
from matplotlib.figure import Figure

import mdexplore as mdx
from mdexplore.base.errors import UserError

pytestmark = pytest.mark.skipif(importlib.util.find_spec("torch") is None, reason="networks need the deep extra")


def test_both_scores_are_drawn_and_the_kept_epoch_is_marked():
    study = mdx.Study(mdx.example("prinz", n_frames=500), projection=mdx.settings.VAMPNet(dim=2, width=8, epochs=4), lagtime=5)
    ax = Figure().add_subplot()
    assert mdx.figures.training(study, ax) is ax
    trained, held_out, kept = ax.lines
    parameters = study.result("projection").parameters
    assert list(trained.get_ydata()) == list(parameters["history"][:, 0])
    assert list(held_out.get_ydata()) == list(parameters["history"][:, 1])
    assert list(kept.get_xdata()) == [parameters["best_epoch"] + 1]
    assert ax.get_ylabel() == "VAMP-2"


def test_a_projection_that_was_not_trained_has_no_such_figure():
    with pytest.raises(UserError, match="not trained"):
        mdx.figures.training(mdx.Study(mdx.example("prinz", n_frames=500), lagtime=5))
