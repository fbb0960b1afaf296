"""The number of microstates against the held-out score: candidates of the arena that differ in that number alone."""
from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

import numpy as np

from mdexplore.base.words import count_of
from mdexplore.methods.method import method_of
from mdexplore.pictures.arena import SCORES
from mdexplore.session.arena import Arena, ArenaRow
from mdexplore.session.sweeps import same_but_number

ROOM = 0.08             # of the range of scores, above and below
ERRORS = 2              # standard errors by which a number has to be ahead to count as better


@dataclass(frozen=True)
class SweepPoint:
    """One number of microstates.

    Parameters
    ----------
    name : str
        The candidate.
    n : int
        Microstates.
    mean, low, high : float
        Held-out score, and a standard deviation over folds to each side.
    """

    name: str
    n: int
    mean: float
    low: float
    high: float


@dataclass(frozen=True)
class SweepPicture:
    """What is drawn.

    Parameters
    ----------
    points : tuple of SweepPoint
        From the fewest microstates to the most.
    enough : int
        Place of the fewest that are not behind the best.
    current : int or None
        Place of the model that is shown.
    x_range, y_range : tuple of float
    ticks : tuple of int
    label : str
        Of the score.
    said : str
        What follows, in a sentence.
    """

    points: tuple[SweepPoint, ...]
    enough: int
    current: int | None
    x_range: tuple[float, float]
    y_range: tuple[float, float]
    ticks: tuple[int, ...]
    label: str
    said: str


def sweep_picture(found: Arena | None, score: str = "vamp2", current: Collection[str] = ()) -> SweepPicture | None:
    """The longest series of rows that differ in the number of microstates alone; of two as long the later one. None where there are no two such rows.

    Parameters
    ----------
    found : Arena or None
    score : {"vamp2", "vampe"}
    current : collection of str
        Candidates that are the model that is shown.
    """
    rows = [] if found is None else _series([row for row in found.rows if row.scores is not None])
    values = [np.asarray(row.held_out(score)) for row in rows]
    points = tuple(SweepPoint(row.name, _number(row), float(v.mean()), float(v.mean() - v.std()), float(v.mean() + v.std())) for row, v in zip(rows, values))
    if len({p.n for p in points}) < 2:
        return None
    low, high = min(p.low for p in points), max(p.high for p in points)
    room = max(ROOM * (high - low), 1e-3)
    enough = next(k for k in range(len(points)) if not any(_is_ahead(v, values[k]) for v in values))
    return SweepPicture(points, enough, next((k for k, p in enumerate(points) if p.name in current), None), (points[0].n / 1.4, points[-1].n * 1.4),
                        (low - room, high + room), _apart([p.n for p in points]), f"{SCORES[score]} held out", _said(rows[enough], points, enough, values))


def _series(rows: list[ArenaRow]) -> list[ArenaRow]:
    longest: list[ArenaRow] = []
    for row in reversed(rows):
        found = [other for other in rows if same_but_number(row.candidate, other.candidate)]
        longest = found if len(found) > len(longest) else longest
    return sorted(longest, key=_number)


def _number(row: ArenaRow) -> int:
    """How many there were, which may be fewer than were asked for."""
    return 0 if row.scores is None else row.scores.dim


def _is_ahead(one: np.ndarray, other: np.ndarray) -> bool:
    """Both were judged on the same folds, so they are compared fold by fold."""
    gap = one - other
    return bool(gap.mean() > ERRORS * gap.std(ddof=1) / np.sqrt(len(gap)))


def _apart(numbers: list[int]) -> tuple[int, ...]:
    """Those whose ticks do not touch on a logarithmic axis."""
    kept: list[int] = []
    for n in numbers:
        if not kept or n >= 1.6 * kept[-1]:
            kept.append(n)
    return tuple(kept)


def _said(row: ArenaRow, points: tuple[SweepPoint, ...], enough: int, values: list[np.ndarray]) -> str:
    begins = f"{method_of(row.candidate.clustering).title}: {count_of(points[enough].n, 'microstate')}"
    is_one = points[enough].n == 1
    if enough == len(points) - 1:   # each fewer is behind one that is behind these in turn, and the error of a sum is at most the sum of the errors
        return f"{begins}, the most of these, {'scores' if is_one else 'score'} higher than all fewer; more may be better still."
    beats_fewer = enough and all(_is_ahead(values[enough], fewer) for fewer in values[:enough])   # one may be behind a larger number alone
    why = f"{'it scores' if is_one else 'they score'} higher than all fewer, and " if beats_fewer else ""
    return f"{begins} {'is' if is_one else 'are'} enough: {why}no other number is ahead by more than two standard errors."
