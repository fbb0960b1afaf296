"""Features that were given as arrays or files, taken as they are."""
from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from mdexplore.base.errors import UserError
from mdexplore.methods.features.featurizer import Featurizer
from mdexplore.methods.method import Settings, method


@dataclass(frozen=True)
class Identity(Settings):
    """Nothing to set: the given arrays are the features."""


@method("features", settings=Identity, title="As given")
def identity(settings: Identity, topology: Any, *, reference: Any = None, names: tuple[str, ...] = ()) -> Featurizer:
    """The given arrays themselves; ``compute`` takes an array where the other methods take a chunk of a trajectory.

    Parameters
    ----------
    names : tuple of str
        Names of the given features; none means that the data have none.

    Raises
    ------
    UserError
        If no features were given.
    """
    if not names:
        raise UserError("There are no given features.", "The data are trajectories without feature arrays or files.",
                        'Use features="torsions" or "distances", or load arrays together with the trajectories.')
    return Featurizer(tuple(names), ((),) * len(names), ("given",) * len(names), np.asarray)
