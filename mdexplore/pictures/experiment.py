"""What the experiment panel draws: each measurement with the averages before, after and without it, and the populations that move."""
from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from mdexplore.base.units import TimeUnit
from mdexplore.methods.experiment.result import Augmented
from mdexplore.methods.results import Metastable
from mdexplore.pictures.words import percent, short
from mdexplore.session.experiment_jobs import Measurement

NARROWEST = 2.0   # errors of the measurement to each side of the axis, at least
UNMOVED = 0.995   # of the effective sample: what is left of it where next to nothing has changed
UNITS = {"j-coupling": "Hz", "noe": "nm", "distance": "nm", "torsion": "°"}


@dataclass(frozen=True)
class MeasuredRow:
    """One measurement; places are shares of an axis with the measurement in its middle, 0 to 1, None where there is none.

    Parameters
    ----------
    name, unit : str
    measured, before, after, left_out : str
        Numbers as they are written in the table.
    weight : str
        1 / (2 error^2), in words.
    places : tuple of (float or None)
        Of the averages before, after and left out.
    spread : float
        Half the width of the axis that one error takes; 0 where it has no error of its own.
    is_conflict : bool
        The others contradict it.
    """

    name: str
    unit: str
    measured: str
    before: str = ""
    after: str = ""
    left_out: str = ""
    weight: str = ""
    places: tuple[float | None, float | None, float | None] = (None, None, None)
    spread: float = 0.0
    is_conflict: bool = False


@dataclass(frozen=True)
class StateRow:
    """A metastable state: number from 1, place in the palette, and populations before and after."""

    number: int
    color: int
    before: float
    after: float
    text: str


@dataclass(frozen=True)
class ExperimentPicture:
    """All rows, the populations, and what else changes.

    Parameters
    ----------
    rows : tuple of MeasuredRow
    states : tuple of StateRow
    said : str
        Slowest timescale, effective sample and likelihood.
    notices : tuple of str
    """

    rows: tuple[MeasuredRow, ...]
    states: tuple[StateRow, ...] = ()
    said: str = ""
    notices: tuple[str, ...] = ()


def experiment_picture(measurements: tuple[Measurement, ...], found: Augmented | None = None, coarse: Metastable | None = None) -> ExperimentPicture:
    """What to draw.

    Parameters
    ----------
    measurements : tuple of Measurement
    found : Augmented, optional
        Of these very measurements.
    coarse : Metastable, optional
        The states as they are shown; the worker's own may have other numbers.
    """
    if found is None:
        return ExperimentPicture(tuple(MeasuredRow(m.name, UNITS.get(m.kind, m.unit), short(m.measured), weight=_weight(m)) for m in measurements))
    unit = TimeUnit(found.timestep_ns)
    kept = float(np.exp(-np.sum(found.stationary * np.log(found.stationary / found.stationary_before))))
    slowest = [unit.say(float(t[0])) if len(t) else "–" for t in (found.timescales_before, found.timescales)]
    said = f"Slowest timescale {slowest[0]} → {slowest[1]}. Effective sample {percent(kept)}. Log likelihood of the counts falls by {short(found.log_likelihood_cost, 2)}."
    if kept > UNMOVED and (np.abs(found.before - found.measured) > found.errors).any():
        said += " These errors weigh little beside the transitions that were seen: smaller ones move more."
    return ExperimentPicture(tuple(_row(m, found, k) for k, m in enumerate(measurements)), () if coarse is None else _states(found, coarse), said,
                             tuple(f"{n.text} {n.hint}".strip() for n in found.notices))


def _row(measurement: Measurement, found: Augmented, k: int) -> MeasuredRow:
    values = np.array([found.before[k], found.after[k], found.left_out[k]])
    error = found.errors[k]
    has_error = 0 < error < np.inf
    off = (values - found.measured[k]) / found.spreads[k]
    if measurement.kind == "noe":   # an average of inverse sixth powers, written as a distance: the longer one is to the right
        off = -off
    reach = max(NARROWEST, 1.1 * float(np.nanmax(np.abs(off))))
    before, after, left_out = (_say(v, measurement.kind) for v in values)
    was, now, without = (None if np.isnan(d) else float(d / reach / 2 + 0.5) for d in off)
    return MeasuredRow(measurement.name, UNITS.get(measurement.kind, measurement.unit), short(measurement.measured), before, after, left_out, _weight(measurement),
                       (was, now, without), float(1 / reach) if has_error else 0.0, k in found.conflicts)


def _say(value: float, kind: str) -> str:
    """An average as the measurement is written: of an NOE the distance."""
    if np.isnan(value):
        return "–"
    return short(value ** (-1 / 6) if kind == "noe" and value > 0 else value)


def _weight(measurement: Measurement) -> str:
    if not measurement.is_used or np.isinf(measurement.error):
        return "not used, predicted all the same"
    return "demanded exactly" if measurement.error == 0 else f"weight 1 / (2 error²) = {short(0.5 / measurement.error**2)}"


def _states(found: Augmented, coarse: Metastable) -> tuple[StateRow, ...]:
    shares = coarse.memberships[found.active]
    before, after = found.stationary_before @ shares, found.stationary @ shares
    return tuple(StateRow(k + 1, coarse.colors[k], float(b), float(a), f"{percent(float(b))} → {percent(float(a))}") for k, (b, a) in enumerate(zip(before, after)))
