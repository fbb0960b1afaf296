"""`explore`: from data, files or a study to the app, in one line."""
from __future__ import annotations

import inspect
from pathlib import Path
from typing import Any

from mdexplore.app.cells import remember
from mdexplore.app.explorer import Explorer
from mdexplore.app.request import SAVED
from mdexplore.base.errors import UserError
from mdexplore.base.spelling import choose
from mdexplore.base.words import listed
from mdexplore.session.saved import open_saved
from mdexplore.session.session import Session
from mdexplore.session.study import Study

LOADING = ("stride", "atoms", "timestep_ns", "on_damage", "resample", "make_whole")


def explore(data: Any, top: Any = None, **settings: Any) -> Explorer:
    """Open the app on trajectories; show it as the last line of a cell.

    Parameters
    ----------
    data : Study, file of a saved study (.mdx), Dataset, or anything that `mdexplore.load` takes
    top : path or mdtraj.Topology, optional
        Where the atoms are described.
    **settings
        ``stride, atoms, timestep_ns, on_damage, resample, make_whole`` as for `mdexplore.load`; ``features, projection, clustering, kinetics, lagtime, n_states, seed,
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
    from mdexplore.data import Dataset, load

    loading = {name: settings[name] for name in LOADING if name in settings}
    rest = {name: value for name, value in settings.items() if name not in LOADING}
    known = [name for name in inspect.signature(Study.__init__).parameters if name not in ("self", "data")]
    for name in rest:
        if name not in known:
            raise UserError(f"There is no setting {name!r}.", do=choose(name, (*LOADING, *known), "The settings are"))
    data = _opened(data)
    if isinstance(data, (Study, Dataset)) and (loading or top is not None):
        given = ["top"] * (top is not None) + list(loading)
        raise UserError("A study has its data already." if isinstance(data, Study) else "These data are loaded already.", f"{listed([f'{name}=' for name in given])} would change nothing.",
                        "Give these to mdexplore.load instead.")
    if isinstance(data, Study):
        return data.change(**rest) if rest else data
    return Study(load(data, top=top, **loading), **rest)


def _opened(data: Any) -> Any:
    """The study of a saved file, which stands alone; everything else as it is."""
    items = list(data) if isinstance(data, (list, tuple)) else [data]
    if not any(isinstance(item, (str, Path)) and Path(item).suffix.lower() == SAVED for item in items):
        return data
    if len(items) > 1:
        raise UserError("A saved study is opened alone.", f"{len(items)} files were given.", "Give one .mdx file; it knows where its trajectories are.")
    return open_saved(Path(items[0]).expanduser())
