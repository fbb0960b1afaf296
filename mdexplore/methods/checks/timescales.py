"""Implied timescales over a range of lag times, and the lag time they suggest."""
from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import pairwise

import numpy as np

from mdexplore.base import limits
from mdexplore.base.errors import UserError
from mdexplore.base.notices import Notice
from mdexplore.base.units import TimeUnit
from mdexplore.methods.kinetics.lagmodels import LagModels, check_lagtime, lag_models
from mdexplore.methods.method import Progress, ignore, part_of
from mdexplore.methods.results import Clustering, Timescales

N_LAGTIMES = 10
LEVEL = 0.05   # relative change that still counts as level
RISES = 1.5    # factor between the timescale in use and a longer lag time's beyond which bars that overlap do not excuse it
HIGHER, HIGHER_SHARE = 1.2, 0.3   # and this share of the longer lag times is above it by this factor: not one odd value


def estimate_timescales(dtrajs: Sequence[np.ndarray], lagtimes: Sequence[int] | None = None, *, n_processes: int = 5,
                        timestep_ns: float | None = None, progress: Progress = ignore) -> Timescales:
    """Slowest relaxation times of Markov models over a range of lag times.

    Parameters
    ----------
    dtrajs : list of ndarray, shape (n_frames_i,), int
        State of each frame; -1 marks a frame outside the model.
    lagtimes : sequence of int or None
        Lag times in frames, increasing; by default about ten, up to a tenth of a typical trajectory.
    n_processes : int
        How many relaxation times to keep.
    timestep_ns : float or None
        Nanoseconds from frame to frame.
    progress : callable
        Called as ``progress(done, total, text)``.

    Returns
    -------
    Timescales
        ``values`` has shape (n_lagtimes, n_processes), in frames; NaN where the
        connected part has too few states. ``lower`` and ``upper`` are 95 %
        intervals by the delta method.

    Raises
    ------
    UserError
        If a lag time is not shorter than the longest trajectory.

    Notes
    -----
    t_i = -lagtime / ln|lambda_i|; Prinz et al. 2011, doi:10.1063/1.3565032.
    """
    dtrajs = [np.asarray(d) for d in dtrajs]
    n_states = 1 + max((int(d.max()) for d in dtrajs if len(d)), default=0)
    return _scan(LagModels(dtrajs, max(n_states, 1)), lagtimes, n_processes, timestep_ns, progress)


def timescales(clustering: Clustering, lagtimes: Sequence[int] | None = None, *, include: Iterable[int] = (), n_processes: int = 5,
               timestep_ns: float | None = None, estimator: str = "msm", progress: Progress = ignore) -> Timescales:
    """The same for a clustering, sharing its models with the kinetics.

    Parameters
    ----------
    clustering : Clustering
    lagtimes : sequence of int or None
        By default a ladder that ends where nothing is resolved any more.
    include : iterable of int
        Lag times that are always among the default ones.
    estimator : str
        What makes the models (`mdexplore.methods.kinetics.estimators`).
    n_processes, timestep_ns, progress
        As in `estimate_timescales`.
    """
    models = lag_models(clustering, estimator)
    if lagtimes is None:   # by the plain models, which are quick, so that all kinds of models are asked at the same lag times
        lagtimes = _fitting_ladder(models.plain or lag_models(clustering), include)
    return _scan(models, lagtimes, n_processes, timestep_ns, progress)


def _fitting_ladder(models: LagModels, include: Iterable[int] = ()) -> list[int]:
    """A ladder that ends near the slowest timescale: beyond it there is nothing but the lag time itself to see."""
    include = list(include)
    slowest = 0.0
    for lagtime in lag_ladder(models.lengths, n_lagtimes=4):
        try:
            first = models.at(lagtime).timescales[0][:1]
        except UserError:   # too long a lag for these data: the shorter ones decide
            break
        slowest = max(slowest, float(np.nan_to_num(first, nan=0.0, posinf=0.0).max(initial=0.0)))
        if lagtime > slowest:
            break
    return lag_ladder(models.lengths, include, slowest=slowest or None)


def _scan(models: LagModels, lagtimes: Sequence[int] | None, n_processes: int, timestep_ns: float | None, progress: Progress) -> Timescales:
    unit = TimeUnit(timestep_ns)
    if lagtimes is not None:
        limits.check("lagtimes", len(lagtimes))
    lags = check_lagtimes(_fitting_ladder(models) if lagtimes is None else lagtimes, models.lengths, unit)
    values = np.full((3, len(lags), n_processes), np.nan)
    notices: list[Notice] = []
    for i, lagtime in enumerate(lags):
        progress(i, len(lags), "implied timescales")
        try:
            found = models.at(lagtime, timestep_ns, part_of(progress, i, len(lags), "implied timescales")).timescales
        except UserError as error:
            if len(lags) == 1:
                raise
            notices.append(Notice("warning", error.what, error.why, "timescales"))
            continue
        kept = min(n_processes, len(found[0]))
        values[:, i, :kept] = [bound[:kept] for bound in found]
    progress(len(lags), len(lags), "implied timescales")
    return Timescales(np.array(lags), values[0], values[1], values[2], models.interval, timestep_ns, tuple(notices))


def check_lagtimes(lagtimes: Sequence[int], lengths: Sequence[int], unit: TimeUnit) -> list[int]:
    """Lag times as increasing whole numbers, each of them possible; raises `UserError` otherwise."""
    lags = [int(lag) for lag in lagtimes]
    if not lags:
        raise UserError("There is no lag time to look at.", do="Give at least one, in frames.")
    if any(b <= a for a, b in pairwise(lags)):
        raise UserError("The lag times do not increase.", do="Give each one once, from short to long.")
    for lag in lags:
        check_lagtime(lag, lengths, unit)
    return lags


def lag_ladder(lengths: Sequence[int], include: Iterable[int] = (), *, slowest: float | None = None, n_lagtimes: int = N_LAGTIMES) -> list[int]:
    """About ten lag times that increase by a constant factor.

    Parameters
    ----------
    lengths : sequence of int
        Frames of each trajectory.
    include : iterable of int
        Lag times that must be among them.
    slowest : float or None
        A first idea of the slowest timescale, in frames, near which the ladder ends.
    n_lagtimes : int

    Returns
    -------
    list of int
        From 1 frame to about a tenth of a typical trajectory: half of all frames lie in trajectories at least that long.

    Raises
    ------
    UserError
        If a lag time to include is beyond the data, or no trajectory has two frames.
    """
    check_lagtime(1, lengths, TimeUnit())
    longest_first = np.sort(np.asarray(lengths, dtype=np.int64))[::-1]
    typical = int(longest_first[np.searchsorted(np.cumsum(longest_first), longest_first.sum() / 2)])
    top = max(typical // 10, min(5, typical // 3), 1)
    if slowest is not None and np.isfinite(slowest):
        top = max(min(top, round(slowest)), min(top, n_lagtimes), 1)
    ladder = np.unique(np.round(np.geomspace(1, top, n_lagtimes)).astype(int))
    if len(ladder) < min(n_lagtimes, top):   # the lower rungs fell together: use every number there
        ladder = _distinct(top, n_lagtimes)
    return check_lagtimes(sorted({*ladder.tolist(), *(int(lag) for lag in include)}), lengths, TimeUnit())


def _distinct(top: int, wanted: int) -> np.ndarray:
    """As near to a constant factor as distinct whole numbers can be."""
    rungs, value = [1], 1.0
    while len(rungs) < wanted and rungs[-1] < top:
        factor = (top / rungs[-1]) ** (1 / (wanted - len(rungs)))
        value = max(rungs[-1] + 1, rungs[-1] * factor)
        rungs.append(min(round(value), top))
    return np.array(rungs)


def choose_lagtime(found: Timescales) -> tuple[int, Notice]:
    """The shortest lag time at which the slowest timescale has stopped rising.

    Parameters
    ----------
    found : Timescales

    Returns
    -------
    lagtime : int
        Frames.
    notice : Notice
        What was chosen and why; a warning where no lag time is good.

    Notes
    -----
    A lag time is level when no longer one, short enough to be believed (at most a third of its own timescale), gives a slowest timescale that
    differs by more than 5 % or half the reach of the bar. Bars of neighbouring lag times come from the same data, so a whole bar would
    forgive too much.

    Wide bars can hide a drift: where the timescale rises to 1.5 times the one chosen, at lag times below two thirds of their own timescale,
    and at three in ten of the longer ones to 1.2 times, the notice is a warning. No sound analysis of ``benchmarks/trust/labelled.py`` does so
    (three seeds each: at most 1.13 times).
    """
    unit = TimeUnit(found.timestep_ns)
    lags, slowest = np.asarray(found.lagtimes, dtype=float), np.asarray(found.values, dtype=float)[:, 0]
    resolved = np.isfinite(slowest) & (slowest > lags)
    if not resolved.any():
        lag = int(lags[0])
        return lag, Notice("warning", f"No timescale is longer than its lag time; the lag time is set to {unit.say(lag)}.",
                           "Save frames more often, use longer trajectories, or other features.", "kinetics")
    with np.errstate(divide="ignore", invalid="ignore"):
        logs = np.log(slowest)
        room = np.maximum(np.log1p(LEVEL), np.nan_to_num(np.log(found.upper[:, 0]) - logs, posinf=0.0) / 2)
    believed = np.isfinite(slowest) & (slowest >= 3 * lags)
    later = {i: logs[i + 1:][believed[i + 1:]] for i in np.flatnonzero(resolved)}
    # Nothing is believed after the last resolved lag time, so there is always one.
    chosen = next(i for i, values in later.items() if np.all(np.abs(values - logs[i]) <= room[i]))
    lagtime = int(lags[chosen])
    highest = _rise(lags, slowest, int(chosen))
    if len(later[chosen]) and highest is not None:
        return lagtime, Notice("warning", f"The lag time is {unit.say(lagtime)}: from there on the slowest timescale is level within its bars, but rises from "
                               f"{unit.say(float(slowest[chosen]))} to {unit.say(float(slowest[highest]))} at a lag time of {unit.say(int(lags[highest]))}.",
                               "Look at the scan and try a longer lag time, other features or more microstates.", "kinetics")
    return _said(lagtime, float(slowest[chosen]), len(later[chosen]) > 0, unit)


def _rise(lags: np.ndarray, slowest: np.ndarray, chosen: int) -> int | None:
    """The place of the highest timescale at a longer lag time, where the timescales rise although their bars overlap; None where they do not."""
    with np.errstate(invalid="ignore"):
        seen = np.flatnonzero(slowest >= 1.5 * lags)
    seen = seen[seen > chosen]
    if not len(seen):
        return None
    factors = slowest[seen] / slowest[chosen]
    if factors.max() < RISES or (factors > HIGHER).mean() < HIGHER_SHARE:
        return None
    return int(seen[factors.argmax()])


def _said(lagtime: int, slowest: float, confirmed: bool, unit: TimeUnit) -> tuple[int, Notice]:
    if confirmed:
        return lagtime, Notice("info", f"The lag time is {unit.say(lagtime)}: from there on the slowest timescale, {unit.say(slowest)}, is level.", where="kinetics")
    return lagtime, Notice("warning", f"The slowest timescale is not level at any lag time; the lag time is set to {unit.say(lagtime)}, the longest that resolves it.",
                           "Look at other features or more microstates, or use more data.", "kinetics")
