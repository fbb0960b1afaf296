"""A quantity of the frames that a study is asked about: a feature by its name or number, or numbers of the user's."""
from __future__ import annotations

import difflib
from typing import TYPE_CHECKING, Any

import numpy as np

from mdexplore.base.errors import UserError
from mdexplore.base.words import count_of

if TYPE_CHECKING:
    from mdexplore.methods.method import Progress
    from mdexplore.methods.results import Observable
    from mdexplore.session.study import Study


def observable(study: Study, quantity: Any, start: Any = None, progress: Progress | None = None) -> Observable:
    """See `Study.observable`."""
    from mdexplore.base.work.threads import single_threaded
    from mdexplore.methods.kinetics.observables import observable as of_model
    from mdexplore.session.ends import microstates_in
    from mdexplore.session.progress import bar

    name, values = quantity_of(study, quantity)
    begin = None if start is None else microstates_in(study, start)
    with single_threaded(), bar("observable", progress) as report:
        return of_model(study.result("kinetics"), study.result("clustering"), values, name=name, start=begin, seed=study.recipe.seed, progress=report)


def quantity_of(study: Study, quantity: Any) -> tuple[str, list[np.ndarray]]:
    """Name and values, an array a trajectory, of a quantity.

    Raises
    ------
    UserError
        If there is no such feature.
    """
    features = study.result("features")
    if isinstance(quantity, str):
        if quantity not in features.names:
            near = difflib.get_close_matches(quantity, features.names, 3, 0.3)
            raise UserError(f"There is no feature {quantity!r}.", do=f"Choose one of: {', '.join(near or features.names[:3])}; study.feature_names has all.")
        quantity = features.names.index(quantity)
    if isinstance(quantity, (int, np.integer)) and not isinstance(quantity, bool):
        if not 0 <= quantity < features.n_features:
            raise UserError(f"There is no feature number {quantity}.", f"There {'is' if features.n_features == 1 else 'are'} {count_of(features.n_features, 'feature')}.", f"Give 0 to {features.n_features - 1}.")
        return features.names[quantity], [np.asarray(x[:, quantity], dtype=float) for x in features.values]
    try:
        return "quantity", [np.asarray(v, dtype=float) for v in quantity]
    except (TypeError, ValueError) as error:
        raise UserError("This is no quantity of the frames.", f"{type(quantity).__name__}: {error}", "Give a feature's name or number, or a list of one array a trajectory.") from error
