"""A projection by an object of the user's: a deeptime estimator or model, a scikit-learn transformer, anything with ``transform``."""
from __future__ import annotations

import copy
from typing import Any

import numpy as np

from mdexplore.base.errors import UserError
from mdexplore.methods.method import Progress, ignore
from mdexplore.methods.projection.linear import check_lagtime
from mdexplore.methods.results import Arrays, Features, Projection

CHUNK = 16384


def is_fitted(obj: Any) -> bool:
    """Does the object need no ``fit`` any more? True for deeptime models and for whatever has no ``fit``."""
    if not hasattr(obj, "fit"):
        return True
    if hasattr(obj, "has_model"):
        return bool(obj.has_model)
    return any(name.endswith("_") and not name.startswith("_") for name in vars(obj))   # scikit-learn's convention


def fit_object(obj: Any, features: Features, *, lagtime: int, timestep_ns: float | None = None) -> Any:
    """The object fitted to the features: itself where it is fitted already, else a fitted copy.

    Parameters
    ----------
    obj : object
        deeptime estimators get time-lagged pairs within trajectories, at their own lag time or, where they have none, at ``lagtime``; others
        get all frames in one array.
    features : Features
    lagtime : int
        Frames.

    Raises
    ------
    UserError
        If the object has no ``transform``, or its ``fit`` fails.
    """
    if isinstance(obj, type):
        raise UserError(f"{obj.__name__} is a class.", "A projection needs an object.", f"Make one: {obj.__name__}(...).")
    if not hasattr(obj, "transform") and not hasattr(obj, "fetch_model"):
        raise UserError(f"{_title(obj)} cannot be used as a projection.", "It has no transform.", "Give a method's name, its settings, or an object with fit and transform.")
    if is_fitted(obj):
        return obj
    fitted = copy.deepcopy(obj)
    try:
        if _is_deeptime(obj):
            lag = getattr(obj, "lagtime", None) or lagtime
            check_lagtime([len(x) for x in features.values], lag, timestep_ns)
            _fit_deeptime(fitted, features.values, lag)
        else:
            fitted.fit(np.concatenate([np.asarray(x) for x in features.values]))
    except UserError:
        raise
    except Exception as error:   # the user's object may fail in any way
        raise UserError(f"{_title(obj)} could not be fitted to the features.", f"{type(error).__name__}: {error}", "Fit it yourself and give the fitted object.") from error
    return fitted


def project_with(obj: Any, features: Features, *, lagtime: int, seed: int = 0, timestep_ns: float | None = None, progress: Progress = ignore) -> Projection:
    """Coordinates by an object of the user's.

    Parameters
    ----------
    obj : object
        See `fit_object`; to keep the fitted object, fit it first.
    features : Features
    lagtime : int
        Frames, for an estimator that has none of its own.
    seed : int
        Not used: what is random in the object is its own affair.

    Returns
    -------
    Projection
        ``title`` is the name of the object's class. deeptime's linear models can be made again by `model.deeptime_model`.

    Raises
    ------
    UserError
        If the object fails, or what it gives is not one row of finite numbers for each frame.
    """
    fitted = fit_object(obj, features, lagtime=lagtime, timestep_ns=timestep_ns)
    usable = fitted if hasattr(fitted, "transform") else fitted.fetch_model()
    title, values, done, total = _title(fitted, obj), [], 0, sum(map(len, features.values))
    for x in features.values:
        values.append(_transformed(usable, np.asarray(x), title))
        done += len(x)
        progress(done, total, "Projecting")
    if len({v.shape[1] for v in values}) > 1:
        raise UserError(f"{title} cannot be used as a projection.", "It gives different numbers of coordinates for different trajectories.", "Use another object.")
    model = fitted.fetch_model() if hasattr(fitted, "fetch_model") else fitted
    names = tuple(f"{title} {i + 1}" for i in range(values[0].shape[1]))
    parameters, singular_values = _linear(model)
    lag = getattr(fitted, "lagtime", None)
    return Projection(values=tuple(values), names=names, title=title, lagtime=int(lag) if lag else None, parameters=parameters, singular_values=singular_values,
                      loadings=correlations(features.values, tuple(values)))


def correlations(features: Arrays, coordinates: Arrays) -> np.ndarray:
    """Correlation of every feature with every coordinate over all frames, 0 where one is constant; shape (d, dim)."""
    d, dim = features[0].shape[1], coordinates[0].shape[1]
    shift_x, shift_y = np.asarray(features[0][0], dtype=float), np.asarray(coordinates[0][0], dtype=float)
    n, sx, sy, sxx, syy, sxy = 0, np.zeros(d), np.zeros(dim), np.zeros(d), np.zeros(dim), np.zeros((d, dim))
    for x, y in zip(features, coordinates):
        for start in range(0, len(x), CHUNK):
            a, b = x[start : start + CHUNK] - shift_x, y[start : start + CHUNK] - shift_y
            n += len(a)
            sx, sy, sxx, syy, sxy = sx + a.sum(0), sy + b.sum(0), sxx + (a * a).sum(0), syy + (b * b).sum(0), sxy + a.T @ b
    spread = np.sqrt(np.outer(np.clip(sxx / n - (sx / n) ** 2, 0, None), np.clip(syy / n - (sy / n) ** 2, 0, None)))
    covariance = sxy / n - np.outer(sx / n, sy / n)
    return np.divide(covariance, spread, out=np.zeros((d, dim)), where=spread > 0)


def _fit_deeptime(estimator: Any, arrays: Arrays, lagtime: int) -> None:
    from deeptime.util.data import TrajectoriesDataset

    if getattr(estimator, "lagtime", lagtime) is None:
        estimator.lagtime = lagtime
    long = [np.asarray(x, dtype=np.float64) for x in arrays if len(x) > lagtime]
    pairs = TrajectoriesDataset.from_numpy(lagtime, long)
    try:
        estimator.fit(pairs)
    except (TypeError, ValueError):   # some take the two arrays of a pair of data sets only
        estimator.fit((np.concatenate([x[:-lagtime] for x in long]), np.concatenate([x[lagtime:] for x in long])))


def _transformed(fitted: Any, x: np.ndarray, title: str) -> np.ndarray:
    try:
        y = np.asarray(fitted.transform(x))
    except Exception as error:   # the user's object may fail in any way
        raise UserError(f"{title} could not be applied to the features.", f"{type(error).__name__}: {error}", f"It must take arrays with {x.shape[1]} columns.") from error
    y = y[:, None] if y.ndim == 1 else y
    if y.ndim != 2 or len(y) != len(x) or not y.shape[1]:
        raise UserError(f"{title} cannot be used as a projection.", f"For {len(x)} frames it gives an array of shape {y.shape}.", "One row for each frame is needed.")
    y = y.astype(np.float32, copy=False) if np.isrealobj(y) else y.real.astype(np.float32)
    if not np.isfinite(y).all():
        raise UserError(f"{title} cannot be used as a projection.", "Some of its coordinates are not finite numbers.", "Use other features, or another object.")
    return y


def _linear(model: Any) -> tuple[dict[str, Any], np.ndarray | None]:
    """Parameters of a linear deeptime model, as `model.deeptime_model` takes them; nothing for others."""
    if type(model).__name__ != "CovarianceKoopmanModel" or not _is_deeptime(model):
        return {"kind": "object"}, None
    values = np.array(model.singular_values)
    plain = model.instantaneous_obs.__class__.__name__ == "Concatenation" and model.instantaneous_obs.obs2.__class__.__name__ == "Identity"
    if not plain or not model.cov.data_mean_removed:
        return {"kind": "object"}, values
    cov = model.cov
    ctt, mean_t = (cov.cov_00, cov.mean_0) if cov.cov_tt is None else (cov.cov_tt, cov.mean_t)
    return {"kind": "linear", "mean": np.array(cov.mean_0), "coefficients": np.array(model.instantaneous_coefficients), "eigenvalues": values,
            "cov_00": np.array(cov.cov_00), "cov_0t": np.array(cov.cov_0t), "cov_tt": np.array(ctt), "mean_t": np.array(mean_t),
            "coefficients_t": np.array(model.timelagged_coefficients), "dim": int(model.output_dimension), "scaling": model.scaling, "epsilon": float(model.epsilon)}, values


def _is_deeptime(obj: Any) -> bool:
    return any(base.__module__.split(".")[0] == "deeptime" for base in type(obj).__mro__)


def _title(obj: Any, made_from: Any = None) -> str:
    return type(obj if made_from is None else made_from).__name__
