"""A model system under another potential for a session, from paths simulated once in a worker and kept in the cache."""
from __future__ import annotations

from dataclasses import dataclass

from mdexplore.base.errors import UserError
from mdexplore.base.store import Store, content_key
from mdexplore.methods.ensembles.changes import (
    MOST_LAGTIME,
    ChangedTimescales,
    Kind,
    changed_timescales,
)
from mdexplore.methods.method import Progress
from mdexplore.session.ensemble_systems import system

VERSION = 3   # raised when the same question has other numbers


@dataclass(frozen=True)
class ChangeWanted:
    """A question for timescales under other potentials.

    Parameters
    ----------
    system : str
        Of `mdexplore.session.ensemble_systems.systems`.
    kind : {"scale", "tilt"}
    lagtime : int or None
        Frames; None for a tenth of the slowest timescale.
    """

    system: str
    kind: Kind
    lagtime: int | None = None


def change_wanted(name: str, kind: Kind, lagtime: str) -> ChangeWanted:
    """The question that a form stands for.

    Raises
    ------
    UserError
        If the lag time is no number of frames that can be used.
    """
    text = lagtime.strip()
    if text and not (text.isdecimal() and len(text) < 10 and 1 <= int(text) <= MOST_LAGTIME):
        raise UserError(f"Lag time: {text[:20]!r} cannot be used here.", do=f"Write a whole number of frames from 1 to {MOST_LAGTIME}, or nothing.")
    return ChangeWanted(name, kind, int(text) if text else None)


def run_change(wanted: ChangeWanted, seed: int, *, progress: Progress) -> ChangedTimescales:
    """The slowest timescale for a range of changes, in a worker."""
    key = content_key("changed timescales", VERSION, wanted.system, wanted.kind, wanted.lagtime, seed)
    found = Store().load(key)
    if found is None:
        potential, modes = system(wanted.system)
        found = Store().save(key, changed_timescales(potential, wanted.kind, wanted.lagtime, modes=modes, seed=seed, progress=progress))
    return found
