"""Microstates by an object of the user's: a deeptime or scikit-learn clustering, fitted or not."""
from __future__ import annotations

import copy
from typing import Any

import numpy as np

from mdexplore.base.errors import UserError
from mdexplore.methods.method import Progress, ignore
from mdexplore.methods.projection.custom import is_fitted
from mdexplore.methods.results import Arrays, Clustering, Projection


def fit_object(obj: Any, projection: Projection) -> Any:
    """The object fitted to all frames: itself where it is fitted already, else a fitted copy.

    Raises
    ------
    UserError
        If it has neither ``transform`` to whole numbers nor ``predict``, or its ``fit`` fails.
    """
    title = type(obj).__name__
    if isinstance(obj, type):
        raise UserError(f"{obj.__name__} is a class.", "A clustering needs an object.", f"Make one: {obj.__name__}(...).")
    if not any(hasattr(obj, name) for name in ("predict", "transform", "fetch_model")):
        raise UserError(f"{title} cannot be used as a clustering.", "It has neither predict nor transform.", "Give a method's name, its settings, or an object with fit and predict.")
    if is_fitted(obj):
        return obj
    fitted = copy.deepcopy(obj)
    try:
        fitted.fit(np.concatenate([np.asarray(x) for x in projection.values]))
    except Exception as error:   # the user's object may fail in any way
        raise UserError(f"{title} could not be fitted to the coordinates.", f"{type(error).__name__}: {error}", "Fit it yourself and give the fitted object.") from error
    return fitted


def cluster_with(obj: Any, projection: Projection, *, seed: int = 0, progress: Progress = ignore) -> Clustering:
    """Microstates by an object of the user's, numbered as it numbers them.

    Parameters
    ----------
    obj : object
        With ``predict`` (scikit-learn) or ``transform`` (deeptime) to one whole number a frame; -1 marks a frame outside every state.
    seed : int
        Not used: what is random in the object is its own affair.

    Returns
    -------
    Clustering
        Centres are the object's own, else the mean of the frames of each state; states without frames and centres are left out then.

    Raises
    ------
    UserError
        If the object fails, or does not give one whole number for each frame.
    """
    fitted = fit_object(obj, projection)
    title, done, total = type(obj).__name__, 0, sum(map(len, projection.values))
    dtrajs = []
    for x in projection.values:
        dtrajs.append(_labels(fitted, np.asarray(x), title))
        done += len(x)
        progress(done, total, "Assigning frames to microstates")
    if max(int(d.max(initial=-1)) for d in dtrajs) < 0:
        raise UserError(f"{title} puts no frame into a state.", do="Use other settings of it, or another clustering.")
    centers = _centers(fitted, projection.dim)
    if centers is None or len(centers) <= max(int(d.max(initial=-1)) for d in dtrajs):
        return _from_labels(projection.values, dtrajs)
    return Clustering(centers=centers, dtrajs=tuple(dtrajs))


def _labels(fitted: Any, x: np.ndarray, title: str) -> np.ndarray:
    assign = getattr(fitted, "predict", None) or getattr(fitted, "transform", None)
    try:
        labels = np.asarray(assign(x) if assign is not None else fitted.fetch_model().transform(x))
    except Exception as error:   # the user's object may fail in any way
        raise UserError(f"{title} could not be applied to the coordinates.", f"{type(error).__name__}: {error}", f"It must take arrays with {x.shape[1]} columns.") from error
    if labels.shape != (len(x),) or not np.issubdtype(labels.dtype, np.integer):
        raise UserError(f"{title} cannot be used as a clustering.", f"For {len(x)} frames it gives {labels.dtype} of shape {labels.shape}.", "One whole number for each frame is needed.")
    return np.maximum(labels, -1).astype(np.int32)


def _centers(fitted: Any, dim: int) -> np.ndarray | None:
    model = fitted.fetch_model() if hasattr(fitted, "fetch_model") else fitted
    for name in ("cluster_centers", "cluster_centers_", "means_"):
        found = getattr(model, name, None)
        if found is not None and np.ndim(found) == 2 and np.shape(found)[1] == dim:
            return np.array(found, dtype=np.float64)
    return None


def _from_labels(arrays: Arrays, dtrajs: list[np.ndarray]) -> Clustering:
    """Numbers without gaps, and the mean of the frames of each state."""
    n = max(int(d.max(initial=-1)) for d in dtrajs) + 1
    counts = np.sum([np.bincount(d[d >= 0], minlength=n) for d in dtrajs], axis=0)
    sums = np.zeros((n, arrays[0].shape[1]))
    for x, d in zip(arrays, dtrajs):
        inside = d >= 0
        for j in range(sums.shape[1]):
            sums[:, j] += np.bincount(d[inside], weights=x[inside, j], minlength=n)
    used = counts > 0
    new = np.append(np.where(used, np.cumsum(used) - 1, -1), -1).astype(np.int32)   # the last entry serves -1
    return Clustering(centers=sums[used] / counts[used, None], dtrajs=tuple(new[d] for d in dtrajs))
