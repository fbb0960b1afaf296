"""A recipe says what fills each slot; from it follow the keys of all steps, and so what is stale and in which order it runs."""
from __future__ import annotations

import dataclasses
import itertools
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np

from mdexplore.base import limits
from mdexplore.base.errors import UserError
from mdexplore.base.numerics.nearest import backend
from mdexplore.base.spelling import choose
from mdexplore.base.store import content_key
from mdexplore.base.units import TimeUnit
from mdexplore.methods.experiment.model import AugmentedModel
from mdexplore.methods.kinetics.estimators import PLAIN, estimator_of
from mdexplore.methods.method import SLOTS, Lag, Settings, find, method_of

PARENTS: dict[str, tuple[str, ...]] = {
    "features": (),
    "projection": ("features",),
    "clustering": ("projection",),
    "timescales": ("clustering",),
    "kinetics": ("clustering",),
    "coarse": ("kinetics",),
    "chapman": ("coarse",),
    "bootstrap": ("clustering",),
    "posterior": ("clustering",),
    "score": ("features",),
}
STEPS = tuple(PARENTS)
DEFAULTS = {"projection": "tica", "clustering": "kmeans", "kinetics": "msm", "coarse": "pcca"}
_tokens = itertools.count()


@dataclass(frozen=True, eq=False)
class Given:
    """An object in a slot: a deeptime estimator or model of the user's, anything with ``fit`` and ``transform``, or an augmented Markov model.

    Parameters
    ----------
    value : object
    token : int or str
        What stands for it in keys: a number that this process counts, or a hash of what it holds.
    """

    value: Any
    token: int | str

    @property
    def title(self) -> str:
        return type(self.value).__name__


@dataclass(frozen=True)
class Recipe:
    """What fills each slot, and the lag time and seed that they share.

    Parameters
    ----------
    features : tuple of Settings or Given, or None
        None lets the data decide.
    projection, clustering, kinetics, coarse : Settings or Given
    lagtime : int, str or None
        The lag time of every step whose own settings give none.
    seed : int
    """

    features: tuple[Any, ...] | None
    projection: Any
    clustering: Any
    kinetics: Any
    coarse: Any
    lagtime: Lag = None
    seed: int = 0

    @classmethod
    def of(cls, *, features: Any = None, projection: Any = "tica", clustering: Any = "kmeans", kinetics: Any = "msm", lagtime: Lag = None,
           n_states: int | None = None, coarse: Any = None, seed: int = 0) -> Recipe:
        """From what a user writes: names, settings, objects.

        Raises
        ------
        UserError
            For an unknown name, settings of another slot, or a lag time without a clear unit.
        """
        if lagtime is not None and not isinstance(lagtime, str):
            TimeUnit().parse(lagtime)
        _check_seed(seed)
        states = fill("coarse", coarse if coarse is not None else DEFAULTS["coarse"])
        if n_states is not None:
            states = states.replace(n_states=n_states)
        return cls(fill_features(features), fill("projection", projection), fill("clustering", clustering), fill("kinetics", kinetics), states, lagtime, seed)

    def change(self, **changes: Any) -> Recipe:
        """A copy with some slots, the lag time, the number of states or the seed changed."""
        known = {*SLOTS, "lagtime", "n_states", "seed"}
        for name in changes:
            if name not in known:
                raise UserError(f"A study has no {name!r}.", do=choose(name, sorted(known), "It has"))
        made: dict[str, Any] = {}
        for slot in ("projection", "clustering", "kinetics", "coarse"):
            if slot in changes:
                made[slot] = fill(slot, changes[slot])
        if "features" in changes:
            made["features"] = fill_features(changes["features"])
        if "n_states" in changes:
            made["coarse"] = made.get("coarse", self.coarse).replace(n_states=changes["n_states"])
        if "lagtime" in changes:
            if changes["lagtime"] is not None and not isinstance(changes["lagtime"], str):
                TimeUnit().parse(changes["lagtime"])
            made["lagtime"] = changes["lagtime"]
        if "seed" in changes:
            _check_seed(changes["seed"])
            made["seed"] = changes["seed"]
        return dataclasses.replace(self, **made)

    def is_given(self, slot: str) -> bool:
        """Whether an object of the user's is in a slot."""
        filled = getattr(self, slot)
        return any(isinstance(part, Given) for part in (filled if isinstance(filled, tuple) else (filled,)))

    def is_foreign(self, slot: str) -> bool:
        """Whether an object is in a slot that no file can hold."""
        filled = getattr(self, slot)
        return any(isinstance(part, Given) and isinstance(part.token, int) for part in (filled if isinstance(filled, tuple) else (filled,)))

    def lag_of(self, slot: str, unit: TimeUnit) -> int | None:
        """The lag time of a slot in frames: its own, or the study's; None where both leave it open."""
        lagtime = self.asked_lag(slot)
        return None if lagtime is None else unit.parse(lagtime)

    def asked_lag(self, slot: str) -> int | str | None:
        """The same as it was written: frames, or a text with a unit."""
        given = getattr(getattr(self, slot), "lagtime", None) if isinstance(getattr(self, slot), Settings) else None
        return given if given is not None else self.lagtime

    def key(self, step: str, data_key: str, unit: TimeUnit) -> str:
        """The content key of a step: what it is made from and how."""
        parents = [self.key(parent, data_key, unit) for parent in PARENTS[step]]
        return content_key(step, data_key if not parents else "", parents, unit.timestep_ns, *self._own(step, unit))

    def _own(self, step: str, unit: TimeUnit) -> list[Any]:
        if step == "features":
            return [None if self.features is None else [_plain(f) for f in self.features], self.seed]
        if step == "projection":
            return [_plain(self.projection, self.lag_of("projection", unit)), self.seed]
        if step == "clustering":
            return [_plain(self.clustering), backend(), self.seed]   # another way to search gives other digits
        if step in ("timescales", "bootstrap"):
            estimator = estimator_of(self.kinetics)
            return [self.lag_of("kinetics", unit), self.seed, *([] if estimator == PLAIN else [estimator])]
        if step in ("kinetics", "posterior"):
            own = [_plain(self.kinetics, self.lag_of("kinetics", unit)), self.seed]
            return [*own, "counts over the lag time, widened"] if step == "posterior" else own
        if step == "coarse":
            return [_plain(self.coarse)]
        if step == "score":
            return [_plain(self.projection, self.lag_of("projection", unit)), self.seed]
        return []

    def to_json(self) -> dict[str, Any]:
        """Plain values; an object of the user's is named by its class."""
        return {
            "features": None if self.features is None else [_readable(f) for f in self.features],
            **{slot: _readable(getattr(self, slot)) for slot in ("projection", "clustering", "kinetics", "coarse")},
            "lagtime": self.lagtime, "seed": self.seed,
        }


def _check_seed(seed: Any) -> None:
    if isinstance(seed, bool) or not isinstance(seed, (int, np.integer)) or seed < 0:
        raise UserError(f"seed={seed!r} cannot be used.", "A seed makes results repeatable.", "Give a whole number, 0 or more.")


def fill(slot: str, value: Any) -> Any:
    """Settings of a slot from a name, settings, or an object of the user's."""
    if isinstance(value, str):
        return find(slot, value).settings()
    if isinstance(value, Given):
        return value
    if isinstance(value, Settings):
        owner = method_of(value)
        if owner.slot != slot:
            raise UserError(f"{type(value).__name__} is a {owner.slot} method.", f"It was given for {slot}.", f"Pass it as {owner.slot}=.")
        find(slot, owner.name)
        return value
    if slot == "kinetics" and isinstance(value, AugmentedModel):
        return Given(value, value.recipe_key)
    if hasattr(value, "fit") or hasattr(value, "transform") or hasattr(value, "transition_matrix") or hasattr(value, "prior"):
        return Given(value, next(_tokens))
    raise UserError(f"{value!r} cannot fill the slot {slot!r}.", do=f"Give a name, a settings object or a deeptime estimator; names: {', '.join(_names(slot))}.")


def fill_features(value: Any) -> tuple[Any, ...] | None:
    """Feature settings from None (the data decide), a name, settings, or a list of them."""
    if value is None:
        return None
    items = list(value) if isinstance(value, Iterable) and not isinstance(value, str) else [value]
    if not items:
        raise UserError("No feature is left.", "The list of features is empty.", "Give at least one, or None to let the data decide.")
    limits.check("kinds", len(items))
    return tuple(fill("features", item) for item in items)


def _names(slot: str) -> list[str]:
    from mdexplore.methods.method import methods

    return list(methods(slot))


def _plain(filled: Any, lagtime: int | None = None) -> Any:
    if isinstance(filled, Given):
        return ["given", filled.token, lagtime]
    spec = filled.to_json()
    if "lagtime" in spec:
        spec["lagtime"] = lagtime
    return [spec, method_of(filled).version]


def _readable(filled: Any) -> Any:
    return {"given": filled.title} if isinstance(filled, Given) else filled.to_json()
