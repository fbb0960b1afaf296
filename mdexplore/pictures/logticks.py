"""Ticks of logarithmic axes: 1-2-5 where there is room, decades where there is not."""
from __future__ import annotations

import numpy as np


def log_ticks(low: float, high: float, most: int = 8) -> tuple[float, ...]:
    """Round numbers inside a range of positive numbers.

    Parameters
    ----------
    most : int
        How many have room.
    """
    for mantissas, every in (((1, 2, 5), 1), ((1,), 1), ((1,), 2), ((1,), 3), ((1,), 5)):
        found = _between(low, high, mantissas, every)
        if len(found) <= most:
            return found if len(found) > 1 else _fine(low, high, most)
    return _between(low, high, (1,), 10)


def _between(low: float, high: float, mantissas: tuple[float, ...], every: int = 1) -> tuple[float, ...]:
    first, last = int(np.floor(np.log10(low))), int(np.ceil(np.log10(high)))
    found = [float(f"{m}e{d}") for d in range(first, last + 1) if d % every == 0 for m in mantissas]
    return tuple(t for t in found if low <= t <= high)


def _fine(low: float, high: float, most: int) -> tuple[float, ...]:
    """For a range of less than a decade."""
    return next((found for mantissas in (range(1, 10), np.arange(10, 100) / 10)
                 for found in [_between(low, high, tuple(round(float(m), 1) for m in mantissas))] if 1 < len(found) <= most), (float(f"{low:.2g}"), float(f"{high:.2g}")))
