"""Two models of the same frames side by side: coordinates and states of both for every frame, found in a worker."""
from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from mdexplore.base.chunked import joined
from mdexplore.base.errors import UserError
from mdexplore.base.plain import storable
from mdexplore.base.store import Store, content_key
from mdexplore.methods.method import Progress
from mdexplore.session.disagreement import common_states, compared
from mdexplore.session.steps import has_given
from mdexplore.session.study import Study

VERSION = 1   # raised when the same models give other numbers


@storable
@dataclass(frozen=True, eq=False)
class Side:
    """One model.

    Parameters
    ----------
    names, units : (str, str)
        Of the two coordinates.
    x, y : ndarray, shape (n_frames,), float32
        Its first two coordinates; where it has one only, the second is the time within the trajectory.
    states : ndarray, shape (n_frames,), int16, or None
        -1 outside the model; None where there are no states to compare.
    """

    names: tuple[str, str]
    units: tuple[str, str]
    x: np.ndarray
    y: np.ndarray
    states: np.ndarray | None = None


@storable
@dataclass(frozen=True, eq=False)
class Sides:
    """Two of them; states with the same number are those that share most frames.

    Parameters
    ----------
    a, b : Side
    n_states : int
        0 where there are no states to compare.
    told : str
        Why there are none.
    """

    a: Side
    b: Side
    n_states: int = 0
    told: str = ""

    @property
    def differ(self) -> np.ndarray:
        """Frames that are in both models, and in different states; shape (n_frames,), bool."""
        if self.a.states is None or self.b.states is None:
            return np.zeros(len(self.a.x), bool)
        return (self.a.states >= 0) & (self.b.states >= 0) & (self.a.states != self.b.states)

    @property
    def overlap(self) -> np.ndarray:
        """Frames in a state of the one and a state of the other; shape (n_states, n_states), int."""
        n = self.n_states
        if self.a.states is None or self.b.states is None:
            return np.zeros((0, 0), int)
        inside = (self.a.states >= 0) & (self.b.states >= 0)
        return np.bincount(self.a.states[inside].astype(np.int64) * n + self.b.states[inside], minlength=n * n).reshape(n, n)


def sides(a: Study, b: Study, progress: Progress | None = None) -> Sides:
    """Put two models side by side.

    Parameters
    ----------
    a, b : Study
        Of the same data. Where they found different numbers of states, the one with more is coarse-grained to as many as the other has.
    progress : callable

    Raises
    ------
    UserError
        If a projection cannot be made. States that cannot be had are no error: `Sides.told` says why.
    """
    one, other = _coordinates(a, progress), _coordinates(b, progress)
    try:
        found = common_states(a, b, progress)
        match = compared(*found, a.data.index).match
    except UserError as error:
        return Sides(one, other, told=str(error))
    n = 1 + max(int(states.max()) for states in found)
    return Sides(Side(one.names, one.units, one.x, one.y, found[0].astype(np.int16)),
                 Side(other.names, other.units, other.x, other.y, renamed(found[1], match, n)), n)


def renamed(states: np.ndarray, match: tuple[int, ...], n: int) -> np.ndarray:
    """States of the second model by the numbers of those of the first that they stand for.

    Parameters
    ----------
    states : ndarray, shape (n_frames,), int
    match : tuple of int
        Of each state of the first, which of the second it stands for; -1 for none.
    n : int
        How many states there are.

    Returns
    -------
    ndarray, shape (n_frames,), int16
    """
    names = np.full(n + 1, -1, np.int16)   # the last serves -1
    for k, of_other in enumerate(match):
        if of_other >= 0:
            names[of_other] = k
    free = [k for k in range(n) if k not in names[:n]]
    names[:n][names[:n] < 0] = free
    return names[states]


def run_sides(a: dict[str, Any], b: dict[str, Any], *, progress: Progress) -> Sides | str:
    """Two studies side by side, in a worker: the key under which the cache has it, or, of objects of the user's, which have none, the answer itself."""
    from mdexplore.session.tasks import study_of_spec

    one, other = study_of_spec(a), study_of_spec(b)
    if any(has_given(study.recipe, "coarse") for study in (one, other)):
        return sides(one, other, progress)
    key = content_key("sides", VERSION, one.key("coarse"), other.key("coarse"))
    if not Store().has(key):
        Store().save(key, sides(one, other, progress))
    return key


def arrived(answer: Sides | str) -> Sides | None:
    """The answer of `run_sides`, its arrays as memory maps; None where the cache has lost it."""
    return Store().load(answer) if isinstance(answer, str) else answer


def _coordinates(study: Study, progress: Progress | None) -> Side:
    projection, unit = study.result("projection", progress), study.data.unit

    def column(k: int) -> np.ndarray:
        return joined(projection.values, np.float32, lambda rows: rows[:, k])

    if projection.dim > 1:
        return Side(projection.names[:2], ("", ""), column(0), column(1))
    times = joined([np.arange(n, dtype=np.float32) for n in study.data.lengths], np.float32, lambda frames: frames * np.float32(unit.scale))
    return Side((projection.names[0], "time"), ("", unit.name), column(0), times)
