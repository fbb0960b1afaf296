"""The metastable states as a network: populations, and mean first passage times with their intervals."""
from __future__ import annotations

from typing import Any

import numpy as np

from mdexplore.figures.style import INK, MUTED, axes
from mdexplore.pictures.palette import state_hex
from mdexplore.pictures.words import rate_with_interval, time_with_interval
from mdexplore.session.study import Study

ROOMY = 3   # with more states, the arrows have no place for intervals


def network(study: Study, *, rates: bool = False, ax: Any = None) -> Any:
    """Draw populations as discs and the exchange between states as arrows, with intervals where there are at most three states.

    Parameters
    ----------
    study : Study
    rates : bool
        Label the arrows with rates instead of mean first passage times.
    ax : matplotlib Axes, optional

    Returns
    -------
    matplotlib Axes
    """
    coarse, unit = study.metastable, study.data.unit
    n = coarse.n_states
    angle = np.pi / 2 + 2 * np.pi * np.arange(n) / max(n, 1) + (np.pi / n if n % 2 == 0 else 0)
    place = np.zeros((1, 2)) if n == 1 else np.stack([np.cos(angle), np.sin(angle)], 1)
    radius = 0.12 + 0.2 * np.sqrt(coarse.populations)
    with axes(ax, (5.6, 5.1)) as ax:
        ax.set_axis_off()
        ax.set_aspect("equal")
        ax.set(xlim=(-1.5, 1.5), ylim=(-1.4, 1.4))
        for i in range(n):
            for j in range(n):
                if i != j and np.isfinite(coarse.mfpt[i, j]) and coarse.mfpt[i, j] > 0:
                    _arrow(ax, place[i], place[j], radius[i], radius[j], _words(coarse, unit, i, j, rates), _share(i, j, n), coarse.flux[i, j] / max(coarse.flux[~np.eye(n, dtype=bool)].max(), 1e-300))
        for k in range(n):
            ax.add_patch(_disc(place[k], radius[k], state_hex(coarse.colors[k])))
            ax.text(*place[k], str(k + 1), color="white", weight="bold", ha="center", va="center", fontsize=12)
            side = 1 if place[k, 1] >= 0 else -1
            ax.text(place[k, 0], place[k, 1] + side * (radius[k] + 0.05), f"{100 * coarse.populations[k]:.1f} %\n[{100 * coarse.lower[k]:.1f}, {100 * coarse.upper[k]:.1f}]",
                    ha="center", va="bottom" if side > 0 else "top", fontsize=8, color=INK)
    return ax


def _share(i: int, j: int, n: int) -> float:
    """How far along an arrow its label lies: where arrows cross the middle of a polygon, labels there would lie on each other."""
    if n <= ROOMY:
        return 0.36
    return 0.5 if abs(i - j) in (1, n - 1) else 0.2


def _words(coarse: Any, unit: Any, i: int, j: int, rates: bool) -> str:
    value, low, high = (a[i, j] for a in (coarse.mfpt, coarse.mfpt_lower, coarse.mfpt_upper))
    said, bracket, ends = (rate_with_interval if rates else time_with_interval)(value, low, high, unit).partition(" [")
    return f"{said}\n[{ends}" if bracket and coarse.n_states <= ROOMY else said


def _disc(center: np.ndarray, radius: float, color: str) -> Any:
    from matplotlib.patches import Circle

    return Circle(tuple(center), radius, color=color, zorder=3)


def _arrow(ax: Any, a: np.ndarray, b: np.ndarray, ra: float, rb: float, text: str, at: float, share: float) -> None:
    from matplotlib import patheffects
    from matplotlib.patches import FancyArrowPatch

    along = (b - a) / np.linalg.norm(b - a)
    width = 0.6 + 2.6 * np.clip(1 + np.log10(max(share, 1e-4)) / 4, 0, 1)
    ax.add_patch(FancyArrowPatch(a + along * ra * 1.1, b - along * rb * 1.1, connectionstyle="arc3,rad=-0.2", arrowstyle="-|>", mutation_scale=9 + 2 * width, lw=width,
                                 color="#8b95a3", zorder=2))
    across = np.array([-along[1], along[0]])
    length = np.linalg.norm(b - a)
    start = a + along * ra + (length - ra - rb) * along * at + across * (0.09 * length + 0.14)
    ax.text(*start, text, fontsize=6.5, linespacing=1.1, color=MUTED, ha="center", va="center", zorder=4, path_effects=[patheffects.withStroke(linewidth=2.5, foreground="white")])
