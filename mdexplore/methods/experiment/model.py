"""The augmented model in the form in which the kinetics slot takes fitted models."""
from __future__ import annotations

from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

import numpy as np

from mdexplore.methods.experiment.result import Augmented


@dataclass(frozen=True, eq=False)
class AugmentedModel:
    """A fitted model with the names that deeptime's have, and without deeptime: importing it would hold a page for seconds.

    Parameters
    ----------
    transition_matrix : ndarray, shape (n, n)
    stationary_distribution : ndarray, shape (n,)
    lagtime : int
        Frames.
    symbols : ndarray, shape (n,), int
        Microstate of each state.
    """

    transition_matrix: np.ndarray
    stationary_distribution: np.ndarray
    lagtime: int
    symbols: np.ndarray

    has_count_model = True

    @classmethod
    def of(cls, found: Augmented) -> AugmentedModel:
        return cls(found.transition_matrix, found.stationary, found.lagtime, found.active)

    @property
    def count_model(self) -> Any:
        """What says which microstates the states are."""
        return SimpleNamespace(state_symbols=self.symbols)

    def is_of(self, found: Augmented) -> bool:
        """Whether it is the model of these measurements, to the digits that an estimation anew changes."""
        return len(self.symbols) == len(found.active) and bool((self.symbols == found.active).all()) and self.lagtime == found.lagtime and np.allclose(self.stationary_distribution, found.stationary, rtol=1e-6)
