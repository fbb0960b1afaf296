"""Guards of the features: raw angles, and scales that hide some of them."""
from __future__ import annotations

import re
from collections.abc import Iterator

import numpy as np

from mdexplore.base.notices import Mend, Notice
from mdexplore.base.units import TimeUnit
from mdexplore.base.words import count_of
from mdexplore.methods.results import Features, Projection
from mdexplore.session.health.guard import once

LOOKED_AT = 200_000          # frames; an angle that wraps does so early
TURNS = (2 * np.pi, 360.0)
ANGLE = re.compile(r"phi|psi|chi|omega|theta|torsion|dihedral|angle", re.IGNORECASE)
OF_ANGLE = re.compile(r"cos|sin", re.IGNORECASE)
WIDE_SCALES = 30.0           # largest by smallest standard deviation among coordinates that are clustered as they are


def pieces(arrays: tuple[np.ndarray, ...], most: int = LOOKED_AT) -> Iterator[np.ndarray]:
    """The first frames of each trajectory, together at most so many."""
    each = max(most // max(len(arrays), 1), 2)
    for x in arrays:
        if len(x) > 1:
            yield np.asarray(x[:each], dtype=float)


@once("features")
def raw_angles(features: Features, unit: TimeUnit) -> Notice | None:
    """Angles that jump by a whole turn: two neighbouring directions look as far apart as can be."""
    raw = [features.names[i] for i in np.flatnonzero(wrapping(features))]
    if not raw:
        return None
    some = ", ".join(raw[:3]) + (", …" if len(raw) > 3 else "")
    return Notice("warning", f"{len(raw)} of {count_of(features.n_features, 'feature')} {'is an angle that jumps' if len(raw) == 1 else 'are angles that jump'} by a whole turn: {some}.",
                  "Use their cosine and sine instead: at the border of the range two equal directions count as far apart, and show up as states of their own.", "features")


def wrapping(features: Features) -> np.ndarray:
    """Which features go round: they fill one turn and cross its border in single steps; shape (d,), bool.

    A crossing is a step of nearly a whole turn; in a feature that merely has two far values its size has nothing to do with the others'.
    """
    d = features.n_features
    low, high = np.full(d, np.inf), np.full(d, -np.inf)
    for x in pieces(features.values):
        low, high = np.minimum(low, x.min(0)), np.maximum(high, x.max(0))
    width = high - low
    named = np.array([bool(ANGLE.search(name)) and not OF_ANGLE.search(name) for name in features.names])
    turn = np.zeros(d)
    for whole in TURNS:
        turn[(width <= whole * 1.0001) & (width >= whole * np.where(named, 0.75, 0.98))] = whole
    candidates = np.flatnonzero(turn)
    found = np.zeros(d, bool)
    if not len(candidates):
        return found
    for k in candidates:
        steps = np.concatenate([np.abs(np.diff(x[:, k])) for x in pieces(features.values)])
        across = steps[steps > 0.75 * turn[k]]
        if len(across) < 3:
            continue
        # Taken the other way round, a crossing is a step like any other.
        usual = float(np.quantile(steps[steps < 0.5 * turn[k]], 0.9))
        far = int(((steps > 0.4 * turn[k]) & (steps < 0.6 * turn[k])).sum())
        found[k] = named[k] or (float(np.median(turn[k] - across)) <= usual and len(across) > 2 * far)
    return found



def scales(results: dict, unit: TimeUnit) -> Notice | None:
    """Coordinates that are clustered as they are, one much larger than another: the small ones are not seen."""
    projection = results.get("projection")
    if projection is None or projection.singular_values is not None:
        return None
    return _scales(results, unit)


def _spread(arrays: tuple[np.ndarray, ...]) -> np.ndarray:
    seen = np.concatenate(list(pieces(arrays)) or [np.zeros((1, arrays[0].shape[1]))])
    return np.asarray((seen - seen.mean(0)).std(0))


@once("projection")
def _scales(projection: Projection, unit: TimeUnit) -> Notice | None:
    spread = _spread(projection.values)
    moving = np.flatnonzero(spread > 1e-12 * max(float(spread.max(initial=0.0)), 1e-300))
    if len(moving) < 2:
        return None
    large, small = moving[spread[moving].argmax()], moving[spread[moving].argmin()]
    ratio = spread[large] / spread[small]
    if ratio < WIDE_SCALES:
        return None
    return Notice("warning", f"{projection.names[large]} varies {ratio:.3g} times as much as {projection.names[small]}: the microstates follow the large one alone.",
                  "Bring the features to the same scale, or project them by TICA, which does so.", "projection", Mend("Project by TICA", "projection", (("method", "tica"),)))
