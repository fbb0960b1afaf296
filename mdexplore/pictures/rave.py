"""Rounds of RAVE: the weight of each coordinate and the bias, round by round, and what the last bias measures."""
from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from mdexplore.base.words import MINUS, count_of, minus
from mdexplore.pictures.words import short
from mdexplore.session.rave_jobs import RaveCourse, WellGain


@dataclass(frozen=True)
class RavePicture:
    """What is drawn.

    Parameters
    ----------
    rounds : tuple of int
        Counted from 1.
    weights : tuple of tuple of float
        For each coordinate of the system its part in that of each round, in the sense of the last round.
    names : tuple of str
        Of the coordinates of the system.
    biases : tuple of ndarray, shape (2, n_cells)
        Place along the coordinate of the round, and bias in kT.
    x_range, y_range : tuple of float
        Of the biases.
    said : str
    rows : tuple of tuple of str
        What was measured, its value, and the exact one.
    """

    rounds: tuple[int, ...]
    weights: tuple[tuple[float, ...], ...]
    names: tuple[str, ...]
    biases: tuple[np.ndarray, ...]
    x_range: tuple[float, float]
    y_range: tuple[float, float]
    said: str
    rows: tuple[tuple[str, str, str], ...]


def rave_picture(found: RaveCourse, names: Sequence[str]) -> RavePicture:
    """Curves of all rounds.

    Notes
    -----
    A coordinate and its negative are the same; all are drawn in the sense of the last one, whose largest part counts up.
    """
    last = found.directions[-1] * np.sign(found.directions[-1][np.abs(found.directions[-1]).argmax()])
    senses = np.where(found.directions @ last < 0, -1.0, 1.0)
    weights = senses[:, None] * found.directions
    biases = tuple(np.stack([grid, bias])[:, np.argsort(grid)] for grid, bias in zip(senses[:, None] * found.grid, found.bias))
    places, heights = np.concatenate([b[0] for b in biases]), np.concatenate([b[1] for b in biases])
    deepest = float(min(heights.min(), -1.0))
    return RavePicture(tuple(range(1, len(weights) + 1)), tuple(map(tuple, weights.T.tolist())), tuple(names), biases, (float(places.min()), float(places.max())),
                       (1.05 * deepest, 0.0), _said(found, weights[-1], names), tuple(map(_row, found.gains)))


def _said(found: RaveCourse, last: np.ndarray, names: Sequence[str]) -> str:
    signs = [MINUS if part < 0 else "+" for part in last]
    terms = " ".join(f"{sign if k else sign.strip('+')}{' ' if k else ''}{abs(part):.2f} {name}" for k, (sign, part, name) in enumerate(zip(signs, last, names)))
    return (f"After {count_of(len(found.directions), 'round')} and {found.n_simulated:,} frames: ".replace(",", "\u2009") + f"{terms}, which tells {short(float(found.information[-1]))} nats of the later frame; "
            f"the bias along it reaches {short(float(-found.bias[-1].min()))} kT. Free energies with the bias taken out, ± one standard error:")


def _row(gain: WellGain) -> tuple[str, str, str]:
    known = minus(f"{gain.value:.2f} ± {gain.error:.2f} kT") if np.isfinite(gain.error) else "too seldom visited"
    return f"well {gain.well + 1} less well 1", known, minus(f"exact {round(gain.exact, 2) + 0.0:.2f}")
