"""``python -m benchmarks [NAME...] [--write]``: run benchmarks, print their tables, and write docs/performance.md."""
from __future__ import annotations

import argparse
import importlib
import inspect
import os
import platform
import tempfile
import time
from pathlib import Path

from benchmarks import goals
from benchmarks.disk import NoRoom

NAMES = ("live", "lasso", "frames", "pipeline", "files", "startup", "moments", "clusters", "models", "growth", "reopen", "tasks", "vampnet", "scale")
PAGE = Path(__file__).parents[1] / "docs" / "performance.md"
WRITTEN_FRAMES = 100_000_000   # 52 GB of files for a while
MARK, MARK_END = "<!-- benchmark ", " -->"
PICTURE = PAGE.parent / "images" / "speed.png"
INTRODUCTION = """# Speed

Made by `make bench` (`python -m benchmarks --write`). What is compared runs in turn, round by round, in one process; numbers are medians over rounds.
Absolute times belong to one machine and its load at that moment; on shared machines they scatter by a factor of two, which the range of the wall
times shows. Ratios and processor times carry over better.

Measured on {machine}, {cores} cores, Python {python}.
"""


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description="Measure how fast mdexplore is.")
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"any of {', '.join(NAMES)}; all where none is given")
    parser.add_argument("--frames", type=lambda text: int(float(text)), metavar="N", help=f"so many frames at most (growth, scale); {WRITTEN_FRAMES:,} with --write")
    parser.add_argument("--folder", metavar="FOLDER", help="where large files may lie (growth, scale); one with room where not given")
    parser.add_argument("--write", action="store_true", help=f"write the tables to {PAGE.name}")
    asked = parser.parse_args()
    asked.picture = str(PICTURE) if asked.write else None
    asked.frames = asked.frames or (WRITTEN_FRAMES if asked.write else None)
    for name in asked.names:
        if name not in NAMES:
            parser.error(f"there is no benchmark {name!r}; there are {', '.join(NAMES)}")
    left_out = []
    with tempfile.TemporaryDirectory(prefix="mdexplore-bench-") as cache:
        os.environ["MDEXPLORE_CACHE"] = cache
        os.environ.setdefault("MDEXPLORE_CORES", "1")   # processor time is that of one process; `files` compares with all cores
        for name in asked.names or NAMES:
            try:
                section = measured(name, asked)
            except NoRoom as error:
                left_out.append(f"{name} was left out. {error}")
                continue
            print(f"{section}\n", flush=True)
            if asked.write:
                write({name: section})
    if left_out:
        raise SystemExit("\n".join(left_out))


def measured(name: str, asked: argparse.Namespace) -> str:
    """The tables of one benchmark, and the load they were made under."""
    run, load = importlib.import_module(f"benchmarks.{name}").run, os.getloadavg()[0]
    given = {option: value for option in ("frames", "folder", "picture") if (value := getattr(asked, option)) is not None and option in inspect.signature(run).parameters}
    began = time.perf_counter()
    tables = [str(table) for table in run(**given)]
    return "\n\n".join([*tables, f"Load at the start: {load:.1f}. Measured in {(time.perf_counter() - began) / 60:.1f} minutes."])


def write(sections: dict[str, str], page: Path = PAGE) -> None:
    """Put sections into the page, and the goals of all of them into its head; sections of benchmarks that did not run stay as they are."""
    before = page.read_text() if page.is_file() else ""
    known = {part.partition(MARK_END)[0]: part.partition(MARK_END)[2].strip() for part in before.split(MARK)[1:]}
    known.update(sections)
    head = INTRODUCTION.format(machine=platform.machine(), cores=os.cpu_count(), python=platform.python_version())
    kept = {name: known[name] for name in NAMES if name in known}
    found = [goal for section in kept.values() for goal in goals.read(section)]
    page.write_text("\n".join([head, goals.overview(found), "", *[f"{MARK}{name}{MARK_END}\n{section}\n" for name, section in kept.items()]]))


if __name__ == "__main__":
    main()
