"""A study and measured averages: the augmented model, and which frames carry its change."""
from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from mdexplore.base.errors import UserError
from mdexplore.base.work.threads import single_threaded
from mdexplore.methods.experiment.estimate import augment as estimate
from mdexplore.methods.experiment.model import AugmentedModel
from mdexplore.methods.experiment.observables import Observable, read_observables
from mdexplore.methods.experiment.result import Augmented
from mdexplore.methods.method import Progress, ignore

if TYPE_CHECKING:
    from mdexplore.session.study import Study


@single_threaded()
def augment(study: Study, observables: Sequence[Observable] | str | Path, *, frames: Sequence[str | Path] = (), leave_one_out: bool = True,
            progress: Progress = ignore) -> Augmented:
    """The Markov model of a study reconciled with measured averages.

    Parameters
    ----------
    study : Study
    observables : sequence of Observable, or path of a table
        A table is read by `mdexplore.methods.experiment.observables.read_observables`.
    frames : sequence of path
        Files with the values of each frame, for a table.
    leave_one_out : bool
        Also predict each measurement from the others.
    progress : callable

    Returns
    -------
    Augmented

    Raises
    ------
    UserError
        If observables cannot be read or do not fit the data, or no model comes near them.
    """
    if isinstance(observables, (str, Path)):
        observables = read_observables(observables, study.data, frames, FeatureColumns(study))
    return estimate(study.result("kinetics"), study.result("clustering"), study.metastable, observables, leave_one_out=leave_one_out, progress=progress)


class FeatureColumns(Mapping[str, Sequence[np.ndarray]]):
    """Features of a study by name, each when it is asked for."""

    def __init__(self, study: Study) -> None:
        self._study = study

    def __getitem__(self, name: str) -> Sequence[np.ndarray]:
        try:
            place = self._study.feature_names.index(name)
        except ValueError:
            raise KeyError(name) from None
        return tuple(x[:, place] for x in self._study.features)

    def __iter__(self) -> Iterator[str]:
        return iter(self._study.feature_names)

    def __len__(self) -> int:
        return len(self._study.feature_names)


def augmented_study(study: Study, augmented: Augmented) -> Study:
    """The study with the augmented model as its kinetics, so that everything after it follows; it can be saved and written as a script as any other."""
    return study.change(kinetics=AugmentedModel.of(augmented, study.result("clustering")))


def carriers(study: Study, augmented: Augmented, observable: int, *, share: float = 0.8) -> np.ndarray:
    """Frames that carry most of the change of an observable.

    Parameters
    ----------
    study : Study
    augmented : Augmented
    observable : int
        Its place in ``augmented.names``.
    share : float
        How much of the change the microstates of these frames make up, largest first; 0 to 1.

    Returns
    -------
    ndarray, shape (n_frames,), bool
    """
    if not 0 <= observable < len(augmented.names):
        raise UserError(f"There is no observable {observable}.", f"There are {len(augmented.names)}, counted from 0.")
    if not 0 < share <= 1:
        raise UserError(f"A share of {share} cannot be carried.", do="Choose one above 0 and at most 1.")
    part = augmented.carried_by(observable) * np.sign(augmented.after[observable] - augmented.before[observable])
    order = np.argsort(part)[::-1]
    gained = np.cumsum(np.maximum(part[order], 0.0))
    chosen = order[:int(np.searchsorted(gained, share * gained[-1] * (1 - 1e-12))) + 1] if gained[-1] > 0 else order[:0]
    return np.isin(np.concatenate(study.result("clustering").dtrajs), augmented.active[chosen])
