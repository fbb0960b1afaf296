"""Exact answers of a model system, to be drawn beside what is estimated."""
from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from mdexplore.base.plain import storable
from mdexplore.base.store import Store

if TYPE_CHECKING:
    from mdexplore.data.generator import ExactModes


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
    potential : str
        Name in `mdexplore.data.potentials.POTENTIALS`, or the cache key of the modes of a potential that was given as a function; empty where there is none.
    """

    timescales: tuple[float, ...]
    populations: tuple[float, ...] = ()
    text: str = ""
    source: str = ""
    potential: str = ""

    @property
    def modes(self) -> ExactModes | None:
        """Stationary density and eigenfunctions on a grid; None for systems without a potential, or where the cache has lost those of a given one."""
        from mdexplore.data.potentials import POTENTIALS, modes_of

        if not self.potential:
            return None
        return modes_of(self.potential) if self.potential in POTENTIALS else Store().load(self.potential)

    def eigenvalues(self, lagtime: float) -> np.ndarray:
        """exp(-lagtime / t) of each timescale; lag time in frames."""
        return np.exp(-lagtime / np.array(self.timescales))

    def vamp2(self, lagtime: float, dim: int) -> float:
        """The highest VAMP-2 score that so many coordinates can have at a lag time in frames; the constant function counts 1."""
        return float(1 + np.sum(self.eigenvalues(lagtime)[:dim] ** 2))

    @classmethod
    def from_json(cls, spec: dict[str, Any]) -> Exact:
        return cls(tuple(spec["timescales"]), tuple(spec["populations"]), spec["text"], spec["source"], spec.get("potential", ""))
