"""``python -m benchmarks.reference [NAME...] [--write]``: run long checks, print their table, and bring docs/reference.md up to date."""
from __future__ import annotations

import argparse
import importlib
import os
import sys
import tempfile

from benchmarks.reference import picture
from benchmarks.reference.page import PAGE, Row, table, update

MODULES = ("networks", "peptides", "classical", "closed_forms", "coverage", "generation", "simulation")   # each has CASES: name -> callable that gives rows


def main() -> None:
    cases = {name: run for module in MODULES for name, run in importlib.import_module(f"benchmarks.reference.{module}").CASES.items()}
    parser = argparse.ArgumentParser(prog="python -m benchmarks.reference", description="Compare methods with known results.")
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"any of {', '.join(cases)}; all where none is given")
    parser.add_argument("--write", action="store_true", help=f"write the rows to {PAGE.name}; rows of other names stay")
    asked = parser.parse_args()
    for name in asked.names:
        if name not in cases:
            parser.error(f"there is no check {name!r}; there are {', '.join(cases)}")
    rows: list[Row] = []
    with tempfile.TemporaryDirectory(prefix="mdexplore-reference-") as cache:
        os.environ.setdefault("MDEXPLORE_CACHE", cache)
        for name in asked.names or cases:
            found = cases[name](name)
            rows += found
            print("\n".join(table(found)), "\n", flush=True)
            if asked.write:   # at once, so that a later failure loses nothing
                update(found)
        if asked.write and not asked.names:
            picture.draw()
    sys.exit(0 if all(row.is_met for row in rows) else 1)


if __name__ == "__main__":
    main()
