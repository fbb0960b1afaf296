"""Exact answers of a model system, to be drawn beside what is estimated."""
from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from mdexplore.base.plain import storable


@storable
@dataclass(frozen=True)
class Exact:
    """What is known about a system without any estimate.

    Parameters
    ----------
    timescales : tuple of float
        Relaxation times in frames, slowest first.
    populations : tuple of float
        Stationary populations of its wells or states; empty where there are none.
    text : str
        What the system is, and how the wells are ordered.
    source : str
        Where the numbers come from.
    """

    timescales: tuple[float, ...]
    populations: tuple[float, ...] = ()
    text: str = ""
    source: str = ""

    @classmethod
    def from_json(cls, spec: dict[str, Any]) -> Exact:
        return cls(tuple(spec["timescales"]), tuple(spec["populations"]), spec["text"], spec["source"])
