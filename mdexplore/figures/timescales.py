"""Implied timescales over lag times, with both kinds of error bars."""
from __future__ import annotations

from typing import Any

import numpy as np

from mdexplore.base.errors import UserError
from mdexplore.figures.style import MUTED, PROCESSES, axes
from mdexplore.pictures.palette import ACCENT
from mdexplore.session.study import Study


def timescales(study: Study, *, bootstrap: bool = False, projection: bool = False, ax: Any = None) -> Any:
    """Draw the implied timescales with 95 % bands, the region that the lag time hides and, for model systems, the exact values (dotted).

    Parameters
    ----------
    study : Study
    bootstrap : bool
        Bands from a bootstrap over trajectories instead of the delta method.
    projection : bool
        What TICA finds at each lag time (`Study.tica_timescales`) instead of Markov models, without bands; the dashed line is the projection's lag time.
    ax : matplotlib Axes, optional

    Returns
    -------
    matplotlib Axes

    Raises
    ------
    UserError
        For bands of the projection, which has none.
    """
    if bootstrap and projection:
        raise UserError("TICA over lag times has no bootstrap.", do="Choose one of bootstrap=True and projection=True.")
    found = study.tica_timescales() if projection else study.result("bootstrap" if bootstrap else "timescales")
    lagtime = study.projection_lag if projection else study.lagtime
    unit = study.data.unit
    lags = found.lagtimes * unit.scale
    with axes(ax) as ax:
        ends = np.array([lags[0] / 1.25, lags[-1] * 1.25])
        low = _lowest(found.values * unit.scale, lags)
        ax.fill_between(ends, ends, low, color="#eceef1", zorder=0)
        ax.plot(ends, ends, color="#cfd4dc", lw=1, zorder=0)
        for k in range(found.values.shape[1]):
            values, lower, upper = (a[:, k] * unit.scale for a in (found.values, found.lower, found.upper))
            seen = np.isfinite(values)
            color = PROCESSES[k % len(PROCESSES)]
            ax.fill_between(lags[seen], lower[seen], upper[seen], color=color, alpha=0.16, lw=0)
            ax.plot(lags[seen], values[seen], "o-", ms=3, lw=1.4, color=color)
        for k, time in enumerate(study.data.exact.timescales[:found.values.shape[1]] if study.data.exact is not None else ()):
            ax.axhline(time * unit.scale, color="#d4731c", ls=":", lw=1.2, label="exact" if k == 0 else None)
        lag = lagtime * unit.scale
        ax.axvline(lag, color=ACCENT, ls="--", lw=1.2)
        ax.annotate(f"lag {unit.say(lagtime)}", (lag, 1), xycoords=("data", "axes fraction"), xytext=(4, -2), textcoords="offset points", color=ACCENT,
                    va="top", fontsize=8)
        ax.set(xscale="log", yscale="log", xlim=ends, xlabel=f"lag time / {unit.name}", ylabel=f"timescale / {unit.name}")
        ax.set_ylim(bottom=low)
        ax.text(0.98, 0.03, "shorter than the lag time", transform=ax.transAxes, ha="right", color=MUTED, fontsize=8)
        ax.set_title("no error bars" if projection else found.interval, fontsize=8, color=MUTED, weight="normal", loc="right")
    return ax


def _lowest(values: np.ndarray, lags: np.ndarray) -> float:
    seen = values[np.isfinite(values)]
    return float(min(seen.min(), lags[0]) / 1.6) if len(seen) else float(lags[0] / 2)
