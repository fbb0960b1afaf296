"""Adaptive sampling: proposed starts over the projection, and the error against the frames."""
from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from mdexplore.figures.projection import projection
from mdexplore.figures.style import INK, axes
from mdexplore.methods.sampling.loop import Rounds
from mdexplore.methods.sampling.proposals import Proposals
from mdexplore.session.study import Study

COLORS = {"uncertainty": "#2a7fc4", "least-counts": "#3f9b5c", "random": "#8b95a3", "continued": "#d4731c"}


def proposals(study: Study, found: Proposals, x: int = 0, y: int | None = None, ax: Any = None) -> Any:
    """Draw proposed starts, numbered in their order, over the density of two coordinates.

    Parameters
    ----------
    study : Study
    found : Proposals
    x, y : int
        Coordinates, as for `projection`.
    ax : matplotlib Axes, optional

    Returns
    -------
    matplotlib Axes
    """
    made = study.result("projection")
    second = min(1, made.dim - 1) if y is None else y
    ax = projection(study, x, y, "density", ax=ax)
    with axes(ax) as ax:
        for k, (trajectory, frame) in enumerate(found.frames):
            point = made.values[trajectory][frame]
            ax.plot(point[x], point[second], "o", ms=9, mfc="white", mec="#d4731c", mew=1.4)
            ax.annotate(str(k + 1), (point[x], point[second]), ha="center", va="center", fontsize=6, color=INK)
        ax.set_title(f"{len(found.frames)} starts by {found.policy}{f' of {found.target}' if found.target else ''}")
    return ax


def rounds(found: Sequence[Rounds], ax: Any = None) -> Any:
    """Draw the median error of the slowest timescale against the frames, a line for each policy.

    Parameters
    ----------
    found : sequence of Rounds
        Any number of runs of each policy; quartiles are shaded where there are four or more.
    ax : matplotlib Axes, optional

    Returns
    -------
    matplotlib Axes
    """
    with axes(ax) as ax:
        for policy in dict.fromkeys(r.policy for r in found):
            errors = np.array([r.errors for r in found if r.policy == policy])
            frames = next(r.frames for r in found if r.policy == policy)
            color = COLORS.get(policy, INK)
            ax.plot(frames, np.quantile(errors, 0.5, axis=0, method="nearest"), lw=1.4, color=color, label=policy)
            if len(errors) >= 4:
                low, high = np.quantile(errors, [0.25, 0.75], axis=0, method="nearest")
                ax.fill_between(frames, low, np.minimum(high, 10), color=color, alpha=0.15, lw=0)
        ax.axhline(0.1, color="#cfd4dc", lw=1)
        ax.set(xlabel="frames", ylabel="error of the slowest timescale", yscale="log")
        ax.legend(loc="best")
    return ax
