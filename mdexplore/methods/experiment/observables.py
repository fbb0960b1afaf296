"""Measured averages with the value that each frame has for them."""
from __future__ import annotations

from collections import ChainMap
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from mdexplore.base.errors import UserError
from mdexplore.base.words import count_of
from mdexplore.data.frame_tables import read_columns, read_rows

if TYPE_CHECKING:
    from mdexplore.data.dataset import Dataset

KINDS = ("column", "distance", "noe", "j-coupling", "torsion", "formula")

Columns = Mapping[str, Sequence[np.ndarray]]


@dataclass(frozen=True, eq=False)
class Observable:
    """A quantity that was measured as an average over the ensemble.

    Parameters
    ----------
    name : str
    values : tuple of ndarray, shape (n_frames_i,)
        What each frame would give.
    measured : float
    error : float
        One standard error of the measurement, the error of the formula that gives `values` included; 0 demands the value exactly, infinity leaves it out.
    unit : str
    """

    name: str
    values: tuple[np.ndarray, ...]
    measured: float
    error: float
    unit: str = ""

    def __post_init__(self) -> None:
        if not np.isfinite(self.measured) or np.isnan(self.error) or self.error < 0:
            raise UserError(f"{self.name}: {self.measured} ± {self.error} is no measurement.", do="Give a number and a standard error of 0 or more.")
        values = tuple(np.asarray(v, float) for v in self.values)
        if any(v.ndim != 1 or not np.isfinite(v).all() for v in values):
            raise UserError(f"{self.name} has values that are not numbers, or more than one a frame.", do="Give one array of shape (n_frames,) for each trajectory.")
        object.__setattr__(self, "values", values)

    @property
    def weight(self) -> float:
        """1 / (2 error^2)."""
        return float("inf") if self.error == 0 else 0.5 / self.error**2


def state_means(observables: Sequence[Observable], dtrajs: Sequence[np.ndarray], n_states: int) -> np.ndarray:
    """Average of each observable over the frames of each state; NaN for a state without frames.

    Parameters
    ----------
    observables : sequence of Observable
    dtrajs : sequence of ndarray, shape (n_frames_i,), int
        -1 marks a frame that does not count.
    n_states : int

    Returns
    -------
    ndarray, shape (n_states, k)

    Raises
    ------
    UserError
        If an observable does not have one value for each frame.
    """
    states = np.concatenate(dtrajs)
    inside = states >= 0
    seen = np.bincount(states[inside], minlength=n_states)
    found = np.empty((n_states, len(observables)))
    for k, observable in enumerate(observables):
        check_lengths(observable.name, [len(v) for v in observable.values], [len(d) for d in dtrajs])
        with np.errstate(invalid="ignore"):
            found[:, k] = np.bincount(states[inside], np.concatenate(observable.values)[inside], minlength=n_states) / seen
    return found


def check_lengths(name: str, found: Sequence[int], wanted: Sequence[int]) -> None:
    """Raise `UserError` where there is not one value for each frame."""
    if len(found) != len(wanted):
        raise UserError(f"{name} has values for {count_of(len(found), 'trajectory', 'trajectories')}.", f"The data have {len(wanted)}.", "Give one file or array for each trajectory, in the same order.")
    for i, (n, m) in enumerate(zip(found, wanted)):
        if n != m:
            raise UserError(f"{name} has {count_of(n, 'value')} for trajectory {i}.", f"It has {count_of(m, 'frame')}.", "Give one value for each frame, counted after stride.")


def read_observables(table: str | Path, data: Dataset, frames: Sequence[str | Path] = (), features: Columns | None = None) -> list[Observable]:
    """Observables from a table of measurements.

    Parameters
    ----------
    table : str or Path
        CSV with the columns ``name, measured, error`` and, where values are to be computed, ``kind`` and ``atoms``:

        - ``column`` (or empty): the column of that name in the files of `frames`;
        - ``distance``: mean distance in nm of two atoms, ``atoms`` such as ``4 10``;
        - ``noe``: the same, averaged as r^-6, measured as a distance;
        - ``torsion``: mean torsion angle of four atoms, in degrees;
        - ``formula``: what the column ``formula`` says of each frame (`mdexplore.methods.experiment.formulas.by_formula`), such as ``4.2 + 0.35 * cos(phi(ALA2))``;
        - ``j-coupling``: by the Karplus curve on the torsion of four atoms, in Hz; 3J(HN,HA) from C-N-CA-C unless ``karplus`` says ``A B C shift``.
    data : Dataset
    frames : sequence of str or Path
        One file for each trajectory with a column for each observable (`mdexplore.data.frame_tables.read_columns`).
    features : mapping of str to sequence of ndarray, shape (n_frames_i,), optional
        What formulas may name beside these columns.

    Returns
    -------
    list of Observable

    Raises
    ------
    UserError
        If the table or a file cannot be used.
    """
    return observables_of(read_rows(table), data, frames, features)


def observables_of(rows: Sequence[dict[str, str]], data: Dataset | None, frames: Sequence[str | Path] = (), features: Columns | None = None) -> list[Observable]:
    """The same from rows that were read; without data, columns of files only."""
    from mdexplore.methods.experiment import backcalculation

    columns: dict[str, Sequence[np.ndarray]] = {}
    if frames:
        arrays, names = read_columns(frames)
        columns = {name: tuple(a[:, k] for a in arrays) for k, name in enumerate(names)}
    found = []
    for row in rows:
        name, kind = row.get("name", ""), row.get("kind", "") or "column"
        if kind not in KINDS:
            raise UserError(f"{name or 'A row'}: there is no kind {kind!r}.", do=f"Choose one of: {', '.join(KINDS)}.")
        measured, error = _number(row, "measured"), _number(row, "error")
        if kind == "column":
            if name not in columns:
                raise UserError(f"There is no column {name!r} with a value for each frame.", f"The files have: {', '.join(columns) or 'none'}.", "Give files with a column of that name, or a kind that can be computed.")
            found.append(Observable(name, tuple(columns[name]), measured, error, row.get("unit", "")))
        elif kind == "formula":
            named = ChainMap(columns, features or {})   # type: ignore[arg-type]  # it is only read
            found.append(backcalculation.formula(data, row.get("formula", ""), measured, error, name=name, unit=row.get("unit", ""), named=named))
        elif data is None:
            raise UserError(f"{name}: a {kind} cannot be computed here.", "This model is made from microstates alone.", "Use study.augment, or give its value for each frame in files.")
        elif kind == "j-coupling":
            found.append(backcalculation.j_coupling(data, _atoms(row, 4), measured, error, name=name, karplus=_karplus(row)))
        elif kind == "torsion":
            found.append(backcalculation.torsion(data, _atoms(row, 4), measured, error, name=name))
        else:
            found.append({"distance": backcalculation.distance, "noe": backcalculation.noe}[kind](data, _atoms(row, 2), measured, error, name=name))
    return found


def _number(row: dict[str, str], column: str) -> float:
    try:
        return float(row[column])
    except (KeyError, ValueError):
        raise UserError(f"{row.get('name', 'A row')} has no number in the column {column!r}.", do="Write the columns name, measured and error.") from None


def _atoms(row: dict[str, str], count: int) -> tuple[int, ...]:
    try:
        atoms = tuple(int(a) for a in row.get("atoms", "").split())
    except ValueError:
        atoms = ()
    if len(atoms) != count:
        raise UserError(f"{row.get('name', 'A row')} needs {count} atoms.", f"It has {row.get('atoms', '') or 'none'}.", "Write their numbers, counted from 0, with blanks between them.")
    return atoms


def _karplus(row: dict[str, str]) -> tuple[float, float, float, float] | None:
    if not row.get("karplus"):
        return None
    try:
        a, b, c, shift = (float(v) for v in row["karplus"].split())
    except ValueError:
        raise UserError(f"{row.get('name', 'A row')}: {row['karplus']!r} is no Karplus curve.", do="Write A, B and C in Hz and the shift in degrees, with blanks between them.") from None
    return a, b, c, shift
