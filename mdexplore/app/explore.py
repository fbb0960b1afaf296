"""`explore`: from data, files or a study to the app, in one line."""
from __future__ import annotations

import inspect
from typing import Any

from mdexplore.app.cells import remember
from mdexplore.app.explorer import Explorer
from mdexplore.session.session import Session
from mdexplore.session.study import Study

LOADING = ("stride", "atoms", "timestep_ns", "on_damage", "resample", "make_whole")


def explore(data: Any, top: Any = None, **settings: Any) -> Explorer:
    """Open the app on trajectories; show it as the last line of a cell.

    Parameters
    ----------
    data : Study, Dataset, or anything that `mdexplore.load` takes
    top : path or mdtraj.Topology, optional
        Where the atoms are described.
    **settings
        ``stride, atoms, timestep_ns, on_damage`` as for `mdexplore.load`; ``features, projection, clustering, kinetics, lagtime, n_states, seed,
        executor`` as for `mdexplore.Study`.

    Returns
    -------
    Explorer
        The panels fill while workers compute.

    Raises
    ------
    UserError
        If the data cannot be read or a setting is not one.
    """
    session = Session(study_of(data, top, settings))
    remember(session)
    return Explorer(session)


def study_of(data: Any, top: Any, settings: dict[str, Any]) -> Study:
    """A study of what the user gave; settings of loading and of the study are told apart by their names."""
    from mdexplore.base.errors import UserError
    from mdexplore.data import load

    loading = {name: settings[name] for name in LOADING if name in settings}
    rest = {name: value for name, value in settings.items() if name not in LOADING}
    known = [name for name in inspect.signature(Study.__init__).parameters if name not in ("self", "data")]
    for name in rest:
        if name not in known:
            raise UserError(f"There is no setting {name!r}.", do=f"The settings are: {', '.join((*LOADING, *known))}.")
    if isinstance(data, Study):
        if loading or top is not None:
            raise UserError("A study has its data already.", f"{', '.join(loading) or 'top'} was given as well.", "Give these to mdexplore.load instead.")
        return data.change(**rest) if rest else data
    return Study(load(data, top=top, **loading), **rest)
