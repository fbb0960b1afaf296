"""The augmented model as what the kinetics slot, a saved file and a script can hold: the measurements and what each microstate has of them."""
from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from mdexplore.base import limits
from mdexplore.base.plain import storable
from mdexplore.base.store import array_key, content_key
from mdexplore.methods.experiment.result import Augmented
from mdexplore.methods.results import Clustering

LONGEST_NAME = 10_000


@storable
@dataclass(frozen=True, eq=False)
class AugmentedModel:
    """A recipe of an augmented Markov model on certain microstates: from their counts the same numbers follow, bit for bit.

    Parameters
    ----------
    names : tuple of str, length k
        Of the observables.
    measured, errors : ndarray, shape (k,)
        An error of infinity leaves an observable out, one of 0 demands it exactly.
    means : ndarray, shape (n_clusters, k)
        Average of each observable over the frames of each microstate; NaN for one without frames.
    lagtime : int
        Frames.
    microstates : str
        Of `microstates_key`: those that `means` are averages over.
    """

    names: tuple[str, ...]
    measured: np.ndarray
    errors: np.ndarray
    means: np.ndarray
    lagtime: int
    microstates: str

    @classmethod
    def of(cls, found: Augmented, clustering: Clustering) -> AugmentedModel:
        """The recipe of a model that was found on these microstates."""
        return cls(found.names, found.measured, found.errors, found.state_means, found.lagtime, microstates_key(clustering))

    @cached_property
    def recipe_key(self) -> str:
        """A hash of all of it: equal models give equal keys of all that follows."""
        return content_key("augmented model", 1, self.names, *(array_key(np.asarray(a, float)) for a in (self.measured, self.errors, self.means)), self.lagtime, self.microstates)

    @property
    def weights(self) -> np.ndarray:
        """1 / (2 error^2), shape (k,)."""
        with np.errstate(divide="ignore"):
            return 0.5 / np.asarray(self.errors) ** 2

    def is_of(self, found: Augmented) -> bool:
        """Whether it is the model of these measurements, to the digits that averaging anew changes."""
        return (self.names == found.names and self.lagtime == found.lagtime and self.means.shape == found.state_means.shape
                and all(np.allclose(a, b, rtol=1e-9, atol=0, equal_nan=True) for a, b in ((self.measured, found.measured), (self.errors, found.errors), (self.means, found.state_means))))


def microstates_key(clustering: Clustering) -> str:
    """A hash of the microstate of every frame."""
    return content_key(clustering.n_clusters, [array_key(np.asarray(d)) for d in clustering.dtrajs])


def check_model(model: Any) -> None:
    """Make sure that a value out of a file can be an augmented model.

    Raises
    ------
    TypeError, ValueError
        If it is none.
    UserError
        If it has more measurements or microstates than are allowed.
    """
    if not isinstance(model, AugmentedModel) or not isinstance(model.names, tuple) or not all(isinstance(n, str) and len(n) <= LONGEST_NAME for n in model.names):
        raise TypeError("the augmented model is none")
    k = len(model.names)
    arrays = {"measured": (model.measured, (k,)), "errors": (model.errors, (k,)), "means": (model.means, (np.shape(model.means)[0], k))}
    for name, (array, shape) in arrays.items():
        if not isinstance(array, np.ndarray) or array.dtype != np.float64 or array.shape != shape:
            raise TypeError(f"{name} of the augmented model are none")
    limits.check("measurements", k)
    limits.check("clusters", len(model.means))
    if not k or not np.isfinite(model.measured).all() or not (model.errors >= 0).all() or np.isinf(model.means).any():
        raise ValueError("measurements of the augmented model are none")
    if type(model.lagtime) is not int or not 0 < model.lagtime < 1 << 62 or not isinstance(model.microstates, str) or len(model.microstates) > LONGEST_NAME:
        raise ValueError("the augmented model has no lag time, or no microstates")
