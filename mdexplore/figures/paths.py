"""Rounds of RAVE, and timescales under other potentials from the same paths."""
from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from mdexplore.base.errors import UserError
from mdexplore.base.words import count_of, listed
from mdexplore.figures.style import axes
from mdexplore.methods.ensembles.girsanov import OtherPotential
from mdexplore.methods.sampling.rave import RaveRounds
from mdexplore.pictures.palette import ACCENT, state_hex

LIGHTEST, DARKEST = 0.75, 0.25   # greys of the first round and of the last but one
FRAMES = 5000                    # drawn as dots, so that a vector graphic stays small


def rave(found: RaveRounds, kind: str = "bias", ax: Any = None) -> Any:
    """Draw what each round of RAVE found, from pale to dark and the last one in colour.

    Parameters
    ----------
    found : RaveRounds
    kind : {"bias", "coordinate"}
        The bias along the coordinate of each round; or the coordinates as arrows over the frames of the last simulation, for systems of two dimensions.
    ax : matplotlib Axes, optional

    Returns
    -------
    matplotlib Axes

    Raises
    ------
    UserError
        For another kind, or where the coordinates of a system without two dimensions are asked for.

    Notes
    -----
    A coordinate and its negative are the same; all are drawn in the sense of the last one.
    """
    if kind not in ("bias", "coordinate"):
        raise UserError(f"RAVE has no figure {kind!r}.", do='Choose "bias" or "coordinate".')
    n_rounds, dim = found.directions.shape
    if kind == "coordinate" and dim != 2:
        raise UserError("The coordinates cannot be drawn.", f"Arrows need a plane; this system has {count_of(dim, 'dimension')}.", 'Draw the bias: kind="bias".')
    # Eigenvectors have no sign of their own: without one sense for all, the same coordinate would be drawn both ways.
    senses = np.where(found.directions @ found.directions[-1] < 0, -1.0, 1.0)
    greys = [(x,) * 3 for x in np.linspace(LIGHTEST, DARKEST, max(n_rounds - 1, 1))]
    colors = [*greys[: n_rounds - 1], state_hex(0)]
    with axes(ax) as ax:
        (_arrows if kind == "coordinate" else _biases)(ax, found, senses, colors)
    return ax


def other_timescales(changes: Sequence[float], found: Sequence[OtherPotential], exact: Sequence[float] | None = None, *, label: str = "change of the potential / kT", ax: Any = None) -> Any:
    """Draw the slowest timescale against a change of the potential, as paths of the unchanged one tell it.

    Parameters
    ----------
    changes : sequence of float
        What was changed, one number a potential.
    found : sequence of OtherPotential
        Of each change; dots are paler the fewer of the paths count.
    exact : sequence of float, optional
        The true timescales, frames.
    label : str
        Of the change.
    ax : matplotlib Axes, optional

    Returns
    -------
    matplotlib Axes

    Raises
    ------
    UserError
        If the numbers of changes, models and exact values differ, or there are none.
    """
    given = [count_of(len(changes), "change"), count_of(len(found), "model"), *([] if exact is None else [count_of(len(exact), "exact value")])]
    if not len(found) or len(changes) != len(found) or (exact is not None and len(exact) != len(found)):
        raise UserError("Changes and models do not fit.", f"There are {listed(given)}.", "Give one of each for every potential.")
    times = [f.timescales[0] if len(f.timescales) else np.nan for f in found]
    with axes(ax) as ax:
        ax.plot(changes, times, "-", lw=1.2, color=state_hex(0), zorder=1)
        ax.scatter(changes, times, s=24, c=[f.effective_share for f in found], cmap="Blues", vmin=-0.2, vmax=1.8, edgecolors=state_hex(0), linewidths=1, label="reweighted paths", zorder=2)
        if exact is not None:
            ax.plot(changes, exact, "--", lw=1, color=ACCENT, label="exact")
        ax.set(xlabel=label, ylabel="slowest timescale / frames", title="Another potential")
        ax.legend(loc="best")
    return ax


def _biases(ax: Any, found: RaveRounds, senses: np.ndarray, colors: list[Any]) -> None:
    last = len(colors) - 1
    for k, (grid, bias, sense, color) in enumerate(zip(found.grid, found.bias, senses, colors)):
        ax.plot(sense * grid, bias, lw=1.2, color=color, label=f"round {k + 1}" if k in (0, last) else None)
    ax.set(xlabel="coordinate of the round", ylabel="bias / kT", title="Bias that it gave")
    ax.legend(loc="best")


def _arrows(ax: Any, found: RaveRounds, senses: np.ndarray, colors: list[Any]) -> None:
    points = found.frames.reshape(-1, 2)
    points = points[:: max(1, len(points) // FRAMES)]
    middle = points.mean(axis=0)
    reach = 0.8 * np.linalg.norm(points - middle, axis=1).max()
    ax.plot(*points.T, ".", ms=1, color=state_hex(1), alpha=0.5, rasterized=True)
    for direction, sense, color in zip(found.directions, senses, colors):
        way = reach * sense * direction
        ax.annotate("", middle + way, middle - way, arrowprops={"arrowstyle": "->", "color": color, "lw": 1.2})
    ax.set(xlabel="x", ylabel="y", aspect="equal", title="Coordinate of each round")
