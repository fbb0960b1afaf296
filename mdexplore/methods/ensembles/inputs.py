"""Simulations in several ensembles: for each frame its energy in all of them."""
from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from mdexplore.base.errors import UserError
from mdexplore.base.store import array_key, content_key
from mdexplore.base.words import count_of
from mdexplore.data.frame_tables import read_columns

KB = 0.008314462618   # kJ/mol/K
ZERO = 1e-6           # kT by which a bias may differ between frames where it is none: files have few digits


@dataclass(frozen=True, eq=False)
class Ensembles:
    """Frames with their bias energies.

    Parameters
    ----------
    bias : tuple of ndarray, shape (n_frames_i, n_windows)
        kT; energy of the window's ensemble less that of the ensemble that is asked for, in each frame and for every window.
    windows : tuple of ndarray, shape (n_frames_i,), int
        In which window each frame was made.
    names : tuple of str, length n_windows
    """

    bias: tuple[np.ndarray, ...]
    windows: tuple[np.ndarray, ...]
    names: tuple[str, ...]

    @property
    def n_windows(self) -> int:
        return len(self.names)

    @property
    def lengths(self) -> tuple[int, ...]:
        return tuple(len(b) for b in self.bias)

    @property
    def counts(self) -> np.ndarray:
        """Frames of each window, shape (n_windows,)."""
        return np.bincount(np.concatenate(self.windows), minlength=self.n_windows)


def unbiased_windows(data: Ensembles) -> np.ndarray:
    """Windows that frames were made in and whose bias is the same in every frame: the ensemble without bias. Numbers from 0."""
    lows, highs = (np.array([end(b, axis=0) for b in data.bias]) for end in (np.min, np.max))
    return np.flatnonzero((highs.max(axis=0) - lows.min(axis=0) < ZERO) & (data.counts > 0))


def has_unbiased(data: Ensembles) -> bool:
    """Whether frames were made without bias."""
    return len(unbiased_windows(data)) > 0


def content_of(data: Ensembles) -> str:
    """A hash of energies and windows: the same for the same numbers, however files are named."""
    return content_key([array_key(np.ascontiguousarray(a)) for a in (*data.bias, *data.windows)])


def ensembles(bias: Sequence[np.ndarray], windows: Sequence[int | np.ndarray] | None = None, names: Sequence[str] = ()) -> Ensembles:
    """Checked bias energies.

    Parameters
    ----------
    bias : sequence of ndarray, shape (n_frames_i, n_windows)
        kT, one array a trajectory.
    windows : sequence of int or ndarray, optional
        Window of each trajectory, or of each of its frames (replica exchange); trajectory i is of window i where not given.
    names : sequence of str, optional

    Raises
    ------
    UserError
        Without energies, or where shapes and windows do not agree.
    """
    arrays = tuple(np.asarray(b, float) for b in bias)
    if not arrays or (arrays[0].ndim == 2 and not arrays[0].shape[1]):
        raise _no_energies("bias energies", "Give one array or file for each trajectory, with a column for each window, in kT.")
    for i, array in enumerate(arrays):
        if array.ndim != 2 or not len(array) or array.shape[1] != arrays[0].shape[-1]:
            raise UserError(f"The bias energies of trajectory {i} have the shape {array.shape}.", f"Those of trajectory 0 have {arrays[0].shape}.", "Give a column for each window, the same everywhere.")
        if not np.isfinite(array).all():
            raise UserError(f"The bias energies of trajectory {i} are not all numbers.", do="Remove these frames; a wall is a large energy.")
    n_windows = arrays[0].shape[1]
    if windows is None:
        if len(arrays) != n_windows:
            raise UserError(f"There are {count_of(len(arrays), 'trajectory', 'trajectories')} and {count_of(n_windows, 'window')}.", do="Say in which window each trajectory was made (windows=).")
        windows = list(range(n_windows))
    if len(windows) != len(arrays):
        raise UserError(f"Windows of {len(windows)} trajectories are given.", f"There are {len(arrays)}.", "Give one for each.")
    if len(names) not in (0, n_windows):
        raise UserError(f"{count_of(len(names), 'name')} and {count_of(n_windows, 'window')} do not fit.", do="Give one name for each window.")
    made = tuple(np.broadcast_to(np.asarray(w, dtype=np.int32), len(a)) if np.ndim(w) == 0 or len(np.asarray(w)) == len(a) else np.array([-1]) for w, a in zip(windows, arrays))
    if any((w < 0).any() or (w >= n_windows).any() for w in made):
        raise UserError("A window does not exist, or frames have none.", f"Windows are numbered 0 to {n_windows - 1}.", "Give one number a trajectory, or one a frame.")
    return Ensembles(arrays, made, tuple(names) or tuple(f"window {k + 1}" for k in range(n_windows)))


def read_ensembles(files: Sequence[str | Path], windows: Sequence[int] | None = None, *, kT: float = 1.0) -> Ensembles:
    """Bias energies from files, one a trajectory with a column for each window (`mdexplore.data.frame_tables.read_columns`).

    Parameters
    ----------
    files : sequence of path
    windows : sequence of int, optional
        Of each trajectory.
    kT : float
        In the unit of the files, such as 2.494 for kJ/mol at 300 K; 1 where they are in kT.
    """
    _check_kT(kT)
    if not files:
        return ensembles([])
    arrays, names = read_columns(files)
    are_numbered = names == tuple(f"feature {k}" for k in range(len(names)))   # files without names
    return ensembles([a / kT for a in arrays], windows, () if are_numbered else names)


def umbrella(values: Sequence[np.ndarray], centers: Sequence[float], stiffness: float | Sequence[float], *, period: float | None = None, kT: float = 1.0) -> list[np.ndarray]:
    """Energies of harmonic umbrellas k/2 (x - x0)^2 on one coordinate.

    Parameters
    ----------
    values : sequence of ndarray, shape (n_frames_i,)
    centers : sequence of float, length n_windows
    stiffness : float or sequence of float
        k, energy per length squared, for all windows or for each.
    period : float, optional
        Of the coordinate, such as 360 for degrees.
    kT : float
        In the unit of the energy.

    Returns
    -------
    list of ndarray, shape (n_frames_i, n_windows)
        kT.

    Raises
    ------
    UserError
        Without values or windows, where values are no lists of numbers, or where there is not one stiffness for all windows or for each.
    """
    if not len(values):
        raise _no_energies("values", "Give the coordinate in every frame, one array for each trajectory.")
    if not len(centers):
        raise UserError("There are no windows.", "No centres of umbrellas are given.", "Give one for each window.")
    if np.ndim(stiffness) > 1 or np.size(stiffness) not in (1, len(centers)):
        raise UserError(f"{np.size(stiffness)} values of the stiffness and {count_of(len(centers), 'window')} do not fit.", do="Give one for all windows, or one for each.")
    _check_kT(kT)
    for i, x in enumerate(values):
        _check_row("values of the coordinate", i, x)
    k = np.broadcast_to(np.asarray(stiffness, float), len(centers))

    def energies(x: np.ndarray) -> np.ndarray:
        away = np.asarray(x, float)[:, None] - np.asarray(centers, float)
        away = away if period is None else away - period * np.round(away / period)
        return k / 2 * away**2 / kT
    return [energies(x) for x in values]


def tempering(energies: Sequence[np.ndarray], temperatures: Sequence[float], reference: float, *, unit: float = KB) -> list[np.ndarray]:
    """Bias energies of simulations at several temperatures, U / kT_k - U / kT_reference.

    Parameters
    ----------
    energies : sequence of ndarray, shape (n_frames_i,)
        Potential energies.
    temperatures : sequence of float, length n_windows
        K.
    reference : float
        Temperature that is asked for, K.
    unit : float
        Boltzmann's constant in the unit of the energies; kJ/mol/K.

    Returns
    -------
    list of ndarray, shape (n_frames_i, n_windows)
        kT.

    Raises
    ------
    UserError
        Without energies or temperatures, or where a temperature is not above 0.
    """
    if not len(energies):
        raise _no_energies("potential energies", "Give the energy of every frame, one array for each trajectory.")
    if not len(temperatures):
        raise UserError("There are no temperatures.", do="Give one for each simulation, in K.")
    if not (np.asarray([*temperatures, reference], float) > 0).all():
        raise UserError("A temperature is not above 0.", do="Give temperatures in K.")
    for i, u in enumerate(energies):
        _check_row("potential energies", i, u)
    inverse = 1 / (unit * np.asarray(temperatures, float)) - 1 / (unit * reference)
    means = float(np.mean(np.concatenate([np.asarray(u, float) for u in energies])))   # a constant changes nothing, and numbers stay small
    return [(np.asarray(u, float) - means)[:, None] * inverse for u in energies]


def evaluated(frames: Sequence[np.ndarray], biases: Sequence[Callable[[np.ndarray], np.ndarray]], *, kT: float = 1.0) -> list[np.ndarray]:
    """Bias energies of functions, each taking points of shape (n, d); `UserError` without frames or functions."""
    if not len(frames) or not len(biases):
        raise _no_energies("frames" if not len(frames) else "biases", "Give one array for each trajectory, and a function for each window.")
    _check_kT(kT)
    return [np.stack([np.asarray(b(np.asarray(x, float)), float) / kT for b in biases], axis=1) for x in frames]


def _no_energies(what: str, do: str) -> UserError:
    return UserError(f"There are no {what}.", "Several ensembles can be put together only where the energy of every frame in all of them is known.", do)


def _check_kT(kT: float) -> None:
    if not kT > 0:
        raise UserError(f"kT = {kT} cannot be used.", do="Give a number above 0.")


def _check_row(what: str, i: int, numbers: np.ndarray) -> None:
    array = np.asarray(numbers, float)
    if array.ndim != 1 or not len(array):
        raise UserError(f"The {what} of trajectory {i} have the shape {array.shape}.", do="Give one number for each frame.")
    if not np.isfinite(array).all():
        raise UserError(f"The {what} of trajectory {i} are not all numbers.", do="Remove these frames.")
