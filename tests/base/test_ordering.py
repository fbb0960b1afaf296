"""Files in the order of their numbers."""
from __future__ import annotations

from mdexplore.base.ordering import as_listed, natural


def test_numbers_in_names_are_counted():
    assert sorted(["run10", "run2", "run1", "a"], key=natural) == ["a", "run1", "run2", "run10"]


def test_what_a_shell_has_listed_is_put_in_order_and_any_other_order_stays():
    assert as_listed(["run1", "run10", "run2"]) == ["run1", "run2", "run10"]
    assert as_listed(["run2", "run10", "run1"]) == ["run2", "run10", "run1"]
