"""Metastable states with what is known of them."""
from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from mdexplore.base.notices import Notice
from mdexplore.base.plain import storable
from mdexplore.base.words import count_of
from mdexplore.methods.results.frames import Arrays
from mdexplore.methods.results.words import Timed, in_ns, percent_with_interval, time_with_interval

FEW = 10   # events: the 95 % interval of a count of ten spans a factor of four, and so does a rate that rests on it


@storable
@dataclass(frozen=True, eq=False, repr=False)
class Metastable(Timed):
    """Metastable states, numbered from the most to the least populated; after a change of settings they keep the number they had (see `order`).

    Parameters
    ----------
    microstates : ndarray, shape (n_clusters,), int
        Metastable state of each microstate; -1 outside the model.
    memberships : ndarray, shape (n_clusters, n_states)
        Fuzzy memberships; rows sum to 1, or are 0 outside the model.
    assignments : tuple of ndarray, shape (n_frames_i,), int16
        Metastable state of each frame; -1 outside the model.
    populations, lower, upper : ndarray, shape (n_states,)
        Stationary probabilities with a 95 % interval.
    mfpt, mfpt_lower, mfpt_upper : ndarray, shape (n_states, n_states)
        Mean first passage times from row to column, frames; 0 on the diagonal.
    flux : ndarray, shape (n_states, n_states)
        Stationary probability that flows from row to column in one lag time.
    passages : ndarray, shape (n_states, n_states), int
        Real passages seen in the trajectories: the core of the row's state is left and the next core that is reached is the column's.
    colors : tuple of int
        Place in the palette of each state; follows a state when parameters change.
    timestep_ns : float or None
    notices : tuple of Notice
    journeys : ndarray, shape (n_states, n_states), int, or None
        Real first passages from the row's core to the column's, whatever lies between: the events a mean first passage time rests on. None where not counted.
    order : tuple of int
        Rank by population of each state, 0 for the most populated; empty stands for 0, 1, 2, ...
    """

    microstates: np.ndarray
    memberships: np.ndarray
    assignments: Arrays
    populations: np.ndarray
    lower: np.ndarray
    upper: np.ndarray
    mfpt: np.ndarray
    mfpt_lower: np.ndarray
    mfpt_upper: np.ndarray
    flux: np.ndarray
    passages: np.ndarray
    colors: tuple[int, ...]
    timestep_ns: float | None = None
    notices: tuple[Notice, ...] = ()
    journeys: np.ndarray | None = None
    order: tuple[int, ...] = ()

    @property
    def n_states(self) -> int:
        return len(self.populations)

    @property
    def mfpt_ns(self) -> np.ndarray | None:
        return in_ns(self.mfpt, self.timestep_ns)

    @property
    def mfpt_lower_ns(self) -> np.ndarray | None:
        return in_ns(self.mfpt_lower, self.timestep_ns)

    @property
    def mfpt_upper_ns(self) -> np.ndarray | None:
        return in_ns(self.mfpt_upper, self.timestep_ns)

    @property
    def rate_per_ns(self) -> np.ndarray | None:
        """1 / MFPT from row to column; NaN on the diagonal."""
        return _rate(self.mfpt_ns)

    @property
    def rate_lower_per_ns(self) -> np.ndarray | None:
        return _rate(self.mfpt_upper_ns)

    @property
    def rate_upper_per_ns(self) -> np.ndarray | None:
        return _rate(self.mfpt_lower_ns)

    @property
    def few_passages(self) -> np.ndarray:
        """Where a mean first passage time rests on fewer than ten real first passages; shape (n_states, n_states), bool.

        The bar of the Markov model knows nothing of that: draw and quote such a number as an extrapolation.
        """
        seen = self.passages if self.journeys is None else self.journeys
        return np.asarray((np.asarray(seen) < FEW) & ~np.eye(self.n_states, dtype=bool))

    def __repr__(self) -> str:
        unit, n = self.unit, self.n_states
        shares = ", ".join(f"[{k}] {percent_with_interval(self.populations[k], self.lower[k], self.upper[k])}" for k in range(min(n, 4))) + (", …" if n > 4 else "")
        lines = [f"<Metastable: {count_of(n, 'state')}; {shares}"]
        if n > 1:
            i, j = np.unravel_index(int(np.argmax(np.nan_to_num(self.mfpt, nan=0.0))), self.mfpt.shape)
            seen = "" if self.journeys is None else f", {count_of(int(self.journeys[i, j]), 'real passage')}"
            lines.append(f" longest mean first passage [{i}] -> [{j}]: {time_with_interval(unit, self.mfpt[i, j], self.mfpt_lower[i, j], self.mfpt_upper[i, j])}{seen}")
            few = int(self.few_passages.sum())
            if few:
                lines.append(f" {few} of {n * (n - 1)} passage times rest on fewer than {FEW} real passages (few_passages)")
        return "\n".join(lines) + ">"


def _rate(mfpt: np.ndarray | None) -> np.ndarray | None:
    if mfpt is None:
        return None
    with np.errstate(divide="ignore"):
        return np.where(mfpt > 0, 1 / mfpt, np.nan)
