"""Two coordinates of every frame as a plane: its window, its colourings, and the frames a gesture means."""
from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from mdexplore.base.chunked import joined, spans
from mdexplore.base.units import TimeUnit
from mdexplore.base.words import count_of
from mdexplore.data.frames import FrameIndex
from mdexplore.methods.checks.passages import CORE_MEMBERSHIP
from mdexplore.pictures.blending import cell_memberships, share_between
from mdexplore.pictures.cells import Grid, Window, grid, home_window
from mdexplore.pictures.coordinates import Coordinate, coordinates, values
from mdexplore.pictures.density import (
    Layer,
    by_density,
    by_free_energy,
    by_memberships,
    by_microstates,
    by_number,
    by_states,
    frame_weights,
    plain,
)
from mdexplore.pictures.words import percent

COMMITTOR = "committor"
COLORINGS = ("states", "density", "free energy", COMMITTOR, "time")
MEMBERSHIPS, MICROSTATES = "memberships", "microstates"


def colorings(results: Mapping[str, Any]) -> tuple[str, ...]:
    """What colours can show besides coordinates; microstates, and their memberships, only where there are some."""
    return (COLORINGS[0], MEMBERSHIPS, MICROSTATES, *COLORINGS[1:]) if "clustering" in results else COLORINGS


@dataclass(frozen=True, eq=False)
class Plane:
    """Two coordinates of every frame.

    Parameters
    ----------
    x, y : Coordinate
    xs, ys : ndarray, shape (n_frames,), float32
    """

    x: Coordinate
    y: Coordinate
    xs: np.ndarray
    ys: np.ndarray

    @cached_property
    def home(self) -> Window:
        """The window that shows everything."""
        return home_window(self.xs, self.ys, self.x.period, self.y.period)

    def grid(self, window: Window) -> Grid:
        """Cells of a window."""
        return grid(self.xs, self.ys, window)

    def nearest(self, x: float, y: float, window: Window) -> int:
        """Running number of the frame that lies nearest to a point as the window shows it."""
        best, least = 0, np.inf
        for span in spans(len(self.xs)):
            far = (self.xs[span] - np.float32(x)) ** 2 / window.width**2 + (self.ys[span] - np.float32(y)) ** 2 / window.height**2
            here = int(np.argmin(np.where(np.isfinite(far), far, np.inf)))
            if far[here] < least:
                best, least = span.start + here, float(far[here])
        return best

    def box(self, x0: float, x1: float, y0: float, y1: float) -> np.ndarray:
        """Frames inside a rectangle, edges included; shape (n_frames,), bool."""
        mask = self.xs >= x0
        for inside in (self.xs <= x1, self.ys >= y0, self.ys <= y1):
            mask &= inside
        return mask


def plane(x: Coordinate, y: Coordinate, results: Mapping[str, Any]) -> Plane:
    """Read two coordinates of all frames."""
    projection, features = results.get("projection"), results.get("features")
    return Plane(x, y, values(x, projection, features), values(y, projection, features))


@dataclass(frozen=True, eq=False)
class Painting:
    """A coloured plane and what has to be said about it.

    Parameters
    ----------
    layer : Layer
    note : str
        Why something is not coloured as asked for, or what is grey; empty otherwise.
    """

    layer: Layer
    note: str = ""


def paint(coloring: str, cells: Grid, results: Mapping[str, Any], index: FrameIndex, unit: TimeUnit, of_states: np.ndarray | None) -> Painting:
    """Colour the cells of a plane.

    Parameters
    ----------
    coloring : str
        One of `colorings`, or the name of a coordinate.
    cells : Grid
    results : dict of str to result
        ``projection``, and where they are there ``features clustering kinetics coarse flux``.
    index : FrameIndex
    unit : TimeUnit
    of_states : ndarray, shape (n_cells, n_states + 1), int, or None
        Frames of each state in each cell.
    """
    if coloring == "states":
        if of_states is None:
            return Painting(by_density(cells), "States follow when the model is there.")
        return Painting(by_states(cells, of_states, results["coarse"].colors), _outside(of_states))
    if coloring == MEMBERSHIPS:
        return _memberships(cells, results, of_states)
    if coloring == MICROSTATES:
        return _microstates(cells, results)
    if coloring == "density":
        return Painting(by_density(cells))
    if coloring == "free energy":
        return _free_energy(cells, results, of_states)
    if coloring == COMMITTOR:
        return _committor(cells, results)
    if coloring == "time":
        times = joined([np.arange(n, dtype=np.float32) for n in index.lengths], np.float32, lambda frames: frames * np.float32(unit.scale))
        return Painting(by_number(cells, times, f"time / {unit.name}", 0.0, (max(index.lengths) - 1) * unit.scale))
    chosen = next(c for c in coordinates(results["projection"], results.get("features")) if c.name == coloring)
    numbers = values(chosen, results["projection"], results.get("features"))
    return Painting(by_number(cells, numbers, chosen.label, period=chosen.period))


def _memberships(cells: Grid, results: Mapping[str, Any], of_states: np.ndarray | None) -> Painting:
    clustering, coarse = results.get("clustering"), results.get("coarse")
    # While a change is computed, a result may still belong to earlier microstates.
    if clustering is None or coarse is None or of_states is None or len(coarse.memberships) != clustering.n_clusters:
        return Painting(by_density(cells), "Memberships follow when the model is there.")
    share = percent(share_between(clustering, coarse)).replace(" ", "\u00a0")
    told = f"states mixed by membership; {share} of frames below {100 * CORE_MEMBERSHIP:.0f}\u00a0%"
    return Painting(by_memberships(cells, cell_memberships(cells, clustering, coarse), coarse.colors), "; ".join(filter(None, [told, _outside(of_states)])))


def _microstates(cells: Grid, results: Mapping[str, Any]) -> Painting:
    clustering = results.get("clustering")
    if clustering is None:
        return Painting(by_density(cells), "Microstates follow when they are there.")
    return Painting(by_microstates(cells, clustering), f"{count_of(clustering.n_clusters, 'microstate')}; a colour comes back, but not beside itself")


def _free_energy(cells: Grid, results: Mapping[str, Any], of_states: np.ndarray | None) -> Painting:
    clustering, kinetics = results.get("clustering"), results.get("kinetics")
    # While a change is computed, a result may still belong to earlier microstates.
    if clustering is None or kinetics is None or kinetics.n_clusters != clustering.n_clusters:
        return Painting(by_free_energy(cells), "From raw counts until the model is there.")
    if kinetics.unbiased is not None:   # frames of one microstate do not weigh alike
        return Painting(by_free_energy(cells, joined(kinetics.unbiased.weights, np.float64)), "" if of_states is None else _outside(of_states))
    weights = frame_weights(kinetics.stationary, kinetics.active, joined(clustering.dtrajs, np.int32), clustering.n_clusters)
    return Painting(by_free_energy(cells, weights), "" if of_states is None else _outside(of_states))


def _committor(cells: Grid, results: Mapping[str, Any]) -> Painting:
    flux, clustering = results.get("flux"), results.get("clustering")
    if flux is None or clustering is None or len(flux.committor) != clustering.n_clusters:
        return Painting(plain(cells), "Choose source and sink first: press the flux button of the state network, then click two states.")
    of_micro = np.append(flux.committor, np.nan)         # the last entry serves -1
    return Painting(by_number(cells, joined(clustering.dtrajs, np.float64, lambda states: of_micro[states]), "committor", 0.0, 1.0, diverging=True))


def _outside(of_states: np.ndarray) -> str:
    outside, total = int(of_states[:, -1].sum()), int(of_states.sum())
    if not outside:
        return ""
    share = 100 * outside / total
    return f"{share:.1f} % outside the model (grey)" if share >= 0.05 else f"{outside} frame{'s' if outside > 1 else ''} outside the model (grey)"
