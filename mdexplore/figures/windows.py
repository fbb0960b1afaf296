"""Several ensembles: how windows overlap, and their free energies."""
from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from mdexplore.figures.style import INK, axes
from mdexplore.methods.ensembles.estimate import Reweighted


def overlap(found: Reweighted, ax: Any = None) -> Any:
    """Draw the overlap of windows; where neighbours are pale, a window is wanted between them.

    Parameters
    ----------
    found : Reweighted
    ax : matplotlib Axes, optional

    Returns
    -------
    matplotlib Axes
    """
    with axes(ax, (4.4, 3.8)) as ax:
        image = ax.imshow(found.overlap, cmap="Blues", vmin=0, vmax=max(0.3, float(found.overlap.max())))
        ax.figure.colorbar(image, ax=ax, label="overlap", pad=0.02)
        n = len(found.names)
        if n <= 12:
            for i in range(n):
                for j in range(n):
                    if found.overlap[i, j] >= 0.005:
                        ax.text(j, i, f"{found.overlap[i, j]:.2f}", ha="center", va="center", fontsize=6, color="white" if found.overlap[i, j] > 0.6 * image.norm.vmax else INK)
        ticks = np.arange(0, n, max(1, n // 10))
        ax.set_xticks(ticks, ticks + 1)
        ax.set_yticks(ticks, ticks + 1)
        ax.set(xlabel="window", ylabel="window")
    return ax


def window_energies(found: Reweighted, ax: Any = None) -> Any:
    """Draw the free energy of each window.

    Parameters
    ----------
    found : Reweighted
    ax : matplotlib Axes, optional

    Returns
    -------
    matplotlib Axes
    """
    with axes(ax) as ax:
        ax.plot(np.arange(1, len(found.names) + 1), found.free_energies, "o-", ms=4, lw=1.2, color="#2a7fc4")
        ax.set(xlabel="window", ylabel="free energy / kT", title=found.title)
    return ax


def profile(found: Reweighted, values: Sequence[np.ndarray], *, bins: int | np.ndarray = 50, label: str = "", interval: tuple[np.ndarray, np.ndarray] | None = None, ax: Any = None) -> Any:
    """Draw the free energy along a coordinate.

    Parameters
    ----------
    found : Reweighted
    values : sequence of ndarray, shape (n_frames_i,)
    bins : int or ndarray
        How many, or their edges.
    label : str
        Of the coordinate.
    interval : tuple of ndarray, shape (n_bins,), optional
        Lower and upper end of the energy of each bin (`mdexplore.ensembles.bootstrap`), kT.
    ax : matplotlib Axes, optional

    Returns
    -------
    matplotlib Axes
    """
    centres, energy = found.profile(values, bins)
    seen = np.isfinite(energy)
    with axes(ax) as ax:
        ax.plot(centres[seen], energy[seen], lw=1.4, color="#2a7fc4", label=found.title)
        if interval is not None:
            low, high = (np.asarray(end)[seen] for end in interval)
            ax.fill_between(centres[seen], low, np.where(np.isfinite(high), high, energy[seen].max()), color="#2a7fc4", alpha=0.2, lw=0)
        ax.set(xlabel=label or "coordinate", ylabel="free energy / kT")
        ax.legend(loc="best")
    return ax
