"""What can stand on an axis: slow coordinates, torsion angles in degrees, and single features."""
from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from mdexplore.base.chunked import joined
from mdexplore.methods.results import Features, Projection

MOST_FEATURES = 400     # a longer list can neither be read nor scrolled
GREEK = {"phi": "φ", "psi": "ψ", "omega": "ω", **{f"chi{k}": f"χ{k}" for k in range(1, 6)}}
_UNITS = {"distance": "nm", "position": "nm", "rmsd": "nm"}


@dataclass(frozen=True)
class Coordinate:
    """A number that every frame has.

    Parameters
    ----------
    name : str
        As it stands in lists, such as ``"IC 1"`` or ``"φ ALA2"``.
    unit : str
        Empty where there is none.
    source : {"projection", "features"}
    columns : tuple of int
        One column of the source, or the cosine and the sine of an angle.
    """

    name: str
    unit: str
    source: Literal["projection", "features"]
    columns: tuple[int, ...]

    @property
    def label(self) -> str:
        """Title of an axis: name and unit."""
        return f"{self.name} / {self.unit}" if self.unit else self.name

    @property
    def period(self) -> float | None:
        """360 for an angle in degrees."""
        return 360.0 if len(self.columns) == 2 else None


def coordinates(projection: Projection | None, features: Features | None = None) -> tuple[Coordinate, ...]:
    """All coordinates there are: slow ones first, then angles, then features (the `MOST_FEATURES` that follow the slow ones most)."""
    slow = [] if projection is None else [Coordinate(name, "", "projection", (k,)) for k, name in enumerate(projection.names)]
    if features is None:
        return tuple(slow)
    listed = _most_telling(projection, features)
    single = [Coordinate(features.names[k], _UNITS.get(features.kinds[k], ""), "features", (k,)) for k in listed]
    found = [*slow, *_angles(features, set(listed)), *single]
    return tuple({c.name: c for c in reversed(found)}[name] for name in dict.fromkeys(c.name for c in found))


def values(coordinate: Coordinate, projection: Projection | None, features: Features | None, trajectory: int | None = None) -> np.ndarray:
    """A coordinate of every frame by running number, or of one trajectory; shape (n,), float32; angles in degrees, -180 to 180.

    Only the columns that are asked for are read from disk.
    """
    source = projection if coordinate.source == "projection" else features
    if source is None:
        raise LookupError(f"{coordinate.name} is a feature, and there are no features")
    arrays = source.values if trajectory is None else source.values[trajectory:trajectory + 1]
    first, *others = coordinate.columns
    if not others:
        return joined(arrays, np.float32, lambda rows: rows[:, first])
    return joined(arrays, np.float32, lambda rows: np.degrees(np.arctan2(np.asarray(rows[:, others[0]], np.float32), np.asarray(rows[:, first], np.float32))))


def _angles(features: Features, listed: set[int]) -> list[Coordinate]:
    places = {name: k for k, name in enumerate(features.names)}
    found = []
    for name, k in places.items():
        partner = places.get("sin " + name[4:]) if name.startswith("cos ") and features.kinds[k] == "torsion" else None
        if partner is None or not {k, partner} & listed:
            continue
        kind, _, residue = name[4:].partition(" ")
        found.append(Coordinate(f"{GREEK.get(kind, kind)} {residue}".strip(), "°", "features", (k, partner)))
    return found


def _most_telling(projection: Projection | None, features: Features) -> list[int]:
    if features.n_features <= MOST_FEATURES:
        return list(range(features.n_features))
    if projection is None or projection.loadings is None or len(projection.loadings) != features.n_features:
        return list(range(MOST_FEATURES))
    strength = np.nan_to_num(np.abs(projection.loadings)).max(1)
    return sorted(np.argsort(-strength, kind="stable")[:MOST_FEATURES].tolist())
