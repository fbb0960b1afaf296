"""The fuzzy states of a network as microstates: memberships go on to the kinetics, the largest one gives each frame its state."""
from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from mdexplore.base.errors import UserError
from mdexplore.base.notices import Notice
from mdexplore.base.words import count_of, listed
from mdexplore.methods.method import Progress, Settings, ignore, method
from mdexplore.methods.results import Clustering, Projection

TOLERANCE = 1e-3   # memberships are kept in single precision


@dataclass(frozen=True)
class FuzzyStates(Settings):
    """Nothing to choose: the network has chosen."""


@method("clustering", settings=FuzzyStates, needs="projection", source="doi:10.1038/s41467-017-02388-1", name="fuzzy-states", title="Fuzzy states")
def fuzzy_states(settings: FuzzyStates, projection: Projection, *, seed: int = 0, progress: Progress = ignore) -> Clustering:
    """Take the memberships of a projection for microstates.

    Parameters
    ----------
    settings : FuzzyStates
    projection : Projection
        Whose coordinates are memberships: not negative, with sum 1.
    seed : int
        Not used: there is nothing random in it.
    progress : callable

    Returns
    -------
    Clustering
        With `memberships`. The centre of a state is where it is alone, so that the nearest centre of a frame is the state with its largest membership.
        A state that is the largest of no frame is left out.

    Raises
    ------
    UserError
        If the coordinates are no memberships.
    """
    if not are_memberships(projection.values):
        raise UserError("There are no fuzzy states to go on with.", f"The coordinates of {projection.title} are no memberships: those are not negative and sum to 1 in each frame.",
                        "Choose a VAMPnet with fuzzy states as projection, mdx.settings.VAMPNet(output=\"fuzzy states\"), or another clustering.")
    n, values = projection.dim, projection.values
    visits = np.sum([np.bincount(np.asarray(x).argmax(axis=1), minlength=n) for x in values], axis=0)
    if not visits.all():   # a state without frames cannot be shown, averaged over, or reached
        values = tuple(_shared(np.asarray(x)[:, visits > 0]) for x in values)
    dtrajs = tuple(np.asarray(x).argmax(axis=1).astype(np.int32) for x in values)
    progress(1, 1, "Fuzzy states")
    return Clustering(np.eye(int((visits > 0).sum())), dtrajs, _told(np.flatnonzero(visits == 0), n), values)


def _shared(memberships: np.ndarray) -> np.ndarray:
    return memberships / memberships.sum(axis=1, keepdims=True)


def are_memberships(values: tuple[np.ndarray, ...]) -> bool:
    """Whether the rows of all arrays are not negative and sum to 1."""
    return bool(values) and values[0].shape[1] > 1 and all(
        len(x) == 0 or (float(np.min(x)) >= -TOLERANCE and float(np.abs(np.sum(x, axis=1) - 1).max()) <= TOLERANCE) for x in values)


def _told(empty: np.ndarray, n: int) -> tuple[Notice, ...]:
    if not len(empty):
        return ()
    names = listed([str(i + 1) for i in empty])
    return (Notice("warning", f"{count_of(len(empty), 'fuzzy state')} of {n} ({names}) {'is' if len(empty) == 1 else 'are'} the largest of no frame and left out; the others share what it had.", "Train with fewer states.", "clustering"),)
