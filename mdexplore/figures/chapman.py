"""The Chapman-Kolmogorov test: a pane for each pair of states."""
from __future__ import annotations

from typing import Any

from mdexplore.figures.style import INK, MUTED, axes
from mdexplore.pictures.palette import state_hex
from mdexplore.session.study import Study


def chapman_kolmogorov(study: Study, *, ax: Any = None) -> Any:
    """Draw what the model predicts (lines) and what is found at longer lag times (dots, 95 % band).

    Parameters
    ----------
    study : Study
    ax : matplotlib Axes, optional
        Becomes the frame of the panes.

    Returns
    -------
    matplotlib Axes
        Its panes are ``ax.child_axes``, row by row.
    """
    test, coarse, unit = study.chapman_kolmogorov, study.metastable, study.data.unit
    n, times = coarse.n_states, test.lagtimes * unit.scale
    with axes(ax, (1.5 * n + 0.8, 1.35 * n + 0.6)) as ax:
        ax.set_axis_off()
        for i in range(n):
            for j in range(n):
                pane = ax.inset_axes((j / n + 0.1 / n, 1 - (i + 1) / n + 0.18 / n, 0.78 / n, 0.6 / n))
                color = state_hex(coarse.colors[i])
                pane.fill_between(times, test.lower[:, i, j], test.upper[:, i, j], color=color, alpha=0.2, lw=0)
                pane.plot(times, test.predicted[:, i, j], color=color, lw=1.5)
                pane.plot(times, test.estimated[:, i, j], "o", ms=3, mfc="white", mec=INK, mew=0.8)
                pane.set_title(f"{i + 1} → {j + 1}", fontsize=8, weight="normal", loc="center", pad=2)
                pane.tick_params(labelsize=6.5, length=2, pad=1.5)
                pane.margins(y=0.15)
                if i < n - 1:
                    pane.set_xticklabels([])
        ax.text(0.5, -0.02, f"time / {unit.name}      — model   ○ data", transform=ax.transAxes, ha="center", va="top", color=MUTED, fontsize=8)
    return ax
