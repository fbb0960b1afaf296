"""The arena: a row a candidate with the scores of its folds, mean and spread, and the exact line."""
from __future__ import annotations

from typing import Any

from mdexplore.base.units import TimeUnit
from mdexplore.base.words import count_of
from mdexplore.figures.style import INK, MUTED, axes
from mdexplore.pictures.arena import SCORES
from mdexplore.pictures.palette import ACCENT
from mdexplore.session.arena import Arena


def arena(found: Arena, *, score: str = "vamp2", ax: Any = None) -> Any:
    """Draw held-out scores of candidates, best on top; open circles are scores on the data of the fits.

    Parameters
    ----------
    found : Arena
        What `mdexplore.arena` gave.
    score : {"vamp2", "vampe"}
    ax : matplotlib Axes, optional

    Returns
    -------
    matplotlib Axes
    """
    rows, unit = found.ranked(score), TimeUnit(found.timestep_ns)
    with axes(ax, size=(4.8, 1.1 + 0.34 * len(rows))) as ax:
        for place, row in enumerate(rows):
            held_out, train = row.held_out(score), row.train(score)
            if held_out is None or train is None:
                ax.text(0.01, place, "failed", transform=ax.get_yaxis_transform(), va="center", color=MUTED, fontsize=8)
                continue
            ax.plot(held_out, [place] * len(held_out), ".", color=MUTED, ms=4)
            ax.errorbar(held_out.mean(), place, xerr=held_out.std(), fmt="o", ms=6, color=INK, ecolor=MUTED, elinewidth=2)
            ax.plot(train.mean(), place, "o", ms=5, mfc="white", mec=MUTED)
        if found.exact is not None:
            ax.axvline(found.exact, color=ACCENT, lw=1)
            ax.annotate("exact", (found.exact, 1), xycoords=("data", "axes fraction"), xytext=(-4, 2), textcoords="offset points", ha="right", color=ACCENT, fontsize=8)
        ax.set(yticks=range(len(rows)), ylim=(len(rows) - 0.4, -0.6), xlabel=f"{SCORES[score]} held out")
        ax.set_title(f"{count_of(found.rules.n_processes, 'process', 'processes')}, lag {unit.say(found.rules.lagtime)}, {found.rules.folds} folds", fontsize=8, color=MUTED, weight="normal", loc="left")
        ax.set_yticklabels([row.name for row in rows])
        ax.tick_params(axis="y", length=0)
    return ax
