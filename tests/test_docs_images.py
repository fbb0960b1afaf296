"""Pictures of the documents: all are there, all are shown, and those of the methods are light."""
from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).parents[1]
IMAGES = ROOT / "docs" / "images"


def shown():
    """Every picture that a document shows, as a path."""
    pages = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
    return {(page.parent / link).resolve() for page in pages for link in re.findall(r"!\[[^\]]*\]\(([^)\s]+)\)", page.read_text()) if "://" not in link}


def test_every_picture_that_is_shown_is_there():
    assert not [path for path in shown() if not path.is_file()]


def test_every_picture_of_a_method_is_shown_and_light():
    pictures = sorted((IMAGES / "methods").glob("*.png"))
    assert {path.resolve() for path in pictures} <= shown()
    assert not [path.name for path in pictures if path.stat().st_size > 60_000]


def test_every_picture_of_a_method_is_drawn_by_the_script():
    from scripts.make_method_images import FAMILIES

    assert {path.stem for path in (IMAGES / "methods").glob("*.png")} == set(FAMILIES)
