"""What a slow coordinate is made of: the features that follow it most closely."""
from __future__ import annotations

from typing import Any

import numpy as np

from mdexplore.base.errors import UserError
from mdexplore.figures.style import axes
from mdexplore.session.study import Study


def loadings(study: Study, coordinate: int = 0, *, n_features: int = 10, ax: Any = None) -> Any:
    """Draw the features that correlate most with a coordinate.

    Parameters
    ----------
    study : Study
    coordinate : int
    n_features : int
        How many of them.
    ax : matplotlib Axes, optional

    Returns
    -------
    matplotlib Axes
    """
    made, names = study.result("projection"), study.feature_names
    if made.loadings is None:
        raise UserError(f"{made.title} has no loadings.", "They are not known for this method.")
    if not 0 <= coordinate < made.dim:
        raise UserError(f"There is no coordinate {coordinate}.", f"The projection has {made.dim}, numbered from 0.")
    values = np.nan_to_num(np.asarray(made.loadings)[:, coordinate])
    order = np.argsort(-np.abs(values))[:n_features][::-1]
    with axes(ax, (4.2, 0.6 + 0.24 * len(order))) as ax:
        ax.barh(np.arange(len(order)), values[order], color=np.where(values[order] < 0, "#d4731c", "#2a7fc4"), height=0.7)
        ax.set_yticks(np.arange(len(order)), [names[k] for k in order])
        ax.set(xlim=(-1.05, 1.05), xlabel=f"correlation with {made.names[coordinate]}")
        ax.axvline(0, color="#8b95a3", lw=0.8)
    return ax
