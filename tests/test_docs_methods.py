"""The page of methods has a full row for every method, and the tests that it names are there."""
from __future__ import annotations

import re
from pathlib import Path

import pytest

from mdexplore.methods.method import SLOTS, methods

ROOT = Path(__file__).parents[1]
PAGE = (ROOT / "docs" / "methods.md").read_text()
HEADINGS = dict(zip(SLOTS, ("Features", "Projection", "Clustering", "Kinetics", "States, checks and answers")))
COLUMNS = 6   # name, settings, what it computes, source, measured, picture
METHODS = [(slot, name) for slot in SLOTS for name in methods(slot)]


def rows_of(section):
    """The rows of all tables of a section of the page, as lists of cells."""
    text = re.search(rf"^## {re.escape(section)}\n(.*?)(?=^## |\Z)", PAGE, re.MULTILINE | re.DOTALL)[1]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in text.splitlines() if line.startswith("|")]


def row_of(slot, name):
    return next((row for row in rows_of(HEADINGS[slot]) if row[0].startswith(f"`{name}`")), None)


@pytest.mark.parametrize(("slot", "name"), METHODS)
def test_each_method_has_a_row_without_an_empty_cell(slot, name):
    row = row_of(slot, name)
    assert row is not None and len(row) == COLUMNS
    assert all(row) and "–" not in row[:-1]   # only a picture may be missing, and then it is said


@pytest.mark.parametrize(("slot", "name"), METHODS)
def test_each_row_names_the_settings_and_the_source_of_its_method(slot, name):
    method, row = methods(slot)[name], row_of(slot, name)
    assert f"{method.settings.__name__}(" in row[1]
    assert method.source.partition(":")[2] in row[3]


def test_every_row_of_a_table_with_pictures_is_full():
    for section in re.findall(r"^## (.+)$", PAGE, re.MULTILINE):
        rows = rows_of(section)
        if any(row[-1] == "picture" for row in rows):
            assert not [row[0] for row in rows if len(row) != COLUMNS or not all(row)], section


def test_every_test_file_that_is_named_is_there():
    known = [path.relative_to(ROOT).as_posix() for path in (ROOT / "tests").rglob("test_*.py")]
    named = re.findall(r"`([\w/]*test_\w+\.py)`", PAGE)
    assert named and not [name for name in named if not any(path.endswith(f"/{name}") or path == name for path in known)]


def test_every_picture_and_place_that_a_row_points_to_is_there():
    headings = {re.sub(r"[^\w\- ]", "", h.lower()).replace(" ", "-") for h in re.findall(r"^#+ (.+)$", PAGE, re.MULTILINE)}
    links = [link for link in re.findall(r"(?<!!)\[[^\]]*\]\(([^)\s]+)\)", PAGE) if "://" not in link]
    assert not [link for link in links if link[0] == "#" and link[1:] not in headings]
    assert not [link for link in links if link[0] != "#" and not (ROOT / "docs" / link.partition("#")[0]).is_file()]
