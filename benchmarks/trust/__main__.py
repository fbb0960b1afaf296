"""``python -m benchmarks.trust [NAME ...] [--short | --n N] [--list]``: measure figures and print ``figure | wanted | measured``."""
from __future__ import annotations

import argparse
import sys
import time

from benchmarks.trust.figure import figures


def main() -> int:
    """Measure the figures that are named, or all; the exit code is 1 where one is not as wanted."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.trust", description="Measure how far mdexplore can be trusted.")
    parser.add_argument("names", nargs="*", metavar="NAME", help="figures to measure; all where none is named")
    parser.add_argument("--short", action="store_true", help="few tries of each")
    parser.add_argument("--n", type=int, help="this many tries of each")
    parser.add_argument("--list", action="store_true", help="name the figures and stop")
    given = parser.parse_args()
    known = figures()
    unknown = [name for name in given.names if name not in known]
    if unknown:
        parser.error(f"there is no figure {unknown[0]}; choose among {', '.join(known)}")
    if given.list:
        for found in known.values():
            print(f"{found.name:24s} {found.title}")
        return 0
    print("| figure | wanted | measured | as wanted | seconds |\n|---|---|---|---|---|", flush=True)
    all_good = True
    for name in given.names or known:
        found, started = known[name], time.monotonic()
        outcome = found.measure(given.n or (found.short if given.short else found.full))
        all_good &= outcome.is_good
        print(f"| {found.title} | {found.wanted} | {outcome.measured} | {'yes' if outcome.is_good else 'NO'} | {time.monotonic() - started:.0f} |", flush=True)
    return 0 if all_good else 1


if __name__ == "__main__":
    sys.exit(main())
