"""Progress over several arrays: from "so many rows of this one" to "so many of all"."""
from __future__ import annotations

from collections.abc import Callable

from mdexplore.methods.method import Progress


def counted(progress: Progress, before: int, total: int, text: str) -> Callable[[int], None]:
    """A callback for one array of several.

    Parameters
    ----------
    progress : callable
        Called as ``progress(before + n, total, text)``.
    before : int
        What was done before this array.
    total : int
    text : str

    Returns
    -------
    callable
        Takes n, how much of this array is done.
    """
    def tick(n: int) -> None:
        progress(before + n, total, text)
    return tick
