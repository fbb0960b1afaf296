"""Model systems that the panel of ensembles can simulate: that of the loaded data, and some that are always there."""
from __future__ import annotations

from functools import lru_cache

import numpy as np

from mdexplore.base.errors import UserError
from mdexplore.data.dataset import Dataset
from mdexplore.data.generator import ExactModes
from mdexplore.data.potentials import POTENTIALS, Potential, modes_of
from mdexplore.session.generating import potential_of

TILTED = "tilted-double-well"


def _tilted(x: np.ndarray) -> np.ndarray:
    """Two wells on a line, one deeper, with a barrier between them; both sides differ by 1.286 kT."""
    return (x[:, 0] ** 2 - 1) ** 4 + 0.8 * x[:, 0]


_TILTED = Potential(_tilted, ((-2.2, 2.2),), 1.0, 0.05, n_steps=25)
_TITLES = {TILTED: "tilted double well", "prinz": "Prinz, four wells", "triple-well-line": "triple well on a line", "double-well": "double well in a plane"}


def systems(data: Dataset) -> tuple[tuple[str, str], ...]:
    """Title and name of each system; that of the data comes first."""
    own = data.exact.potential if data.exact is not None and potential_of(data) is not None else ""
    titles = {**({own: f"{data.name}, as loaded"} if own else {}), **{name: f"{title} (model)" for name, title in _TITLES.items() if name != own}}
    return tuple((title, name) for name, title in titles.items())


@lru_cache(maxsize=4)
def system(name: str) -> tuple[Potential, ExactModes]:
    """A potential and its exact modes, timescales in frames.

    Raises
    ------
    UserError
        If there is no such system.
    """
    if name == TILTED:
        return _TILTED, _TILTED.modes()
    if name not in POTENTIALS:
        raise UserError(f"There is no model system {name!r}.", do=f"Choose one of: {', '.join((TILTED, *POTENTIALS))}.")
    return POTENTIALS[name], modes_of(name)
