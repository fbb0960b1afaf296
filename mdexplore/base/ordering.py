"""The order of files: numbers in names are counted, so that run2 comes before run10. Standard library only."""
from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any


def natural(text: str) -> list[Any]:
    """A sorting key that puts run2 before run10."""
    return [(int(part), "") if part.isdigit() else (-1, part) for part in re.split(r"([0-9]+)", text)]


def as_listed(names: Sequence[str]) -> list[str]:
    """Names as a command was given them, with those that a shell has listed in natural order.

    A shell puts run10 before run2 where it fills a pattern in, and files that belong together would not meet if one pattern was filled in by it and the other here.
    Names in any other order were written so by somebody, and stay.
    """
    return sorted(names, key=natural) if list(names) == sorted(names) else list(names)
