"""A projection's model made again from its plain arrays: as deeptime's object, or applied to new frames."""
from __future__ import annotations

import importlib.util
from typing import TYPE_CHECKING, Any

import numpy as np

from mdexplore.base.errors import UserError
from mdexplore.base.installing import install_line
from mdexplore.methods.projection.linear import apply_linear
from mdexplore.methods.results import Projection

if TYPE_CHECKING:
    from deeptime.decomposition import CovarianceKoopmanModel
    from deeptime.decomposition.deep import VAMPNetModel


def deeptime_model(projection: Projection) -> CovarianceKoopmanModel | VAMPNetModel:
    """deeptime's model of a linear projection or a network, whose ``transform`` takes the features in their own units.

    Raises
    ------
    UserError
        If the projection has no model in deeptime.
    """
    p = projection.parameters
    if p.get("kind") == "network":
        return _vampnet_model(p)
    if p.get("kind") == "lifted":
        raise UserError(f"The projection {projection.title!r} has no deeptime model.", "Its functions of the features are plain arrays here, which deeptime's class for it does not take.",
                        "Use its coordinates; or fill the slot with deeptime's own estimator, whose model you then get.")
    if p.get("kind") != "linear":
        raise UserError(f"The projection {projection.title!r} has no deeptime model.", "It was not made by a method of deeptime.", "Use its coordinates instead.")
    from deeptime.covariance import CovarianceModel
    from deeptime.decomposition import CovarianceKoopmanModel

    c00, c0t = np.asarray(p["cov_00"]), np.asarray(p["cov_0t"])
    ctt, mean_t = np.asarray(p.get("cov_tt", c00)), np.asarray(p.get("mean_t", p["mean"]))
    left = np.asarray(p["coefficients"])
    right = np.asarray(p.get("coefficients_t", left))
    cov = CovarianceModel(c00, c0t, ctt, np.asarray(p["mean"]), mean_t, bessels_correction=False, symmetrized="cov_tt" not in p, lagtime=projection.lagtime,
                          data_mean_removed=True)
    rank = left.shape[1]
    return CovarianceKoopmanModel(left, np.asarray(p["eigenvalues"]), right, cov, rank_0=rank, rank_t=rank, dim=int(p["dim"]), scaling=p["scaling"], epsilon=p["epsilon"])


def _vampnet_model(parameters: dict[str, Any]) -> VAMPNetModel:
    if importlib.util.find_spec("torch") is None:
        raise UserError("The network cannot be given as deeptime's model.", "It needs torch.", f"Install it: {install_line('torch')}")
    from deeptime.decomposition.deep import VAMPNetModel

    from mdexplore.methods.deep.network import to_module, whole

    return VAMPNetModel(to_module(whole(parameters)), dtype=np.float64)


def transform(projection: Projection, x: np.ndarray) -> np.ndarray:
    """Coordinates of new frames.

    Parameters
    ----------
    projection : Projection
    x : ndarray, shape (n, d)
        The same features as the projection was made from.

    Returns
    -------
    ndarray, shape (n, dim), float32

    Raises
    ------
    UserError
        If the number of features differs, or the projection cannot be applied to new frames.
    """
    p: dict[str, Any] = projection.parameters
    kind = p.get("kind")
    if kind == "linear":
        dim, wanted = int(p["dim"]), len(p["mean"])
        _check(x, wanted)
        names = ("mean_t", "coefficients_t") if p.get("later") else ("mean", "coefficients")
        return apply_linear(x, np.asarray(p[names[0]]), np.asarray(p[names[1]])[:, :dim])
    if kind == "lifted":
        from mdexplore.methods.projection.nonlinear import apply_lifted

        _check(x, int(p["lift"]["n_features"]))
        return apply_lifted(p, x)
    if kind == "network":
        from mdexplore.methods.deep.network import apply

        _check(x, len(p["constants"]))
        return apply(p, x)
    if kind == "columns":
        return np.asarray(x[:, : int(p["dim"])], dtype=np.float32)
    raise UserError(f"The projection {projection.title!r} cannot be applied to new frames.", "It was made by an object of your own.", "Call that object's transform.")


def _check(x: np.ndarray, wanted: int) -> None:
    if x.ndim != 2 or x.shape[1] != wanted:
        raise UserError("These frames do not fit the projection.", f"It takes {wanted} features, the array has shape {x.shape}.", "Give the features it was made from.")
