"""Exact answers of a model system, to be drawn beside what is estimated."""
from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from mdexplore.base.chunked import spans
from mdexplore.base.errors import UserError
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

    def at(self, points: np.ndarray) -> np.ndarray:
        """Free energy and eigenfunctions at points, in the system's own coordinates.

        Parameters
        ----------
        points : ndarray, shape (n, d)
            As the trajectories of the system have them.

        Returns
        -------
        ndarray, shape (n, 1 + m), float32
            -ln of the stationary density above its lowest, in kT; then the eigenfunctions, slowest first, of unit variance.

        Raises
        ------
        UserError
            If the system has no potential, or its modes are lost.
        """
        modes = self.modes
        if modes is None:
            raise UserError("The exact density and eigenfunctions are not there.", "The cache that held them was emptied." if self.potential else "This system has no potential.",
                            "Make the model system again." if self.potential else "")
        found = np.empty((len(points), 1 + len(modes.eigenfunctions)), np.float32)
        for span in spans(len(points)):
            found[span, 0], found[span, 1:] = modes.energy_at(points[span]), modes.at(points[span])
        return found

    def eigenvalues(self, lagtime: float) -> np.ndarray:
        """exp(-lagtime / t) of each timescale; lag time in frames."""
        return np.exp(-lagtime / np.array(self.timescales))

    def vamp2(self, lagtime: float, dim: int) -> float:
        """The highest VAMP-2 score that so many coordinates can have at a lag time in frames; the constant function counts 1."""
        return float(1 + np.sum(self.eigenvalues(lagtime)[:dim] ** 2))

    @classmethod
    def from_json(cls, spec: dict[str, Any]) -> Exact:
        return cls(tuple(spec["timescales"]), tuple(spec["populations"]), spec["text"], spec["source"], spec.get("potential", ""))
