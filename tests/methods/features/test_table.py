"""The table of features."""
from __future__ import annotations

from mdexplore.methods.features.distances import Distances
from mdexplore.methods.features.extract import extract_features
from mdexplore.methods.features.table import feature_table
from mdexplore.methods.features.torsions import Torsions


def test_each_feature_has_a_row_with_its_unit_and_atoms(dipeptide):
    rows = feature_table(extract_features(dipeptide, [Torsions(), Distances(pairs=[(4, 14)])]))
    assert [r.number for r in rows] == [0, 1, 2, 3, 4]
    assert (rows[0].name, rows[0].kind, rows[0].unit, len(rows[0].atoms)) == ("cos phi ALA2", "torsion", "", 4)
    assert (rows[4].kind, rows[4].unit, rows[4].atoms) == ("distance", "nm", (4, 14))
