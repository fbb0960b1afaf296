"""Timescales that TICA itself finds over a range of lag times: guidance for the lag time of a projection."""
from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np

from mdexplore.base import limits
from mdexplore.base.numerics.moments import choose_shift, moments_at
from mdexplore.base.numerics.spectrum import implied_timescales
from mdexplore.base.units import TimeUnit
from mdexplore.methods.checks.timescales import check_lagtimes, lag_ladder
from mdexplore.methods.method import Progress, ignore
from mdexplore.methods.projection.linear import check_lagtime, fit_tica, noise_level
from mdexplore.methods.results import Features, Timescales

NO_BARS = "none"


def tica_timescales(features: Features, lagtimes: Sequence[int] | None = None, *, include: Iterable[int] = (), n_processes: int = 5, epsilon: float = 1e-6,
                    timestep_ns: float | None = None, progress: Progress = ignore) -> Timescales:
    """Relaxation times of the slow coordinates, by a TICA at each lag time; the features are read once for all of them.

    Parameters
    ----------
    features : Features
    lagtimes : sequence of int or None
        Frames, increasing; by default about ten, up to a tenth of a typical trajectory.
    include : iterable of int
        Lag times that are always among the default ones.
    n_processes : int
        How many timescales to keep.
    epsilon : float
        As in the settings of TICA.
    timestep_ns : float or None
        Nanoseconds from frame to frame.
    progress : callable

    Returns
    -------
    Timescales
        ``values`` has shape (n_lagtimes, n_processes), in frames, NaN where an eigenvalue is not positive or the rank is lower. There are no error
        bars: ``lower`` and ``upper`` are NaN.

    Raises
    ------
    UserError
        If a lag time is not shorter than the longest trajectory, or all features are constant.

    Notes
    -----
    t_i = -lagtime / ln(lambda_i); by the variational principle a timescale that is too small rises towards the truth with better features and, as fast
    motions die away, with the lag time; Perez-Hernandez et al. 2013, doi:10.1063/1.4811489.
    """
    unit, lengths = TimeUnit(timestep_ns), [len(x) for x in features.values]
    if lagtimes is not None:
        limits.check("lagtimes", len(lagtimes))
    lags = check_lagtimes(lag_ladder(lengths, include) if lagtimes is None else lagtimes, lengths, unit)
    n, noise = sum(lengths), noise_level(features.values)
    moments = moments_at(features.values, lags, choose_shift(features.values), tick=lambda done: progress(min(done, n), n, "Covariances"))
    values = np.full((len(lags), n_processes), np.nan)
    for row, lag in zip(values, lags):
        found = implied_timescales(fit_tica(moments[lag], scaling=None, epsilon=epsilon, relative_noise=noise).eigenvalues[:n_processes], lag)
        row[:len(found)] = found
    nothing = np.full_like(values, np.nan)
    return Timescales(np.array(lags), values, nothing, nothing, NO_BARS, timestep_ns, check_lagtime(lengths, lags[-1], timestep_ns))
