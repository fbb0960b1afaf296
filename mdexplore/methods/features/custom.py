"""Features by an object of the user's: a function of an mdtraj.Trajectory, or anything whose ``transform`` takes one."""
from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np

from mdexplore.base.errors import UserError
from mdexplore.methods.features.featurizer import Featurizer


def featurize_with(obj: Any, frame: Any) -> Featurizer:
    """A featurizer from an object of the user's.

    Parameters
    ----------
    obj : callable, or object with ``transform``
        Takes an mdtraj.Trajectory of n frames and gives an array of shape (n,) or (n, d). Names are its ``names`` or ``feature_names`` where these
        fit, else its own name and a number.
    frame : mdtraj.Trajectory
        One frame, to see how many features there are.

    Raises
    ------
    UserError
        If the object fails, or does not give one row of numbers for each frame.
    """
    measure = getattr(obj, "transform", None) or (obj if callable(obj) and not isinstance(obj, type) else None)
    title = getattr(obj, "__name__", type(obj).__name__)
    if measure is None:
        raise UserError(f"{title} is not a kind of features.", do='Give a name such as "torsions", settings such as mdexplore.settings.Torsions(), or a function '
                        "that takes an mdtraj.Trajectory.")
    d = _measured(frame, measure=measure, title=title).shape[1]
    if not d:
        raise UserError("No feature is left.", f"{title} gives no column.", "Use another function.")
    names = next((tuple(map(str, n)) for n in (getattr(obj, a, None) for a in ("names", "feature_names")) if isinstance(n, (list, tuple)) and len(n) == d), None)
    if names is None:
        names = (title,) if d == 1 else tuple(f"{title} {i + 1}" for i in range(d))
    return Featurizer(names, ((),) * d, ("given",) * d, partial(_measured, measure=measure, title=title))


def _measured(chunk: Any, *, measure: Callable[[Any], Any], title: str) -> np.ndarray:
    try:
        values = np.asarray(measure(chunk), dtype=np.float32)
    except Exception as error:   # the user's object may fail in any way
        raise UserError(f"{title} could not measure the frames.", f"{type(error).__name__}: {error}", "It must take an mdtraj.Trajectory and give one row of numbers for each frame.") from error
    values = values[:, None] if values.ndim == 1 else values
    if values.ndim != 2 or len(values) != chunk.n_frames:
        raise UserError(f"{title} is not a kind of features.", f"For {chunk.n_frames} frames it gives an array of shape {values.shape}.", "One row for each frame is needed.")
    return values
