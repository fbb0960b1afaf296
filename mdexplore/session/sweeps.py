"""The current model with fewer and with more microstates, as candidates of the arena."""
from __future__ import annotations

import dataclasses
from typing import Any

from mdexplore.base import limits
from mdexplore.base.errors import UserError
from mdexplore.base.words import count_of
from mdexplore.methods.clustering.kmeans import FRAMES_PER_CENTRE, choose_number
from mdexplore.methods.method import Settings, method_of
from mdexplore.session.candidates import Candidate
from mdexplore.session.study import Study

NUMBERS = (5, 10, 20, 50, 100, 200, 500)
STEPS = 5   # each is a fit a fold: so many of the largest numbers that the frames allow
NUMBER = "n_clusters"


def swept(study: Study) -> dict[str, dict[str, Any]]:
    """Candidates that differ in the number of microstates alone, fewest first; the model as it is stands among them.

    Parameters
    ----------
    study : Study

    Returns
    -------
    dict of str to dict
        Name, which begins with the number, to slots.

    Raises
    ------
    UserError
        If its clustering takes no number of microstates, or there are too few frames for two numbers.
    """
    projection, clustering = study.recipe.projection, study.recipe.clustering
    if number_of(clustering) is None:
        raise UserError(f"{_title(clustering)} has no number of microstates to choose.", "They follow from other settings, or from what was given.", "Choose k-means, or judge single settings by the form.")
    n_frames = study.data.n_frames
    now = choose_number(clustering.n_clusters, n_frames)
    most = min(n_frames // FRAMES_PER_CENTRE, limits.limit("clusters"))
    numbers = sorted({*[n for n in NUMBERS if n <= most][-STEPS:], now})
    if len(numbers) < 2:
        raise UserError("There is one number of microstates to judge.", f"{count_of(n_frames, 'frame')} are too few for others.", "Load more frames, or judge single settings by the form.")
    title = f"{_title(projection)} + {_title(clustering)}"
    return {f"{n} microstates: {title}": {"projection": projection, "clustering": clustering if n == now else clustering.replace(n_clusters=n)} for n in numbers}


def number_of(clustering: Any) -> str | None:
    """Name of the setting that is the number of microstates; None where there is none, or where a distance decides."""
    if not isinstance(clustering, Settings) or getattr(clustering, "dmin", None) is not None:
        return None
    return NUMBER if NUMBER in {f.name for f in dataclasses.fields(clustering)} else None


def same_but_number(a: Candidate, b: Candidate) -> bool:
    """Whether two candidates differ in the number of microstates alone, or not at all."""
    if (a.features, a.projection) != (b.features, b.projection) or number_of(a.clustering) is None or type(a.clustering) is not type(b.clustering):
        return False
    return bool(a.clustering.replace(n_clusters=None) == b.clustering.replace(n_clusters=None))


def _title(filled: Any) -> str:
    return str(method_of(filled).title if isinstance(filled, Settings) else filled.title)
