"""A network in training as a picture: the frames of its sample at their places, coloured by the states or the slowest coordinate that it gives them now."""
from __future__ import annotations

import numpy as np

from mdexplore.base.words import count_of
from mdexplore.methods.coarse.numbering import partners
from mdexplore.methods.deep.forming import Forming
from mdexplore.pictures.cells import SIZE, Grid, grid
from mdexplore.pictures.colormaps import SEQUENTIAL, Key, colored
from mdexplore.pictures.density import Layer, plain
from mdexplore.pictures.palette import state_rgb
from mdexplore.pictures.projection import Painting, Plane

_FAINTEST, _FULL = 140.0, 255.0   # opacity of a dot of one frame, and of the most crowded one


def sketch(forming: Forming, shown: Plane, cells: Grid, states: np.ndarray | None = None, colors: tuple[int, ...] = ()) -> Painting:
    """Dots for the sampled frames over a grey picture of all.

    Parameters
    ----------
    forming : Forming
    shown : Plane
        Where all frames lie: in the coordinates last shown.
    cells : Grid
        Of that plane; the dots are cut into the same cells.
    states : ndarray, shape (n_frames,), int, or None
        Metastable states last shown: a new one that shares most frames with one of these takes its colour.
    colors : tuple of int
        Place of each of them in the palette.
    """
    dots = grid(shown.xs[forming.frames], shown.ys[forming.frames], cells.window)
    if forming.states is not None:
        places = _places(forming, None if states is None else states[forming.frames], colors)
        of_states = _thick(dots.count_labels(forming.states, forming.n_states))[:, :-1]
        n = of_states.sum(axis=1)
        hues, key = of_states / np.maximum(n, 1)[:, None] @ state_rgb(places), None
    else:
        slow = np.asarray(forming.slowest, float)
        n = _thick(dots.counts[:, None])[:, 0]
        mean = _thick(dots.total(slow)[:, None])[:, 0] / np.maximum(n, 1)
        low, high = (float(q) for q in np.quantile(slow, [0.005, 0.995]))
        key = Key(f"{forming.title} 1 so far", low, high, SEQUENTIAL)
        hues = colored(mean, key)
    context, crowd = plain(cells), np.log1p(n)
    alpha = _FAINTEST + (_FULL - _FAINTEST) * crowd / max(crowd.max(), 1e-9)
    layer = Layer(np.where((n > 0)[:, None], hues, context.rgb), np.where(n > 0, alpha, context.alpha), key)
    return Painting(layer, note(forming))


def note(forming: Forming) -> str:
    """``"training, epoch 7 of at most 30: score 1.906, held out 1.975; preview of 4000 frames"``."""
    score, held_out = forming.scores
    return (f"training, epoch {forming.epoch} of at most {forming.epochs}: score {score:.3f}, held out {held_out:.3f}; "
            f"preview of {count_of(len(forming.frames), 'frame')}")


def _places(forming: Forming, before: np.ndarray | None, colors: tuple[int, ...]) -> tuple[int, ...]:
    """Colours of the states: those of the earlier states that they overlap most, then the first free ones."""
    n, found = forming.n_states, {}
    if before is not None and forming.states is not None:
        inside = before >= 0
        shared = np.zeros((len(colors), n))
        np.add.at(shared, (before[inside], forming.states[inside]), 1)
        either = shared.sum(axis=0) + shared.sum(axis=1, keepdims=True) - shared
        found = {now: colors[old] for now, old in partners(shared / np.maximum(either, 1)).items()}
    free = iter(place for place in range(n + len(colors)) if place not in found.values())
    return tuple(found[k] if k in found else next(free) for k in range(n))


def _thick(values: np.ndarray) -> np.ndarray:
    """Each cell with the sum of itself and its eight neighbours: a single cell is too small a dot to be seen; shape (SIZE * SIZE, m)."""
    found = values.reshape(SIZE, SIZE, -1)
    for axis in (0, 1):
        ends = [(0, 0)] * 3
        ends[axis] = (1, 1)
        wide = np.pad(found, ends)
        found = np.sum([np.take(wide, range(k, k + SIZE), axis) for k in range(3)], axis=0)
    return found.reshape(SIZE * SIZE, -1)
