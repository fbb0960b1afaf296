"""The exact answers of a model system as colours of its frames: free energy and eigenfunctions, where its potential is known."""
from __future__ import annotations

import numpy as np

from mdexplore.base.units import TimeUnit
from mdexplore.data.exact import Exact
from mdexplore.pictures.cells import Grid
from mdexplore.pictures.density import by_number
from mdexplore.pictures.projection import Painting
from mdexplore.session.exact_mode_jobs import EQUAL, ExactMode

FREE_ENERGY = "exact free energy"
_EIGENFUNCTION = "exact eigenfunction"
_SAMPLE = 50_000


def exact_colorings(exact: Exact | None) -> tuple[str, ...]:
    """Names of the colourings that there are; none where there is no potential."""
    if exact is None or not exact.potential:
        return ()
    return (FREE_ENERGY, *(f"{_EIGENFUNCTION} {k + 1}" for k in range(len(exact.timescales))))


def paint_exact(coloring: str, cells: Grid, exact: Exact, values: np.ndarray, unit: TimeUnit) -> Painting:
    """Colour the cells of a plane by the mean of an exact quantity over their frames.

    Parameters
    ----------
    coloring : str
        One of `exact_colorings`.
    cells : Grid
    exact : Exact
    values : ndarray, shape (n_frames, 1 + m)
        Of every frame, as `Exact.at` gives them.
    unit : TimeUnit
    """
    column = exact_colorings(exact).index(coloring)
    numbers = np.ascontiguousarray(values[:, column])
    if coloring == FREE_ENERGY:
        # Few frames climb high, and the colours belong to the others.
        high = float(np.quantile(numbers[:: max(len(numbers) // _SAMPLE, 1)], 0.995)) if len(numbers) else 1.0
        return Painting(by_number(cells, numbers, "F / kT, exact", 0.0, high), "-ln of the exact density")
    most = float(np.abs(numbers).max(initial=0.0))
    return Painting(by_number(cells, numbers, coloring, -most, most, diverging=True), _told(exact, column - 1, unit))


def exact_mode_words(found: ExactMode, unit: TimeUnit) -> str:
    """How far a coordinate is an exact eigenfunction, and what the two curves are, or where to look where there are none."""
    several = len(found.which) > 1
    name = f"{_EIGENFUNCTION}{'s' if several else ''} {' and '.join(str(k + 1) for k in found.which)}"
    time = unit.say(float(f"{found.timescale:.4g}"))
    said = f"{found.name} follows {'a mixture of ' if several else ''}{name} ({time}): correlation {found.correlation:.3f} over all frames."
    if len(found.positions):
        return f"{said} Thin: mean of {found.name} at each position; wide: exact."
    return f"{said} Colour the projection by {'them' if several else 'it'}, and by {found.name}, to compare the two."


def _told(exact: Exact, k: int, unit: TimeUnit) -> str:
    """Its relaxation time, and whether it is one of several that cannot be told apart."""
    times = np.array(exact.timescales)
    same = [i + 1 for i in np.flatnonzero(np.abs(times / times[k] - 1) < EQUAL) if i != k]
    mixed = f"; any mixture with {' and '.join(map(str, same))} is as good" if same else ""
    return f"relaxes in {unit.say(float(f'{times[k]:.4g}'))}{mixed}"
