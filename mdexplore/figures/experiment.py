"""What measurements change: averages before, after and left out, and the populations of states."""
from __future__ import annotations

from typing import Any

import numpy as np

from mdexplore.figures.style import INK, MUTED, axes
from mdexplore.methods.experiment.result import Augmented

COLORS = {"before": "#a7afba", "after": "#2a7fc4", "left out": "#d4731c"}


def experiment(augmented: Augmented, ax: Any = None) -> Any:
    """Draw how far averages are from their measurements, in standard errors of the measurements.

    Parameters
    ----------
    augmented : Augmented
    ax : matplotlib Axes, optional

    Returns
    -------
    matplotlib Axes
    """
    place = np.arange(len(augmented.names))[::-1]
    with axes(ax, (4.6, 1.2 + 0.4 * len(place))) as ax:
        ax.axvspan(-1, 1, color="#eceef1", zorder=0)
        ax.axvline(0, color=INK, lw=0.8)
        for shift, (name, values) in zip((0.2, 0.0, -0.2), (("before", augmented.before), ("after", augmented.after), ("left out", augmented.left_out))):
            seen = np.isfinite(values)
            ax.plot(((values - augmented.measured) / augmented.spreads)[seen], (place + shift)[seen], "o", ms=5, color=COLORS[name], label=name)
        ax.set_yticks(place, augmented.names)
        ax.set(xlabel="(average − measured) / error", ylim=(-0.7, len(place) - 0.3))
        ax.legend(loc="best")
    return ax


def populations(augmented: Augmented, ax: Any = None) -> Any:
    """Draw the populations of metastable states before and after.

    Parameters
    ----------
    augmented : Augmented
    ax : matplotlib Axes, optional

    Returns
    -------
    matplotlib Axes
    """
    place = np.arange(len(augmented.populations))
    with axes(ax) as ax:
        ax.bar(place - 0.2, augmented.populations_before, 0.38, color=COLORS["before"], label="before")
        ax.bar(place + 0.2, augmented.populations, 0.38, color=COLORS["after"], label="after")
        ax.set_xticks(place, [f"state {k + 1}" for k in place])
        ax.set(ylabel="population")
        ax.set_title(f"log likelihood falls by {augmented.log_likelihood_cost:.2g}", fontsize=8, color=MUTED, weight="normal", loc="right")
        ax.legend(loc="upper right")
    return ax
