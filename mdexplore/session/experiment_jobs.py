"""Measurements of a session: read from a table or written in a form, and the augmented model that a worker makes of them."""
from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mdexplore.base import limits
from mdexplore.base.errors import UserError
from mdexplore.base.plain import storable
from mdexplore.base.typed import number_in
from mdexplore.data.frame_tables import read_rows
from mdexplore.methods.experiment.formulas import check_formula, names_in
from mdexplore.methods.experiment.observables import KINDS, Observable, observables_of
from mdexplore.methods.experiment.result import Augmented
from mdexplore.methods.method import Progress

if TYPE_CHECKING:
    from mdexplore.session.study import Study

KEPT = 12   # observables with a value for each frame, in a worker


@storable
@dataclass(frozen=True)
class Measurement:
    """A measured average, and what computes it.

    Parameters
    ----------
    name : str
    measured, error : float
        As a person writes them: of an NOE the distance in nm.
    kind : str
        One of `mdexplore.methods.experiment.observables.KINDS`.
    atoms, karplus, unit : str
        As in a table (`mdexplore.methods.experiment.observables.read_observables`).
    is_used : bool
        One that is not used is predicted all the same.
    formula : str
        Of the kind ``formula``.
    """

    name: str
    measured: float
    error: float
    kind: str = "column"
    atoms: str = ""
    karplus: str = ""
    unit: str = ""
    is_used: bool = True
    formula: str = ""

    def __post_init__(self) -> None:
        for text, what in ((self.name, "A name"), (self.unit, "A unit"), (self.atoms, "A list of atoms"), (self.karplus, "A list of Karplus numbers"), (self.formula, "A formula")):
            limits.check("text", len(text), what)
        if self.kind not in KINDS:
            raise UserError(f"{self.name or 'A row'}: there is no kind {self.kind!r}.", do=f"Choose one of: {', '.join(KINDS)}.")
        if not abs(self.measured) < float("inf") or not self.error >= 0:
            raise UserError(f"{self.name}: {self.measured} ± {self.error} is no measurement.", do="Give a number and a standard error of 0 or more.")
        if self.kind == "formula":
            check_formula(self.formula)

    @property
    def may_be_of_files(self) -> bool:
        """Whether its values may stand in files."""
        return self.kind == "column" or (self.kind == "formula" and bool(names_in(self.formula)))


@storable
@dataclass(frozen=True)
class Measurements:
    """All that the experiment panel knows of an experiment.

    Parameters
    ----------
    rows : tuple of Measurement
    files : str
        Where the values of each frame are: a pattern, or names with commas between them.
    """

    rows: tuple[Measurement, ...] = ()
    files: str = ""


def check_measurements(kept: Any) -> None:
    """Make sure that a value out of a file can be measurements.

    Raises
    ------
    TypeError
        If it is none.
    UserError
        If they are more, or longer, than is allowed.
    """
    from mdexplore.session.sound import check_type

    check_type(kept, Measurements, "the measurements")
    limits.check("measurements", len(kept.rows))
    limits.check("text", len(kept.files), "A list of files")


def measurements_in(path: str) -> tuple[Measurement, ...]:
    """The rows of a table.

    Raises
    ------
    UserError
        If it cannot be read, or a row is no measurement.
    """
    limits.check("text", len(path), "A file name")
    rows = read_rows(Path(os.path.expanduser(path)))
    limits.check("measurements", len(rows), "A table")
    found = []
    for place, row in enumerate(rows, start=1):
        name = row.get("name", "") or f"row {place}"
        measured, error = (number_in(row.get(column, ""), f"{name}, {column}") for column in ("measured", "error"))
        found.append(Measurement(name, measured, error, row.get("kind", "") or "column", row.get("atoms", ""), row.get("karplus", ""), row.get("unit", ""), formula=row.get("formula", "")))
    return tuple(found)


def frame_files(text: str) -> tuple[str, ...]:
    """The files that a pattern, or names with commas between them, stand for; raises `UserError` for what lies outside the data root."""
    from mdexplore.methods.kinetics.augmented_msm import files_of

    limits.check("text", len(text), "A list of files")
    return tuple(files_of(text))


def stamps(files: Sequence[str]) -> tuple[tuple[str, int, int], ...]:
    """Name, size and time of files, so that what was written anew is read anew."""
    found = []
    for file in files:
        try:
            state = os.stat(file)
        except OSError:   # whoever opens it says what is missing
            found.append((file, 0, 0))
            continue
        found.append((file, state.st_size, state.st_mtime_ns))
    return tuple(found)


def run_augment(spec: dict[str, Any], measurements: tuple[Measurement, ...], files: tuple[tuple[str, int, int], ...], *, progress: Progress) -> Augmented:
    """The Markov model of a study reconciled with measurements, in a worker.

    Parameters
    ----------
    files : tuple of (name, size, time)
        With the values of each frame; see `stamps`.
    """
    from mdexplore.session.experiment import augment
    from mdexplore.session.tasks import study_of_spec

    study = study_of_spec(spec)
    observables = []
    for place, measurement in enumerate(measurements):
        progress(place, len(measurements), measurement.name)
        observables.append(_observable(study, measurement, files))
    return augment(study, observables, progress=progress)


_known: dict[Any, Observable] = {}


def _observable(study: Study, wanted: Measurement, files: tuple[tuple[str, int, int], ...]) -> Observable:
    """The observable of a measurement; values of frames are computed once, whatever becomes of the error."""
    from mdexplore.session.experiment import FeatureColumns

    used = files if wanted.may_be_of_files else ()
    named = (wanted.formula, study.key("features")) if wanted.kind == "formula" else wanted.name if wanted.kind == "column" else wanted.atoms
    key = (study.data.key, wanted.kind, named, wanted.karplus, wanted.unit, wanted.measured, used)
    made = _known.get(key)
    if made is None:
        row = {"name": wanted.name, "kind": wanted.kind, "measured": repr(wanted.measured), "error": "1", "atoms": wanted.atoms, "karplus": wanted.karplus, "unit": wanted.unit,
               "formula": wanted.formula}
        made = observables_of([row], study.data, [name for name, *_ in used], FeatureColumns(study))[0]
        while len(_known) >= KEPT:
            _known.pop(next(iter(_known)))
        _known[key] = made
    # With an error of 1 the observable says by how much that of its average is larger: an NOE is averaged as r^-6.
    return Observable(wanted.name, made.values, made.measured, made.error * wanted.error if wanted.is_used else float("inf"), made.unit)
