"""What the arena draws: a row a candidate with the dots of its folds, its mean and spread, and one exact line through all of them."""
from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass

import numpy as np

from mdexplore.base.units import TimeUnit
from mdexplore.base.words import count_of
from mdexplore.session.arena import Arena, ArenaRow

SCORES = {"vamp2": "VAMP-2", "vampe": "VAMP-E"}
LEAST_SPAN = 0.1   # of the axis, so that differences of nothing stay small


@dataclass(frozen=True)
class RowPicture:
    """One candidate; places are shares of the axis, 0 to 1.

    Parameters
    ----------
    name : str
    dots : tuple of float
        Held-out score of each fold.
    mean, low, high : float or None
        Mean of the folds, and a standard deviation to each side.
    train : float or None
        Mean score on the data of the fits.
    text : str
        Mean and spread as a number.
    note : str
        What is to be known of it: why there is no score, or that it scores fewer processes.
    is_best : bool
        No other is ahead by more than two standard errors of the difference, fold by fold.
    """

    name: str
    dots: tuple[float, ...] = ()
    mean: float | None = None
    low: float | None = None
    high: float | None = None
    train: float | None = None
    text: str = ""
    note: str = ""
    is_best: bool = False


@dataclass(frozen=True)
class ArenaPicture:
    """All rows on one axis.

    Parameters
    ----------
    rows : tuple of RowPicture
        Best first, failed ones last.
    axis : tuple of float
        Score at the left and at the right end.
    exact : float or None
        Place of the exact line.
    exact_text : str
    rules : str
        What is the same for all, in words.
    """

    rows: tuple[RowPicture, ...] = ()
    axis: tuple[float, float] = (1.0, 2.0)
    exact: float | None = None
    exact_text: str = ""
    rules: str = ""


def arena_picture(found: Arena | None, score: str = "vamp2", waiting: Collection[str] = (), stopped: Collection[str] = ()) -> ArenaPicture:
    """What to draw.

    Parameters
    ----------
    found : Arena or None
        The rows that are there.
    score : {"vamp2", "vampe"}
    waiting, stopped : collection of str
        Candidates without a row.
    """
    others = (*(RowPicture(name, text="…") for name in waiting), *(RowPicture(name, text="stopped") for name in stopped))
    if found is None:
        return ArenaPicture(others)
    low, high = axis = _axis(found, score)

    def place(value: float) -> float:
        return float(np.clip((value - low) / (high - low), 0, 1))

    rows = tuple(_row(found, row, score, place) for row in found.ranked(score))
    unit = TimeUnit(found.timestep_ns)
    rules = f"{count_of(found.rules.n_processes, 'process', 'processes')} · lag {unit.say(found.rules.lagtime)} · {found.rules.folds} folds"
    return ArenaPicture((*(r for r in rows if r.mean is not None), *others, *(r for r in rows if r.mean is None)), axis,
                        None if found.exact is None else place(found.exact), "" if found.exact is None else f"exact {found.exact:.3f}", rules)


def _axis(found: Arena, score: str) -> tuple[float, float]:
    """From the lowest to the highest of all that is drawn, with some room."""
    shown = [values for row in found.rows for values in (row.held_out(score), row.train(score)) if values is not None]
    values = np.concatenate([*shown, [1.0] if not shown else [], [] if found.exact is None else [found.exact]])
    low, high = float(values.min()), float(values.max())
    room = max(0.06 * (high - low), LEAST_SPAN / 2)
    return low - room, high + room


def _row(found: Arena, row: ArenaRow, score: str, place: Callable[[float], float]) -> RowPicture:
    values, train = row.held_out(score), row.train(score)
    if values is None or train is None or row.scores is None:
        return RowPicture(row.name, text="failed", note=row.error)
    mean, std = float(values.mean()), float(values.std())
    gap, error = found.behind(row.name, score)
    fewer = "" if row.scores.rank == row.scores.n_processes else f"It knows {row.scores.rank} of the {count_of(row.scores.n_processes, 'process', 'processes')} that are scored."
    return RowPicture(row.name, tuple(place(float(v)) for v in values), place(mean), place(mean - std), place(mean + std), place(float(train.mean())),
                      f"{mean:.3f} ± {std:.3f}", " ".join([fewer, *(n.text for n in row.scores.notices)]).strip(), bool(gap <= 2 * error))
