"""What a change of settings, as a panel asks for it, makes of the slots of a recipe."""
from __future__ import annotations

from typing import Any

from mdexplore.base.errors import UserError
from mdexplore.methods.method import SLOTS, Settings
from mdexplore.methods.recipe import Recipe, fill


def filled(recipe: Recipe, slot: str, changes: dict[str, Any]) -> dict[str, Any]:
    """What `mdexplore.Study.change` is to be called with.

    Parameters
    ----------
    recipe : Recipe
        As it is.
    slot : str
        One of the slots; ``"features"``, whose value is the whole of it; or ``"study"`` for what the slots share.
    changes : dict
        Settings of the slot by name; ``method`` fills it with another one first.

    Raises
    ------
    UserError
        For a slot that does not exist, or settings of one that was given as an object.
    """
    if slot == "features":
        return {"features": changes["features"]}
    if slot == "study":
        return changes
    if slot not in SLOTS:
        raise UserError(f"There is no slot {slot!r}.", do=f"The slots are: {', '.join(SLOTS)}, and study for what they share.")
    found = getattr(recipe, slot)
    if "method" in changes:
        changes = dict(changes)
        found = fill(slot, changes.pop("method"))
    if changes and not isinstance(found, Settings):
        raise UserError(f"{found.title} has no settings to change here.", "It was given as an object.", "Choose a method of the list instead.")
    return {slot: found.replace(**changes) if changes else found}
