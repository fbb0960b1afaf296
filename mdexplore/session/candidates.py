"""Candidates of the arena: what a user writes becomes named choices of features, projection and clustering."""
from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from mdexplore.base import limits
from mdexplore.base.errors import UserError
from mdexplore.methods.method import Settings, method_of, methods
from mdexplore.methods.recipe import Given, Recipe, fill, fill_features
from mdexplore.session.study import Study

JUDGED = ("features", "projection", "clustering")


@dataclass(frozen=True, eq=False)
class Candidate:
    """One entry of the arena.

    Parameters
    ----------
    name : str
    features : tuple of Settings or Given, or None
        As in a recipe.
    projection : Settings or Given
    clustering : Settings, Given or None
        Microstates to be judged; None judges the coordinates.
    """

    name: str
    features: tuple[Any, ...] | None
    projection: Any
    clustering: Any = None

    @property
    def has_clustering(self) -> bool:
        return self.clustering is not None

    @property
    def most_processes(self) -> int | None:
        """How many processes its settings allow; None where they do not say."""
        return getattr(self.projection, "dim", None)

    def changes(self, recipe: Recipe, lagtime: int | None) -> dict[str, Any]:
        """What `Study.change` takes to make a study of it: the projection at a lag time in frames where its settings give none; None leaves that to the study."""
        projection = self.projection
        if isinstance(projection, Settings) and getattr(projection, "lagtime", 0) is None:
            projection = projection.replace(lagtime=lagtime)
        return {"features": self.features, "projection": projection, "clustering": recipe.clustering if self.clustering is None else self.clustering}


def feature_kinds(data: Any) -> tuple[tuple[str, str], ...]:
    """Kinds of features that can be measured on some data, as (title, name); arrays without structures are taken as they are, and nothing else is."""
    return tuple((m.title, m.name) for m in methods("features").values()
                 if not m.missing and (data.given is not None if m.name == "identity" else data.has_structures))


def candidates_of(study: Study, given: Iterable[Any] | Mapping[str, Any], taken: Iterable[str] = ()) -> tuple[Candidate, ...]:
    """Candidates from what a user writes (`mdexplore.arena`).

    Parameters
    ----------
    study : Study
        Its slots fill what a candidate leaves open.
    given : iterable, or mapping of names
    taken : iterable of str
        Names that others have.

    Raises
    ------
    UserError
        If there is none, or one cannot be understood.
    """
    if isinstance(given, (str, Settings)):
        given = [given]
    items = [(str(name), item) for name, item in given.items()] if isinstance(given, Mapping) else [("", item) for item in given]
    if not items:
        raise UserError("There is no candidate.", "The arena compares methods.", "Give at least one, such as 'tica'.")
    limits.check("groups", len(items), "A list of candidates")
    made: list[Candidate] = []
    for name, item in items:
        limits.check("text", len(name), "A name")
        one = _candidate(study, item)
        names = [*taken, *(c.name for c in made)]
        made.append(dataclasses.replace(one, name=_free(name or _title(one, study.recipe), names)))
    return tuple(made)


def _candidate(study: Study, item: Any) -> Candidate:
    recipe = study.recipe
    if isinstance(item, Candidate):
        return item
    if isinstance(item, Study):
        return Candidate("", item.recipe.features, item.recipe.projection, item.recipe.clustering)
    slots = dict(item) if isinstance(item, Mapping) else {_slot(item): item}
    for slot in slots:
        if slot not in JUDGED:
            raise UserError(f"A candidate has no {slot!r}.", "The arena judges what comes before the Markov model.", f"Give {', '.join(JUDGED)}.")
    features = fill_features(slots["features"]) if "features" in slots else recipe.features
    return Candidate("", features, fill("projection", slots.get("projection", recipe.projection)),
                     fill("clustering", slots["clustering"]) if slots.get("clustering") is not None else None)


def _slot(item: Any) -> str:
    """Which slot a name, settings or an object fills."""
    if isinstance(item, Settings):
        return method_of(item).slot
    if isinstance(item, str):
        found = [slot for slot in ("projection", "clustering", "features") if item in methods(slot)]
        if not found:
            raise UserError(f"There is no method {item!r} for the arena.", do=f"Choose one of: {', '.join(name for slot in JUDGED[1:] for name in methods(slot))}.")
        return found[0]
    if isinstance(item, Given):
        item = item.value
    return "clustering" if hasattr(item, "n_clusters") else "projection"


def _title(candidate: Candidate, recipe: Recipe) -> str:
    """The methods by their titles, with the settings that are not the default."""
    parts = [_words(candidate.projection)]
    if candidate.clustering is not None:
        parts.append(_words(candidate.clustering))
    if candidate.features != recipe.features and candidate.features is not None:
        parts.insert(0, ", ".join(_words(f) for f in candidate.features))
    return " + ".join(parts)


def _words(filled: Any) -> str:
    if isinstance(filled, Given):
        return filled.title
    plain = {f.name: f.default for f in dataclasses.fields(filled)}
    other = [f"{name.removeprefix('n_').replace('_', ' ')} {value}" for name, default in plain.items() if (value := getattr(filled, name)) != default]
    return " ".join([method_of(filled).title, *other])


def _free(name: str, taken: Iterable[str]) -> str:
    """The name, numbered where others have it."""
    used = set(taken)
    return name if name not in used else next(f"{name} ({k})" for k in range(2, len(used) + 3) if f"{name} ({k})" not in used)
