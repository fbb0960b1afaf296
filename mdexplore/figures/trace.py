"""A coordinate against time for one trajectory, coloured by state."""
from __future__ import annotations

from typing import Any

import numpy as np

from mdexplore.base.errors import UserError
from mdexplore.figures.style import axes
from mdexplore.pictures.palette import state_hex
from mdexplore.session.study import Study


def trace(study: Study, trajectory: int = 0, coordinate: int = 0, *, ax: Any = None) -> Any:
    """Draw a slow coordinate of one trajectory against time.

    Parameters
    ----------
    study : Study
    trajectory, coordinate : int
    ax : matplotlib Axes, optional

    Returns
    -------
    matplotlib Axes
    """
    made, coarse, unit = study.result("projection"), study.metastable, study.data.unit
    if not 0 <= trajectory < len(made.values):
        raise UserError(f"There is no trajectory {trajectory}.", f"There are {len(made.values)}, numbered from 0.")
    if not 0 <= coordinate < made.dim:
        raise UserError(f"There is no coordinate {coordinate}.", f"The projection has {made.dim}, numbered from 0.")
    values, state = made.values[trajectory][:, coordinate], coarse.assignments[trajectory]
    times = np.arange(len(values)) * unit.scale
    with axes(ax, (6.4, 2.2)) as ax:
        ax.plot(times, values, lw=0.4, color="#cfd4dc", zorder=1, rasterized=True)
        for k in range(coarse.n_states):
            here = state == k
            ax.plot(times[here], values[here], ".", ms=1.6, color=state_hex(coarse.colors[k]), zorder=2, rasterized=True)
        ax.set(xlabel=f"time / {unit.name}", ylabel=made.names[coordinate], xlim=(0, times[-1] if len(times) > 1 else 1))
        ax.set_title(f"trajectory {trajectory}", fontsize=8, weight="normal")
    return ax
