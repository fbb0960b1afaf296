"""Feature arrays that come instead of structures, or along with them frame by frame."""
from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from mdexplore.base.errors import UserError
from mdexplore.base.store import array_key


@dataclass(frozen=True, eq=False)
class Given:
    """Feature arrays, before stride.

    Parameters
    ----------
    arrays : tuple of ndarray, shape (n_frames_i, d), float
        Read-only.
    names : tuple of str
        Of the d columns.
    labels : tuple of str
        Name of each array, such as its file.
    origins : tuple of (str, str)
        File of each array, and what of it: ``"npy"``, ``"npz NAME"``, ``"table"`` or ``"table without time"``; empty for arrays in memory.
    """

    arrays: tuple[np.ndarray, ...]
    names: tuple[str, ...]
    labels: tuple[str, ...]
    origins: tuple[tuple[str, str], ...] = ()

    @cached_property
    def keys(self) -> list[str]:
        """Content key of each array."""
        return self._hash(lambda done, total, text: None)

    @property
    def is_identified(self) -> bool:
        """Whether `keys` are known, for which everything has to be read once."""
        return "keys" in self.__dict__

    def identify(self, progress: Callable[[int, int, str], None]) -> None:
        """Find `keys` now, telling how far that is, in bytes."""
        if not self.is_identified:
            self.__dict__["keys"] = self._hash(progress)

    def _hash(self, progress: Callable[[int, int, str], None]) -> list[str]:
        found, done, total = [], 0, sum(a.nbytes for a in self.arrays)
        for array in self.arrays:
            found.append(array_key(array, lambda n, before=done: progress(before + n, total, "Reading what was given")))   # type: ignore[misc]
            done += array.nbytes
        return found


def as_given(arrays: list[np.ndarray], labels: list[str], names: tuple[str, ...] | None = None, origins: tuple[tuple[str, str], ...] = ()) -> Given:
    """Checked feature arrays.

    Parameters
    ----------
    arrays : list of ndarray, shape (n_frames_i, d) or (n_frames_i,)
        Real numbers; one column where there is one axis.
    labels : list of str
        Name of each.
    names : tuple of str, optional
        Of the columns.
    origins : tuple of (str, str), optional
        Of each, as in `Given`.

    Raises
    ------
    UserError
        If shapes do not agree, or values are no finite numbers.
    """
    checked = [_checked(np.asanyarray(a), label) for a, label in zip(arrays, labels)]
    widths = [a.shape[1] for a in checked]
    for label, width in zip(labels, widths):
        if width != widths[0]:
            raise UserError("The feature arrays do not have the same columns.", f"{labels[0]} has {widths[0]}, {label} has {width}.",
                            "Give every trajectory the same features in the same order.")
    return Given(tuple(checked), names or tuple(f"feature {i}" for i in range(widths[0])), tuple(labels), origins)


def _checked(array: np.ndarray, label: str) -> np.ndarray:
    if array.dtype.kind not in "fiu":
        raise UserError(f"{label} holds no real numbers.", f"Its type is {array.dtype}.", "Give arrays of floating-point numbers.")
    if array.ndim == 1:
        array = array[:, None]
    if array.ndim != 2 or not array.shape[1]:
        raise UserError(f"{label} has the shape {array.shape}.", "An array of features has one row a frame and one column a feature.",
                        "Give a list with one 2-D array for each trajectory.")
    if array.dtype.kind != "f" or array.dtype.itemsize < 4:
        array = array.astype(np.float64)
    for first in range(0, len(array), 1 << 16):
        good = np.isfinite(array[first:first + (1 << 16)])
        if not good.all():
            row, column = np.argwhere(~good)[0]
            raise UserError(f"{label} holds values that are not numbers.", f"The first is {array[first + row, column]} in frame {first + row}, column {column}.",
                            "Remove these frames, or split the trajectory there.")
    view = array.view()
    view.flags.writeable = False
    return view
