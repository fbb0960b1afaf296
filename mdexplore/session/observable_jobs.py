"""Observables of a session's model, computed in a worker: which question stands for which quantity and start."""
from __future__ import annotations

from typing import Any, Literal

import numpy as np

from mdexplore.base.errors import UserError
from mdexplore.methods.method import Progress
from mdexplore.methods.results import Observable
from mdexplore.session.session import Session

Source = Literal["projection", "features"]


def start_of(session: Session, begin: int | None) -> tuple[int, ...]:
    """Microstates in which a relaxation begins.

    Parameters
    ----------
    session : Session
        With clustering and metastable states.
    begin : int or None
        A metastable state; None for the selected frames.

    Raises
    ------
    UserError
        If nothing is selected.
    """
    from mdexplore.session.ends import microstates_in

    if begin is not None:
        return tuple(np.flatnonzero(session.results["coarse"].microstates == begin).tolist())
    if not session.selection.n:
        raise UserError("The relaxation has no start.", "No frame is selected.", "Select frames, with the lasso or by a click on a state.")
    return tuple(microstates_in(session.study, session.selection.mask).tolist())


def run_observable(spec: dict[str, Any], source: Source, column: int, start: tuple[int, ...] | None, *, progress: Progress) -> Observable:
    """What the model says of a feature or of a slow coordinate, in a worker.

    Parameters
    ----------
    source : {"projection", "features"}
    column : int
        Of the arrays of the source.
    start : tuple of int, or None
        Microstates in which a relaxation begins.
    """
    from mdexplore.methods.kinetics.observables import observable
    from mdexplore.session.tasks import study_of_spec

    study = study_of_spec(spec)
    made = study.result(source, progress)
    values = [np.asarray(x[:, column], dtype=float) for x in made.values]
    kinetics, clustering = study.result("kinetics", progress), study.result("clustering", progress)
    return observable(kinetics, clustering, values, name=made.names[column], start=start, seed=study.recipe.seed, progress=progress)
