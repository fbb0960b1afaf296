"""A coordinate beside the exact eigenfunction that it follows, on model systems, found in a worker."""
from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from mdexplore.base.chunked import bincount, joined
from mdexplore.base.errors import UserError
from mdexplore.base.store import Store
from mdexplore.data.exact import Exact
from mdexplore.methods.method import Progress
from mdexplore.methods.results import Arrays
from mdexplore.session.exact_jobs import run_exact

N_BINS = 120   # along the position
EQUAL = 0.01   # relative difference below which two relaxation times are one, and their eigenfunctions may be mixed


@dataclass(frozen=True, eq=False)
class ExactMode:
    """How far a coordinate is an exact eigenfunction.

    Parameters
    ----------
    name : str
        Of the coordinate.
    which : tuple of int
        The eigenfunctions that it follows best, from 0: one, or all of one relaxation time.
    timescale : float
        Theirs, frames.
    correlation : float
        Of the coordinate with the best mixture of them over all frames, 0 to 1.
    positions : ndarray, shape (n_bins,)
        Where there are frames of a system on a line; empty for systems in a plane.
    values : ndarray, shape (n_bins,)
        Mean of the coordinate there, of mean 0 and unit variance over all frames.
    grid, exact : ndarray, shape (n_grid,)
        The exact mixture, of unit variance in equilibrium and with the sign of the coordinate.
    """

    name: str
    which: tuple[int, ...]
    timescale: float
    correlation: float
    positions: np.ndarray
    values: np.ndarray
    grid: np.ndarray
    exact: np.ndarray


def run_exact_mode(spec: dict[str, Any], column: int, *, progress: Progress) -> ExactMode:
    """One coordinate of a study beside the exact answers, in a worker.

    Parameters
    ----------
    spec : dict
        Of a study on a model system with a potential.
    column : int
        Of the projection, from 0.

    Returns
    -------
    ExactMode

    Raises
    ------
    UserError
        If a step of the study cannot be computed, or as `find_exact_mode` does.
    """
    from mdexplore.session.tasks import study_of_spec

    study = study_of_spec(spec)
    made = study.result("projection", progress)
    values = joined(made.values, np.float64, lambda rows: rows[:, column])
    known = Store().load(run_exact(study.data.spec(), progress=progress))
    return find_exact_mode(made.names[column], values, known[:, 1:], study.data.exact, study.data.given or ())


def find_exact_mode(name: str, values: np.ndarray, eigenfunctions: np.ndarray, exact: Exact, points: Arrays) -> ExactMode:
    """Which eigenfunction a coordinate follows, and both along the position.

    Parameters
    ----------
    values : ndarray, shape (n_frames,)
        Of the coordinate.
    eigenfunctions : ndarray, shape (n_frames, m)
    exact : Exact
    points : tuple of ndarray, shape (n_frames_i, d)
        The frames in the system's own coordinates.

    Raises
    ------
    UserError
        If the coordinate is the same everywhere.
    """
    spread = float(values.std())
    if not spread > 0:
        raise UserError(f"{name} cannot be compared.", "It has the same value in every frame.", "Choose another coordinate.")
    scaled = (values - values.mean()) / spread
    which, mixture, correlation = _best(scaled, eigenfunctions, np.array(exact.timescales))
    empty = np.zeros(0)
    curves = (empty, empty, empty, empty) if points[0].shape[1] != 1 else _curves(scaled, joined(points, np.float64, lambda rows: rows[:, 0]), exact, which, mixture)
    return ExactMode(name, which, float(exact.timescales[which[0]]), correlation, *curves)


def _best(scaled: np.ndarray, eigenfunctions: np.ndarray, times: np.ndarray) -> tuple[tuple[int, ...], np.ndarray, float]:
    """Eigenfunctions of one relaxation time, their mixture of unit length, and how it correlates."""
    found: list[tuple[float, tuple[int, ...], np.ndarray]] = []
    for k in range(eigenfunctions.shape[1]):
        group = np.flatnonzero(np.abs(times[:eigenfunctions.shape[1]] / times[k] - 1) < EQUAL)
        centred = eigenfunctions[:, group] - eigenfunctions[:, group].mean(axis=0, dtype=np.float64)
        mixture = np.linalg.lstsq(centred, scaled, rcond=None)[0]
        near = centred @ mixture
        size = float(near.std())
        found.append((float((near * scaled).mean()) / size if size > 0 else 0.0, tuple(int(i) for i in group), mixture / max(float(np.linalg.norm(mixture)), 1e-300)))
    correlation, which, mixture = max(found, key=lambda one: one[0])
    return which, mixture, min(correlation, 1.0)


def _curves(scaled: np.ndarray, x: np.ndarray, exact: Exact, which: tuple[int, ...], mixture: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Means of the coordinate along the position, and the exact function there, with the coordinate's own sign."""
    modes = exact.modes
    if modes is None:
        raise UserError("The exact eigenfunctions are not there.", "The cache that held them was emptied.", "Make the model system again.")
    edges = np.linspace(x.min(), x.max(), N_BINS + 1)
    label = np.clip(np.searchsorted(edges, x, side="right") - 1, 0, N_BINS - 1)
    n = np.bincount(label, minlength=N_BINS)
    means = bincount(lambda span: label[span], len(x), N_BINS, scaled)[n > 0] / n[n > 0]
    return ((edges[:-1] + edges[1:]) / 2)[n > 0], means, edges, np.asarray(modes.at(edges[:, None]))[:, list(which)] @ mixture
