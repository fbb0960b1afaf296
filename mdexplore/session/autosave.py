"""What a page would lose with its kernel: settings, selection, groups and view, written a few seconds after each change, and offered when it is opened again.

Results are not in it: they lie in the cache under their keys, and come back as fast as they can be read.
"""
from __future__ import annotations

import logging
import os
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mdexplore.base.errors import UserError
from mdexplore.base.folders import cache_folder
from mdexplore.base.plain import decode, encode
from mdexplore.base.store import content_key
from mdexplore.base.writing import write_whole
from mdexplore.data.mending import mended
from mdexplore.methods.method import SLOTS
from mdexplore.methods.recipe import Recipe
from mdexplore.session.saved import recipe_from, recipe_json
from mdexplore.session.sealed import DAMAGED, Sealed, write_sealed
from mdexplore.session.sound import check_type
from mdexplore.session.view import View, check_view, take_up, view_of

if TYPE_CHECKING:
    from mdexplore.data.dataset import Dataset
    from mdexplore.session.session import Session

log = logging.getLogger(__name__)
FORMAT, READABLE = 3, (2, 3)   # 3 may hold measurements and an arena
VISITOR = "MDEXPLORE_VISITOR"   # tells apart those who share a server and an account; empty where there is one person
KEPT_S = 14 * 24 * 3600.0
SETTINGS = (*SLOTS, "lagtime", "seed")


@dataclass(frozen=True, eq=False)
class Kept:
    """A session as it was last kept.

    Parameters
    ----------
    when : float
        Seconds since 1970.
    recipe : Recipe
    is_made_whole : bool
        Whether molecules were put together across the box.
    view : View
    """

    when: float
    recipe: Recipe
    is_made_whole: bool
    view: View


def place(data: Dataset) -> Path:
    """Where the session of this visitor on these data is kept: the same place whether or not the page has made molecules whole."""
    return cache_folder() / "autosave" / f"{content_key('autosave', data.key_as_stored, os.environ.get(VISITOR, ''))}.mdx"


def keep(session: Session, panels: Mapping[str, dict[str, Any]] | None = None) -> float | None:
    """Write how a session is now.

    Parameters
    ----------
    session : Session
    panels : mapping, optional
        What the panels say of themselves, as `mdexplore.session.view.View` holds it.

    Returns
    -------
    float or None
        When, in seconds since 1970; None where it cannot be kept, for the lack of room or because a slot holds an object of the user's.
    """
    recipe, now = session.study.recipe, time.time()
    if any(map(recipe.is_foreign, SLOTS)):
        return None
    view = view_of(session, panels or {})
    path = place(session.data)
    try:
        _forget_old(path.parent)
        write_whole(path, lambda target: write_sealed(target, lambda put: {"format": FORMAT, "when": now, "recipe": recipe_json(recipe, put),
                                                                                 "make_whole": session.data.is_made_whole, "view": encode(view, put)}), is_ours=True)
        path.chmod(0o600)
    except (UserError, OSError) as error:   # the work goes on; the page says that nothing is kept
        log.warning("the session cannot be kept: %s", error)
        return None
    return now


def find(data: Dataset) -> Kept | None:
    """The session that was kept for these data; None where there is none, or it cannot be used any more."""
    path = place(data)
    try:
        with Sealed(path) as sealed:
            spec = sealed.text()
            if spec["format"] not in READABLE:
                return None
            kept = Kept(float(spec["when"]), recipe_from(spec["recipe"], sealed.array), spec["make_whole"], decode(spec["view"], sealed.array))
        check_type(kept.is_made_whole, bool)
        check_view(kept.view, data.lengths)
    except FileNotFoundError:
        return None
    except (OSError, UserError, *DAMAGED) as error:
        log.warning("the session that was kept cannot be used: %s", error)
        return None
    return kept


def restore(session: Session, kept: Kept) -> None:
    """Make a session what it was; one step of undo goes back.

    Raises
    ------
    UserError
        If a setting is no longer possible.
    """
    study = session.study.on(mended(session.data, make_whole=kept.is_made_whole))
    changed = {name: getattr(kept.recipe, name) for name in SETTINGS if getattr(kept.recipe, name) != getattr(session.study.recipe, name)}
    session.use(study.change(**changed), "restored")
    take_up(session, kept.view)


def _forget_old(folder: Path) -> None:
    for path in folder.glob("*.mdx"):
        if time.time() - path.stat().st_mtime > KEPT_S:
            path.unlink(missing_ok=True)
