"""What each feature is, row by row."""
from __future__ import annotations

from dataclasses import dataclass

from mdexplore.methods.results import Features

UNITS = {"distance": "nm", "position": "nm", "rmsd": "nm"}


@dataclass(frozen=True)
class FeatureRow:
    """One feature.

    Parameters
    ----------
    number : int
        Its column, counted from 0.
    name, kind : str
    unit : str
        Empty where it has none, or where nobody has said.
    atoms : tuple of int
        Indices of the atoms it is computed from.
    """

    number: int
    name: str
    kind: str
    unit: str
    atoms: tuple[int, ...]


def feature_table(features: Features) -> tuple[FeatureRow, ...]:
    """A row for each feature, in the order of the columns."""
    rows = zip(features.names, features.kinds, features.atoms)
    return tuple(FeatureRow(i, name, kind, UNITS.get(kind, ""), tuple(atoms)) for i, (name, kind, atoms) in enumerate(rows))
