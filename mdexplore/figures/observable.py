"""A quantity in time: its autocorrelation with the dynamical fingerprint, or its relaxation from a start."""
from __future__ import annotations

from typing import Any

import numpy as np

from mdexplore.figures.style import MUTED, axes
from mdexplore.methods.results import Observable
from mdexplore.pictures.palette import ACCENT
from mdexplore.session.study import Study


def observable(study: Study, quantity: Any, start: Any = None, *, ax: Any = None) -> Any:
    """Draw what the model says of a quantity, with 95 % bands.

    Parameters
    ----------
    study : Study
    quantity : str, int, list of ndarray, or Observable
        As in `Study.observable`, or what it gave.
    start : optional
        Where a relaxation begins; the autocorrelation is drawn where not given, with that of the trajectories (circles) and the share of each process at its
        timescale (sticks).
    ax : matplotlib Axes, optional

    Returns
    -------
    matplotlib Axes
    """
    found = quantity if isinstance(quantity, Observable) else study.observable(quantity, start)
    unit = study.data.unit
    times, first = found.times * unit.scale, found.lagtime * unit.scale
    with axes(ax) as ax:
        ax.set_xscale("symlog", linthresh=first, linscale=0.4)
        if found.relaxation is None:
            _band(ax, times, found.autocorrelation, found.autocorrelation_lower, found.autocorrelation_upper)
            ax.plot(times, found.measured, "o", ms=3.5, mfc="none", color=MUTED, label="trajectories")
            scale = np.isfinite(found.timescales) & (found.timescales > 0)
            bars = np.stack([found.amplitudes - found.amplitudes_lower, found.amplitudes_upper - found.amplitudes])
            ax.errorbar(found.timescales[scale] * unit.scale, found.amplitudes[scale], bars[:, scale], fmt="s", ms=4, lw=1.2, color=ACCENT, label="fingerprint")
            ax.vlines(found.timescales[scale] * unit.scale, 0, found.amplitudes[scale], color=ACCENT, lw=1.2)
            ax.set_ylim(min(0.0, float(np.nanmin(found.measured))) - 0.03, 1.05)
            ax.set_ylabel("autocorrelation, share of each process")
            ax.legend(loc="upper right")
        else:
            _band(ax, times, found.relaxation, found.relaxation_lower, found.relaxation_upper)
            ax.axhline(found.expectation, color=ACCENT, ls="--", lw=1.2)
            ax.annotate("equilibrium", (0.99, found.expectation), xycoords=("axes fraction", "data"), xytext=(0, 3), textcoords="offset points", color=ACCENT, ha="right", fontsize=8)
            ax.set_ylabel(f"mean of {found.name}")
        ax.set_xlim(0, times[-1])
        ax.set_xlabel(f"time / {unit.name}")
        ax.set_title(found.name)
    return ax


def _band(ax: Any, times: np.ndarray, values: np.ndarray, lower: np.ndarray | None, upper: np.ndarray | None) -> None:
    ax.fill_between(times, lower, upper, color="#1b2129", alpha=0.16, lw=0)
    ax.plot(times, values, "-", lw=1.4, color="#1b2129", label="model")
