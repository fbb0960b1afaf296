"""The projection as an image: one colour a cell for states, density, free energy or any number, and the selection in focus."""
from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from mdexplore.base.chunked import bincount, joined
from mdexplore.methods.results import Clustering
from mdexplore.pictures.blending import blend
from mdexplore.pictures.cells import SIZE, Grid
from mdexplore.pictures.colormaps import CYCLIC, DIVERGING, SEQUENTIAL, Key, colored
from mdexplore.pictures.microstates import colors
from mdexplore.pictures.palette import OUTSIDE, rgb, state_rgb

_GREY = 140.0                    # context beside a selection: the same on light and dark surfaces
_CONTEXT = (0.3, 40.0)           # its opacity: this share of what it was, and at least so much that it is seen on a dark surface
_APART = 13                      # cells between the numbers of two states, so that neither covers the other
_NOTE, _BAR = (0.45, 0.2), (0.5, 0.15)   # width and height that a note and a key take, as shares of the plot
_MOST_HIDDEN = 0.01              # share of a corner with frames that a key may lie on
_CHOSEN = 180.0                  # least opacity of a chosen cell
_LEAST_SHARE = 0.6               # a cell with one chosen frame must still be seen


@dataclass(frozen=True, eq=False)
class Layer:
    """Colours of all cells before anything is selected.

    Parameters
    ----------
    rgb : ndarray, shape (SIZE * SIZE, 3), float, 0 to 255
    alpha : ndarray, shape (SIZE * SIZE,), float, 0 to 255
        0 where a cell is empty.
    key : Key or None
        None where colours are states.
    """

    rgb: np.ndarray
    alpha: np.ndarray
    key: Key | None = None


@dataclass(frozen=True)
class StateLabel:
    """Number of a state where the state is."""

    state: int
    x: float
    y: float


def by_states(grid: Grid, of_states: np.ndarray, colors: tuple[int, ...]) -> Layer:
    """Colours of the states, mixed by their share in a cell; the more frames, the more opaque.

    Parameters
    ----------
    grid : Grid
    of_states : ndarray, shape (SIZE * SIZE, n_states + 1), int
        From `Grid.count_labels`; the last column is outside the model.
    colors : tuple of int
        Place of each state in the palette.
    """
    share = of_states / np.maximum(grid.counts, 1)[:, None]
    return Layer(share @ state_rgb((*colors, -1)), _opacity(grid.counts, 90.0, 1.3))


def by_memberships(grid: Grid, shares: np.ndarray, colors: tuple[int, ...]) -> Layer:
    """Colours of the states, mixed by mean membership so that they blend where frames are between states; the more frames, the more opaque.

    Parameters
    ----------
    grid : Grid
    shares : ndarray, shape (SIZE * SIZE, n_states + 1)
        As `mdexplore.pictures.blending.cell_memberships` gives them.
    colors : tuple of int
        Place of each state in the palette.
    """
    return Layer(blend(shares, state_rgb((*colors, -1))), _opacity(grid.counts, 90.0, 1.3))


def by_microstates(grid: Grid, clustering: Clustering) -> Layer:
    """Each cell in the quiet colour of the microstate that most of its frames are in; the more frames, the more opaque."""
    found, known = colors(grid, clustering)
    return Layer(_grey_where_unknown(found, ~known), _opacity(grid.counts, 150.0, 1.3))


def by_density(grid: Grid) -> Layer:
    """Number of frames in each cell, on a logarithmic scale."""
    logs = np.log10(np.maximum(grid.counts, 1))
    key = Key("log₁₀ frames per cell", 0.0, float(max(logs.max(), 1e-9)), SEQUENTIAL)
    return Layer(colored(logs, key), _opacity(grid.counts, 110.0, 1.0), key)


def plain(grid: Grid) -> Layer:
    """Where there are frames, without saying anything about them."""
    return Layer(np.tile(rgb(OUTSIDE), (len(grid.counts), 1)), _opacity(grid.counts, 60.0, 1.3) * 0.6)


def by_free_energy(grid: Grid, weights: np.ndarray | None = None) -> Layer:
    """Free energy -ln p in kT above the deepest cell.

    Parameters
    ----------
    grid : Grid
    weights : ndarray, shape (n_frames,), or None
        Stationary weight of each frame, 0 outside the model; every frame counts the same where not given, and the key says so.
    """
    population = grid.counts.astype(float) if weights is None else grid.total(weights)
    known = population > 0
    energy = np.full(len(population), np.nan)
    energy[known] = -np.log(population[known])
    energy -= np.nanmin(energy) if known.any() else 0.0
    key = Key("F / kT" if weights is not None else "F / kT, frames not weighted", 0.0, float(np.nanmax(energy)) if known.any() else 1.0, SEQUENTIAL)
    alpha = np.where(grid.counts > 0, 235.0, 0.0)
    alpha[~known] *= 0.5
    return Layer(_grey_where_unknown(colored(energy, key), ~known), alpha, key)


def by_number(grid: Grid, values: np.ndarray, label: str, low: float | None = None, high: float | None = None, *, diverging: bool = False,
              period: float | None = None) -> Layer:
    """Mean of a number over the frames of each cell (the circular mean where it has a period); frames without one do not count.

    Parameters
    ----------
    grid : Grid
    values : ndarray, shape (n_frames,)
        NaN where a frame has none.
    label : str
    low, high : float
        Ends of the key; by default from the cells, without the outermost half per cent.
    """
    mean = _mean(grid, values) if period is None else _circular_mean(grid, values, period)
    known = np.isfinite(mean)
    if period is not None:
        low, high = -period / 2, period / 2
    elif low is None or high is None:
        low, high = (float(q) for q in np.quantile(mean[known], [0.005, 0.995])) if known.any() else (0.0, 1.0)
    key = Key(label, low, high, CYCLIC if period is not None else DIVERGING if diverging else SEQUENTIAL)
    return Layer(_grey_where_unknown(colored(mean, key), ~known), _opacity(grid.counts, 120.0, 1.0), key)


def image(layer: Layer, grid: Grid, selected: np.ndarray | None = None) -> np.ndarray:
    """What is drawn: first row on top; shape (SIZE, SIZE, 4), uint8.

    With a selection its cells keep their colours, by the share that is chosen; all others turn grey and half transparent. A hue of its own for
    the selection would be lost to the colour-blind.

    Parameters
    ----------
    selected : ndarray, shape (n_frames,), bool, or None
        None, or nothing chosen, shows every cell in its colour.
    """
    rgba = np.empty((SIZE * SIZE, 4))
    rgba[:, :3], rgba[:, 3] = layer.rgb, layer.alpha
    if selected is not None:
        share = grid.count(selected) / np.maximum(grid.counts, 1)
        seen = np.where(share > 0, _LEAST_SHARE + (1 - _LEAST_SHARE) * share, 0.0)
        rgba[:, :3] = seen[:, None] * layer.rgb + (1 - seen)[:, None] * _GREY
        context = np.where(layer.alpha > 0, _CONTEXT[0] * layer.alpha + _CONTEXT[1], 0)
        rgba[:, 3] = seen * np.maximum(layer.alpha, np.where(layer.alpha > 0, _CHOSEN, 0)) + (1 - seen) * context
    return rgba.reshape(SIZE, SIZE, 4)[::-1].astype(np.uint8)


def state_labels(grid: Grid, of_states: np.ndarray) -> tuple[StateLabel, ...]:
    """A place for the number of each state that is in the window: the median of its frames, moved to the nearest cell that holds many of them.

    Without the move the number of a bent or divided state would stand where the state is not. The number of a small state gives way to that of a larger one.
    """
    found: dict[int, tuple[int, int]] = {}   # state -> column, row
    for state in np.argsort(-of_states[:, :-1].sum(0), kind="stable"):
        cells = np.flatnonzero(of_states[:, state])
        if not len(cells):
            continue
        here = of_states[cells, state]
        column, row = cells % SIZE, cells // SIZE
        dense = here >= _weighted_median(here, here)
        far = (column - _weighted_median(column, here)) ** 2 + (row - _weighted_median(row, here)) ** 2
        is_free = np.ones(len(cells), bool)
        for c, r in found.values():
            is_free &= (np.abs(column - c) >= _APART) | (np.abs(row - r) >= _APART)
        rank = np.where(dense & is_free, 0, np.where(is_free, 1, 2))
        best = np.lexsort((far, rank))[0]
        found[int(state)] = _parted(int(column[best]), int(row[best]), list(found.values()))
    states = sorted(found)
    middles = grid.middle(np.array([found[k][1] * SIZE + found[k][0] for k in states], int)) if states else ()
    return tuple(StateLabel(k, float(x), float(y)) for k, (x, y) in zip(states, middles))


def _parted(column: int, row: int, taken: list[tuple[int, int]]) -> tuple[int, int]:
    """The cell, or the next one above or below where a number has room."""
    for step in sorted(range(-SIZE, SIZE), key=abs):
        if 0 <= row + step < SIZE and all(abs(column - c) >= _APART or abs(row + step - r) >= _APART for c, r in taken):
            return column, row + step
    return column, row


def emptiest_corner(grid: Grid) -> str:
    """Where a text hides least: ``"ne"``, ``"nw"``, ``"se"`` or ``"sw"``."""
    filled = _filled(grid, *_NOTE)
    return min(filled, key=filled.__getitem__)


def place_of_key(grid: Grid) -> str:
    """The emptiest corner, or ``"above"`` the plot where a key would lie on data in every corner."""
    filled = _filled(grid, *_BAR)
    best = min(filled, key=filled.__getitem__)
    return best if filled[best] <= _MOST_HIDDEN else "above"


def _filled(grid: Grid, wide: float, high: float) -> dict[str, float]:
    """Which share of each corner has frames."""
    filled = (grid.counts > 0).reshape(SIZE, SIZE)
    across, up = int(wide * SIZE), int(high * SIZE)
    rows = {"n": slice(SIZE - up, SIZE), "s": slice(0, up)}
    columns = {"e": slice(SIZE - across, SIZE), "w": slice(0, across)}
    return {a + b: float(filled[rows[a], columns[b]].mean()) for a in rows for b in columns}


def frame_weights(stationary: np.ndarray, active: np.ndarray, microstates: np.ndarray, n_clusters: int) -> np.ndarray:
    """Stationary weight of each frame: the probability of its microstate shared among the frames in it; 0 outside the model.

    Parameters
    ----------
    stationary : ndarray, shape (n_active,)
    active : ndarray, shape (n_active,), int
    microstates : ndarray, shape (n_frames,), int
        -1 where a frame has none.

    Returns
    -------
    ndarray, shape (n_frames,), float64
    """
    frames = bincount(lambda span: microstates[span][microstates[span] >= 0], len(microstates), n_clusters)
    weight = np.zeros(n_clusters + 1)          # the last entry serves -1
    weight[active] = stationary / np.maximum(frames[active], 1)
    return joined([microstates], np.float64, lambda states: weight[states])


def _mean(grid: Grid, values: np.ndarray) -> np.ndarray:
    known = joined([values], bool, np.isfinite)
    if known.all():
        n, total = grid.counts, grid.total(values)
    else:
        n, total = grid.count(known), grid.total(joined([values], np.float64, lambda part: np.where(np.isfinite(part), part, 0)))
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.where(n > 0, total / n, np.nan)


def _circular_mean(grid: Grid, values: np.ndarray, period: float) -> np.ndarray:
    turn = np.asarray(2 * np.pi / period, values.dtype)
    sine = _mean(grid, joined([values], values.dtype, lambda part: np.sin(part * turn)))
    cosine = _mean(grid, joined([values], values.dtype, lambda part: np.cos(part * turn)))
    return np.arctan2(sine, cosine) * period / (2 * np.pi)


def _opacity(counts: np.ndarray, least: float, power: float) -> np.ndarray:
    logs = np.log1p(counts)
    return np.where(counts > 0, least + (255 - least) * (logs / max(logs.max(), 1e-9)) ** power, 0.0)


def _grey_where_unknown(colors: np.ndarray, unknown: np.ndarray) -> np.ndarray:
    colors[unknown] = rgb(OUTSIDE)
    return colors


def _weighted_median(values: np.ndarray, weights: np.ndarray) -> float:
    order = np.argsort(values, kind="stable")
    reached = np.cumsum(weights[order])
    return float(values[order[np.searchsorted(reached, reached[-1] / 2)]])
