"""How a network was trained: its score in training and held out, epoch by epoch."""
from __future__ import annotations

from typing import Any

import numpy as np

from mdexplore.base.errors import UserError
from mdexplore.figures.style import INK, axes
from mdexplore.session.study import Study


def training(study: Study, ax: Any = None) -> Any:
    """Draw the score of a network over the epochs of its training.

    Parameters
    ----------
    study : Study
        Its projection is a network.
    ax : matplotlib Axes, optional

    Returns
    -------
    matplotlib Axes

    Raises
    ------
    UserError
        If the projection was not trained.
    """
    made = study.result("projection")
    history = made.parameters.get("history")
    if history is None:
        raise UserError(f"{made.title} was not trained.", "It is no network.", "Choose one, such as projection='vampnet'.")
    best, epochs = int(made.parameters["best_epoch"]), np.arange(1, len(history) + 1)
    with axes(ax) as ax:
        ax.plot(epochs, history[:, 0], color="#2a7fc4", lw=1.2, label="training")
        ax.plot(epochs, history[:, 1], color=INK, lw=1.2, label="held out")
        ax.plot(epochs[best], history[best, 1], "o", color=INK, ms=5, label="kept")
        ax.set(xlabel="epoch", ylabel=made.parameters["score"], title=made.title)
        ax.legend(loc="lower right")
    return ax
