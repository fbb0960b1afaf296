"""Colours for numbers, readable on light and on dark surfaces and by the colour-blind, and the small key that explains them."""
from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from mdexplore.pictures.palette import rgb

# viridis without its ends: the darkest would vanish on a dark surface, the brightest on a light one.
SEQUENTIAL = ("#414487", "#355f8d", "#2a788e", "#21918c", "#22a884", "#44bf70", "#7ad151", "#b5d12f")
# From source to sink; the middle is grey, not white.
DIVERGING = ("#2a6fb4", "#6d9bc6", "#a3acb5", "#d0906b", "#c4572a")
# The first is the last: 180 degrees is -180 degrees.
CYCLIC = ("#7a7f8c", "#5a6fc0", "#4f9bb5", "#6bbf8a", "#c9c04c", "#d6823f", "#b0506b", "#7a7f8c")
_STEPS = 256


@dataclass(frozen=True)
class Key:
    """What the colours of a picture mean.

    Parameters
    ----------
    label : str
        Quantity and unit, such as ``"F / kT"``.
    low, high : float
        Values of the first and the last colour.
    colors : tuple of str
        From low to high, ``"#rrggbb"``, evenly spaced.
    """

    label: str
    low: float
    high: float
    colors: tuple[str, ...]


def colored(values: np.ndarray, key: Key) -> np.ndarray:
    """Colours of values, shape (n, 3), float, 0 to 255; values beyond the key take its end colours, NaN is black."""
    span = key.high - key.low
    place = (values - key.low) / span if span > 0 else np.zeros(len(values))
    table = _table(key.colors)
    steps = np.clip(np.nan_to_num(place) * (_STEPS - 1) + 0.5, 0, _STEPS - 1).astype(np.intp)
    found = table[steps]
    found[np.isnan(values)] = 0
    return found


def _table(colors: tuple[str, ...]) -> np.ndarray:
    stops = np.array([rgb(c) for c in colors])
    at = np.linspace(0, len(stops) - 1, _STEPS)
    return np.stack([np.interp(at, np.arange(len(stops)), stops[:, k]) for k in range(3)], axis=1)
