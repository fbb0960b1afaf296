"""How strongly each feature moves each coordinate of a network."""
from __future__ import annotations

from typing import Any

import numpy as np


def saliency(parameters: dict[str, Any], x: np.ndarray, n_features: int) -> np.ndarray:
    """Mean absolute gradient of each coordinate, for a change of each feature by its own spread.

    Parameters
    ----------
    parameters : dict
        See `network.apply`.
    x : ndarray, shape (n, number of columns), float32
        Standardised frames to average over; a few thousand are enough.
    n_features : int

    Returns
    -------
    ndarray, shape (n_features, dim)
        In units of the coordinates; 0 for features that never change.

    Notes
    -----
    Hernandez et al. 2018, doi:10.1103/PhysRevE.97.062412.
    """
    encoder, rotation = parameters["encoder"], parameters.get("rotation")
    slopes = []
    for weight, bias in zip(encoder["weights"][:-1], encoder["biases"][:-1]):
        x = x @ weight.T + bias
        slopes.append(np.where(x > 0, 1, np.exp(np.minimum(x, 0))))   # of ELU
        x = np.where(x > 0, x, np.expm1(np.minimum(x, 0)))
    gradient = np.broadcast_to(encoder["weights"][-1], (len(x), *encoder["weights"][-1].shape))
    if encoder["output"] == "softmax":
        e = np.exp(x @ encoder["weights"][-1].T + encoder["biases"][-1])
        chi = e / e.sum(axis=1, keepdims=True)
        gradient = chi[:, :, None] * (gradient - (chi[:, None, :] @ gradient))
    if rotation is not None:
        gradient = rotation.T.astype(np.float32) @ gradient
    for weight, slope in zip(encoder["weights"][-2::-1], slopes[::-1]):
        gradient = (gradient * slope[:, None, :]) @ weight
    found = np.zeros((n_features, gradient.shape[1]))
    found[parameters["columns"]] = np.abs(gradient).mean(axis=0).T
    return found
