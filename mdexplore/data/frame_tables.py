"""Columns of numbers that go with frames, from files: observables, bias energies."""
from __future__ import annotations

import csv
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from mdexplore.base import roots
from mdexplore.base.errors import UserError
from mdexplore.data.feature_files import read


def read_columns(files: Sequence[str | Path]) -> tuple[list[np.ndarray], tuple[str, ...]]:
    """Arrays of files, one a trajectory, and the names of their columns.

    Parameters
    ----------
    files : sequence of str or Path
        ``.csv`` with a line of names, or what `mdexplore.load` reads as features: ``.npy``, ``.npz``, PLUMED COLVAR, tables of numbers.

    Returns
    -------
    arrays : list of ndarray, shape (n_frames_i, k)
    names : tuple of str

    Raises
    ------
    UserError
        If a file is missing or holds no numbers, or columns differ.
    """
    paths = [Path(f) for f in files]
    if not paths:
        raise UserError("No file was given.", do="Give one file for each trajectory.")
    for path in paths:
        roots.check_read(path)
        if not path.is_file():
            raise UserError(f"There is no file {path}.", do="Check the name.")
    if not all(path.suffix.lower() == ".csv" for path in paths):
        from mdexplore.data.readers import identify

        for path in paths:
            identify(path)   # says what is wrong with it
        given, _ = read(list(paths))
        return list(given.arrays), given.names
    found = [_csv(path) for path in paths]
    for path, (_, names) in zip(paths, found):
        if names != found[0][1]:
            raise UserError("The tables do not have the same columns.", f"{path.name} has {', '.join(names)}; {paths[0].name} has {', '.join(found[0][1])}.",
                            "Write the same columns in the same order.")
    return [values for values, _ in found], found[0][1]


def read_rows(path: str | Path) -> list[dict[str, str]]:
    """Rows of a table with a line of names, as text.

    Raises
    ------
    UserError
        If there is no such file, or it is no table.
    """
    path = Path(path)
    roots.check_read(path)
    try:
        with path.open(newline="", encoding="utf-8") as file:
            rows = [{(k or "").strip(): (v or "").strip() for k, v in row.items() if k is not None} for row in csv.DictReader(file, skipinitialspace=True)]
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise UserError(f"{path} cannot be read as a table.", f"{error}.", "Give a text file with commas between columns and a line of names.") from error
    if not rows:
        raise UserError(f"{path} has no rows.", do="Write a line of names and one line for each entry.")
    return rows


def _csv(path: Path) -> tuple[np.ndarray, tuple[str, ...]]:
    rows = read_rows(path)
    try:
        values = np.array([[float(v) for v in row.values()] for row in rows])
    except ValueError as error:
        raise UserError(f"{path} holds something that is no number.", f"{error}.", "Write a line of names, then numbers only.") from error
    if values.ndim != 2 or not np.isfinite(values).all():
        raise UserError(f"{path} holds values that are not numbers.", do="Remove these frames, or fill the gaps.")
    return values, tuple(rows[0])
