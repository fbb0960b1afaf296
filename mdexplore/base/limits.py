"""Caps on what one request may ask for, in one table: they hold in Python, whatever a page sends. Standard library only.

``MDEXPLORE_LIMITS="clusters=50000 pages=30"`` or ``mdexplore app --limit clusters=50000`` changes them; workers inherit them.
"""
from __future__ import annotations

import functools
import os
import re
from collections.abc import Iterable
from dataclasses import dataclass

from mdexplore.base.errors import UserError

VARIABLE = "MDEXPLORE_LIMITS"


@dataclass(frozen=True)
class Limit:
    """One cap.

    Parameters
    ----------
    name : str
        How it is called in ``MDEXPLORE_LIMITS`` and on the command line.
    default : int
        0 stands for no cap.
    words : str
        What is counted, in the plural.
    """

    name: str
    default: int
    words: str


TABLE = {limit.name: limit for limit in (
    Limit("clusters", 20_000, "clusters"),
    Limit("states", 30, "metastable states"),
    Limit("lagtimes", 200, "lag times"),
    Limit("samples", 10_000, "samples"),
    Limit("iterations", 10_000, "iterations"),
    Limit("dimensions", 10_000, "dimensions"),
    Limit("kinds", 20, "kinds of features"),
    Limit("pairs", 20_000, "pairs in a list"),
    Limit("points", 1_000_000, "points in one gesture"),
    Limit("frames", 200_000, "structures fetched at once"),
    Limit("structures", 200, "structures superposed"),
    Limit("groups", 200, "groups"),
    Limit("measurements", 200, "measurements"),
    Limit("starts", 100, "proposed starts"),
    Limit("generated", 200, "generated structures"),
    Limit("text", 2_000, "characters"),
    Limit("list", 20_000, "characters in a list of numbers"),
    Limit("pages", 12, "open pages"),
    Limit("memory-mb", 0, "MB of memory in a session"),
    Limit("cpu-s", 0, "seconds of processor time in a session"),
)}


def limit(name: str) -> int:
    """The cap of that name; 0 where there is none.

    Raises
    ------
    UserError
        If ``MDEXPLORE_LIMITS`` cannot be read.
    """
    return _caps(os.environ.get(VARIABLE, ""))[name]


def check(name: str, amount: int, what: str = "") -> None:
    """Refuse what is beyond a cap.

    Parameters
    ----------
    name : str
        A key of `TABLE`.
    amount : int
        How much is asked for.
    what : str
        What is asked for, such as ``"A selection"``; said where given.

    Raises
    ------
    UserError
        With the cap by its name and how to raise it.
    """
    most = limit(name)
    if most and amount > most:
        words = TABLE[name].words
        raise UserError(f"{what} of {amount} {words} is too large." if what else f"{amount} {words} are too many.", f"The limit {name!r} is {most}.",
                        f"Choose fewer, or start with --limit {name}={amount} (or {VARIABLE}={name}={amount}) where that is up to you.")


def parsed(text: str | Iterable[str]) -> dict[str, int]:
    """The caps named in a text such as ``"clusters=500 memory-mb=2000"``, without the others.

    Raises
    ------
    UserError
        For an unknown name, or a value that is no whole number of at least 0.
    """
    words = re.split(r"[\s,;]+", text.strip()) if isinstance(text, str) else list(text)
    found: dict[str, int] = {}
    for word in filter(None, words):
        name, _, value = word.partition("=")
        if name not in TABLE:
            raise UserError(f"There is no limit {name!r}.", do=f"The limits are: {', '.join(TABLE)}.")
        if not re.fullmatch(r"[0-9]{1,15}", value):
            raise UserError(f"The limit {word!r} cannot be read.", do=f"Write a whole number, such as {name}={TABLE[name].default or 2000}; 0 takes the limit away.")
        found[name] = int(value)
    return found


def text(changes: Iterable[str]) -> str:
    """The value of ``MDEXPLORE_LIMITS`` with some caps changed, for the processes that are started from here."""
    merged = {**parsed(os.environ.get(VARIABLE, "")), **parsed(changes)}
    return " ".join(f"{name}={value}" for name, value in merged.items())


@functools.lru_cache(maxsize=8)
def _caps(given: str) -> dict[str, int]:
    return {name: entry.default for name, entry in TABLE.items()} | parsed(given)
