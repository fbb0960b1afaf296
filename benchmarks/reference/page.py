"""The page with known and measured results, kept up to date row by row."""
from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

PAGE = Path(__file__).parents[2] / "docs" / "reference.md"
HEAD = ("name", "method", "known", "measured", "bar", "met")
INTRODUCTION = """# Known results

Methods against results that are known: closed forms, exact values of model systems from the discretised generator, and processes of the bundled peptides
with their statistical errors. Made by `make reference` (`python -m benchmarks.reference [NAME...] --write`); values of three seeds, which choose the data,
or the held-out frames, the first weights and the order of batches. A bar of "none" tells a number that is no one's promise. Short forms are part of the tests.
"""


@dataclass(frozen=True)
class Row:
    """One comparison; `name` is what the check is run by."""

    name: str
    method: str
    known: str
    measured: str
    bar: str
    is_met: bool

    @property
    def cells(self) -> tuple[str, ...]:
        return self.name, self.method, self.known, self.measured, self.bar, "yes" if self.is_met else "**no**"


def table(rows: Sequence[Row]) -> list[str]:
    """Lines of a Markdown table."""
    return _lines([row.cells for row in rows])


def update(rows: Sequence[Row], page: Path = PAGE) -> None:
    """Write rows to the page; those of the same names are replaced, others stay."""
    names = {row.name for row in rows}
    kept = [cells for cells in _read(page) if cells[0] not in names]
    page.write_text("\n".join([INTRODUCTION, *_lines(sorted([*kept, *(row.cells for row in rows)])), ""]))


def _lines(rows: Sequence[Sequence[str]]) -> list[str]:
    return ["| " + " | ".join(cells) + " |" for cells in (HEAD, ["---"] * len(HEAD), *rows)]


def _read(page: Path) -> list[tuple[str, ...]]:
    if not page.exists():
        return []
    rows = [tuple(cell.strip() for cell in line.strip("|").split("|")) for line in page.read_text().splitlines() if line.startswith("| ")]
    return [cells for cells in rows if cells != HEAD and not cells[0].startswith("---")]
