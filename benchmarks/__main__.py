"""``python -m benchmarks [NAME...] [--write]``: run benchmarks, print their tables, and write docs/performance.md."""
from __future__ import annotations

import argparse
import importlib
import inspect
import os
import platform
import tempfile
from pathlib import Path

NAMES = ("live", "lasso", "frames", "pipeline", "startup", "vampnet", "scale")
PAGE = Path(__file__).parents[1] / "docs" / "performance.md"
INTRODUCTION = """# Speed

Made by `make bench` (`python -m benchmarks --write`). What is compared runs in turn, round by round, in one process; numbers are medians over rounds.
Absolute times belong to one machine and its load at that moment; on shared machines they scatter by a factor of two, which the range of the wall
times shows. Ratios and processor times carry over better.

Measured on {machine}, {cores} cores, load {load:.1f}, Python {python}.
"""


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description="Measure how fast mdexplore is.")
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"any of {', '.join(NAMES)}; all where none is given")
    parser.add_argument("--frames", type=lambda text: int(float(text)), metavar="N", help="so many frames, for benchmarks of any number (scale)")
    parser.add_argument("--folder", metavar="FOLDER", help="where large files may lie (scale)")
    parser.add_argument("--write", action="store_true", help=f"write the tables to {PAGE.name}")
    asked = parser.parse_args()
    for name in asked.names:
        if name not in NAMES:
            parser.error(f"there is no benchmark {name!r}; there are {', '.join(NAMES)}")
    load, tables = os.getloadavg()[0], []
    with tempfile.TemporaryDirectory(prefix="mdexplore-bench-") as cache:
        os.environ["MDEXPLORE_CACHE"] = cache
        for name in asked.names or NAMES:
            run = importlib.import_module(f"benchmarks.{name}").run
            given = {option: value for option in ("frames", "folder") if (value := getattr(asked, option)) is not None and option in inspect.signature(run).parameters}
            for table in run(**given):
                tables.append(table)
                print(f"{table}\n", flush=True)
    if asked.write:
        head = INTRODUCTION.format(machine=platform.machine(), cores=os.cpu_count(), load=load, python=platform.python_version())
        PAGE.write_text("\n".join([head, *[f"{table}\n" for table in tables]]))


if __name__ == "__main__":
    main()
