"""Numbers below zero on an axis with the true minus sign; the page's own are hyphens."""
from __future__ import annotations

import numpy as np

from mdexplore.base.words import minus

# Steps along an axis: the page itself aims at ten, pictures at six or fewer. Labels of these are there before the ticks are, as they have to be:
# bqplot 0.12.45 writes ticks in the next frame of the page with the labels that it had when they came.
_FEWEST, _MOST = 2, 16
_FINEST = 1e-5           # the page writes smaller numbers in another form


def negative_labels(low: float | None, high: float | None, ticks: tuple[float, ...] = ()) -> dict[str, str]:
    """Labels of all places below zero where an axis may have a tick.

    Parameters
    ----------
    low, high : float or None
        Ends of the axis; without them there are only `ticks`.
    ticks : tuple of float
        Places of ticks that are given.

    Returns
    -------
    dict
        A number as the page writes it -> the same with its minus sign.
    """
    places = [float(tick) for tick in ticks if tick < 0]
    if low is not None and high is not None and low < min(high, 0) and np.isfinite([low, high]).all():
        for step in _steps(high - low):
            places += [float(f"{k * step:.10g}") for k in range(int(np.ceil(low / step)), min(int(np.floor(high / step)), -1) + 1)]
    written = {f"{place:.10g}" for place in places if place <= -_FINEST}
    return {number: minus(number) for number in sorted(written, key=float)}


def _steps(span: float) -> list[float]:
    """Round steps that divide a span into two to sixteen."""
    power = 10.0 ** np.floor(np.log10(span / _MOST))
    return [step for step in (m * power for m in (1, 2, 5, 10, 20)) if _FEWEST <= span / step <= _MOST]
