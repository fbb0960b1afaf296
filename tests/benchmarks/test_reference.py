"""The page of known results: no rows but those of its checks; rows are replaced by name."""
from __future__ import annotations

import importlib

import pytest

from benchmarks.reference.__main__ import MODULES
from benchmarks.reference.page import PAGE, Row, update

CASES = {name for module in MODULES for name in importlib.import_module(f"benchmarks.reference.{module}").CASES}


def cells_of(page):
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in page.read_text().splitlines() if line.startswith("| ")][2:]


def test_no_row_is_left_of_a_check_that_is_gone():
    assert {cells[0] for cells in cells_of(PAGE)} <= CASES


def test_every_row_is_whole_and_says_whether_its_bar_is_met():
    assert not [cells for cells in cells_of(PAGE) if len(cells) != 6 or not all(cells) or cells[-1] not in ("yes", "**no**")]


@pytest.fixture
def page(tmp_path):
    return tmp_path / "reference.md"


def test_rows_are_replaced_by_name_and_others_stay(page):
    update([Row("a", "x", "1", "1.1", "0.2", True), Row("b", "y", "2", "3", "0.1", False)], page)
    update([Row("b", "y", "2", "2", "0.1", True)], page)
    assert cells_of(page) == [["a", "x", "1", "1.1", "0.2", "yes"], ["b", "y", "2", "2", "0.1", "yes"]]
