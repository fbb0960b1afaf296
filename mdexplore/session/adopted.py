"""Results of the model as a worker computed them, with the numbers that states have in the study that takes them."""
from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mdexplore.methods.coarse.colors import match_colors
from mdexplore.methods.coarse.numbering import numbered_like, ranks, renumbered_test

if TYPE_CHECKING:
    from mdexplore.methods.results import Metastable
    from mdexplore.session.study import Study


def adopt(study: Study, made: dict[str, Any]) -> dict[str, Any]:
    """Keep results in a study, and give them with the numbers that states have there.

    Parameters
    ----------
    study : Study
    made : dict of str to result
        By step; states by rank, as every process numbers them by itself.
    """
    made = dict(made)
    if "coarse" in made:
        made["coarse"] = renumbered_as(study.before, made["coarse"])
    if "chapman" in made:
        made["chapman"] = renumbered_test(made["chapman"], ranks(made.get("coarse") or study.result("coarse")))
    for step, value in made.items():
        study.keep(step, value)
    return made


def renumbered_as(before: Metastable | None, coarse: Metastable) -> Metastable:
    """States with the numbers and colours of those before a change."""
    return match_colors(before, numbered_like(before, coarse))
