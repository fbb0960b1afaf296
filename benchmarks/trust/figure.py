"""A figure of the table: a function that measures it, what is wanted, and how many tries a short and a full run make."""
from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable
from dataclasses import dataclass

import benchmarks.trust


@dataclass(frozen=True)
class Outcome:
    """What was measured.

    Parameters
    ----------
    measured : str
        One line of numbers.
    is_good : bool
        Whether it is what was wanted.
    """

    measured: str
    is_good: bool


@dataclass(frozen=True)
class Figure:
    """One line of the table.

    Parameters
    ----------
    name : str
        How it is called on the command line.
    title, wanted : str
    measure : callable
        ``measure(n)`` gives an `Outcome`; n is the number of tries.
    short, full : int
        Tries of a short and of a full run.
    """

    name: str
    title: str
    wanted: str
    measure: Callable[[int], Outcome]
    short: int
    full: int


_figures: dict[str, Figure] = {}


def figure(title: str, wanted: str, *, short: int = 1, full: int = 1) -> Callable[[Callable[[int], Outcome]], Callable[[int], Outcome]]:
    """Decorator: the function measures a figure; its name, with hyphens, is that of the figure."""
    def register(measure: Callable[[int], Outcome]) -> Callable[[int], Outcome]:
        name = measure.__name__.replace("_", "-")
        _figures[name] = Figure(name, title, wanted, measure, short, full)
        return measure
    return register


def figures() -> dict[str, Figure]:
    """All figures of all modules in this folder, by name."""
    for module in sorted(m.name for m in pkgutil.iter_modules(benchmarks.trust.__path__)):
        if module != "__main__":
            importlib.import_module(f"benchmarks.trust.{module}")
    return dict(_figures)
