"""How a session was left, as a value that a saved file can hold: what is selected, named, looked at, and how the panels are set."""
from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from mdexplore.base.plain import storable

# A file can only hold values of classes that are known when it is read.
from mdexplore.session.arena_kept import check_arena
from mdexplore.session.experiment_jobs import check_measurements
from mdexplore.session.selection import Group, Selection

if TYPE_CHECKING:
    from mdexplore.session.session import Session

MOST_GROUPS, LONGEST_NAME = 1000, 10_000
MEASUREMENTS, ARENA = "measurements", "arena"   # what the panels "experiment" and "arena" call these parts


@storable
@dataclass(frozen=True, eq=False)
class View:
    """What is shown, apart from the study itself.

    Parameters
    ----------
    selection : Selection
    groups : tuple of Group
    current : tuple of int
        (trajectory, frame).
    ends : tuple of (tuple of int, tuple of int), or None
        Metastable states at the ends of the flux, by their rank (`mdexplore.methods.coarse.numbering.ranks`): numbers depend on what was done before.
    panels : dict of str to dict
        What each panel says of itself (`mdexplore.panels.panel.Panel.view`), and under ``"page"`` the classes of the root.
    """

    selection: Selection
    groups: tuple[Group, ...] = ()
    current: tuple[int, int] = (0, 0)
    ends: tuple[tuple[int, ...], tuple[int, ...]] | None = None
    panels: dict[str, dict[str, Any]] = field(default_factory=dict)


def view_of(session: Session, panels: Mapping[str, dict[str, Any]]) -> View:
    """How a session is now."""
    return View(session.selection, tuple(session.groups), tuple(session.current), session.fits.flux.ends_by_rank(), dict(panels))   # type: ignore[arg-type]


def take_up(session: Session, view: View) -> None:
    """Make a session's selection, groups, current frame and ends those of a view; they are no step of undo."""
    session.groups = view.groups
    session.selection = view.selection
    session.current = view.current
    session.choose_ends(None)
    if view.ends is not None:
        session.fits.flux.wish_ends(view.ends)


def check_view(view: View, lengths: tuple[int, ...]) -> None:
    """Make sure that a view belongs to trajectories of these lengths.

    Raises
    ------
    KeyError, TypeError, ValueError
        If it does not, or is none.
    UserError
        If it holds more than is allowed.
    """
    from mdexplore.session.sound import check_type

    check_type(view, View)
    n = sum(lengths)
    for chosen in (view.selection, *(g.selection for g in view.groups)):
        if chosen.n_frames != n or chosen.bits.dtype != np.uint8 or chosen.bits.shape != (-(-n // 8),):
            raise ValueError("a selection is for other frames")
    if len(view.groups) > MOST_GROUPS or any(len(text) > LONGEST_NAME for g in view.groups for text in (g.name, g.selection.how)) or any(not 0 <= g.color < 1 << 16 for g in view.groups):
        raise ValueError("a group is none")
    trajectory, frame = view.current
    if not (0 <= trajectory < len(lengths) and 0 <= frame < max(lengths[trajectory], 1)):
        raise ValueError("the current frame does not exist")
    if view.ends is not None and any(not end or not all(0 <= state < 1 << 16 for state in end) for end in view.ends):
        raise ValueError("an end of the flux is no state")
    _check_parts(view.panels)


def _check_parts(panels: Mapping[str, dict[str, Any]]) -> None:
    """Parts that are more than a way to look: measurements and the arena."""
    experiment, arena = panels.get("experiment", {}), panels.get("arena", {})
    if MEASUREMENTS in experiment:
        check_measurements(experiment[MEASUREMENTS])
    if ARENA in arena:
        check_arena(arena[ARENA])
